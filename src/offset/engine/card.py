"""The engine of a card's dealings over letters: its mailbox, what the letters mean, and first remember, then speak.

    lines ── mailbox ── letters ──► dealings ── a step: rows, then effects ──► outbox ──► mailbox: calls, letters
             program ── `do` ─────────┘                                          └──► Tell(TOPIC): orders, news

Rows of a step are one Persist; what the step says beside waits until they are durable. Effects and news are carried
out one after another, those that come of them last: so a letter never overtakes one that was decided before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from offset.base.entropy import Entropy
from offset.base.ids import CallId, Uid
from offset.base.instants import SECOND, Instant, Millis
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import Effect as DealingsEffect
from offset.core.dealings.effects import HangUp, Place, Reply, Step, Write
from offset.core.dealings.records import NO_PAST, Changes, GuestAsk, OwnAsk, Past, Request
from offset.core.mailbox.calls import MakeCaller
from offset.core.mailbox.effects import Arrived, CallEnd, Ended, Heard, Introduced, News, Reached
from offset.crypto.signer import Signer
from offset.engine.card_mailbox import CardMailbox
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.outbox import Outbox
from offset.engine.surface import Effect, Event, NetworkChanged, Persisted, Tell, Woken
from offset.wire.common import RelayAddress

TOPIC = "dealings"
"""Under it each order and each piece of news of the dealings is told."""
CLOCK_SLIP_MS: Millis = 2 * SECOND
"""So far may the clock of the day go from that of the loop until the dealings are told."""

RowKey = tuple[str, Uid]
"""The table of a row, and its id."""
Act = Callable[[Dealings, Instant], Step | None]


class CardEngine:
    """The mailbox of one card, whose key is `signer`."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        make_caller: MakeCaller,
        rows: Iterable[OwnAsk | GuestAsk | Request],
        now: Instant,
        unix: Callable[[], Millis],
        *,
        past: Past = NO_PAST,
        allow_private_relays: bool = True,
    ) -> None:
        """`rows` are those that were made durable and have not ended. `unix` tells the time of day in ms since 1970."""
        self._unix = unix
        self.dealings = Dealings(signer, entropy, rows, past=past)
        """For looking; whoever wants something of it uses `do`."""
        self._loop = Loop(Lines(signer, entropy), now)
        self._mailbox = CardMailbox(
            self._loop,
            signer,
            entropy,
            make_caller,
            news=self._put,
            called=self._set_called,
            allow_private_relays=allow_private_relays,
        )
        self._outbox = Outbox()
        self._timer = Timer(lambda: self._step(self.dealings.tick(self._loop.now)))
        self._loop.set_timers(self._mailbox.timer, self._timer)
        self._waiting: deque[DealingsEffect | News] = deque()
        self._is_working = False
        self._calls: dict[Uid, CallId] = {}
        """The calls of our questions."""
        self._asks: dict[CallId, Uid] = {}
        """The same, by call."""
        self._guests: set[CallId] = set()
        """The lines of those who call us."""
        self._skew: Millis = 0
        """Unix time less the instant of the loop, as the dealings were told."""

    # For the driver

    def start(self, now: Instant) -> list[Effect]:
        """Go on with what the rows say."""
        self._loop.now = now
        unix = self._unix()
        self._skew = unix - now
        self._step(self.dealings.start(now, unix))
        return self._loop.take_effects()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        self._loop.now = now
        match event:
            case Persisted():
                self._outbox.committed(event.number)
            case NetworkChanged():
                self._mailbox.network_changed()
                self._set_clock(self._unix())
            case Woken():
                unix = self._unix()
                if abs(unix - now - self._skew) > CLOCK_SLIP_MS:
                    self._set_clock(unix)
            case _:
                pass
        self._loop.take(event)
        self._loop.run_due()
        return self._loop.take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do without an event."""
        return self._loop.deadline()

    # For the program

    def do(self, act: Act, now: Instant) -> list[Effect]:
        """Have the dealings do something; the effects are for the driver to carry out."""
        self._loop.now = now
        self._step(act(self.dealings, now))
        return self._loop.take_effects()

    def set_relays(self, relays: Iterable[RelayAddress], now: Instant) -> list[Effect]:
        """Be called at these relays, and at no others."""
        self._loop.now = now
        self._mailbox.set_relays(relays)
        return self._loop.take_effects()

    # Steps

    def _set_clock(self, unix: Millis) -> None:
        self._skew = unix - self._loop.now
        self._step(self.dealings.set_clock(self._loop.now, unix))

    def _set_called(self, is_called: bool) -> None:
        self.dealings.set_called(is_called, self._loop.now)
        self._step(None)

    def _step(self, step: Step | None) -> None:
        self._timer.at = self.dealings.deadline()
        if step is None:
            return
        rows = rows_of(step.changes)

        def release() -> None:
            if rows:
                self.dealings.persisted(step.changes)
            for effect in step.effects:
                self._put(effect)

        self._loop.add(*self._outbox.put(rows, release))

    def _put(self, item: DealingsEffect | News) -> None:
        self._waiting.append(item)
        if self._is_working:
            return
        self._is_working = True
        try:
            while self._waiting:
                self._carry_out(self._waiting.popleft())
        finally:
            self._is_working = False

    def _carry_out(self, item: DealingsEffect | News) -> None:
        now, dealings = self._loop.now, self.dealings
        match item:
            case Place():
                call = self._mailbox.call(item.address)
                if call is None:
                    self._step(dealings.no_line(item.ask_id, now))
                else:
                    self._calls[item.ask_id], self._asks[call] = call, item.ask_id
            case Write():
                if item.ask_id in self._calls:
                    self._mailbox.say(self._calls[item.ask_id], item.body)
            case HangUp():
                if (call := self._calls.pop(item.ask_id, None)) is not None:
                    del self._asks[call]
                    self._mailbox.hang_up(call)
            case Reply():
                self._mailbox.say(item.call, item.body, item.answer_to)
            case Reached():
                if (ask := self._asks.get(item.call)) is not None:
                    self._step(dealings.reached(ask, item.relay))
            case Heard():
                if (ask := self._asks.get(item.call)) is not None:
                    self._step(dealings.heard(ask, item.letter.body, item.opt_question, now))
                elif item.call in self._guests:
                    self._step(dealings.guest_heard(item.call, item.letter, now))
            case Introduced():
                dealings.introduced(item.call, item.address)
            case Ended():
                if (ask := self._asks.pop(item.call, None)) is not None:
                    del self._calls[ask]
                    self._step(dealings.lost(ask, now, is_closed=item.why is CallEnd.NOT_REACHED))
                elif item.call in self._guests:
                    self._guests.discard(item.call)
                    dealings.guest_gone(item.call)
                    self._step(None)
            case Arrived():
                self._guests.add(item.call)
            case _:
                self._loop.add(Tell(TOPIC, item))


def rows_of(changes: Changes) -> dict[RowKey, OwnAsk | GuestAsk | Request | None]:
    """The changes of a step, by table and id."""
    tables = (
        ("own_asks", changes.own_asks),
        ("guest_asks", changes.guest_asks),
        ("requests", changes.requests),
    )
    return {(table, id): row for table, rows in tables for id, row in rows.items()}
