"""Between a node and a relay: schema/relay.capnp (spec 02, 2)."""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.wire.codec import Codec, Message, struct, union


class Listen(Message):
    """I take incoming connections here."""


class Accept(Message):
    """Join me to the waiting half tunnel of this key."""

    public_key: PublicKey


class Connect(Message):
    """Join me to this listener."""

    public_key: PublicKey


class IncomingConnection(Message):
    """This key is waiting for you."""

    public_key: PublicKey


class RejectConnection(Message):
    """Drop the half tunnel of this key."""

    public_key: PublicKey


InitConnection = Listen | Accept | Connect
union("relay", "InitConnection", {"listen": Listen, "accept": Accept, "connect": Connect})
struct(IncomingConnection, "relay", "IncomingConnection")
struct(RejectConnection, "relay", "RejectConnection")

INIT_CONNECTION: Codec[InitConnection] = Codec("relay", "InitConnection")
INCOMING_CONNECTION: Codec[IncomingConnection] = Codec("relay", "IncomingConnection")
REJECT_CONNECTION: Codec[RejectConnection] = Codec("relay", "RejectConnection")
