"""Questions that wait for a yes: what grants trust or cannot be taken back is asked again, and done the second time.

It guards against mistakes, not against programs of the same user.
"""

from __future__ import annotations

import secrets
import time
from typing import NamedTuple

from offset.base.instants import Instant
from offset.base.limits import WALLET_CONFIRM_MS, WALLET_CONFIRMS_MAX
from offset.shell.system import Clock, monotonic_ms
from offset.wallet.refusals import Refusal
from offset.wallet.values.parts import time_of

CODE_BYTES = 12


class _Question(NamedTuple):
    session: str
    request: bytes
    """What was asked for: method, path and body, as a hash."""
    sentence: str
    until: Instant


class Confirms:
    """The questions of all sessions."""

    def __init__(self, clock: Clock = monotonic_ms) -> None:
        self._clock = clock
        self._questions: dict[str, _Question] = {}

    def check(self, session: str, request: bytes, sentence: str, code: str | None) -> None:
        """Return if this session has said yes to just this; the code is good once.

        Raises Refusal, with a code: the request is to come again with it. If what the sentence says has changed since
        it was shown, it is shown again.
        """
        now = self._clock()
        for old in [code for code, question in self._questions.items() if question.until <= now]:
            del self._questions[old]
        if code is not None:
            found = self._questions.pop(code, None)
            if found is not None and found[:3] == (session, request, sentence):
                return
        while len(self._questions) >= WALLET_CONFIRMS_MAX:
            del self._questions[next(iter(self._questions))]
        fresh = secrets.token_urlsafe(CODE_BYTES)
        self._questions[fresh] = _Question(session, request, sentence, now + WALLET_CONFIRM_MS)
        raise Refusal(
            "confirm",
            sentence,
            code=fresh,
            until=time_of(time.time() + WALLET_CONFIRM_MS / 1000),
            remedies=["confirm"],
        )
