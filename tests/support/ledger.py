"""Funders in memory, joined by lines that lose what is under way when they break; all from one seed.

Each node keeps its rows as a store would. After every turn the rows are read back into a second state, which must be
the living one: so whatever a turn changed, it named. A node can crash and start again from its rows at any moment.
"""

import itertools
from collections import deque
from collections.abc import Iterable
from typing import Any

from offset.base.entropy import SeededEntropy
from offset.base.ids import Currency, PublicKey
from offset.core.funder.funder import Funder
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.record_kinds import in_order
from offset.core.funder.records import Changes, HistoryRecord, Key, Record
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.turn import DropFriend, Order, Turn
from offset.crypto.identity import Identity
from offset.wire import app
from offset.wire.common import Commit, RelayAddress
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage, FriendsRoute, MoveTokenRequest
from support.ledger_checks import check_always, check_report, snapshot

FST = "FST"


def bare(message: FriendMessage) -> FriendMessage:
    """The message without credit lines, which have tests of their own (test_credit_lines.py)."""
    if isinstance(message, MoveTokenRequest):
        return MoveTokenRequest(message.move_token, message.token_wanted)
    return message


class Rows:
    """What a store holds: one record for each key."""

    def __init__(self) -> None:
        self._rows: dict[Key, Record] = {}

    def apply(self, changes: Changes) -> None:
        """Write these rows and no others."""
        for key, record in changes.items():
            if record is None:
                self._rows.pop(key, None)
            else:
                assert record.key() == key
                assert not isinstance(record, HistoryRecord) or key not in self._rows
                self._rows[key] = record

    def records(self) -> list[Record]:
        """All rows, in the order of the tables and of their keys."""
        return in_order(self._rows)


class Node:
    """A funder, its rows, and what it has told."""

    def __init__(self, name: str, seed: int | str) -> None:
        self.name = name
        self.entropy = SeededEntropy(f"{seed} {name}")
        self.identity = Identity(self.entropy.bytes(32))
        self.key = self.identity.public_key
        self.rows = Rows()
        self.funder = Funder(self.identity, self.entropy)
        self.report = self.funder.report()
        self.results: list[Any] = []
        self.orders: list[Order] = []
        self.refusal: str | None = None
        self.turns = 0

    @property
    def state(self) -> FunderState:
        """What the funder remembers."""
        return self.funder.state

    def friend(self, other: "Node | PublicKey") -> Friend:
        """A friend of this node."""
        return self.state.friends[other.key if isinstance(other, Node) else other]

    def credit(self, other: "Node | PublicKey", currency: Currency = FST) -> MutualCredit:
        """The mutual credit with a friend."""
        return self.friend(other).channel.credits[currency]

    def absorb(self, turn: Turn) -> None:
        """Make the rows of a turn durable, and check all that must be true after any turn."""
        self.rows.apply(turn.changes)
        self.results += turn.results
        self.orders += turn.orders
        self.turns += bool(turn.changes)
        self.report = check_report(self.report, turn.mutations, self.funder.report())
        check_always(self.state)
        restored = FunderState(self.key)
        restored.restore(self.rows.records())
        assert snapshot(restored) == snapshot(self.state), "a change of memory did not name its row"

    def reborn(self) -> Turn:
        """Start again from the rows: whatever was not durable never happened."""
        self.funder = Funder(self.identity, self.entropy, self.rows.records())
        self.report = self.funder.report()
        return self.funder.start()

    def take_results(self) -> list[Any]:
        """What apps were told since the last time."""
        results, self.results = self.results, []
        return results


class Line:
    """What is under way between two nodes. A new message may replace one that waits (spec 02, 6.6)."""

    def __init__(self) -> None:
        self.under_way: dict[str, deque[bytes]] = {}

    def put(self, to: str, data: bytes, *, replaces: bool) -> None:
        """Send."""
        queue = self.under_way.setdefault(to, deque())
        if replaces and queue:
            queue.pop()
        queue.append(data)


class World:
    """Nodes with one-letter names, and the lines between them."""

    def __init__(self, names: Iterable[str], seed: int | str = 0, *, replacing: bool = False) -> None:
        self.nodes = {name: Node(name, seed) for name in names}
        self.chance = SeededEntropy(f"{seed} world")
        self.lines: dict[tuple[str, str], Line] = {}
        self.sent = 0
        self.messages: list[tuple[str, str, FriendMessage]] = []
        self.outside: dict[PublicKey, list[tuple[str, FriendMessage]]] = {}
        self.replacing = replacing
        self._names = {node.key: name for name, node in self.nodes.items()}
        self._ids = itertools.count(1)
        for node in self.nodes.values():
            self.took(node, node.funder.start())

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    # Turns

    def took(self, node: Node, turn: Turn) -> Turn:
        """A turn is done: first remember, then speak."""
        node.absorb(turn)
        for key, message in turn.messages:
            to = self._names.get(key)
            if to is None:
                self.outside.setdefault(key, []).append((node.name, message))
                continue
            line = self.lines.get(_pair(node.name, to))
            self.sent += 1
            self.messages.append((node.name, to, message))
            if line is not None:
                line.put(to, FRIEND_MESSAGE.encode(message), replaces=self.replacing)
        for order in turn.orders:
            if isinstance(order, DropFriend) and order.friend in self._names:
                self.disconnect(node.name, self._names[order.friend])
        return turn

    def control(self, name: str, request: Any) -> Turn:
        """An app asks for something."""
        node = self[name]
        turn = node.funder.control(request)
        node.refusal = turn.refusal
        return self.took(node, turn)

    # Lines

    def connect(self, left: str, right: str) -> None:
        """A line comes up; both sides learn of it."""
        assert _pair(left, right) not in self.lines
        self.lines[_pair(left, right)] = Line()
        self.took(self[left], self[left].funder.online(self[right].key))
        self.took(self[right], self[right].funder.online(self[left].key))

    def disconnect(self, left: str, right: str) -> None:
        """The line breaks; what is under way is lost."""
        if self.lines.pop(_pair(left, right), None) is not None:
            self.took(self[left], self[left].funder.offline(self[right].key))
            self.took(self[right], self[right].funder.offline(self[left].key))

    def reconnect(self, left: str, right: str) -> None:
        """The line breaks and comes up again."""
        self.disconnect(left, right)
        self.connect(left, right)

    def restart(self, name: str) -> None:
        """A node stops and starts again from its rows. Its friends notice."""
        self._break_lines(name)
        self.took(self[name], self[name].reborn())

    def _break_lines(self, name: str) -> None:
        for pair in [pair for pair in self.lines if name in pair]:
            del self.lines[pair]
            (other,) = set(pair) - {name}
            self.took(self[other], self[other].funder.offline(self[name].key))

    def crash(self, to: str, from_: str, *, is_durable: bool) -> None:
        """`to` crashes over the next message: before its rows are durable, or after, but before it speaks."""
        node = self[to]
        turn = node.funder.friend_message(self[from_].key, self.next_message(to, from_))
        if is_durable:
            node.rows.apply(turn.changes)
            node.results += turn.results
        self.restart(to)

    def next_message(self, to: str, from_: str) -> FriendMessage:
        """Take the next message off a line."""
        return FRIEND_MESSAGE.decode(self.lines[_pair(to, from_)].under_way[to].popleft())

    # Moving on

    def under_way(self) -> list[tuple[str, str]]:
        """Receiver and sender of each direction with messages."""
        return [
            (to, pair[0] if pair[1] == to else pair[1])
            for pair, line in self.lines.items()
            for to, queue in line.under_way.items()
            if queue
        ]

    def deliver(self, to: str, from_: str) -> Turn:
        """The next message of a line arrives."""
        node = self[to]
        message = self.next_message(to, from_)
        return self.took(node, node.funder.friend_message(self[from_].key, message))

    def round(self) -> int:
        """All that is under way arrives. Returns how many messages that were."""
        waiting = [
            (to, from_) for to, from_ in self.under_way() for _ in self.lines[_pair(to, from_)].under_way[to]
        ]
        for to, from_ in waiting:
            if self.lines.get(_pair(to, from_), Line()).under_way.get(to):
                self.deliver(to, from_)
        return len(waiting)

    def settle(self, rounds_max: int = 200) -> int:
        """Let everything arrive. Returns the number of rounds."""
        for rounds in range(rounds_max):
            if self.round() == 0:
                return rounds
        raise AssertionError("the nodes never stop talking")

    # Beginnings

    def fresh(self, count: int) -> bytes:
        """An id that nobody has used."""
        return next(self._ids).to_bytes(count, "big")

    def befriend(
        self, left: str, right: str, *currencies: Currency, limit: int = 1000, is_open: bool = True
    ) -> None:
        """Two friends with a line, who trust each other."""
        for name, other in ((left, right), (right, left)):
            relay = RelayAddress(self[other].key, f"{other}:1")
            self.control(name, app.AddFriend(self[other].key, (relay,), other))
            self.control(name, app.EnableFriend(self[other].key))
        self.connect(left, right)
        self.settle()
        for currency in currencies or (FST,):
            for name, other in ((left, right), (right, left)):
                self.trust(name, other, limit, currency)
                if is_open:
                    self.control(name, app.OpenFriendCurrency(self[other].key, currency))
        self.settle()

    def trust(self, name: str, other: str, limit: int, currency: Currency = FST) -> None:
        """`name` lets `other` owe it so much."""
        self.control(name, app.SetFriendCurrencyMaxDebt(self[other].key, currency, limit))

    def chain(self, limit: int = 1000) -> None:
        """Befriend each with the next."""
        names = list(self.nodes)
        for left, right in itertools.pairwise(names):
            self.befriend(left, right, limit=limit)

    def give_token(self, to: str, from_: str) -> None:
        """Let `to` hold the token of a quiet link."""
        if self[to].friend(self[from_]).channel.outgoing is not None:
            self.reconnect(to, from_)  # who holds the token speaks on a new line
            self.settle()
        assert self[to].friend(self[from_]).channel.outgoing is None

    # Paying

    def invoice(self, seller: str, amount: int, currency: Currency = FST) -> bytes:
        """The seller opens an invoice."""
        invoice_id = self.fresh(32)
        self.control(seller, app.AddInvoice(invoice_id, currency, amount))
        return invoice_id

    def payment(
        self, buyer: str, seller: str, invoice_id: bytes, amount: int, currency: Currency = FST
    ) -> bytes:
        """The buyer begins to pay an invoice."""
        payment_id = self.fresh(16)
        request = app.CreatePayment(payment_id, invoice_id, currency, amount, self[seller].key)
        self.control(buyer, request)
        return payment_id

    def part(self, payment_id: bytes, route: str, amount: int, fees: int = 0) -> bytes:
        """The buyer, first of the route, sends a part."""
        request_id = self.fresh(16)
        keys = tuple(self[name].key for name in route)
        request = app.CreateTransaction(payment_id, request_id, FriendsRoute(keys), amount, fees)
        self.control(route[0], request)
        return request_id

    def promise(self, route: str, amount: int, fees: int = 0) -> tuple[bytes, bytes, Commit]:
        """Pay over one route up to the commit. Returns payment, request and commit."""
        invoice_id = self.invoice(route[-1], amount)
        payment_id = self.payment(route[0], route[-1], invoice_id, amount)
        request_id = self.part(payment_id, route, amount, fees)
        self.control(route[0], app.RequestClosePayment(payment_id))
        self.settle()
        commits = [
            result.result.commit
            for result in self[route[0]].results
            if isinstance(result, app.TransactionResult)
            and result.request_id == request_id
            and isinstance(result.result, app.Complete)
        ]
        assert len(commits) == 1, self[route[0]].results
        return payment_id, request_id, commits[0]

    def pay(self, route: str, amount: int, fees: int = 0) -> bytes:
        """Pay over one route, to the end. Returns the payment, which is not acknowledged yet."""
        payment_id, _, commit = self.promise(route, amount, fees)
        self.control(route[-1], app.CommitInvoice(commit))
        assert self[route[-1]].refusal is None
        self.settle()
        return payment_id


def _pair(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)
