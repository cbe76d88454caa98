"""The loop that all engines share: an event in, its news to the owners of the lines, what is due, effects out.

    event ──► lines ──► news ──► owner of the line ──┐
                        timers that are due ─────────┴──► lines.send, dial, hangup; add ──► effects of this step

An engine makes one loop, gives each of its parts a share in it, and sets `now` at the beginning of each step.
"""

from __future__ import annotations

from collections.abc import Callable

from offset.base.ids import Conn
from offset.base.instants import Instant, earliest
from offset.engine.line_events import LineMessage
from offset.engine.lines import Lines
from offset.engine.surface import Effect, Event


class Timer:
    """The one deadline of a part of an engine. The part moves it whenever its deadline may have changed."""

    __slots__ = ("act", "at")

    def __init__(self, act: Callable[[], None], at: Instant | None = None) -> None:
        """`act` is called when the time has come; it moves `at`, or sets it to None."""
        self.act = act
        self.at = at


class Loop:
    """What the parts of one engine share: lines, timers, and the step under way."""

    def __init__(self, lines: Lines, now: Instant) -> None:
        self.lines = lines
        self.now = now
        """The instant of the step under way. What waited for the disk is said at the instant when it is said."""
        self._timers: tuple[Timer, ...] = ()
        self._effects: list[Effect] = []

    def set_timers(self, *timers: Timer) -> None:
        """Everything that this engine does by itself, in the order in which those act that are due together."""
        self._timers = timers

    def take(self, event: Event) -> None:
        """Give the news of an event to the owners of the lines.

        An owner may hang up because of one message while the next ones came in the same piece: those are dropped, so
        no owner is given a message of a line that is over.
        """
        for news in self.lines.handle(event, self.now):
            if not isinstance(news, LineMessage) or self.lines.is_open(news.conn):
                news.owner(news)

    def run_due(self) -> None:
        """Let the timers act whose time has come, each once: what is due again at once is due in the next step."""
        for timer in self._timers:
            if timer.at is not None and timer.at <= self.now:
                timer.act()

    def send(self, conn: Conn, data: bytes) -> None:
        """Send one message on a line now; to a line that is over it is dropped."""
        self.lines.send(conn, data, self.now)

    def add(self, *effects: Effect) -> None:
        """Something beside lines: a commit, or what a person may want to read."""
        self._effects += effects

    def take_effects(self) -> list[Effect]:
        """The effects of this step. Commits first: they must not wait behind bytes."""
        effects, self._effects = self._effects, []
        return effects + self.lines.take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do without an event."""
        return earliest(self.lines.deadline(), *[timer.at for timer in self._timers])
