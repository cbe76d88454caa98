"""From the tap to the receipt: a payment by a wallet over three nodes, beside the SDK's; and many at once."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, NamedTuple

from _chain import AMOUNT, CURRENCY, LIMIT, build, come_up
from _drive import FAILURES_SHOWN, Drive
from _measure import percentile
from _wallet import OFFSET, WAIT_S, Line, Wallet, running_wallet, until

from offset.app import connect_files
from offset.base.faults import OffsetError
from offset.programs.offset.network import DemoNode, OwnNetwork
from offset.programs.offset.rest import Problem

NODES = 3
WARM_UP = 10
MANY_WAIT_S = 300.0
ENDS = ("done", "failed", "stopped")
FEES_MAX = "100"


class Till(NamedTuple):
    """Somebody who is paid."""

    wallet: Wallet
    card: str
    address: str
    """As a text."""
    node: str
    """The key of the node."""


class Purse:
    """Somebody who pays; hears of all payments of a wallet."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet
        self._heard: dict[str, SimpleQueue[dict[str, Any]]] = {}
        self._lock = Lock()

    def told(self, event: dict[str, Any]) -> None:
        """An event of the wallet."""
        if event.get("value") is not None and "invoice" in event["value"]:
            self._of(event["value"]["id"]).put(event["value"])

    def pay(self, line: Line, card: str, to: str, wait_s: float = WAIT_S) -> tuple[float, float]:
        """Pay an address; ms until the price was known, and from that to the receipt. Raises OffsetError."""
        began = time.perf_counter()
        made = line.ask(
            "POST",
            f"cards/{card}/purchases",
            {"to": to, "amount": str(AMOUNT), "currency": CURRENCY, "name": "till"},
        )
        self._until(made, ("priced",), wait_s)
        priced = time.perf_counter()
        line.ask("POST", f"cards/{card}/purchases/{made['id']}/confirm", {"fees_max": FEES_MAX})
        self._until(made, ("done",), wait_s)
        return (priced - began) * 1000, (time.perf_counter() - priced) * 1000

    def _of(self, id: str) -> SimpleQueue[dict[str, Any]]:
        with self._lock:
            return self._heard.setdefault(id, SimpleQueue())

    def _until(self, made: dict[str, Any], stages: tuple[str, ...], wait_s: float) -> None:
        now, heard = made, self._of(made["id"])
        deadline = time.monotonic() + wait_s
        while now["stage"] not in stages:
            if now["stage"] in ENDS:
                raise OffsetError(f"a payment ended as {now['stage']}: {now['why']}")
            try:
                now = heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise OffsetError(f"a payment stayed {now['stage']}") from None


def measure(payments: int, rounds: int, payers: int, many: int) -> None:
    """Print both: one payment after another, in turns with the SDK, and `many` of some payers at once."""
    with tempfile.TemporaryDirectory(prefix="offset-wallet-") as name:
        folder = Path(name)
        (folder / "network").mkdir()
        network = OwnNetwork(folder / "network", OFFSET.parent)
        try:
            members = build(network, NODES)
            asyncio.run(come_up(members))
            with ExitStack() as stack:
                buyer, purse, line = _remote(stack, folder, members[0])
                seller, _, _ = _remote(stack, folder, members[-1])
                till = _till(seller, _card_of(seller))
                if payments:
                    _alone(members, purse, line, _card_of(buyer), till, payments, rounds)
                if many:
                    _many(stack, folder, members[1], till, payers, many)
        finally:
            network.stop()


def _alone(
    members: list[DemoNode], purse: Purse, line: Line, card: str, till: Till, payments: int, rounds: int
) -> None:
    sdk, ask, pay = [], [], []
    for turn in range(rounds + 1):
        count = payments if turn else min(payments, WARM_UP)
        plain = asyncio.run(_sdk(members, count))
        taps = [purse.pay(line, card, till.address) for _ in range(count)]
        if turn:
            sdk += plain
            ask += [one for one, _ in taps]
            pay += [other for _, other in taps]
    whole = [one + other for one, other in zip(ask, pay, strict=True)]
    print(
        f"{len(sdk)} payments each over {NODES} nodes, one at a time, medians (95 %) in ms: "
        f"the SDK to the receipt {_both(sdk)}; a wallet from the address to the price {_both(ask)}, "
        f"from the yes to the receipt {_both(pay)}, all of it {_both(whole)}; "
        f"{statistics.median(pay) / statistics.median(sdk):.2f} and "
        f"{statistics.median(whole) / statistics.median(sdk):.2f} times the SDK's"
    )


def _both(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({percentile(times, 0.95):.1f})"


async def _sdk(members: list[DemoNode], count: int) -> list[float]:
    first, last = members[0], members[-1]
    async with (
        connect_files(first.app_ident, first.ticket) as buyer,
        connect_files(last.app_ident, last.ticket) as seller,
    ):
        drive = Drive(buyer, seller, 1)
        await drive.prepare(count)
        times = await drive.run()
    if times.failures:
        raise OffsetError("; ".join(times.failures[:FAILURES_SHOWN]))
    return times.receipted


def _many(stack: ExitStack, folder: Path, hub: DemoNode, till: Till, payers: int, many: int) -> None:
    """Cards of a wallet of their own, each a friend of the mediator, pay one address at once."""
    wallet = stack.enter_context(running_wallet(folder / "payers"))
    cards = [_friend_of(wallet, hub, f"payer{number}", till) for number in range(1, payers + 1)]
    purse = Purse(wallet)
    results: Counter[str] = Counter()
    with wallet.hearing(purse.told), ThreadPoolExecutor(many) as pool:

        def one(number: int) -> str:
            line = Line(wallet)
            try:
                purse.pay(line, cards[number % len(cards)], till.address, MANY_WAIT_S)
            except OffsetError as error:
                return str(error)
            finally:
                line.close()
            return "paid"

        began = time.perf_counter()
        results.update(pool.map(one, range(many)))
        seconds = time.perf_counter() - began
    print(
        f"{many} payments of {payers} payers to one address at once: {results['paid']} paid in {seconds:.1f} s"
    )
    for sentence, count in results.items():
        if sentence != "paid":
            print(f"  {count}: {sentence}")


def _remote(stack: ExitStack, folder: Path, node: DemoNode) -> tuple[Wallet, Purse, Line]:
    """A wallet whose one card is that of a node."""
    wallet = stack.enter_context(running_wallet(folder / f"wallet-{node.name}"))
    wallet.new_card(
        name=node.name,
        kind="remote",
        node=node.ticket.read_text("utf-8"),
        identity=node.app_ident.read_text("utf-8"),
    )
    purse = Purse(wallet)
    stack.enter_context(wallet.hearing(purse.told))
    line = Line(wallet)
    stack.callback(line.close)
    return wallet, purse, line


def _card_of(wallet: Wallet) -> str:
    (card,) = wallet.rest.get("cards")
    return str(card["id"])


def _till(wallet: Wallet, card: str) -> Till:
    texts: list[str] = []

    def has_address() -> bool:
        # A card that has just opened may not know its relays yet.
        with suppress(Problem):
            texts.append(wallet.rest.get("cards", card, "address")["text"])
        return bool(texts)

    until(has_address, "a card has no address")
    return Till(wallet, card, texts[0], wallet.rest.get("cards", card)["public_key"])


def _friend_of(wallet: Wallet, hub: DemoNode, name: str, till: Till) -> str:
    """A new local card that can pay the till over the hub."""
    card = wallet.new_card(name=name, kind="local")
    rest = wallet.rest
    for kind, tickets in (("relays", hub.network.relays), ("servers", hub.network.index_servers)):
        for ticket in tickets:
            found = json.loads(ticket.read_text("utf-8"))
            body = {"address": found["address"], "name": kind}
            rest.call("PUT", "cards", card, kind, found["publicKey"], body=body)
    terms = {CURRENCY: {"may_owe": str(LIMIT), "is_open": True}}
    body = {"card": hub.network.export_friend(hub).read_text("utf-8"), "name": "hub", "currencies": terms}
    rest.call("POST", "cards", card, "friends", body=body)
    file = hub.network.folder / f"{name}.friend"
    file.write_text(rest.get("cards", card, "own-card")["file"], "utf-8")
    hub.ctl("config", "add-friend", "-f", str(file), "-n", name)
    hub.ctl("config", "enable-friend", "-n", name)
    hub.ctl("config", "open-currency", "-n", name, "-c", CURRENCY)
    hub.ctl("config", "set-currency-max-debt", "-n", name, "-c", CURRENCY, "-m", str(LIMIT))

    def can_pay() -> bool:
        (friend,) = rest.get("cards", card, "friends")
        if not any(
            one["state"] == "active" and one["can_send"] == str(LIMIT) for one in friend["currencies"]
        ):
            return False
        # The index server has to hear of it, too.
        most = rest.get("cards", card, "capacity", currency=CURRENCY, to=till.node)["most"]
        return most is not None and int(most) >= AMOUNT

    until(can_pay, f"{name} cannot pay")
    return card
