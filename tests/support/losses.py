"""Worlds in which nodes lose their books, say hello on their lines, and hand over what others lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from offset.base.ids import PublicKey
from offset.core.funder.collects import CollectRecord
from offset.core.funder.funder import Funder
from offset.core.funder.records import FriendKey, FriendRecord, NodeKey, SentRelays
from offset.core.funder.state.turn import Turn
from offset.core.funder.twin import Twin
from offset.wire.aside import Aside, Handover, Hello, KeptCollect, decode_friend_message, encode_aside
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage
from support.ledger import Line, Node, Rows, World, _pair

NOW = 1_800_000_000


class LossyWorld(World):
    """All nodes know asides, and are told the time, which passes with each turn."""

    def __init__(self, names: Iterable[str], seed: int | str = 0) -> None:
        self.now = NOW
        self.handed: list[tuple[str, str, Handover]] = []
        """Who handed over to whom, and what."""
        self.stopped: dict[str, Twin] = {}
        self.hints: list[tuple[str, Twin]] = []
        super().__init__(names, seed)

    def took(self, node: Node, turn: Turn) -> Turn:
        super().took(node, turn)
        self.tick()
        for key, handover in turn.handovers:
            self._hand_over(node, self._names[key], handover)
        if turn.stopped is not None:
            self.stopped[node.name] = turn.stopped
        self.hints += [(node.name, hint) for hint in turn.hints]
        return turn

    def _hand_over(self, node: Node, to: str, handover: Handover) -> None:
        rows = [row for row in node.rows.records() if isinstance(row, CollectRecord)]
        kept = sorted([row for row in rows if row.friend == self[to].key], key=lambda row: row.number)
        collects = tuple(KeptCollect(row.currency, row.collect, row.response) for row in kept)
        whole = msgspec.structs.replace(handover, collects=collects)
        self.handed.append((node.name, to, whole))
        line = self.lines.get(_pair(node.name, to))
        if line is not None:
            line.put(to, encode_aside(whole), replaces=False)

    def tick(self) -> None:
        """A second passes for everybody."""
        self.now += 1
        for node in self.nodes.values():
            node.funder.set_clock(self.now)

    def connect(self, left: str, right: str) -> None:
        """As in every world, but a hello is said first."""
        assert _pair(left, right) not in self.lines
        line = self.lines[_pair(left, right)] = Line()
        for name, other in ((left, right), (right, left)):
            hello = self[name].funder.hello(self[other].key)
            if hello is not None:
                line.put(other, encode_aside(hello), replaces=False)
        self.took(self[left], self[left].funder.online(self[right].key))
        self.took(self[right], self[right].funder.online(self[left].key))

    def next_message(self, to: str, from_: str) -> Any:
        return decode_friend_message(self.lines[_pair(to, from_)].under_way[to].popleft())

    def deliver(self, to: str, from_: str) -> Turn:
        node, message = self[to], self.next_message(to, from_)
        return self.took(node, self.heard(node, self[from_].key, message))

    def heard(self, node: Node, key: PublicKey, message: FriendMessage | Aside) -> Turn:
        """What a node makes of a message."""
        if not isinstance(message, Aside):
            return node.funder.friend_message(key, message)
        match message.body:
            case Hello() as hello:
                return node.funder.heard_hello(key, hello)
            case Handover() as handover:
                return node.funder.handed_over(key, handover)
        raise AssertionError(message)

    def crash(self, to: str, from_: str, *, is_durable: bool) -> None:
        node = self[to]
        turn = self.heard(node, self[from_].key, self.next_message(to, from_))
        if is_durable:
            node.rows.apply(turn.changes)
            node.results += turn.results
        self.restart(to)

    def restart(self, name: str) -> None:
        """From its own rows."""
        super().restart(name)
        self.tick()

    # Losses

    def copy(self, name: str) -> Rows:
        """The rows of a node, as they are now."""
        rows = Rows()
        rows._rows = dict(self[name].rows._rows)
        return rows

    def lose(self, name: str, copy: Rows) -> None:
        """The node goes on from this copy, as `stmgr restore` makes a database of it."""
        rows = Rows()
        for key, row in copy._rows.items():
            if isinstance(row, FriendRecord):
                row = msgspec.structs.replace(row, life=0, has_told=False)
            rows._rows[key] = row
        self.start_from(name, rows)

    def lose_all(self, name: str) -> None:
        """All but the identity and the names of friends is lost."""
        rows = Rows()
        for key, friend in self[name].state.friends.items():
            rows._rows[FriendKey(key)] = FriendRecord(
                key, friend.name, True, friend.remote_relays, SentRelays(), has_told=False
            )
        rows._rows.pop(NodeKey(self[name].key), None)
        self.start_from(name, rows)

    def start_from(self, name: str, rows: Rows) -> None:
        """The node starts from these rows, and listens first."""
        self._break_lines(name)
        node = self[name]
        node.rows = rows
        node.funder = Funder(node.identity, node.entropy, rows.records(), listens_first=True)
        node.funder.set_clock(self.now)
        node.report = node.funder.report()
        self.took(node, node.funder.start())

    def show(self, name: str, other: str, handover: Handover) -> Turn:
        """Show a node what it signed to that friend once."""
        node = self[name]
        return self.took(node, node.funder.handed_over(self[other].key, handover))

    def handover(self, name: str, other: str) -> Handover:
        """What a node would hand over to another now; it has given the token away."""
        from offset.core.funder.ledger.handovers import hand_over

        found = hand_over(self[name].friend(self[other]).channel)
        assert found is not None
        return found


def encoded(message: FriendMessage) -> bytes:
    """As it goes over a line."""
    return FRIEND_MESSAGE.encode(message)
