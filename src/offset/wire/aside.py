"""Asides: what friends say beside the token, in schema/extension_aside.capnp (docs/WIRE.md).

An aside is never signed over, never repeated and never answered by an error. A program that does not know it, or its
kind, drops it while the line stays (spec 01, 2.7). Nothing is decided by what an aside says: a handover is decided by
the signatures inside it, the receiver's own above all.
"""

from __future__ import annotations

import enum

from offset.base.credits import Balance
from offset.base.faults import Undecodable, UnknownVariant
from offset.base.ids import UID_BYTES, Currency
from offset.base.limits import (
    CURRENCIES_PER_FRIEND_MAX,
    FRIEND_RELAYS_MAX,
    HANDOVER_REQUESTS_MAX,
    KEPT_COLLECTS_MAX,
    ROUTE_KEYS_MAX,
)
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine
from offset.wire.friend import FRIEND_MESSAGE, CollectOp, FriendMessage, MoveToken, RequestOp, ResponseOp
from offset.wire.report import MoveTokenHashedReport
from offset.wire.revocations import Revocation

ASIDE_VERSION = 1
NEWEST_BYTES = UID_BYTES
HANDS_OVER = 1
"""A bit of the features of a hello: its sender hands over to one that is behind."""


class Hello(Message):
    """First on every line, and once: which move token the sender knows as the newest of this channel."""

    inconsistency_counter: int
    move_token_counter: int
    newest: bytes
    """The first NEWEST_BYTES of its new token; empty while the ledgers disagree."""
    features: int = HANDS_OVER
    version: int = ASIDE_VERSION
    kept_nonce: bytes = b""


class HandedRequest(Message):
    """A request under way, with the seller's promise if there is one."""

    request: RequestOp
    opt_response: ResponseOp | None


class HandedCredit(Message):
    """One active currency, as the sender of the handover sees it."""

    currency: Currency
    balance: Balance
    asked: tuple[HandedRequest, ...]
    """Requests of the sender, by their ids."""
    taken: tuple[HandedRequest, ...]
    """Requests of the receiver, by their ids."""


class KeptCollect(Message):
    """A collect that the sender made to the receiver at some time."""

    currency: Currency
    collect: CollectOp
    opt_response: ResponseOp | None = None
    """The promise that it opened, which the receiver may not have passed on before its loss."""


class Handover(Message):
    """All that the sender knows of the channel with the receiver, for one whose books are older."""

    incoming: MoveTokenHashedReport
    """The last move token of the receiver that the sender took, with what its signature covers."""
    outgoing: MoveToken
    """The sender's own last one, which follows it."""
    local_currencies: tuple[Currency, ...]
    """As the sender announced them."""
    remote_currencies: tuple[Currency, ...]
    """As the receiver announced them."""
    credits: tuple[HandedCredit, ...]
    """Sorted by currency."""
    collects: tuple[KeptCollect, ...] = ()
    """The last ones that the sender made to the receiver, the oldest first."""
    relays: tuple[RelayAddress, ...] = ()
    """Where the sender can be found."""
    credit_lines: tuple[CreditLine, ...] = ()
    """That the receiver granted to the sender, as it told them: advice."""


class NoticeKind(enum.IntEnum):
    """What a notice is about."""

    TOO_LONG = 1
    """What is to be handed over does not fit into one message; `amount`: how many requests are under way."""
    NOTHING = 2
    """The sender does not know the newest move token of the receiver, and has nothing to hand over."""


class Notice(Message):
    """Something for people to know. One of an unknown kind is dropped by whoever reads it."""

    kind: int
    amount: int = 0


AsideBody = Hello | Handover | Notice | Revocation


class Aside(Message):
    """What is said beside the token."""

    body: AsideBody


for _cls in (Hello, HandedRequest, HandedCredit, KeptCollect, Handover, Notice, Revocation):
    struct(_cls, "extension_aside", _cls.__name__)
# The other kinds of the schema are not used yet: dropped like unknown ones.
union(
    "extension_aside",
    "Aside",
    {"hello": Hello, "handover": Handover, "notice": Notice, "revocation": Revocation},
)
union("extension_aside", "AsideMessage", {"aside": Aside})

ASIDE_MESSAGE: Codec[Aside] = Codec("extension_aside", "AsideMessage")


def encode_aside(body: AsideBody) -> bytes:
    """The message to a friend that says this."""
    return ASIDE_MESSAGE.encode(Aside(body))


def decode_friend_message(data: bytes) -> FriendMessage | Aside:
    """What a friend says, of either kind. Raises Undecodable, as for asides of kinds that we do not know."""
    try:
        return FRIEND_MESSAGE.decode(data)
    except UnknownVariant:
        # Asides are rare, so tokens are looked for first.
        aside = ASIDE_MESSAGE.decode(data)
    _check(aside.body)
    return aside


def _check(body: AsideBody) -> None:
    """Raise Undecodable beyond the limits of what a friend may say."""
    match body:
        case Hello():
            if len(body.newest) not in (0, NEWEST_BYTES) or len(body.kept_nonce) > NEWEST_BYTES:
                raise Undecodable("a hello with a token or nonce of another length")
        case Handover():
            _check_handover(body)


def _check_handover(handover: Handover) -> None:
    requests = [item for credit in handover.credits for item in (*credit.asked, *credit.taken)]
    counts = (
        (len(handover.local_currencies), CURRENCIES_PER_FRIEND_MAX),
        (len(handover.remote_currencies), CURRENCIES_PER_FRIEND_MAX),
        (len(handover.credits), CURRENCIES_PER_FRIEND_MAX),
        (len(handover.credit_lines), CURRENCIES_PER_FRIEND_MAX),
        (len(handover.incoming.token_info.mc.balances), CURRENCIES_PER_FRIEND_MAX),
        (len(handover.collects), KEPT_COLLECTS_MAX),
        (len(handover.relays), FRIEND_RELAYS_MAX),
        (len(requests), HANDOVER_REQUESTS_MAX),
        (max([len(item.request.route.public_keys) for item in requests], default=0), ROUTE_KEYS_MAX),
    )
    if any(count > limit for count, limit in counts):
        raise Undecodable("a handover beyond the limits")
