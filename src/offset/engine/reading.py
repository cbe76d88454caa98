"""Connections that are not read for a while, each for one reason or several."""

from __future__ import annotations

import enum

from offset.base.ids import Conn
from offset.engine.loop import Loop


class Reason(enum.Enum):
    """Why a connection is not read."""

    DISK = "more comes than the disk can take"
    WORK = "the friend has used up its processor time"


class Reading:
    """Which connections are not read."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._unread: dict[Conn, set[Reason]] = {}

    def pause(self, conn: Conn, reason: Reason) -> None:
        """Do not read it as long as this reason stands."""
        reasons = self._unread.setdefault(conn, set())
        if not reasons:
            self._loop.lines.pause(conn)
        reasons.add(reason)

    def resume(self, conn: Conn, reason: Reason) -> None:
        """This reason stands no more; read again if there is no other."""
        reasons = self._unread.get(conn)
        if reasons is None:
            return
        reasons.discard(reason)
        if not reasons:
            del self._unread[conn]
            self._loop.lines.resume(conn, self._loop.now)

    def resume_all(self, reason: Reason) -> None:
        """This reason stands no more for any connection."""
        for conn in list(self._unread):
            self.resume(conn, reason)

    def forget(self, conn: Conn) -> None:
        """It is over."""
        self._unread.pop(conn, None)
