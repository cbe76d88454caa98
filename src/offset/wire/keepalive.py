"""Proof of life: schema/keepalive.capnp (spec 01, 2.6)."""

from __future__ import annotations

from offset.wire.codec import Codec, Message, union


class KeepAlive(Message):
    """A heartbeat; nobody answers it."""


class Payload(Message):
    """One message of the layer above."""

    data: bytes


KaMessage = KeepAlive | Payload
union("keepalive", "KaMessage", {"keepAlive": KeepAlive, "message": Payload})

KA_MESSAGE: Codec[KaMessage] = Codec("keepalive", "KaMessage")
KEEP_ALIVE = KeepAlive()
