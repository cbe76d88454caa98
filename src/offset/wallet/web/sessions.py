"""Who may ask: one-time logins, keys of pages, and the commands, which come over a socket that only the owner can open.

All of it lives in memory and ends with the process. Of secrets only hashes are kept, so a look-up tells nothing by the
time that it takes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from offset.base import base64url
from offset.base.instants import SECOND, Instant
from offset.base.limits import (
    WALLET_CALLS_BURST_MAX,
    WALLET_CALLS_PER_SECOND,
    WALLET_LOGIN_MS,
    WALLET_LOGINS_PER_MINUTE_MAX,
    WALLET_SESSIONS_MAX,
)
from offset.base.token_bucket import TokenBucket
from offset.shell.system import Clock, monotonic_ms
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.tokens import Grant, now_ms
from offset.wallet.values import session as values
from offset.wallet.values.parts import time_of

LINK_BYTES = 16
KEY_BYTES = 32
ID_BYTES = 9
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike: 32 letters, 5 bits each."""
CODE_LENGTH = 10
ALL: tuple[values.Right, ...] = ("see", "receive", "pay", "own")
MINUTE_MS = 60 * SECOND


class Session:
    """Somebody who is logged in."""

    def __init__(self, kind: str, key: str, grant: Grant | None = None) -> None:
        """`kind` is `page`, `socket` or `token`; `key` is its secret; `grant` what a program may do."""
        self.kind = kind
        self.grant = grant
        self.id = row_id(secrets.token_bytes(ID_BYTES)) if grant is None else grant.id
        self.rights: tuple[values.Right, ...] = ALL if grant is None else grant.rights
        self.since = self.seen = time.time()
        self.streams = 0
        """How many streams of events it reads."""
        self._has_ended = False
        self._key = key
        self._calls = TokenBucket(WALLET_CALLS_PER_SECOND, WALLET_CALLS_BURST_MAX)
        self._free_at: Instant = 0
        """From when on it may ask again."""

    @property
    def is_over(self) -> bool:
        """Whether it may ask for nothing any more."""
        return self._has_ended or (self.grant is not None and self.grant.is_over(now_ms()))

    def end(self) -> None:
        """It is over from now on."""
        self._has_ended = True

    def sees(self, card: str) -> bool:
        """Whether it has to do with this card."""
        return self.grant is None or self.grant.cards is None or card in self.grant.cards

    def spend_call(self, now: Instant) -> None:
        """Count one request. Raises Refusal when there were too many."""
        if self._free_at > now:
            raise Refusal(
                "rate",
                "Too many requests came at once. Wait a moment.",
                until=time_of(time.time() + (self._free_at - now) / 1000),
                remedies=["wait"],
            )
        self._free_at = self._calls.spend(1, now)
        self.seen = time.time()

    def proof(self, nonce: str) -> str:
        """What proves to the page that the daemon is the one that gave it its key."""
        return base64url.encode(hmac.digest(self._key.encode(), nonce.encode(), "sha256"))

    def value(self, *, is_this: bool) -> values.Session:
        """For the list of sessions."""
        return values.Session(
            id=self.id,
            kind="page" if self.kind == "page" else "socket",
            since=time_of(self.since),
            seen=time_of(self.seen),
            is_this=is_this,
        )


class Sessions:
    """The sessions of one start of the daemon."""

    def __init__(self, *, changed: Callable[[], None] = lambda: None, clock: Clock = monotonic_ms) -> None:
        """`changed` is told when one begins or ends."""
        self._changed, self._clock = changed, clock
        self._by_key: dict[bytes, Session] = {}
        self._logins: dict[bytes, tuple[Instant, Path | None]] = {}
        """The hash of each secret: until when it is good, and the page that holds it."""
        self._attempts: deque[Instant] = deque(maxlen=WALLET_LOGINS_PER_MINUTE_MAX)
        self._programs: dict[str, Session] = {}
        """Those that have asked for something, by the id of their token."""
        self.socket = Session("socket", secrets.token_urlsafe(KEY_BYTES))
        """That of all commands."""

    # Logins

    def new_link(self) -> str:
        """A secret of 128 bits for a link, good once."""
        return self._new_login(secrets.token_urlsafe(LINK_BYTES))

    def new_code(self) -> str:
        """Ten characters to be typed, good once."""
        return self._new_login("".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)))

    def keep_page(self, login: str, page: Path) -> None:
        """The file that holds a login; it is removed once the login is used, or good no more."""
        until, _ = self._logins[_hash(login)]
        self._logins[_hash(login)] = until, page

    def log_in(self, login: str) -> tuple[str, Session]:
        """The key of a new session, for a login that is good. Raises Refusal."""
        now = self._clock()
        if len(self._attempts) == WALLET_LOGINS_PER_MINUTE_MAX and now - self._attempts[0] < MINUTE_MS:
            raise Refusal(
                "rate",
                "Too many logins were tried. Wait a minute.",
                until=time_of(time.time() + (self._attempts[0] + MINUTE_MS - now) / 1000),
                remedies=["wait"],
            )
        self._attempts.append(now)
        self.drop_old()
        typed = login.replace("-", "").replace(" ", "").upper()
        digest = next((found for found in (_hash(login), _hash(typed)) if found in self._logins), None)
        if digest is None:
            raise Refusal(
                "wrong-login",
                "This login was used before, or is too old, or never was one. Get a new one with: offset wallet open",
                remedies=["log-in"],
            )
        self._forget_login(digest)
        return self.begin()

    def drop_old(self) -> None:
        """Forget logins that are good no more, with their pages."""
        now = self._clock()
        for digest, (until, _) in list(self._logins.items()):
            if until <= now:
                self._forget_login(digest)

    def forget_logins(self) -> None:
        """Forget all logins, with their pages: the daemon ends."""
        for digest in list(self._logins):
            self._forget_login(digest)

    def _new_login(self, login: str) -> str:
        self.drop_old()
        self._logins[_hash(login)] = self._clock() + WALLET_LOGIN_MS, None
        return login

    def _forget_login(self, digest: bytes) -> None:
        _, page = self._logins.pop(digest)
        if page is not None:
            page.unlink(missing_ok=True)

    # Sessions

    def begin(self) -> tuple[str, Session]:
        """A new session of a page, and its key."""
        while len(self._by_key) >= WALLET_SESSIONS_MAX:
            self.end(min(self._by_key.values(), key=lambda session: session.seen).id)
        key = secrets.token_urlsafe(KEY_BYTES)
        session = self._by_key[_hash(key)] = Session("page", key)
        self._changed()
        return key, session

    def of_key(self, key: str) -> Session | None:
        """The session with this key."""
        return self._by_key.get(_hash(key))

    def of_id(self, id: str) -> Session | None:
        """The session of a page with this id."""
        return next((session for session in self._by_key.values() if session.id == id), None)

    def of_grant(self, grant: Grant) -> Session:
        """What a program has asked for so far, by its token."""
        session = self._programs.get(grant.id)
        if session is None:
            session = self._programs[grant.id] = Session("token", "", grant)
        return session

    def seen_of(self, token: str) -> float | None:
        """When a program asked for something last, in seconds since 1970."""
        session = self._programs.get(token)
        return None if session is None else session.seen

    def end_token(self, token: str) -> None:
        """The token is gone: its program may ask for nothing, and its streams end."""
        session = self._programs.pop(token, None)
        if session is not None:
            session.end()
        self._changed()

    def all(self) -> list[Session]:
        """All sessions, that of the commands last."""
        return [*self._by_key.values(), self.socket]

    def end(self, id: str) -> bool:
        """End the session of a page. False: there is none with this id."""
        for digest, session in list(self._by_key.items()):
            if session.id == id:
                del self._by_key[digest]
                session.end()
                self._changed()
                return True
        return False


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
