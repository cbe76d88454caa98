"""The relay as a machine: authenticated connections in, effects out.

Tell it what happens (`opened`, `message`, `closed`, `congested`, `drained`, `tick`), carry out what it
returns, in order, and call `tick` at `deadline()`. It never raises because of a peer. A connection it hung up
is forgotten at once; what is still reported of it is ignored.
"""

from __future__ import annotations

from offset.base.alarms import Alarms
from offset.base.entropy import Entropy, fraction
from offset.base.faults import Undecodable
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    FRAME_BYTES_MAX,
    RELAY_ABSENT_MS_MAX,
    RELAY_ABSENT_MS_MIN,
    RELAY_EARLY_BYTES_MAX,
    RELAY_FIRST_MESSAGE_MS,
    RELAY_HALF_TUNNEL_MS,
)
from offset.base.peer_addresses import Tally, is_exempt, source_of
from offset.base.token_bucket import TokenBucket
from offset.core.relay.effects import Effect, HangupLeg, PauseLeg, ResumeLeg, SendLeg
from offset.core.relay.legs import (
    MESSAGE_COST,
    JoinedRole,
    Leg,
    ListeningRole,
    RefusedRole,
    SilentRole,
    WaitingRole,
)
from offset.core.relay.listener import Listener
from offset.core.relay.quotas import Pace, Quotas
from offset.core.relay.views import RelayView
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    Listen,
)

_DEFAULTS = Quotas()


class Relay:
    """Join those who connect with those who listen; never read what they say."""

    def __init__(self, entropy: Entropy, quotas: Quotas = _DEFAULTS) -> None:
        self._entropy = entropy
        self._quotas = quotas
        self._legs: dict[Conn, Leg] = {}
        self._listeners: dict[PublicKey, Listener] = {}
        self._alarms: Alarms[Conn] = Alarms()
        self._per_address = Tally()
        self._tunnels_of = Tally()
        self._pace_pair = Pace(quotas.connect_ms_per_pair, quotas.connect_burst_per_pair)
        self._pace_address = Pace(quotas.connect_ms_per_address, quotas.connect_burst_per_address)
        self._early_bytes = 0
        self._tunnels = 0
        self._messages_carried = 0
        self._bytes_carried = 0
        self._refusals: dict[str, int] = {}

    # What happens

    def opened(self, conn: Conn, key: PublicKey, address: str, now: Instant) -> list[Effect]:
        """A client at `address` has proved that it is `key`; its first message must come within 4 s."""
        source = None if is_exempt(address) else source_of(address)
        if len(self._legs) >= self._quotas.connections:
            self._count_refusal("connections")
            return [HangupLeg(conn)]
        if source is not None:
            if self._per_address.of(source) >= self._quotas.connections_per_address:
                self._count_refusal("connections per address")
                return [HangupLeg(conn)]
            self._per_address.add(source, 1)
        self._legs[conn] = Leg(conn, key, source, now, SilentRole())
        self._alarms.set(conn, now + RELAY_FIRST_MESSAGE_MS)
        return []

    def message(self, conn: Conn, data: bytes, now: Instant) -> list[Effect]:
        """A message came in: what the client wants, an answer of a listener, or something to carry."""
        leg = self._legs.get(conn)
        if leg is None:
            return []
        match leg.role:
            case JoinedRole() as end:
                self._messages_carried += 1
                self._bytes_carried += len(data)
                return [SendLeg(end.peer.conn, data), *self._spend(leg, end, len(data) + MESSAGE_COST, now)]
            case WaitingRole() as half:
                return self._keep_early(leg, half, data, now)
            case SilentRole():
                return self._first_message(leg, data, now)
            case ListeningRole():
                return self._answer(leg, data, now)
            case RefusedRole():
                return []

    def closed(self, conn: Conn, now: Instant) -> list[Effect]:
        """The connection is over, whoever ended it."""
        leg = self._legs.get(conn)
        return [] if leg is None else self._leave(leg, now)

    def congested(self, conn: Conn) -> list[Effect]:
        """What was sent to `conn` is piling up."""
        leg = self._legs.get(conn)
        if leg is None:
            return []
        leg.congested = True
        return self._steer(leg.role.peer) if isinstance(leg.role, JoinedRole) else []

    def drained(self, conn: Conn) -> list[Effect]:
        """What was sent to `conn` is on its way."""
        leg = self._legs.get(conn)
        if leg is None:
            return []
        leg.congested = False
        if isinstance(leg.role, JoinedRole):
            return self._steer(leg.role.peer)
        if isinstance(leg.role, ListeningRole):
            return self._announce(self._listeners[leg.key])
        return []

    def tick(self, now: Instant) -> list[Effect]:
        """Time has passed: close what waited too long, read again what was too fast."""
        out: list[Effect] = []
        for conn in self._alarms.pop_due(now):
            leg = self._legs[conn]
            match leg.role:
                case JoinedRole() as end:
                    end.is_spent = False
                    out += self._steer(leg)
                    continue
                case SilentRole():
                    self._count_refusal("no first message")
                case WaitingRole(listener):
                    self._count_refusal("no answer")
                    self._listeners[listener].announced.pop(leg.key, None)
                case _:
                    pass
            out += self._drop(leg, now)
        return out

    def deadline(self) -> Instant | None:
        """When `tick` must be called next."""
        return self._alarms.first()

    def view(self) -> RelayView:
        """The counts of this moment."""
        return RelayView(
            connections=len(self._legs),
            listeners=len(self._listeners),
            half_tunnels=sum(len(listener.waiting) for listener in self._listeners.values()),
            tunnels=self._tunnels,
            messages_carried=self._messages_carried,
            bytes_carried=self._bytes_carried,
            refusals=dict(self._refusals),
        )

    # First messages

    def _first_message(self, leg: Leg, data: bytes, now: Instant) -> list[Effect]:
        try:
            wish = INIT_CONNECTION.decode(data)
        except Undecodable:
            self._count_refusal("undecodable")
            return self._drop(leg, now)
        match wish:
            case Listen():
                self._alarms.stop(leg.conn)
                return self._listen(leg, now)
            case Accept(initiator):
                self._alarms.stop(leg.conn)
                return self._accept(leg, initiator, now)
            case Connect(listener):
                return self._connect(leg, listener, now)

    def _listen(self, leg: Leg, now: Instant) -> list[Effect]:
        listener = self._listeners.setdefault(leg.key, Listener())
        leg.role = ListeningRole()
        listener.legs.append(leg)
        listener.changed_newest()
        out: list[Effect] = []
        if len(listener.legs) > self._quotas.listening_legs_per_key:
            out += self._drop(listener.legs[0], now)
        return out + self._announce(listener)

    def _connect(self, leg: Leg, key: PublicKey, now: Instant) -> list[Effect]:
        if leg.source is not None and not self._pace_address.allows(leg.source, now):
            return self._refuse(leg, "connects per address", now)
        if not self._pace_pair.allows(leg.key + key, now):
            return self._refuse(leg, "connects per pair", now)
        listener = self._listeners.get(key)
        if listener is None:
            return self._refuse(leg, "absent", now)
        if not listener.has_room(leg.key, now, self._quotas.half_tunnels_per_key):
            return self._refuse(leg, "half tunnels per key", now)
        leg.role = WaitingRole(key)
        leg.since = now
        self._alarms.set(leg.conn, now + RELAY_HALF_TUNNEL_MS)
        replaced = listener.arrive(leg.key, leg, now)
        out = [] if replaced is None else self._drop(replaced, now)
        return out + self._announce(listener)

    def _accept(self, leg: Leg, initiator: PublicKey, now: Instant) -> list[Effect]:
        listener = self._listeners.get(leg.key)
        other = None if listener is None else listener.answer(initiator)
        if other is None:
            self._count_refusal("nobody to accept")
            return self._drop(leg, now)
        assert isinstance(other.role, WaitingRole)
        if max(map(self._tunnels_of.of, (leg.key, other.key))) >= self._quotas.tunnels_per_key:
            self._count_refusal("tunnels per key")
            return self._drop(leg, now) + self._drop(other, now)
        self._alarms.stop(other.conn)
        early, early_bytes = other.role.early, other.role.early_bytes
        self._early_bytes -= early_bytes
        leg.role = JoinedRole(other, self._allowance())
        end = other.role = JoinedRole(leg, self._allowance())
        self._tunnels += 1
        self._tunnels_of.add(leg.key, 1)
        self._tunnels_of.add(other.key, 1)
        self._messages_carried += len(early)
        self._bytes_carried += sum(map(len, early))
        out: list[Effect] = [SendLeg(leg.conn, data) for data in early]
        # Either may have become congested before it had a peer.
        return out + self._spend(other, end, early_bytes, now) + self._steer(leg) + self._steer(other)

    def _refuse(self, leg: Leg, reason: str, now: Instant) -> list[Effect]:
        """Close a Connect leg in a moment: no answer tells whether the listener is there (W19)."""
        self._count_refusal(reason)
        leg.role = RefusedRole()
        span = RELAY_ABSENT_MS_MAX - RELAY_ABSENT_MS_MIN
        self._alarms.set(leg.conn, now + RELAY_ABSENT_MS_MIN + int(span * fraction(self._entropy)))
        return []

    # Listening legs and half tunnels

    def _answer(self, leg: Leg, data: bytes, now: Instant) -> list[Effect]:
        try:
            rejected = REJECT_CONNECTION.decode(data).public_key
        except Undecodable:
            self._count_refusal("undecodable")
            return self._drop(leg, now)
        other = self._listeners[leg.key].answer(rejected)
        if other is None:
            return []
        self._count_refusal("rejected")
        return self._drop(other, now)

    def _announce(self, listener: Listener) -> list[Effect]:
        conn = listener.newest().conn
        return [
            SendLeg(conn, INCOMING_CONNECTION.encode(IncomingConnection(key)))
            for key in listener.to_announce()
        ]

    def _keep_early(self, leg: Leg, half: WaitingRole, data: bytes, now: Instant) -> list[Effect]:
        self._early_bytes += half.keep(data)
        # Pausing stops an honest sender; what it had under way is at most one frame more.
        if half.early_bytes > RELAY_EARLY_BYTES_MAX + FRAME_BYTES_MAX:
            self._count_refusal("early bytes")
            return self._drop(leg, now)
        out = self._make_room(now) if self._early_bytes > self._quotas.early_bytes else []
        return out + (self._steer(leg) if leg.conn in self._legs else [])

    def _make_room(self, now: Instant) -> list[Effect]:
        """Hang up on those who said most before they were accepted, until an eighth is free.

        Honest nodes say little, and who fills the relay must not keep them out.
        """
        halves = [
            (leg.role.early_bytes, leg)
            for leg in self._legs.values()
            if isinstance(leg.role, WaitingRole) and leg.role.early_bytes
        ]
        out: list[Effect] = []
        for _, leg in sorted(halves, key=lambda half: -half[0]):
            if self._early_bytes <= self._quotas.early_bytes * 7 // 8:
                break
            self._count_refusal("early bytes")
            out += self._drop(leg, now)
        return out

    # Ends

    def _drop(self, leg: Leg, now: Instant) -> list[Effect]:
        return [HangupLeg(leg.conn), *self._leave(leg, now)]

    def _leave(self, leg: Leg, now: Instant) -> list[Effect]:
        """Forget `leg`; returns what follows for others."""
        del self._legs[leg.conn]
        self._alarms.stop(leg.conn)
        if leg.source is not None:
            self._per_address.add(leg.source, -1)
        match leg.role:
            case ListeningRole():
                return self._end_listening(leg, now)
            case WaitingRole(key) as half:
                self._early_bytes -= half.early_bytes
                listener = self._listeners.get(key)
                if listener is not None and listener.waiting.get(leg.key) is leg:
                    del listener.waiting[leg.key]
            case JoinedRole(peer):
                self._tunnels -= 1
                self._tunnels_of.add(leg.key, -1)
                self._tunnels_of.add(peer.key, -1)
                # So that its own end finds no tunnel.
                peer.role = RefusedRole()
                return self._drop(peer, now)
            case _:
                pass
        return []

    def _end_listening(self, leg: Leg, now: Instant) -> list[Effect]:
        listener = self._listeners[leg.key]
        was_newest = listener.newest() is leg
        listener.legs.remove(leg)
        if not listener.legs:
            del self._listeners[leg.key]
            return [effect for half in listener.waiting.values() for effect in self._drop(half, now)]
        if not was_newest:
            return []
        listener.changed_newest()
        return self._announce(listener)

    # Flow

    def _allowance(self) -> TokenBucket:
        return TokenBucket(self._quotas.tunnel_bytes_per_second, self._quotas.tunnel_burst_bytes)

    def _spend(self, leg: Leg, end: JoinedRole, cost: int, now: Instant) -> list[Effect]:
        """Count what `leg` said. Beyond its bucket it is not read until it may go on; nothing is lost."""
        back_at = end.bucket.spend(cost, now)
        if back_at <= now:
            return []
        end.is_spent = True
        self._alarms.set(leg.conn, back_at)
        return self._steer(leg)

    def _steer(self, leg: Leg) -> list[Effect]:
        """Read from `leg` or not, as it must be now."""
        match leg.role:
            case JoinedRole() as end:
                is_paused = end.peer.congested or end.is_spent
            case WaitingRole() as half:
                is_paused = half.early_bytes >= RELAY_EARLY_BYTES_MAX
            case _:
                is_paused = False
        if leg.paused == is_paused:
            return []
        leg.paused = is_paused
        return [PauseLeg(leg.conn) if is_paused else ResumeLeg(leg.conn)]

    def _count_refusal(self, reason: str) -> None:
        self._refusals[reason] = self._refusals.get(reason, 0) + 1
