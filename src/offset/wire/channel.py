"""The secure channel: schema/channel.capnp (spec 01, 4.2)."""

from __future__ import annotations

from offset.base.ids import DhPublicKey, PublicKey, RandValue, Salt, Signature
from offset.wire.codec import Codec, Message, struct, union


class ExchangeRandNonce(Message):
    """First message of each side: a fresh nonce, who I am, and whom I want (None: anybody)."""

    rand_nonce: RandValue
    src_public_key: PublicKey
    opt_dest_public_key: PublicKey | None


class ExchangeDh(Message):
    """Second message of each side: its ephemeral key, the nonce received, a salt, a signature (5.8)."""

    dh_public_key: DhPublicKey
    rand_nonce: RandValue
    key_salt: Salt
    signature: Signature


class Rekey(Message):
    """New ephemeral key and salt of the sender."""

    dh_public_key: DhPublicKey
    key_salt: Salt


class User(Message):
    """One message of the layer above."""

    data: bytes


class ChannelMessage(Message):
    """What is encrypted: random padding, which the reader ignores, and a content."""

    rand_padding: bytes
    content: Rekey | User


struct(ExchangeRandNonce, "channel", "ExchangeRandNonce")
struct(ExchangeDh, "channel", "ExchangeDh")
struct(Rekey, "channel", "Rekey")
union("channel", "ChannelContent", {"rekey": Rekey, "user": User})
struct(ChannelMessage, "channel", "ChannelMessage")

EXCHANGE_RAND_NONCE: Codec[ExchangeRandNonce] = Codec("channel", "ExchangeRandNonce")
EXCHANGE_DH: Codec[ExchangeDh] = Codec("channel", "ExchangeDh")
CHANNEL_MESSAGE: Codec[ChannelMessage] = Codec("channel", "ChannelMessage")
