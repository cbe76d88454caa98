"""Requests of apps that 0.1.11 has not: `Order` in schema/extension.capnp (docs/WIRE.md).

Only a node that takes orders is sent one. It is acknowledged like any other request.
"""

from __future__ import annotations

from offset.base.ids import PublicKey, Signature, Uid
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.report import MoveTokenHashedReport


class Succeed(Message):
    """Offer the balances of a friend whose key is lost to its new card. Permission: config."""

    friend_public_key: PublicKey
    successor_public_key: PublicKey
    counts_frozen: bool
    """Also while payments are under way with the old one: what it has frozen counts as paid, what we have as not."""


class Revoke(Message):
    """Take the revocation of a friend's key: wire/revocations.py. Permission: config."""

    revocation: bytes


class ResetByProof(Message):
    """As ResetFriendChannel, if a move token of ours proves that nothing is lost by it. Permission: config."""

    friend_public_key: PublicKey
    reset_token: Signature
    token: MoveTokenHashedReport
    """What we signed to the friend, as it exports it (stctrl info friend-last-token)."""


class TakeFriend(Message):
    """Let somebody who was found be a friend again, by what it handed over. Permission: config."""

    friend_public_key: PublicKey
    name: str


class GiveUp(Message):
    """After a loss: cancel what waits for the word of this key, which will never tell. Permission: config."""

    public_key: PublicKey


OrderRequest = Succeed | Revoke | ResetByProof | TakeFriend | GiveUp


class Order(Message):
    """A request, with an id that its acknowledgement will carry; the first three fields tell it from other messages."""

    app_request_id: Uid
    app_request: OrderRequest
    is_wanted: bool = False
    is_query: bool = False
    is_unneeded: bool = False
    is_order: bool = True


struct(Succeed, "extension", "Succeed")
struct(ResetByProof, "extension", "ResetByProof")
struct(TakeFriend, "extension", "TakeFriend")
struct(GiveUp, "extension", "GiveUp")
union(
    "extension",
    "OrderRequest",
    {
        "succeed": Succeed,
        "revoke": Revoke,
        "resetByProof": ResetByProof,
        "takeFriend": TakeFriend,
        "giveUp": GiveUp,
    },
)
struct(Order, "extension", "Order")

ORDER: Codec[Order] = Codec("extension", "Order")
