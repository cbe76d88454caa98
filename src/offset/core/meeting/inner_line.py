"""What a tunnel carries: an inner line, the encrypted line of two peers (spec 02, 1.2).

Whoever meets peers has a factory of them: `core` and `link` are strangers, and tests may use a plain one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from offset.base.ids import PublicKey
from offset.base.instants import Instant


class InnerLine(Protocol):
    """One end of an inner line. A fresh one has its first message, the nonce, in `outgoing`."""

    @property
    def remote(self) -> PublicKey | None:
        """The proven key of the peer; None until the handshake is done."""
        ...

    def receive(self, data: bytes, now: Instant) -> list[bytes]:
        """The peer's messages that came with one message of the tunnel. Raises PeerFault."""
        ...

    def send(self, message: bytes, now: Instant) -> None:
        """Queue one message; `remote` must be known."""
        ...

    def outgoing(self) -> list[bytes]:
        """Take the messages for the tunnel, in order."""
        ...

    def tick(self, now: Instant) -> None:
        """Do what is due. Raises PeerFault when the peer was silent for too long."""
        ...

    def deadline(self) -> Instant:
        """When `tick` has something to do next."""
        ...


MakeInner = Callable[[PublicKey, Instant], InnerLine]
"""A fresh inner line to this peer, at this moment."""
