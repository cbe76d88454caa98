"""The channeler as a machine: keeps a live line to each friend through relays (spec 02, 6).

    funder ── set_relays, update_friend, remove_friend, send ──►  ◄── Online, FriendData, Offline
    relays ── line_opened, line_message, line_closed, … ──────►  ◄── OpenLine, SendLine, CloseLine

Carry out what each call returns, in order, and call `tick` at `deadline()`. The driver opens a line within
CONNECT_MS + HANDSHAKE_MS or reports it closed. Nothing here raises because of a peer, and news of a line that is
closed already has no effect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import ASIDES_HELD_MAX
from offset.core.channeler.dialing import DialAlarm, Dialer
from offset.core.channeler.effects import Effect, FriendData, News, Offline, Online, StrangerData
from offset.core.channeler.links import FriendLink, replaces
from offset.core.channeler.listen_targets import ListenTargets
from offset.core.channeler.offline_reason import OfflineReason
from offset.core.channeler.strangers import StrangerAlarm, Strangers
from offset.core.meeting.accepting import Accepting
from offset.core.meeting.addresses import usable_relays
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import Alarm, EffectsBuffer
from offset.core.meeting.inner_line import MakeInner
from offset.core.meeting.listening import LegStage, ListenLeg, ListenLegs
from offset.core.meeting.tunnels import Tunnel, Tunnels, TunnelStage
from offset.crypto.public_keys import is_lower
from offset.wire import extension
from offset.wire.common import RelayAddress
from offset.wire.extension import (
    LinkDown,
    LinkState,
    LinkStatus,
    LinkTrying,
    LinkUp,
    NetworkStatus,
    RelayConnecting,
    RelayState,
    RelayStatus,
    RelayWaiting,
)


class Channeler:
    """A live line to each friend."""

    def __init__(
        self,
        local: PublicKey,
        entropy: Entropy,
        make_inner: MakeInner,
        *,
        allow_private_relays: bool = True,
        admits_strangers: bool = False,
    ) -> None:
        """`local` is our key. `allow_private_relays`: follow friends to addresses inside our own network.

        `admits_strangers`: let in whoever is no friend, for a moment.
        """
        self._local = local
        self._allow_private = allow_private_relays
        self._buffer: EffectsBuffer[News] = EffectsBuffer(entropy)
        self._friends: dict[PublicKey, FriendLink] = {}
        self._targets = ListenTargets()
        self._listening = ListenLegs(self._buffer)
        self._tunnels = Tunnels(self._buffer, make_inner, allow_private=allow_private_relays)
        self._accepting = Accepting(self._tunnels)
        self._dialing = Dialer(self._buffer, self._tunnels)
        self._strangers = Strangers(self._buffer, self._tunnels, is_open=admits_strangers)

    # Orders of the funder

    def set_relays(self, relays: Iterable[RelayAddress], now: Instant) -> list[Effect]:
        """Our relays are these; friends may still use the old ones as `update_friend` says."""
        for relay in self._targets.set_local(tuple(relays)):
            self._listen(relay, now)
        return self._buffer.take()

    def update_friend(
        self,
        friend: PublicKey,
        friend_relays: Iterable[RelayAddress],
        local_relays: Iterable[RelayAddress],
        now: Instant,
    ) -> list[Effect]:
        """Keep a line to `friend`, who listens on `friend_relays` and may believe that we use `local_relays`."""
        if friend not in self._friends:
            self._strangers.befriended(friend, now)
            is_higher = not is_lower(self._local, friend)
            self._friends[friend] = FriendLink(friend, is_higher, now)
            self._dialing.add(friend, is_higher)
        for relay in self._targets.set_friend(friend, tuple(local_relays)):
            self._listen(relay, now)
        relays = usable_relays(friend_relays, allow_private=self._allow_private)
        self._dialing.set_relays(friend, relays, now)
        return self._buffer.take()

    def remove_friend(self, friend: PublicKey, now: Instant) -> list[Effect]:
        """No line to `friend` any more."""
        record = self._friends.pop(friend, None)
        if record is None:
            return []
        for relay in self._accepting.remove(friend):
            self._listening.reject(relay, friend)
        self._dialing.remove(friend, now)
        if record.link is not None:
            self._send_held(record, now)
            self._tunnels.drop(record.link)
            self._buffer.tell(Offline(friend))
        for relay in self._targets.remove_friend(friend):
            self._listen(relay, now)
        return self._buffer.take()

    def send(self, friend: PublicKey, data: bytes, now: Instant) -> list[Effect]:
        """Say something to `friend`: now, or when the link can take it, unless something newer came meanwhile.

        To a friend that is offline nothing is said: the funder repeats itself after Online.
        """
        record = self._friends.get(friend)
        if record is None or record.link is None:
            return []
        if record.link.is_congested:
            record.held = data
        else:
            self._tunnels.send(record.link, data, now)
        return self._buffer.take()

    def send_aside(self, friend: PublicKey, data: bytes, now: Instant) -> list[Effect]:
        """Say something beside the token: now, or when the link can take it, in order, before what `send` holds.

        It is never repeated: to a friend that is offline nothing is said, and what a slow link holds back beyond
        ASIDES_HELD_MAX is dropped.
        """
        record = self._friends.get(friend)
        if record is None or record.link is None:
            return []
        if not record.link.is_congested:
            self._tunnels.send(record.link, data, now)
        elif len(record.held_asides) < ASIDES_HELD_MAX:
            record.held_asides.append(data)
        return self._buffer.take()

    def send_stranger(self, stranger: PublicKey, data: bytes, now: Instant) -> list[Effect]:
        """Say something to somebody who is no friend; to one that has left nothing is said."""
        self._strangers.send(stranger, data, now)
        return self._buffer.take()

    def dismiss_stranger(self, stranger: PublicKey, now: Instant) -> list[Effect]:
        """Whatever this one had to say was said."""
        self._strangers.leave(stranger, now)
        return self._buffer.take()

    def network_changed(self, now: Instant) -> list[Effect]:
        """The machine woke up, or has another network: try everything afresh; links may be dead (W34)."""
        self._listening.retry(now)
        for friend in self._friends:
            self._dialing.retry(friend, now, afresh=True)
        return self._buffer.take()

    # News of lines

    def line_opened(self, line: LineId, now: Instant) -> list[Effect]:
        """The relay has proved its key."""
        if (leg := self._listening.leg_of(line)) is not None:
            self._listening.opened(leg, line, now)
        elif (tunnel := self._tunnels.get(line)) is not None:
            self._tunnels.opened(tunnel, now)
        return self._buffer.take()

    def line_message(self, line: LineId, data: bytes, now: Instant) -> list[Effect]:
        """A message came through a line."""
        if (tunnel := self._tunnels.get(line)) is not None:
            self._receive(tunnel, data, now)
        elif (leg := self._listening.leg_of(line)) is not None:
            self._incoming(leg, data, now)
        return self._buffer.take()

    def line_closed(self, line: LineId, now: Instant, reason: str = "") -> list[Effect]:
        """A line is over, or could not be opened."""
        if (leg := self._listening.leg_of(line)) is not None:
            if self._listening.closed(leg, line, now, reason or "the relay closed the line"):
                self._accepting.leg_lost(leg.relay)
        elif (tunnel := self._tunnels.get(line)) is not None:
            self._tunnels.forget(tunnel)
            self._ended(tunnel, now)
        return self._buffer.take()

    def line_congested(self, line: LineId, _now: Instant) -> list[Effect]:
        """What was sent through a line is piling up."""
        if (tunnel := self._tunnels.get(line)) is not None:
            tunnel.is_congested = True
        return []

    def line_drained(self, line: LineId, now: Instant) -> list[Effect]:
        """A line takes more again."""
        tunnel = self._tunnels.get(line)
        if tunnel is None:
            return []
        tunnel.is_congested = False
        friend = self._friends.get(tunnel.peer)
        if friend is not None and friend.link is tunnel:
            self._send_held(friend, now)
        return self._buffer.take()

    def _send_held(self, friend: FriendLink, now: Instant) -> None:
        """Say what waits for the link of this friend."""
        assert friend.link is not None
        while friend.held_asides:
            self._tunnels.send(friend.link, friend.held_asides.popleft(), now)
        if friend.held is not None:
            data, friend.held = friend.held, None
            self._tunnels.send(friend.link, data, now)

    # Time

    def tick(self, now: Instant) -> list[Effect]:
        """Time has passed: do what is due."""
        while (name := self._buffer.alarms.pop(now)) is not None:
            match name:
                case (Alarm.LEG, bytes(relay)):
                    if self._listening.wake(relay, now):
                        self._retry_friends(now)
                case (Alarm.FRESH, bytes(relay)):
                    if self._listening.wake_fresh(relay, now):
                        self._accepting.leg_lost(relay)
                case (Alarm.LINE, int(line)):
                    self._wake_tunnel(line, now)
                case (DialAlarm.DIAL, bytes(friend)):
                    self._dialing.wake(friend, now)
                case (DialAlarm.STAGGER, bytes(friend)):
                    self._dialing.stagger(friend, now)
                case (StrangerAlarm.LEAVE, bytes(stranger)):
                    self._strangers.leave(stranger, now)
        return self._buffer.take()

    def deadline(self) -> Instant | None:
        """When `tick` must be called next."""
        return self._buffer.alarms.first()

    # Status

    def line_of(self, friend: PublicKey) -> LineId | None:
        """The line of the link to this friend; None when it is offline."""
        record = self._friends.get(friend)
        return None if record is None or record.link is None else record.link.line

    def status(self, now: Instant) -> NetworkStatus:
        """How we stand with each relay and each enabled friend (W26)."""
        return self._status(self._friends.values(), now)

    def friends(self) -> Collection[PublicKey]:
        """The friends that are to be reached."""
        return self._friends.keys()

    def status_of(self, friends: Iterable[PublicKey], now: Instant) -> NetworkStatus:
        """How we stand with each relay, and with those of these friends that are enabled."""
        return self._status([self._friends[key] for key in friends if key in self._friends], now)

    def _status(self, friends: Iterable[FriendLink], now: Instant) -> NetworkStatus:
        return NetworkStatus(
            now,
            tuple(map(self._relay_status, self._listening.legs.values())),
            tuple(map(self._link_status, friends)),
        )

    def _relay_status(self, leg: ListenLeg) -> RelayStatus:
        state: RelayState = RelayConnecting()
        if leg.stage is LegStage.UP:
            state = extension.RelayListening()
        elif leg.stage is LegStage.WAITING:
            state = RelayWaiting(self._buffer.alarms.at((Alarm.LEG, leg.relay)) or leg.since)
        return RelayStatus(leg.address(), leg.is_own, state, leg.since, leg.last_error)

    def _link_status(self, friend: FriendLink) -> LinkStatus:
        dial = self._dialing.state_of(friend.key)
        state: LinkState
        if friend.link is not None:
            state = LinkUp(friend.link.relay, friend.link.is_ours)
        elif dial.trying:
            state = LinkTrying(tuple(tunnel.relay for tunnel in dial.trying.values()))
        else:
            why = dial.why if dial.relays else OfflineReason.NO_RELAY
            state = LinkDown(why.value, self._buffer.alarms.at((DialAlarm.DIAL, friend.key)))
        return LinkStatus(friend.key, state, friend.since)

    # Listening

    def _listen(self, relay: PublicKey, now: Instant) -> None:
        """Something changed about a relay: listen there, elsewhere, or no more."""
        line = self._listening.line_of(relay)
        self._listening.want(relay, self._targets.texts(relay), self._targets.is_own(relay), now)
        if line is not None and self._listening.line_of(relay) != line:
            self._accepting.leg_lost(relay)

    def _incoming(self, leg: ListenLeg, data: bytes, now: Instant) -> None:
        friend = self._listening.message(leg, data, now)
        if friend is None:
            self._accepting.leg_lost(leg.relay)
        elif not self._admits(leg, friend, now):
            self._listening.reject(leg.relay, friend)
        else:
            for relay, other in self._accepting.incoming(leg.address(), friend, now):
                self._listening.reject(relay, other)

    def _admits(self, leg: ListenLeg, peer: PublicKey, now: Instant) -> bool:
        if peer in self._friends:
            return self._targets.admits(leg.relay, peer)
        return self._strangers.admits(peer, now)

    def _retry_friends(self, now: Instant) -> None:
        """We are back at a relay: whoever is offline may have waited for this, or lost the same relay."""
        for friend in self._friends.values():
            if friend.link is None:
                self._dialing.retry(friend.key, now, afresh=False)

    # Tunnels

    def _receive(self, tunnel: Tunnel, data: bytes, now: Instant) -> None:
        if tunnel.inner is None:
            # A line that is still opening has nothing to say.
            return
        was_asked = tunnel.stage is TunnelStage.ASKED
        try:
            messages = self._tunnels.receive(tunnel, data, now)
        except PeerFault:
            self._tunnels.drop(tunnel)
            self._ended(tunnel, now)
            return
        if was_asked and tunnel.is_ours:
            self._dialing.chose(tunnel, now)
        self._tunnels.flush(tunnel)
        if self._tunnels.is_proved(tunnel):
            self._link(tunnel, now)
        if tunnel.stage is TunnelStage.UP:
            is_friend = tunnel.peer in self._friends
            for message in messages:
                news = FriendData(tunnel.peer, message) if is_friend else StrangerData(tunnel.peer, message)
                self._buffer.tell(news)

    def _wake_tunnel(self, line: LineId, now: Instant) -> None:
        tunnel = self._tunnels.get(line)
        assert tunnel is not None, "the alarm of a line ends with it"
        try:
            is_alive = self._tunnels.tick(tunnel, now)
        except PeerFault:
            is_alive = False
        if not is_alive:
            self._tunnels.drop(tunnel)
            self._ended(tunnel, now)

    def _link(self, tunnel: Tunnel, now: Instant) -> None:
        """The friend has proved its key: this tunnel is its link, or there is a better one."""
        self._accepting.settled(tunnel)
        friend = self._friends.get(tunnel.peer)
        if friend is None:
            self._strangers.linked(tunnel, now)
            return
        if not replaces(tunnel, friend, now):
            self._tunnels.drop(tunnel)
            self._dialing.settled(tunnel, now)
            return
        if friend.link is not None:
            self._tunnels.drop(friend.link)
            self._buffer.tell(Offline(friend.key))
        tunnel.stage, tunnel.since = TunnelStage.UP, now
        friend.link, friend.held, friend.since = tunnel, None, now
        friend.held_asides.clear()
        self._dialing.reached(tunnel, now)
        self._buffer.tell(Online(friend.key))

    def _ended(self, tunnel: Tunnel, now: Instant) -> None:
        """The line of a tunnel is over, and forgotten."""
        friend = self._friends.get(tunnel.peer)
        if friend is not None and friend.link is tunnel:
            friend.link, friend.held, friend.since = None, None, now
            friend.held_asides.clear()
            self._buffer.tell(Offline(friend.key))
            self._dialing.lost(tunnel, now)
        elif tunnel.is_ours:
            self._dialing.failed(tunnel, now)
        else:
            self._strangers.ended(tunnel)
            self._accepting.settled(tunnel)
            if tunnel.stage is TunnelStage.OPENING:
                # The friend still waits at the relay.
                self._listening.reject(tunnel.relay.public_key, tunnel.peer)
