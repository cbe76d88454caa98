"""A small world: nodes that are channelers, relays that are Relay machines, lines between them, and one clock.

The outer lines carry messages in order with a fixed delay and are not encrypted. They may be cut, which both ends
notice after the time of a keepalive; a relay may be down, swallow what is sent to it, or move. Everything follows
from the seed.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.base.instants import Instant, Millis
from offset.base.limits import CONNECT_MS, HANDSHAKE_MS, KEEPALIVE_CLOSE_MS
from offset.core.channeler import Channeler, FriendData, Offline, Online
from offset.core.channeler import Effect as NodeEffect
from offset.core.meeting import CloseLine, InnerLine, OpenLine, SendLine
from offset.core.relay import Effect as RelayEffect
from offset.core.relay import HangupLeg, PauseLeg, Relay, ResumeLeg, SendLeg
from offset.crypto.identity import Identity
from offset.crypto.public_keys import key_rank
from offset.link.stack import Line
from offset.wire.common import RelayAddress
from support.plain import PlainInner

DELAY_MS: Millis = 20


@dataclass(eq=False)
class Wire:
    """One outer line between a node and a relay."""

    node: "NodeBody"
    line: int
    relay: "RelayBody"
    conn: int
    node_end: bool = True
    relay_end: bool = True
    is_cut: bool = False


@dataclass(eq=False)
class RelayBody:
    """A relay and its sockets. `machine` is None while it is down."""

    key: PublicKey
    address: str
    entropy: SeededEntropy
    machine: Relay | None = None
    swallows: bool = False
    wires: dict[int, Wire] = field(default_factory=dict)

    def at(self) -> RelayAddress:
        return RelayAddress(self.key, self.address)


@dataclass(eq=False)
class NodeBody:
    """A node and its sockets."""

    name: str
    identity: Identity
    channeler: Channeler
    wires: dict[int, Wire] = field(default_factory=dict)
    online: dict[PublicKey, Instant] = field(default_factory=dict)
    heard: list[tuple[PublicKey, bytes]] = field(default_factory=list)
    news: list[tuple[Instant, Online | Offline]] = field(default_factory=list)
    dials: list[tuple[Instant, RelayAddress]] = field(default_factory=list)

    @property
    def key(self) -> PublicKey:
        return self.identity.public_key


class Meeting:
    """The world. `run` lets time pass."""

    def __init__(self, seed: int | str = 1, *, is_encrypted: bool = False) -> None:
        self.now: Instant = 1_000_000
        self.entropy = SeededEntropy(f"meeting {seed}")
        self.is_encrypted = is_encrypted
        self.nodes: list[NodeBody] = []
        self.relays: list[RelayBody] = []
        self._agenda: list[tuple[Instant, int, Callable[[], None]]] = []
        self._serial = 0

    # Building

    def relay(self, address: str) -> RelayBody:
        """A relay that is up."""
        body = RelayBody(self.entropy.bytes(32), address, SeededEntropy(f"relay {address}"))
        self.relays.append(body)
        self.start_relay(body)
        return body

    def pair(self) -> tuple[NodeBody, NodeBody]:
        """Two nodes: the lower one, which listens, then the higher one."""
        both = [Identity(self.entropy.bytes(32)) for _ in range(2)]
        both.sort(key=lambda identity: key_rank(identity.public_key))
        return self.node("low", both[0]), self.node("high", both[1])

    def node(self, name: str, identity: Identity) -> NodeBody:
        body = NodeBody(name, identity, self._channeler(name, identity))
        self.nodes.append(body)
        return body

    def _channeler(self, name: str, identity: Identity) -> Channeler:
        entropy = SeededEntropy(f"{name} {self.entropy.bytes(4).hex()}")

        def make_inner(friend: PublicKey, now: Instant) -> InnerLine:
            if self.is_encrypted:
                return Line(identity, entropy, now, expects=friend, framed=False)
            return PlainInner(identity.public_key, friend, now)

        return Channeler(identity.public_key, entropy, make_inner)

    # Orders

    def set_relays(self, node: NodeBody, *relays: RelayAddress) -> None:
        self._do(node, node.channeler.set_relays(relays, self.now))

    def befriend(
        self, node: NodeBody, friend: NodeBody, at: Iterable[RelayAddress], kept: Iterable[RelayAddress] = ()
    ) -> None:
        self._do(node, node.channeler.update_friend(friend.key, at, kept, self.now))

    def remove(self, node: NodeBody, friend: NodeBody) -> None:
        self._do(node, node.channeler.remove_friend(friend.key, self.now))

    def say(self, node: NodeBody, friend: NodeBody, data: bytes) -> None:
        self._do(node, node.channeler.send(friend.key, data, self.now))

    def network_changed(self, node: NodeBody) -> None:
        self._do(node, node.channeler.network_changed(self.now))

    def meet(self, low: NodeBody, high: NodeBody, relay: RelayBody) -> None:
        """Both use one relay and are friends."""
        for node, friend in ((low, high), (high, low)):
            self.set_relays(node, relay.at())
            self.befriend(node, friend, [relay.at()])

    # Faults

    def cut(self, wire: Wire) -> None:
        """Nothing comes through any more; both ends notice by the silence."""
        if not wire.is_cut:
            wire.is_cut = True
            self._after(KEEPALIVE_CLOSE_MS, lambda: self._close_both(wire))

    def close(self, wire: Wire) -> None:
        """A reset that both ends see."""
        self._after(0, lambda: self._close_both(wire))

    def stop_relay(self, relay: RelayBody) -> None:
        relay.machine = None
        for wire in list(relay.wires.values()):
            wire.relay_end = False
            self._after(DELAY_MS, lambda wire=wire: self._close_node_end(wire))  # type: ignore[misc]
        relay.wires.clear()

    def start_relay(self, relay: RelayBody) -> None:
        relay.machine = Relay(relay.entropy)

    def restart_node(self, node: NodeBody) -> None:
        """The program is killed and started again, without orders yet."""
        for wire in list(node.wires.values()):
            wire.node_end = False
            self._after(DELAY_MS, lambda wire=wire: self._close_relay_end(wire))  # type: ignore[misc]
        node.wires.clear()
        node.online.clear()
        node.channeler = self._channeler(node.name, node.identity)

    # Time

    def run(self, span_ms: Millis) -> None:
        """Let time pass."""
        end = self.now + span_ms
        while (at := self._next()) <= end:
            self.now = max(self.now, at)
            self._step()
        self.now = end

    def run_until(self, is_done: Callable[[], bool], limit_ms: Millis) -> Millis:
        """Let time pass until something holds; returns how long it took. Fails after `limit_ms`."""
        start = self.now
        while not is_done():
            at = self._next()
            assert at <= start + limit_ms, f"not within {limit_ms} ms"
            self.now = max(self.now, at)
            self._step()
        return self.now - start

    def are_linked(self, *nodes: NodeBody) -> bool:
        """Whether each of two nodes sees the other online."""
        one, other = nodes
        return other.key in one.online and one.key in other.online

    def _next(self) -> Instant:
        deadlines = [node.channeler.deadline() for node in self.nodes]
        deadlines += [relay.machine.deadline() for relay in self.relays if relay.machine is not None]
        agenda = [self._agenda[0][0]] if self._agenda else []
        return min([at for at in deadlines if at is not None] + agenda, default=2**62)

    def _step(self) -> None:
        while self._agenda and self._agenda[0][0] <= self.now:
            heapq.heappop(self._agenda)[2]()
        for node in self.nodes:
            self._do(node, node.channeler.tick(self.now))
        for relay in self.relays:
            if relay.machine is not None:
                self._do_relay(relay, relay.machine.tick(self.now))

    def _after(self, span_ms: Millis, act: Callable[[], None]) -> None:
        self._serial += 1
        heapq.heappush(self._agenda, (self.now + span_ms, self._serial, act))

    # Effects

    def _do(self, node: NodeBody, effects: list[NodeEffect]) -> None:
        for effect in effects:
            match effect:
                case OpenLine(line, relay):
                    node.dials.append((self.now, relay))
                    self._dial(node, line, relay)
                case SendLine(line, data):
                    wire = node.wires[line]
                    self._after(DELAY_MS, lambda wire=wire, data=data: self._reach_relay(wire, data))  # type: ignore[misc]
                case CloseLine(line):
                    closing = node.wires.pop(line, None)
                    if closing is not None:
                        closing.node_end = False
                        self._after(DELAY_MS, lambda wire=closing: self._close_relay_end(wire))  # type: ignore[misc]
                case Online(friend):
                    assert friend not in node.online, "Online twice"
                    node.online[friend] = self.now
                    node.news.append((self.now, effect))
                case Offline(friend):
                    assert friend in node.online, "Offline without Online"
                    del node.online[friend]
                    node.news.append((self.now, effect))
                case FriendData(friend, data):
                    assert friend in node.online, "a message outside a link"
                    node.heard.append((friend, data))

    def _do_relay(self, relay: RelayBody, effects: list[RelayEffect]) -> None:
        for effect in effects:
            match effect:
                case SendLeg(conn, data):
                    wire = relay.wires[conn]
                    self._after(DELAY_MS, lambda wire=wire, data=data: self._reach_node(wire, data))  # type: ignore[misc]
                case HangupLeg(conn):
                    closing = relay.wires.pop(conn)
                    closing.relay_end = False
                    self._after(DELAY_MS, lambda wire=closing: self._close_node_end(wire))  # type: ignore[misc]
                case PauseLeg() | ResumeLeg():
                    pass

    # Lines

    def _dial(self, node: NodeBody, line: int, address: RelayAddress) -> None:
        self._serial += 1
        found = next((relay for relay in self.relays if relay.at() == address), None)
        if found is None or (found.machine is None and not found.swallows):
            lost = Wire(node, line, RelayBody(b"", "", self.entropy), self._serial)
            node.wires[line] = lost
            self._after(DELAY_MS, lambda: self._close_node_end(lost))
            return
        wire = node.wires[line] = Wire(node, line, found, self._serial)
        if found.swallows:
            self._after(CONNECT_MS + HANDSHAKE_MS, lambda: self._close_node_end(wire))
        else:
            self._after(2 * DELAY_MS, lambda: self._open(wire))

    def _open(self, wire: Wire) -> None:
        relay = wire.relay
        if not wire.node_end or wire.is_cut:
            return
        if relay.machine is None:
            self._close_node_end(wire)
            return
        relay.wires[wire.conn] = wire
        self._do_relay(relay, relay.machine.opened(wire.conn, wire.node.key, "127.0.0.1:1", self.now))
        self._do(wire.node, wire.node.channeler.line_opened(wire.line, self.now))

    def _reach_relay(self, wire: Wire, data: bytes) -> None:
        relay = wire.relay
        if relay.wires.get(wire.conn) is wire and relay.machine is not None and not wire.is_cut:
            self._do_relay(relay, relay.machine.message(wire.conn, data, self.now))

    def _reach_node(self, wire: Wire, data: bytes) -> None:
        if wire.node_end and not wire.is_cut:
            self._do(wire.node, wire.node.channeler.line_message(wire.line, data, self.now))

    def _close_both(self, wire: Wire) -> None:
        wire.is_cut = False
        self._close_node_end(wire)
        self._close_relay_end(wire)

    def _close_node_end(self, wire: Wire) -> None:
        if wire.node_end and not wire.is_cut:
            wire.node_end = False
            wire.node.wires.pop(wire.line, None)
            self._do(wire.node, wire.node.channeler.line_closed(wire.line, self.now))

    def _close_relay_end(self, wire: Wire) -> None:
        relay = wire.relay
        if relay.wires.get(wire.conn) is wire and not wire.is_cut:
            del relay.wires[wire.conn]
            if relay.machine is not None:
                self._do_relay(relay, relay.machine.closed(wire.conn, self.now))
