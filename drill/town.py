"""Four friends in a row, each with a node of real programs, who pay one another and lose things."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from offset.app import (
    ChannelConsistent,
    FriendFile,
    InvoiceFile,
    Node,
    NoRoute,
    PaymentError,
    Rate,
    RelayAddress,
    connect_files,
)
from offset.base.credits import Balance
from offset.base.faults import OffsetError
from offset.base.ids import Currency, PublicKey
from offset.core.apps.reports import balance_of
from offset.programs.offset.network import DemoNode, OwnNetwork, free_port
from offset.wire.files import Ticket, format_ticket, parse_identity, parse_ticket
from offset.wire.signing import verify_receipt

CURRENCY = Currency("FST")
LIMIT = 1_000_000
NAMES = ("alice", "bob", "carol", "dan")
PATIENCE_SECONDS = 60.0
"""Only what hangs takes so long, also on a busy machine."""
_LOOK_SECONDS = 0.02
PLAIN_NODE = Path(__file__).with_name("plain_node.py")

Books = dict[tuple[str, str], Balance]
"""What a node says of a friend, by the names of both."""


class Town:
    """Their programs, and what people do with them."""

    def __init__(self, folder: Path, programs: Path) -> None:
        """`folder` must exist; `programs` holds ours."""
        self.network = OwnNetwork(folder, programs)
        self.folder = folder

    # Setting up

    async def begin(self) -> None:
        """A relay, an index server, and four friends who trust one another."""
        await asyncio.to_thread(self._start_servers)
        made = [await asyncio.to_thread(self.network.make_node, name) for name in NAMES]
        await asyncio.gather(*[asyncio.to_thread(node.start) for node in made])
        for name in NAMES:
            await self.introduce(name)
        for left, right in itertools.pairwise(NAMES):
            await self.trust(left, right)
            await self.trust(right, left)
        await self.calm()

    def _start_servers(self) -> None:
        self.network.add_relay("relay")
        self.network.add_index_servers("index")

    async def introduce(self, name: str) -> None:
        """Tell a new node where the relay and the index server are."""
        relay, server = (
            parse_ticket(path.read_text()) for path in (self.network.relays[0], self.network.index_servers[0])
        )
        async with self.node(name) as node:
            await node.relays.add(relay.public_key, relay.address, "relay")
            await node.index_servers.add(server.public_key, server.address, "index")

    async def trust(self, name: str, other: str) -> None:
        """One takes the card of the other, and lets it owe."""
        card = await self.card(other)
        async with self.node(name) as node:
            await node.friends.add(card.public_key, card.relays, other)
            await node.friends.enable(other)
        await self.open(name, other)

    async def open(self, name: str, other: str) -> None:
        """One lets the other owe, and passes payments on for it."""
        async with self.node(name) as node:
            await node.friends.set_max_debt(other, CURRENCY, LIMIT)
            await node.friends.set_rate(other, CURRENCY, Rate(0, 1))
            await node.friends.open_currency(other, CURRENCY)

    async def meet(self, left: str, right: str) -> None:
        """Two become friends who have no limits for each other yet."""
        for name, other in ((left, right), (right, left)):
            card = await self.card(other)
            async with self.node(name) as node:
                await node.friends.add(card.public_key, card.relays, other)
                await node.friends.enable(other)
        for name, other in ((left, right), (right, left)):
            await self.until(name, lambda node, other=other: _is_online(node, other), f"{other} is away")

    async def card(self, name: str) -> FriendFile:
        """What a node gives to new friends."""
        async with self.node(name) as node:
            relays = tuple(RelayAddress(r.public_key, r.address) for r in node.report.relays.values())
            return FriendFile(node.public_key, relays)

    # Looking

    def files(self, name: str) -> DemoNode:
        """Where the files of a node are."""
        return self.network.nodes[name]

    @asynccontextmanager
    async def node(self, name: str) -> AsyncIterator[Node]:
        """An app of a node, as long as it is needed."""
        files = self.files(name)
        async with connect_files(files.app_ident, files.ticket) as node:
            yield node

    async def until(self, name: str, is_so: Callable[[Node], bool], what: str) -> None:
        """Wait until an app of a node sees that something is so. Raises OffsetError when it does not become so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self.node(name) as node:
                while not is_so(node):
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise OffsetError(f"{what}: not within {PATIENCE_SECONDS:g} s") from None

    async def calm(self, *names: str) -> None:
        """Wait until these, or all, are online with all their friends, agree with them, and nothing is frozen."""
        for name in names or tuple(self.network.nodes):
            await self.until(
                name, _is_calm, f"{name} has friends who are away, or with whom it does not agree"
            )

    async def books(self) -> Books:
        """All balances, as both sides see them. Raises OffsetError when two of them are no mirrors."""
        found: Books = {}
        for name in self.network.nodes:
            async with self.node(name) as node:
                for friend in node.report.friends.values():
                    balance = balance_of(friend, CURRENCY)
                    if friend.name in self.network.nodes and balance is not None:
                        found[name, friend.name] = balance.balance
        for (left, right), balance in found.items():
            if found.get((right, left), -balance) != -balance:
                raise OffsetError(f"{left} has {balance} with {right}, and {right} {found[right, left]}")
        return found

    async def resets(self, name: str) -> dict[str, int]:
        """How often the account of a node with each friend was begun anew."""
        async with self.node(name) as node:
            return {
                friend.name: friend.opt_last_incoming_move_token.token_info.counters.inconsistency_counter
                for friend in node.report.friends.values()
                if friend.opt_last_incoming_move_token is not None
            }

    # Paying

    async def pay(self, buyer: str, seller: str, amount: int = 1) -> None:
        """A payment, to its receipt."""
        async with self.node(buyer) as one, self.node(seller) as other:
            await self._pay(one, other, amount)

    async def pay_many(self, buyer: str, seller: str, count: int) -> None:
        """So many payments at once, each to its receipt."""
        async with self.node(buyer) as one, self.node(seller) as other:
            await asyncio.gather(*[self._pay(one, other, 1) for _ in range(count)])

    async def _pay(self, buyer: Node, seller: Node, amount: int) -> None:
        invoice = await seller.seller.create_invoice(CURRENCY, amount)
        await self._wait_for_route(buyer, invoice)
        payment = await buyer.buyer.pay(invoice, timeout_s=PATIENCE_SECONDS)
        await seller.seller.commit(invoice, payment.commit)
        receipt = await payment.receipt(PATIENCE_SECONDS)
        if not verify_receipt(receipt, seller.public_key):
            raise OffsetError("a receipt is not signed by the seller")

    async def _wait_for_route(self, buyer: Node, invoice: InvoiceFile) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            with suppress(PaymentError):
                if await buyer.routes.find(CURRENCY, invoice.dest_payment, invoice.dest_public_key):
                    return
            await asyncio.sleep(_LOOK_SECONDS)
        raise NoRoute(f"no route was found within {PATIENCE_SECONDS:g} s")

    async def try_many(self, buyer: str, seller: str, count: int) -> int:
        """So many payments at once, some of which may come to nothing. Returns how many were paid."""
        async with self.node(buyer) as one, self.node(seller) as other:
            ends = await asyncio.gather(
                *[self._pay(one, other, 1) for _ in range(count)], return_exceptions=True
            )
        for end in ends:
            if end is not None and not isinstance(end, PaymentError):
                raise end
        return sum(end is None for end in ends)

    # Commands

    async def stmgr(self, *args: str | Path) -> None:
        """Run stmgr. Raises OffsetError if it fails."""
        # As a process of its own, for what it prints is not of the drill.
        await asyncio.to_thread(self.network.run, "stmgr", *map(str, args))

    async def ctl(self, name: str, *args: str) -> None:
        """Run stctrl at a node. Raises OffsetError if it fails."""
        await asyncio.to_thread(self.files(name).ctl, *args)

    # Losing

    def forget(self, name: str) -> None:
        """This node never comes back."""
        del self.network.nodes[name]

    async def copy(self, name: str) -> Path:
        """A sealed copy of the database of a node, which goes on."""
        files, copy = self.files(name), self.folder / f"{name}.copy.age"
        copy.unlink(missing_ok=True)
        await self.stmgr("backup", "-d", files.database, "-i", files.ident, "-o", copy)
        return copy

    async def kill(self, name: str) -> None:
        """SIGKILL."""
        await asyncio.to_thread(self.network.kill, name)

    async def key(self, name: str) -> PublicKey:
        """The public key of a node."""
        async with self.node(name) as node:
            return node.public_key

    async def stop(self, name: str) -> None:
        """SIGTERM."""
        await asyncio.to_thread(self.network.stop_one, name)

    async def start_plain(self, name: str) -> None:
        """Start a node that says no asides, as one of 0.1.11."""
        files = self.files(name)
        await asyncio.to_thread(
            self.network.start_program,
            name,
            [sys.executable, str(PLAIN_NODE)],
            files.port,
            *files.options,
        )

    def twin(self, name: str) -> DemoNode:
        """A second place for the card of a node, with its own address and the same keys."""
        files = self.files(name)
        other = DemoNode(self.network, f"{name}-twin", free_port())
        other.database.parent.mkdir()
        shutil.copy(files.ident, other.ident)
        shutil.copy(files.app_ident, other.app_ident)
        shutil.copytree(files.trusted, other.trusted)
        ticket = Ticket(parse_identity(files.ident.read_text()).public_key, f"127.0.0.1:{other.port}")
        other.ticket.write_text(format_ticket(ticket))
        return other

    def lose_database(self, name: str) -> None:
        """Every file of the database is gone."""
        files = self.files(name)
        for path in files.database.parent.glob("node.db*"):
            path.unlink()

    async def restore(self, name: str, *sources: str) -> None:
        """Make the database from copies and kits, and start the node."""
        files = self.files(name)
        await self.stmgr("restore", "-i", files.ident, *sources, "-o", files.database)
        await asyncio.to_thread(files.start)


def _is_online(node: Node, name: str) -> bool:
    return any(friend.name == name and friend.liveness for friend in node.report.friends.values())


def _is_calm(node: Node) -> bool:
    for friend in node.report.friends.values():
        balance = balance_of(friend, CURRENCY)
        is_there = friend.liveness and isinstance(friend.channel_status, ChannelConsistent)
        if not is_there or balance is None or balance.local_pending_debt or balance.remote_pending_debt:
            return False
    return True
