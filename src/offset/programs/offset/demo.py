"""The main job, shown: a real payment through a real network (README, `make demo`).

Set up with the command lines, steered with the SDK: what you see is what any app can do.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from offset.app import (
    FriendFile,
    InvoiceFile,
    Node,
    NoRoute,
    PaymentError,
    Rate,
    Receipt,
    RelayAddress,
    connect_files,
)
from offset.base.credits import Amount
from offset.base.faults import OffsetError
from offset.base.ids import Currency, PublicKey
from offset.core.apps.reports import balance_of
from offset.programs.offset.demo_wallet import DemoWallets
from offset.programs.offset.network import DemoNetwork, DemoNode, OwnNetwork
from offset.programs.offset.progress import Progress
from offset.wire.files import parse_ticket
from offset.wire.signing import verify_receipt

NAMES = "ABCD"
CURRENCY = Currency("FST")
LIMIT = 1000
RATE = Rate(0, 1)
# Only a program that hangs takes so long, also on a busy machine.
_ONLINE_SECONDS = 60.0
_ROUTE_SECONDS = 60.0
_RECEIPT_SECONDS = 60.0


class Demo:
    """One run of the demo."""

    def __init__(self, programs: Path, *, keep: bool, amount: int, wallet: bool = False) -> None:
        """`programs`: the folder of the programs. `amount`: credits to pay.

        `wallet`: leave the payment to a person, on pages for both ends.
        """
        self._programs, self._keep, self._amount, self._wallet = programs, keep, amount, wallet
        self._progress = Progress()
        self._nodes: dict[str, Node] = {}

    async def run(self) -> None:
        """Show it. Raises OffsetError when something fails; nothing is left behind then."""
        folder = Path(tempfile.mkdtemp(prefix="offset-demo-"))
        network = OwnNetwork(folder, self._programs)
        is_kept = False
        try:
            async with AsyncExitStack() as connections:
                await self._show(network, connections)
            is_kept = self._keep
        finally:
            if is_kept:
                self._explain(network)
            else:
                await asyncio.to_thread(network.stop)
                # Broken off, threads may still be making files.
                await asyncio.get_running_loop().shutdown_default_executor()
                _remove(folder)

    async def _show(self, network: DemoNetwork, connections: AsyncExitStack) -> None:
        progress = self._progress
        progress.say("Offset: four friends in a row, and a payment from one end to the other.")
        progress.say()
        await self._start(network, connections)
        await self._befriend(network)
        progress.say()
        if self._wallet:
            await self._leave_to_person(network)
            return
        invoice = await self._nodes["D"].seller.create_invoice(CURRENCY, self._amount)
        progress.say(f"D asks for {self._amount} {CURRENCY}. A pays, and knows nobody but B.")
        receipt, seconds = await self._pay(invoice)
        if not verify_receipt(receipt, self._nodes["D"].public_key):
            raise OffsetError("the receipt is not signed by D")
        progress.say(f"The receipt is signed by D and good. The payment took {seconds * 1000:.0f} ms.")
        await self._settle()
        self._show_balances()

    async def _leave_to_person(self, network: DemoNetwork) -> None:
        """Pages for both ends, with a payment that wants a yes, until the demo is broken off."""
        progress = self._progress
        async with progress.step("the index servers have learned who can pay whom"):
            await self._wait_route(self._nodes["D"].public_key, self._amount)
        wallets = DemoWallets(network, progress)
        await wallets.prepare("A", "D", CURRENCY, self._amount)
        await wallets.show()
        progress.say()
        progress.say(
            f"D asks for {self._amount} {CURRENCY} on its page. On the page of A this waits for your yes:"
        )
        progress.say("  say it, take the commit that the page of A shows then, and give it to the page of D.")
        progress.say(
            "  Nothing is paid before; the page of D turns to PAID by itself, and A gets the receipt."
        )
        for name in ("A", "D"):
            progress.say(f"One more page of {name}: offset wallet --folder {wallets.folder_of(name)} open")
        progress.say("All of it ends, and is removed, at Ctrl-C.")
        # That is how it is to end, so it is no failure.
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    # Setting up

    async def _start(self, network: DemoNetwork, connections: AsyncExitStack) -> None:
        async with self._progress.step("two relays and two index servers are running"):
            await asyncio.to_thread(self._start_servers, network)
        async with self._progress.step("four nodes are running, each with its own database"):
            files = await asyncio.gather(*[asyncio.to_thread(network.make_node, name) for name in NAMES])
            await asyncio.gather(*[asyncio.to_thread(node.start) for node in files])
            for node in files:
                connected = connect_files(node.app_ident, node.ticket)
                self._nodes[node.name] = await connections.enter_async_context(connected)

    def _start_servers(self, network: DemoNetwork) -> None:
        network.add_relay("relay1")
        network.add_relay("relay2")
        network.add_index_servers("index1", "index2")

    async def _befriend(self, network: DemoNetwork) -> None:
        progress, nodes = self._progress, self._nodes
        relays = [parse_ticket(path.read_text()) for path in network.relays]
        servers = [parse_ticket(path.read_text()) for path in network.index_servers]
        for place, name in enumerate(NAMES):
            relay, server = relays[place % 2], servers[place % 2]
            await nodes[name].relays.add(relay.public_key, relay.address, f"relay{place % 2 + 1}")
            await nodes[name].index_servers.add(server.public_key, server.address, f"index{place % 2 + 1}")
        cards = {
            name: FriendFile(
                nodes[name].public_key,
                tuple(RelayAddress(r.public_key, r.address) for r in nodes[name].report.relays.values()),
            )
            for name in NAMES
        }
        for left, right in itertools.pairwise(NAMES):
            for name, other in ((left, right), (right, left)):
                await self._trust(nodes[name], cards[other], other)
        async with progress.step("A-B-C-D are friends and online, through the relays"):
            await asyncio.gather(*[self._wait_friends(node) for node in nodes.values()])
        progress.say(
            f"  each lets the other owe {LIMIT} {CURRENCY}, and takes 1 {CURRENCY} for passing a payment on"
        )

    async def _trust(self, node: Node, card: FriendFile, name: str) -> None:
        await node.friends.add(card.public_key, card.relays, name)
        await node.friends.set_max_debt(name, CURRENCY, LIMIT)
        await node.friends.set_rate(name, CURRENCY, RATE)
        await node.friends.open_currency(name, CURRENCY)
        await node.friends.enable(name)

    async def _wait_friends(self, node: Node) -> None:
        await node.report.wait_until(
            lambda report: all(
                friend.liveness and balance_of(friend, CURRENCY) is not None
                for friend in report.friends.values()
            ),
            _ONLINE_SECONDS,
        )

    # Paying

    async def _pay(self, invoice: InvoiceFile) -> tuple[Receipt, float]:
        progress, buyer, seller = self._progress, self._nodes["A"].buyer, self._nodes["D"].seller
        async with progress.step("the index servers have learned who can pay whom"):
            await self._wait_route(invoice.dest_public_key, invoice.dest_payment)
        began = time.monotonic()
        payment = await buyer.pay(invoice)
        promised = time.monotonic()
        progress.say(
            f"  {self._amount} {CURRENCY} and {payment.fees} {CURRENCY} of fees are frozen on the way A-B-C-D;"
        )
        progress.say(f"  D has signed for them, and A holds the commit ({(promised - began) * 1000:.0f} ms)")
        await seller.commit(invoice, payment.commit)
        receipt = await payment.receipt(_RECEIPT_SECONDS)
        ended = time.monotonic()
        progress.say(f"  D has collected, and A holds the receipt ({(ended - promised) * 1000:.0f} ms)")
        return receipt, ended - began

    async def _wait_route(self, seller: PublicKey, amount: Amount) -> None:
        """Reports travel between the federated servers within a second or two."""
        routes = self._nodes["A"].routes
        until = time.monotonic() + _ROUTE_SECONDS
        while True:
            try:
                found = await routes.find(CURRENCY, amount, seller)
            except PaymentError:
                found = ()
            if found:
                return
            if time.monotonic() > until:
                raise NoRoute(f"no route from A to D was found within {_ROUTE_SECONDS:g} s")
            await asyncio.sleep(0.05)

    async def _settle(self) -> None:
        """Wait until the collect has passed every hop."""
        await asyncio.gather(
            *[
                node.report.wait_until(
                    lambda report: all(
                        (balance := balance_of(friend, CURRENCY)) is not None
                        and not balance.local_pending_debt
                        and not balance.remote_pending_debt
                        for friend in report.friends.values()
                    ),
                    _RECEIPT_SECONDS,
                )
                for node in self._nodes.values()
            ]
        )

    def _show_balances(self) -> None:
        progress, total = self._progress, 0
        progress.say()
        progress.say(f"Balances in {CURRENCY}, as each node sees them:")
        for name, node in self._nodes.items():
            parts = []
            worth = 0
            for friend in sorted(node.report.friends.values(), key=lambda friend: friend.name):
                balance = balance_of(friend, CURRENCY)
                assert balance is not None
                worth += balance.balance
                parts.append(f"{friend.name}: {balance.balance:+d}")
            total += worth
            progress.say(f"  {name}  {worth:+5d}   ({', '.join(parts)})")
        progress.say(f"  sum {total:+4d}")
        if total != 0:
            raise OffsetError("the sum of all balances is not 0")

    # The end

    def _explain(self, network: DemoNetwork) -> None:
        progress, node = self._progress, network.nodes["A"]
        progress.say()
        progress.say(f"The network goes on. Its files are in {network.folder}")
        progress.say(
            "They hold the secret keys of its nodes: remove the folder when you have ended the network."
        )
        progress.say("Talk to it as A, for instance:")
        progress.say(f"  {_command(network, node)} info friends")
        progress.say("End it with:")
        progress.say(f"  kill {' '.join(str(process.pid) for process in network.processes.values())}")


def _command(network: DemoNetwork, node: DemoNode) -> str:
    return f"{network.programs / 'stctrl'} -I {node.app_ident} -T {node.ticket}"


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()
