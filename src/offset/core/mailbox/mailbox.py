"""The mailbox as a machine: calls to those of others, guests who call ours, letters both ways (docs/MAILBOX.md).

    reader ── set_relays, set_contacts, call, say, hang_up ──►  ◄── Reached, Arrived, Introduced, Heard, Ended
    relays ── line_opened, line_message, line_closed ────────►  ◄── OpenLine, SendLine, CloseLine

Carry out what each call returns, in order, and call `tick` at `deadline()`. The driver opens a line within
CONNECT_MS + HANDSHAKE_MS or reports it closed. Nothing here raises because of a peer, and news of a line that is
closed already has no effect. What letters mean, and which of them are kept, is the reader's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import CallId, PublicKey
from offset.base.instants import Instant
from offset.base.limits import CALLS_MAX
from offset.core.mailbox.calls import Calls, MakeCaller, MakeInnerAs
from offset.core.mailbox.correspondence import Correspondence
from offset.core.mailbox.effects import (
    Arrived,
    CallEnd,
    Effect,
    Ended,
    Heard,
    Introduced,
    News,
    Reached,
)
from offset.core.mailbox.guests import Guests
from offset.core.mailbox.talk import CallAlarm, Talk
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import Alarm, EffectsBuffer
from offset.core.meeting.listening import ListenLegs
from offset.core.meeting.tunnels import Tunnel, Tunnels, TunnelStage
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress
from offset.wire.mailbox import (
    VERSION,
    AskInvoice,
    Body,
    Introduce,
    Letter,
    OpenPurpose,
    Refusal,
    RefusalCode,
    Unread,
)
from offset.wire.text_values import MailboxAddress

_BUSY = Refusal(RefusalCode.BUSY)


class Mailbox:
    """One mailbox: it listens at its relays, and calls others."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        make_caller: MakeCaller,
        make_inner: MakeInnerAs,
        *,
        allow_private_relays: bool = True,
    ) -> None:
        """`signer` is our key. `allow_private_relays`: follow addresses of others inside our own network."""
        self._key = signer.public_key
        self._buffer: EffectsBuffer[News] = EffectsBuffer(entropy)
        self._relays: dict[PublicKey, tuple[str, ...]] = {}
        self._listening = ListenLegs(self._buffer)
        tunnels = Tunnels(self._buffer, lambda peer, now: make_inner(signer, peer, now))
        self._guests = Guests(self._buffer, tunnels, self._listening, entropy)
        self._calls = Calls(self._buffer, make_caller, make_inner, allow_private=allow_private_relays)
        self._talks: dict[CallId, Talk] = {}
        """Lines of letters that are up, ours and those of guests."""
        self._by_line: dict[LineId, Talk] = {}
        self._next = 0

    # Orders

    def set_relays(self, relays: Iterable[RelayAddress], now: Instant) -> list[Effect]:
        """Be called at these relays, and at no others."""
        wanted: dict[PublicKey, tuple[str, ...]] = {}
        for relay in relays:
            wanted[relay.public_key] = (*wanted.get(relay.public_key, ()), relay.address)
        for key in dict.fromkeys([*self._relays, *wanted]):
            line = self._listening.line_of(key)
            self._listening.want(key, wanted.get(key, ()), True, now)
            if line is not None and self._listening.line_of(key) != line:
                self._guests.leg_lost(key)
        self._relays = wanted
        return self._buffer.take()

    def set_contacts(self, contacts: Collection[PublicKey]) -> None:
        """The mailboxes of our contacts are these: places are kept for them."""
        self._guests.set_contacts(contacts)

    def call(self, address: MailboxAddress, now: Instant) -> tuple[CallId | None, list[Effect]]:
        """Call a mailbox, at its relays in this order; Reached or Ended will tell. None while CALLS_MAX are made."""
        ours = sum(call not in self._guests.talks for call in self._talks)
        if len(self._calls) + ours >= CALLS_MAX:
            return None, []
        call = self._new_id()
        if not self._calls.start(call, address, now):
            self._buffer.tell(Ended(call, CallEnd.NOT_REACHED))
        return call, self._buffer.take()

    def say(self, call: CallId, body: Body, now: Instant, answer_to: int = 0) -> list[Effect]:
        """Write a letter; to a line that is over nothing is said. `answer_to`: the number of one that was heard."""
        talk = self._talks.get(call)
        if talk is not None:
            self._say(talk, body, answer_to, now)
        return self._buffer.take()

    def hang_up(self, call: CallId, now: Instant) -> list[Effect]:
        """End a line, once what was said is on its way, or give up a call. No Ended follows."""
        self._calls.drop(call)
        if (talk := self._talks.get(call)) is not None:
            self._drop(talk, now)
        return self._buffer.take()

    def network_changed(self, now: Instant) -> list[Effect]:
        """The machine woke up, or has another network: listen afresh."""
        self._listening.retry(now)
        return self._buffer.take()

    def is_called(self) -> bool:
        """Whether anybody can call: we listen at one of our relays."""
        return self._listening.is_up()

    # News of lines

    def line_opened(self, line: LineId, now: Instant) -> list[Effect]:
        """The relay has proved its key."""
        if (leg := self._listening.leg_of(line)) is not None:
            self._listening.opened(leg, line, now)
        elif (found := self._tunnel_of(line)) is not None:
            tunnels, tunnel = found
            tunnels.opened(tunnel, now)
            self._guests.accept(now)
        return self._buffer.take()

    def line_message(self, line: LineId, data: bytes, now: Instant) -> list[Effect]:
        """A message came through a line."""
        if (leg := self._listening.leg_of(line)) is not None:
            caller = self._listening.message(leg, data, now)
            if caller is None:
                self._guests.leg_lost(leg.relay)
            else:
                self._guests.incoming(leg.address(), caller, now)
        elif (found := self._tunnel_of(line)) is not None:
            self._receive(*found, data, now)
        return self._buffer.take()

    def line_closed(self, line: LineId, now: Instant, reason: str = "") -> list[Effect]:
        """A line is over, or could not be opened."""
        if (leg := self._listening.leg_of(line)) is not None:
            if self._listening.closed(leg, line, now, reason or "the relay closed the line"):
                self._guests.leg_lost(leg.relay)
        elif (found := self._tunnel_of(line)) is not None:
            tunnels, tunnel = found
            tunnels.forget(tunnel)
            self._ended(tunnel, CallEnd.CLOSED, now)
        return self._buffer.take()

    # Time

    def tick(self, now: Instant) -> list[Effect]:
        """Time has passed: do what is due."""
        while (name := self._buffer.alarms.pop(now)) is not None:
            match name:
                case (Alarm.LEG, bytes(relay)):
                    self._listening.wake(relay, now)
                case (Alarm.FRESH, bytes(relay)):
                    if self._listening.wake_fresh(relay, now):
                        self._guests.leg_lost(relay)
                case (Alarm.LINE, int(line)):
                    self._wake_tunnel(line, now)
                case (CallAlarm.TALK, int(line)):
                    self._wake_talk(self._by_line[line], now)
                case (CallAlarm.STAGGER, bytes(call_key)):
                    self._calls.stagger(call_key, now)
                case (CallAlarm.ROOM, _):
                    self._guests.accept(now)
                case (CallAlarm.ASKS, _):
                    self._draw_asks(now)
        return self._buffer.take()

    def deadline(self) -> Instant | None:
        """When `tick` must be called next."""
        return self._buffer.alarms.first()

    # Tunnels

    def _new_id(self) -> CallId:
        self._next += 1
        return CallId(self._next)

    def _tunnel_of(self, line: LineId) -> tuple[Tunnels, Tunnel] | None:
        if (talk := self._by_line.get(line)) is not None:
            return talk.tunnels, talk.tunnel
        if (found := self._calls.of_line(line)) is not None:
            attempt, tunnel = found
            return attempt.tunnels, tunnel
        accepted = self._guests.tunnels.get(line)
        return None if accepted is None else (self._guests.tunnels, accepted)

    def _receive(self, tunnels: Tunnels, tunnel: Tunnel, data: bytes, now: Instant) -> None:
        if tunnel.inner is None:
            # A line that is still opening has nothing to say.
            return
        try:
            messages = tunnels.receive(tunnel, data, now)
        except PeerFault:
            tunnels.drop(tunnel)
            self._ended(tunnel, CallEnd.FAULT, now)
            return
        tunnels.flush(tunnel)
        if tunnels.is_proved(tunnel):
            self._up(tunnel, now)
        for message in messages:
            talk = self._by_line.get(tunnel.line)
            if talk is None:
                # One of these letters, or too many guests, led to its end.
                return
            self._read(talk, message, now)

    def _wake_tunnel(self, line: LineId, now: Instant) -> None:
        found = self._tunnel_of(line)
        assert found is not None, "the alarm of a line ends with it"
        tunnels, tunnel = found
        try:
            is_alive = tunnels.tick(tunnel, now)
        except PeerFault:
            is_alive = False
        if not is_alive:
            tunnels.drop(tunnel)
            self._ended(tunnel, CallEnd.CLOSED, now)

    def _up(self, tunnel: Tunnel, now: Instant) -> None:
        """The other side has proved its key."""
        tunnel.stage, tunnel.since = TunnelStage.UP, now
        if (found := self._calls.of_line(tunnel.line)) is not None:
            talk = self._calls.reached(found[0], tunnel, now)
            self._begin(talk)
            self._buffer.tell(Reached(talk.call, tunnel.relay))
            return
        self._guests.accepting.settled(tunnel)
        if self._guests.is_full():
            victim = self._guests.to_give_way(now)
            if victim is None:
                self._guests.tunnels.drop(tunnel)
                return
            self._end(victim, CallEnd.GAVE_WAY, now)
        letters = Correspondence(self._key, tunnel.peer, is_owner=True)
        talk = Talk(self._new_id(), tunnel.peer, self._guests.tunnels, tunnel, letters, now, now)
        self._guests.talks[talk.call] = talk
        self._begin(talk)
        self._buffer.tell(Arrived(talk.call, tunnel.peer))

    def _begin(self, talk: Talk) -> None:
        self._talks[talk.call] = self._by_line[talk.tunnel.line] = talk
        self._buffer.alarms.set((CallAlarm.TALK, talk.tunnel.line), talk.ends_at())

    def _ended(self, tunnel: Tunnel, why: CallEnd, now: Instant) -> None:
        """The line of a tunnel is over, and forgotten."""
        if (talk := self._by_line.get(tunnel.line)) is not None:
            self._forget(talk)
            self._buffer.tell(Ended(talk.call, why))
        elif (found := self._calls.of_line(tunnel.line)) is not None:
            attempt, _ = found
            if not self._calls.failed(attempt, tunnel, now):
                self._buffer.tell(Ended(attempt.call, CallEnd.NOT_REACHED))
        else:
            self._guests.accepting.settled(tunnel)
            if tunnel.stage is TunnelStage.OPENING:
                # The caller still waits at the relay.
                self._listening.reject(tunnel.relay.public_key, tunnel.peer)
        self._guests.accept(now)

    # Letters

    def _read(self, talk: Talk, data: bytes, now: Instant) -> None:
        try:
            letter, question = talk.letters.read(data)
        except PeerFault:
            self._end(talk, CallEnd.FAULT, now)
            return
        talk.moved = now
        is_guest = talk.call in self._guests.talks
        if isinstance(letter, Letter) and isinstance(letter.body, Introduce):
            talk.is_contact = self._guests.is_contact(letter.body.address.mailbox)
        if is_guest and letter.number == 1 and not talk.is_contact and not self._make_place(talk, now):
            if talk.letters.owes(letter.number):
                self._say(talk, _BUSY, letter.number, now)
            self._end(talk, CallEnd.GAVE_WAY, now)
        elif isinstance(letter, Unread) and question is None:
            self._say(talk, letter.refusal, letter.number, now)
        elif isinstance(letter, Unread):
            # An answer that only a newer program reads: whoever asked must not wait for another one.
            unread = Letter(VERSION, letter.number, letter.answer_to, letter.refusal)
            self._buffer.tell(Heard(talk.call, unread, question))
        elif isinstance(letter.body, Introduce):
            self._buffer.tell(Introduced(talk.call, letter.body.address))
        elif is_guest and not talk.is_contact and _is_open(letter.body):
            if not self._guests.asks.enter(talk.call, letter, now):
                self._say(talk, _BUSY, letter.number, now)
            self._draw_asks(now)
        else:
            self._buffer.tell(Heard(talk.call, letter, question))

    def _make_place(self, speaker: Talk, now: Instant) -> bool:
        """A stranger has begun to speak; returns whether there is a place for it, made perhaps by another's end."""
        if not self._guests.are_too_many():
            return True
        victim = self._guests.to_give_way(now, speaker=speaker)
        if victim is not None:
            self._end(victim, CallEnd.GAVE_WAY, now)
        return victim is not None

    def _draw_asks(self, now: Instant) -> None:
        while (drawn := self._guests.asks.draw(now)) is not None:
            self._buffer.tell(Heard(*drawn, None))
        for call, letter in self._guests.asks.overdue(now):
            self._say(self._talks[call], _BUSY, letter.number, now)
        self._guests.plan_asks()

    def _say(self, talk: Talk, body: Body, answer_to: int, now: Instant) -> None:
        if talk.letters.is_full:
            self._end(talk, CallEnd.TOO_LONG, now)
            return
        talk.tunnels.send(talk.tunnel, talk.letters.write(body, answer_to), now)
        talk.moved = now

    def _wake_talk(self, talk: Talk, now: Instant) -> None:
        why = talk.end(now)
        if why is None:
            self._buffer.alarms.set((CallAlarm.TALK, talk.tunnel.line), talk.ends_at())
        else:
            self._end(talk, why, now)

    def _end(self, talk: Talk, why: CallEnd, now: Instant) -> None:
        self._drop(talk, now)
        self._buffer.tell(Ended(talk.call, why))

    def _drop(self, talk: Talk, now: Instant) -> None:
        talk.tunnels.drop(talk.tunnel)
        self._forget(talk)
        self._guests.accept(now)

    def _forget(self, talk: Talk) -> None:
        del self._talks[talk.call], self._by_line[talk.tunnel.line]
        self._guests.talks.pop(talk.call, None)
        self._guests.asks.leave(talk.call)
        self._buffer.alarms.stop((CallAlarm.TALK, talk.tunnel.line))


def _is_open(body: Body) -> bool:
    return isinstance(body, AskInvoice) and isinstance(body.purpose, OpenPurpose)
