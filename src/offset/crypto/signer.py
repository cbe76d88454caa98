"""Whoever signs for a node, relay, index server or app, without saying where the private key lies."""

from __future__ import annotations

from typing import Protocol

from offset.base.ids import PublicKey, Signature


class Signer(Protocol):
    """A public key, and the signatures that prove it.

    `Identity` is one, with its private key in memory. The handshake needs nothing more: its Diffie-Hellman keys
    are drawn anew each time, and only their exchange is signed (spec 01, 4.3).
    """

    @property
    def public_key(self) -> PublicKey:
        """The key (32 bytes) that names the signer; never changes."""
        ...

    def sign(self, buffer: bytes) -> Signature:
        """The 64-byte Ed25519 signature of `buffer`."""
        ...

    def derived(self, label: bytes) -> bytes:
        """K(label), a secret of 32 bytes that follows from the private key (derived.py). A label is for one use."""
        ...
