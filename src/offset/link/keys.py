"""How two sides make the keys of a channel, at the handshake and at each rekey (spec 01, 3.3)."""

from __future__ import annotations

from offset.base.entropy import Entropy, new_salt
from offset.base.faults import PeerFault
from offset.base.ids import DhPublicKey, Salt
from offset.crypto.exchange import DH_KEY_BYTES, derive_key, dh_public_key, shared_secret


class Keys:
    """The keys (32 bytes each) of both directions. Not a message: its repr must not show them."""

    __slots__ = ("receive", "send")

    def __init__(self, send: bytes, receive: bytes) -> None:
        self.send = send
        self.receive = receive


class KeyShare:
    """Our half of one exchange: a fresh DH secret, which nobody sees, and a salt."""

    __slots__ = ("_secret", "public_key", "salt")

    def __init__(self, entropy: Entropy) -> None:
        """Draws the DH secret (32 bytes), then the salt (32 bytes)."""
        self._secret = entropy.bytes(DH_KEY_BYTES)
        self.salt = new_salt(entropy)
        self.public_key = dh_public_key(self._secret)

    def join(self, remote_public_key: DhPublicKey, remote_salt: Salt) -> Keys:
        """The keys that both halves make together.

        Raises PeerFault when the shared secret is all zero: the peer chose a key that makes it known to
        everybody, which the reference accepts (spec 01, 9, item 7).
        """
        try:
            shared = shared_secret(self._secret, remote_public_key)
        except ValueError:
            raise PeerFault("the peer's DH key makes a secret that everybody knows") from None
        return Keys(send=derive_key(shared, self.salt), receive=derive_key(shared, remote_salt))
