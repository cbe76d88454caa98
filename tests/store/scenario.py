"""Three nodes in a line that do all kinds of things by chance, each with a database of its own."""

import itertools
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.core.funder.funder import Funder
from offset.core.funder.records import UsedKey
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.crypto.identity import Identity
from offset.store.sqlite.database import Database, create
from offset.wire.app import (
    AckClosePayment,
    AddFriend,
    AddInvoice,
    AddRelay,
    CancelInvoice,
    CloseFriendCurrency,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    PaymentStatusCanceled,
    PaymentStatusSuccess,
    RemoveFriend,
    RemoveRelay,
    RequestClosePayment,
    ResetFriendChannel,
    ResponseClosePayment,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    SetFriendName,
    SetFriendRelays,
    TransactionResult,
)
from offset.wire.common import Commit, NamedRelayAddress, RelayAddress
from offset.wire.friend import FriendMessage, FriendsRoute, MoveTokenRequest

CURRENCIES = ("FST1", "FST2")

Snapshot = dict[str, Any]


def snapshot(funder: Funder) -> Snapshot:
    """All that a funder must know again after a start; equal when every field is."""
    state = funder.state
    report = funder.report()
    friends = sorted(report.friends.list, key=lambda entry: entry.friend_public_key)
    return {
        "relays": state.relays,
        "report": [
            (entry.friend_public_key, msgspec.structs.replace(entry.friend_report, liveness=False))
            for entry in friends
        ],
        "friends": {key: _friend(friend) for key, friend in state.friends.items()},
        "invoices": dict(state.invoices),
        "payments": dict(state.payments),
        "transactions": dict(state.transactions),
        "incoming_ids": dict(state.incoming_ids),
        "history number": state.history_number,
    }


def _friend(friend: Friend) -> Snapshot:
    credits = friend.channel.credits.items()
    return {
        "row": friend.record(),
        "configs": dict(friend.configs),
        "channel": friend.channel.record(),
        "token info": friend.channel.token_info(),
        "credits": {name: credit.record(friend.public_key) for name, credit in credits},
        "local pending": {name: dict(credit.local) for name, credit in credits},
        "remote pending": {name: dict(credit.remote) for name, credit in credits},
        "queues": [list(queue.items()) for queue in friend.queues],
    }


class Node:
    """A funder and its database, with a hook on each side of a flush."""

    def __init__(self, number: int, folder: Path, before_flush: "Hook", after_flush: "Hook") -> None:
        self.identity = Identity(bytes([number]) * 32)
        self.key: PublicKey = self.identity.public_key
        self.entropy = SeededEntropy(number)
        self.folder = folder / f"node{number}"
        self.folder.mkdir()
        self.path = self.folder / "node.db"
        create(self.path, self.key)
        self.before_flush, self.after_flush = before_flush, after_flush
        self.database = Database.open(self.path, self.key)
        self.funder = self.restored(self.database)
        self.durable = snapshot(self.funder)
        self.used_up: list[UsedKey] = []

    def restored(self, database: Database) -> Funder:
        """A funder that knows what stands there and nothing else."""
        return Funder(self.identity, self.entropy, database.load(), database.past)

    def commit(self, turn: Turn) -> Turn:
        """First remember; the caller speaks."""
        if turn.changes:
            self.database.write(turn.changes)
            self.before_flush(self)
            self.database.flush()
            assert all(map(self.database.past.is_used, turn.used_up))
            self.funder.settled(turn.used_up)
            self.used_up += turn.used_up
        self.durable = snapshot(self.funder)
        self.after_flush(self)
        return turn

    def restart(self) -> None:
        """Forget everything, and learn it again from the file."""
        self.database.close()
        self.database = Database.open(self.path, self.key)
        self.funder = self.restored(self.database)
        assert snapshot(self.funder) == self.durable
        assert not list(self.funder.state.used)
        assert all(map(self.funder.state.used.has, self.used_up))


Hook = Callable[[Node], None]


class World:
    """The nodes, what is on its way between them, and what their users know."""

    def __init__(self, seed: int, folder: Path, before_flush: Hook, after_flush: Hook) -> None:
        self.chance = SeededEntropy(f"world {seed}")
        self.nodes = [Node(number, folder, before_flush, after_flush) for number in (1, 2, 3)]
        self.by_key = {node.key: node for node in self.nodes}
        self.links = list(itertools.pairwise(self.nodes))
        self.wires: dict[tuple[PublicKey, PublicKey], deque[FriendMessage]] = {}
        for one, other in self.links:
            self.wires[one.key, other.key] = deque()
            self.wires[other.key, one.key] = deque()
        self.commits: list[Commit] = []
        self.payments: list[tuple[Node, bytes]] = []
        self.invoices: list[tuple[Node, bytes]] = []
        self.seen: set[str] = set()
        self._begin()

    def close(self) -> None:
        for node in self.nodes:
            node.database.close()

    def run(self, steps: int) -> None:
        """Do one thing after another."""
        actions = [
            *[self.deliver] * 24,
            *[self.pay] * 6,
            *[self.hand_over_commit] * 4,
            *[self.close_payment] * 3,
            self.cancel_invoice,
            self.change_settings,
            self.change_relays,
            *[self.cut] * 2,
            self.corrupt,
            *[self.reset] * 3,
            self.disable,
            self.restart,
        ]
        for step in range(steps):
            self.pick(actions)()
            if step % 150 == 149:
                self.forget_friend()
            if step % 8 == 0:
                for one, other in self.links:
                    self.connect(one, other)

    def pick(self, choices: list[Any]) -> Any:
        return choices[self.chance.below(len(choices))]

    def control(self, node: Node, request: Any) -> str | None:
        """An app asks; its answers are taken at once."""
        turn = node.funder.control(request)
        self.take(node, turn)
        self.seen.add(type(request).__name__ + ("" if turn.refusal is None else " refused"))
        return turn.refusal

    def take(self, node: Node, turn: Turn) -> None:
        node.commit(turn)
        for key, message in turn.messages:
            self.wires[node.key, key].append(message)
        for key in turn.changes:
            self.seen.add(type(key).__name__)
        for result in turn.results:
            match result:
                case TransactionResult(result=Complete(commit)):
                    self.commits.append(commit)
                case ResponseClosePayment(
                    payment_id, PaymentStatusSuccess() | PaymentStatusCanceled() as status
                ):
                    self.seen.add(type(status).__name__)
                    self.control(node, AckClosePayment(payment_id, status.ack_uid))

    # What can happen

    def _begin(self) -> None:
        for one, other in self.links:
            for node, friend in ((one, other), (other, one)):
                self.befriend(node, friend)
            self.connect(one, other)
        for _ in range(40):
            self.deliver()

    def befriend(self, node: Node, friend: Node) -> None:
        self.control(node, AddFriend(friend.key, (), "a friend"))
        self.control(node, EnableFriend(friend.key))
        for currency in CURRENCIES:
            self.control(node, SetFriendCurrencyMaxDebt(friend.key, currency, 2**100))
            self.control(node, OpenFriendCurrency(friend.key, currency))

    def connect(self, one: Node, other: Node) -> None:
        for node, friend in ((one, other), (other, one)):
            self.take(node, node.funder.online(friend.key))

    def cut(self) -> None:
        one, other = self.pick(self.links)
        for node, friend in ((one, other), (other, one)):
            self.wires[node.key, friend.key].clear()
            self.take(node, node.funder.offline(friend.key))
            self.wires[node.key, friend.key].clear()
        if self.chance.below(2):
            self.connect(one, other)

    def deliver(self) -> None:
        busy = [ends for ends, wire in self.wires.items() if wire]
        if busy:
            source, target = self.pick(busy)
            message = self.wires[source, target].popleft()
            node = self.by_key[target]
            self.take(node, node.funder.friend_message(source, message))

    def corrupt(self) -> None:
        """A token arrives that its sender did not sign so, as if one of the two had lost its memory."""
        for (source, target), wire in self.wires.items():
            if wire and isinstance(wire[0], MoveTokenRequest):
                token = msgspec.structs.replace(wire[0].move_token, rand_nonce=self.chance.bytes(16))
                wire[0] = msgspec.structs.replace(wire[0], move_token=token)
                node = self.by_key[target]
                self.take(node, node.funder.friend_message(source, wire.popleft()))
                return

    def reset(self) -> None:
        for node in self.nodes:
            for friend in list(node.funder.state.friends.values()):
                terms = friend.channel.remote_terms
                if terms is not None:
                    self.seen.add("inconsistent")
                    self.control(node, ResetFriendChannel(friend.public_key, terms.reset_token))
                    return

    def pay(self) -> None:
        route = [
            node.key for node in self.pick([self.nodes, self.nodes[::-1], self.nodes[:2], self.nodes[:0:-1]])
        ]
        buyer, seller = self.by_key[route[0]], self.by_key[route[-1]]
        invoice, payment = self.chance.bytes(32), self.chance.bytes(16)
        currency, total = self.pick(list(CURRENCIES)), self.pick([1, 10, 2**64, 2**90])
        self.control(seller, AddInvoice(invoice, currency, total))
        self.control(buyer, CreatePayment(payment, invoice, currency, total, seller.key))
        self.payments.append((buyer, payment))
        self.invoices.append((seller, invoice))
        parts = [1, total - 1] if total > 1 and self.chance.below(3) == 0 else [total]
        for part in parts:
            keys = FriendsRoute(tuple(route))
            self.control(buyer, CreateTransaction(payment, self.chance.bytes(16), keys, part, 100))

    def hand_over_commit(self) -> None:
        if self.commits:
            commit = self.commits.pop(self.chance.below(len(self.commits)))
            for node in self.nodes:
                if commit.invoice_id in node.funder.state.invoices:
                    self.control(node, CommitInvoice(commit))

    def close_payment(self) -> None:
        if self.payments:
            node, payment = self.payments.pop(self.chance.below(len(self.payments)))
            self.control(node, RequestClosePayment(payment))

    def cancel_invoice(self) -> None:
        if self.invoices:
            node, invoice = self.invoices.pop(self.chance.below(len(self.invoices)))
            self.control(node, CancelInvoice(invoice))

    def change_settings(self) -> None:
        one, other = self.pick(self.links)
        node, friend = (one, other) if self.chance.below(2) else (other, one)
        currency = self.pick([*CURRENCIES, "FST3"])
        request = self.pick(
            [
                SetFriendName(friend.key, f"name {self.chance.below(9)}"),
                SetFriendCurrencyRate(friend.key, currency, Rate(self.chance.below(2**20), 3)),
                CloseFriendCurrency(friend.key, currency),
                SetFriendRelays(friend.key, (RelayAddress(bytes(32), "relay:1"),)),
            ]
        )
        self.control(node, request)
        self.control(node, OpenFriendCurrency(friend.key, currency))

    def change_relays(self) -> None:
        node = self.pick(self.nodes)
        key = bytes([self.chance.below(3)]) * 32
        if self.chance.below(3):
            self.control(node, AddRelay(NamedRelayAddress(key, f"relay:{self.chance.below(9)}", "r")))
        else:
            self.control(node, RemoveRelay(key))

    def disable(self) -> None:
        one, other = self.pick(self.links)
        self.cut()
        self.control(one, DisableFriend(other.key))
        self.take(one, one.funder.offline(other.key))
        self.control(one, EnableFriend(other.key))

    def forget_friend(self) -> None:
        one, other = self.pick(self.links)
        self.control(one, RemoveFriend(other.key))
        for ends in ((one.key, other.key), (other.key, one.key)):
            self.wires[ends].clear()
        self.take(other, other.funder.offline(one.key))
        self.befriend(one, other)
        self.connect(one, other)

    def restart(self) -> None:
        node = self.pick(self.nodes)
        node.restart()
        for one, other in self.links:
            if node in (one, other):
                friend = other if node is one else one
                self.wires[node.key, friend.key].clear()
                self.wires[friend.key, node.key].clear()
                self.take(friend, friend.funder.offline(node.key))
                self.wires[friend.key, node.key].clear()
                self.connect(node, friend)
