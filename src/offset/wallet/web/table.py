"""What a route is, and what a handler is given: one table gives routes, rights and the OpenAPI document."""

from __future__ import annotations

import enum
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.wallet.card import Card
from offset.wallet.refusals import Refusal
from offset.wallet.tokens import Grant
from offset.wallet.values.parts import Body, key_of
from offset.wallet.wallet import Wallet
from offset.wallet.web.confirms import Confirms
from offset.wallet.web.sessions import Session, Sessions

NEW_ID_BYTES = 16


class Needs(enum.Enum):
    """What a caller must be allowed to do."""

    NOTHING = "nothing"
    """Whoever reaches the port: login and health."""
    ANY = "any"
    """Any right at all."""
    SEE = "see"
    RECEIVE = "receive"
    PAY = "pay"
    OWN = "own"
    """A session: the owner at a page or a terminal."""


class Route(msgspec.Struct, frozen=True):
    """One method of one path. The docstring of the handler is its description."""

    method: str
    path: str
    """Below /api/v1, with parameters as in `/cards/{card}`."""
    needs: Needs
    handler: Callable[[Ask], Awaitable[Any]]
    body: type[Body] | None = None
    query: type[Body] | None = None
    answer: Any = None
    """The type of the answer, a class of values or a tuple of them; None: no content."""
    media_type: str = "application/json"
    """Of the answer; another one than JSON is answered as `Plain`."""
    status: int = 200
    asks: bool = False
    """Whether it may want to be confirmed (428)."""


class Plain(msgspec.Struct, frozen=True):
    """An answer that is no JSON."""

    content: bytes
    media_type: str
    headers: Mapping[str, str] = {}


class Desk(msgspec.Struct, frozen=True):
    """What all requests share."""

    wallet: Wallet
    sessions: Sessions
    confirms: Confirms
    document: Callable[[], dict[str, Any]]
    """The OpenAPI document."""
    new_login: Callable[[bool], Awaitable[str]]
    """Makes a login: the path of a page with a link, or a code if the argument is True."""
    address: str
    """Where the page is, as in http://name.localhost:1234/."""


class Ask:
    """One request, for its handler."""

    def __init__(
        self,
        desk: Desk,
        session: Session | None,
        *,
        method: str,
        target: str,
        path: Mapping[str, str],
        headers: Mapping[str, str],
        body: Any,
        query: Any,
        raw: bytes,
    ) -> None:
        """`target` is path and query as they came, `raw` the bytes of the body."""
        self.desk, self.session = desk, session
        self.path, self.headers, self.body, self.query = path, headers, body, query
        self.key = headers.get("idempotency-key")
        """Of a request that may come again."""
        self.digest = hashlib.sha256(b"\0".join((method.encode(), target.encode(), raw))).digest()
        """Tells this request from any other."""

    @property
    def wallet(self) -> Wallet:
        """The wallet that is asked."""
        return self.desk.wallet

    @property
    def caller(self) -> str:
        """Who asks. The commands keep their name over all starts of the daemon, pages do not."""
        if self.session is None:
            return "nobody"
        return "socket" if self.session.kind == "socket" else self.session.id

    @property
    def grant(self) -> Grant | None:
        """What a program may do, if it is one that asks."""
        return None if self.session is None else self.session.grant

    def card_named(self, id: str) -> Card:
        """A card that the caller has to do with. Raises Refusal."""
        if not self.owner.sees(id):
            raise Refusal("not-found", "There is no such card in this wallet.")
        return self.wallet.cards.get(id)

    @property
    def cards(self) -> list[Card]:
        """All cards that the caller has to do with, oldest first."""
        return [card for card in self.wallet.cards if self.owner.sees(card.id)]

    @property
    def owner(self) -> Session:
        """Who asks, where the route wants somebody."""
        assert self.session is not None
        return self.session

    @property
    def card(self) -> Card:
        """The card that the path names. Raises Refusal."""
        return self.wallet.cards.get(self.path["card"])

    @property
    def friend(self) -> PublicKey:
        """The friend that the path names, which the card has. Raises Refusal."""
        report = self.card.report
        with suppress(UserFault):
            key = key_of(self.path["friend"])
            if key in report.friends:
                return key
        raise Refusal("not-found", "This card has no such friend.")

    def confirm(self, sentence: str) -> None:
        """Return if the owner has said yes to this sentence, about this very request. Raises Refusal."""
        self.desk.confirms.check(self.owner.id, self.digest, sentence, self.headers.get("x-offset-confirm"))

    def new_id(self) -> bytes:
        """16 bytes for what is made: the same again when a command repeats its request, after a crash too."""
        if self.key is None:
            return os.urandom(NEW_ID_BYTES)
        parts = (b"OFFSET_WALLET_ID", self.caller.encode(), self.key.encode())
        return hashlib.new("sha512_256", b"\0".join(parts)).digest()[:NEW_ID_BYTES]
