"""A long report in one message, for apps that know no pieces, as those of 0.1.11: made in many turns of the loop.

    first every friend is encoded, some in each turn ──► then they are put together, some in each turn ──► the message
          ▲ those that change meanwhile, anew                  ▲ from the start, if anything changes

So the message shows the node as it is in the turn in which it is handed out, and each change after that follows it. All
apps that wait get the same message, one in each turn; encoded friends are kept, so the next report costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from offset.base.ids import Conn, PublicKey
from offset.base.limits import APP_FRAME_BYTES_MAX, REPORT_ASSEMBLED_MAX, REPORT_WHOLE_TURNS_MAX
from offset.core.funder.state.state import FunderState
from offset.engine.report_pieces import ReportPieces
from offset.wire.assembled import AssembledReport
from offset.wire.report import NodeReport


class WholeReport:
    """The report under way, and who waits for it."""

    def __init__(self, state: FunderState, pieces: ReportPieces, head: Callable[[], NodeReport]) -> None:
        """`head`: the report without friends, as it is now."""
        self._state, self._pieces, self._head_now = state, pieces, head
        self._waiting: dict[Conn, None] = {}
        self._turns = 0
        """Since somebody waits."""
        self._is_short = False
        self._head: NodeReport | None = None
        """That of the message under way; None: there is none."""
        self._assembled: AssembledReport | None = None
        self._left: Iterator[PublicKey] = iter(())
        self._data: bytes | None = None
        """The message, until something changes."""

    def want(self, conn: Conn) -> None:
        """This app waits for the report."""
        self._waiting[conn] = None

    def drop(self, conn: Conn) -> None:
        """It is gone."""
        self._waiting.pop(conn, None)
        if not self._waiting:
            self._stop()

    @property
    def is_wanted(self) -> bool:
        """Whether an app waits, so that there is a turn to take."""
        return bool(self._waiting)

    def changed(self, friends: Iterable[PublicKey]) -> None:
        """Something about these friends is not as before."""
        if self._head is not None and any(True for _ in friends):
            self._begin_anew()

    def turn(self) -> tuple[Conn, bytes] | None:
        """Do a little; the report for one app, when it is made. The caller hands it out before anything changes.

        While friends change all the time it would never be: after REPORT_WHOLE_TURNS_MAX turns all is done in one.
        """
        self._turns += 1
        while (data := self._go_on()) is None:
            if self._turns <= REPORT_WHOLE_TURNS_MAX:
                return None
        conn = next(iter(self._waiting))
        self._waiting.pop(conn)
        if not self._waiting:
            self._stop()
        return conn, data

    def _go_on(self) -> bytes | None:
        if self._head is not None and self._head != self._head_now():
            self._begin_anew()
        if self._data is not None:
            return self._data
        if self._head is None:
            if not self._pieces.encode_some(is_short=self._is_short):
                self._head = self._head_now()
        elif self._assembled is None:
            self._assembled = AssembledReport(self._head, len(self._state.friends))
            self._left = iter(list(self._state.friends))
        elif not self._put_some(self._assembled):
            self._finish(self._assembled)
        return None

    def _put_some(self, assembled: AssembledReport) -> bool:
        for count, key in enumerate(self._left, 1):
            assembled.put(self._pieces.report_of(key, is_short=self._is_short))
            if count == REPORT_ASSEMBLED_MAX:
                return True
        return False

    def _finish(self, assembled: AssembledReport) -> None:
        data = assembled.encode()
        self._assembled = None
        if len(data) > APP_FRAME_BYTES_MAX and not self._is_short:
            self._begin_anew()
            self._is_short = True
        else:
            self._data = data

    def _begin_anew(self) -> None:
        self._head = self._assembled = self._data = None

    def _stop(self) -> None:
        self._begin_anew()
        self._turns, self._is_short = 0, False
