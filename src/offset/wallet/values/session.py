"""Logins, who is asking, and settings of the whole wallet."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from offset.base.limits import CURRENCY_BYTES_MAX
from offset.wallet.values.parts import AmountText, Body, CurrencyText, IdText, Time, Value
from offset.wallet.values.tokens import Token

Right = Literal["see", "receive", "pay", "own"]
"""What a caller may do; a session has them all, and only a session owns."""


class Login(Body):
    """The secret of a login link, or the ten characters that `offset wallet --code` printed."""

    login: Annotated[str, Meta(min_length=1, max_length=64)]


class NewKey(Value):
    """A session begins."""

    key: str
    """Sent as `X-Offset-Key` with each request; told once."""
    session: IdText


class LoginForm(Body):
    """How a login is to be had."""

    form: Literal["page", "code"]


class NewLogin(Value):
    """A login for one more page."""

    page: str | None
    """The path of a file that leads the browser to the wallet, logged in."""
    code: str | None
    """Ten characters to be typed into the page."""
    address: str
    """Where the page is."""


class Session(Value):
    """Somebody who is logged in."""

    id: IdText
    kind: Literal["page", "socket"]
    """A page in a browser, or the commands, which come over `wallet.sock`."""
    since: Time
    seen: Time
    """When it asked for something last."""
    is_this: bool
    """Whether it is the one that asks."""


class Me(Value):
    """Who is asking, and what it may do."""

    session: IdText | None
    """None: a program, by its token."""
    token: Token | None
    rights: tuple[Right, ...]
    version: str
    """That of the program."""
    start: IdText
    """Another one each time the daemon starts."""


class Health(Value):
    """Whether the daemon that answers is the one that made the session."""

    proof: str | None
    """HMAC-SHA-256 with the session's key over the nonce, in base64url; None if there is no such session."""


class Settings(Value):
    """What holds for the whole wallet, however it is looked at."""

    owner: str
    """How the owner is called towards others; empty if not said."""
    main_card: IdText | None
    """The card that the page opens with."""
    fees_percent: int
    """More than so many percent of fees, and more than 1 credit, is asked again."""
    sound: bool
    """Whether the page rings when something was paid."""


class SettingsChange(Body):
    """Settings to change; what is left out stays."""

    owner: Annotated[str, Meta(max_length=64)] | None = None
    main_card: IdText | None = None
    fees_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    sound: bool | None = None


class CurrencyView(Value):
    """How amounts of a currency are shown; everywhere else they are whole credits."""

    currency: CurrencyText
    decimals: int
    """Digits behind the point."""
    label: str
    """What stands beside amounts; the name of the currency unless changed."""
    smallest: AmountText
    """One unit as it is shown: 10^decimals credits."""
    is_used: bool
    """Whether some card uses it."""


class CurrencyViewChange(Body):
    """How a currency is to be shown."""

    decimals: Annotated[int, Meta(ge=0, le=38)] = 0
    label: Annotated[str, Meta(max_length=CURRENCY_BYTES_MAX)] = ""
