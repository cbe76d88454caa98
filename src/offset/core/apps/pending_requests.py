"""Who waits for which answer (spec 05, 2.6). Several apps may wait for the same one, and each gets it (D-7)."""

from __future__ import annotations

from collections.abc import Hashable

from offset.base.ids import Conn


class PendingRequests:
    """Connections that wait for an answer, by what they asked."""

    def __init__(self) -> None:
        # Two dicts as ordered sets: a vanished app is forgotten without a search through all questions.
        self._by_question: dict[Hashable, dict[Conn, None]] = {}
        self._by_conn: dict[Conn, dict[Hashable, None]] = {}

    def ask(self, question: Hashable, conn: Conn) -> None:
        """This connection wants to know."""
        self._by_question.setdefault(question, {})[conn] = None
        self._by_conn.setdefault(conn, {})[question] = None

    def answer(self, question: Hashable) -> list[Conn]:
        """Who asked, oldest first. The question is answered with that."""
        conns = list(self._by_question.pop(question, ()))
        for conn in conns:
            del self._by_conn[conn][question]
        return conns

    def forget(self, conn: Conn) -> None:
        """This connection is gone."""
        for question in self._by_conn.pop(conn, ()):
            waiting = self._by_question[question]
            del waiting[conn]
            if not waiting:
                del self._by_question[question]

    def __len__(self) -> int:
        return len(self._by_question)
