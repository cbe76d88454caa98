"""Signers that are no identity: what a hardware key or a signing process would be for the code under test."""

from offset.base.ids import PublicKey, Signature
from offset.crypto.identity import Identity
from offset.crypto.signer import Signer


class CountingSigner(Signer):
    """Signs with an identity that nobody else sees, and keeps what was signed."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.signed: list[bytes] = []

    @property
    def public_key(self) -> PublicKey:
        """The key of the identity."""
        return self._identity.public_key

    def sign(self, buffer: bytes) -> Signature:
        """The signature of the identity."""
        self.signed.append(buffer)
        return self._identity.sign(buffer)

    def derived(self, label: bytes) -> bytes:
        """A key that follows from that of the identity."""
        return self._identity.derived(label)
