"""Both sides prove who they are and agree on keys: two messages of each (spec 01, 4.3).

    we  ── ExchangeRandNonce ──►  peer        `Handshake.opening`, sent without waiting
    we  ◄── ExchangeRandNonce ──  peer        `receive` returns our ExchangeDh
    we  ──── ExchangeDh ───────►  peer
    we  ◄─── ExchangeDh ────────  peer        `receive` returns the Session

Both sides run the same steps at the same time; there is no client and no server.
"""

from __future__ import annotations

from offset.base.entropy import Entropy, new_rand_value
from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.crypto.public_keys import verify
from offset.crypto.signer import Signer
from offset.link.keys import Keys, KeyShare
from offset.wire.channel import EXCHANGE_DH, EXCHANGE_RAND_NONCE, ExchangeDh, ExchangeRandNonce
from offset.wire.signing import exchange_dh_buffer


class SessionKeys:
    """What a finished handshake gives: the proven key of the peer, and the keys to talk with."""

    __slots__ = ("keys", "remote")

    def __init__(self, remote: PublicKey, keys: Keys) -> None:
        self.remote = remote
        self.keys = keys


class Handshake:
    """One side of a handshake."""

    __slots__ = ("_entropy", "_expects", "_nonce", "_share", "_signer", "_source", "opening")

    opening: bytes
    """The message to send first, at once."""

    def __init__(self, signer: Signer, entropy: Entropy, expects: PublicKey | None) -> None:
        """`expects` is the key the peer must have, or None for anybody. Draws the nonce (16 bytes)."""
        self._signer = signer
        self._entropy = entropy
        self._expects = expects
        self._nonce = new_rand_value(entropy)
        self._source = PublicKey(b"")
        """Who the peer says it is; its second message proves it."""
        self._share: KeyShare | None = None
        self.opening = EXCHANGE_RAND_NONCE.encode(ExchangeRandNonce(self._nonce, signer.public_key, expects))

    def receive(self, message: bytes) -> bytes | SessionKeys:
        """Take the peer's next message: the first is answered with the bytes returned, the second ends it.

        Raises PeerFault when the peer is not who it must be or breaks the protocol.
        """
        return self._answer(message) if self._share is None else self._finish(message, self._share)

    def _answer(self, message: bytes) -> bytes:
        remote = EXCHANGE_RAND_NONCE.decode(message)
        if self._expects is not None and remote.src_public_key != self._expects:
            raise PeerFault("the peer has another key than expected")
        if remote.src_public_key == self._signer.public_key:
            # Our own messages sent back to us would prove our own key: spec 01, 9, item 6.
            raise PeerFault("the peer claims our own key")
        # remote.opt_dest_public_key is neither signed nor checked, as in the reference: spec 01, 9, item 5.
        self._source = remote.src_public_key
        self._share = share = KeyShare(self._entropy)
        signature = self._signer.sign(exchange_dh_buffer(share.public_key, remote.rand_nonce, share.salt))
        return EXCHANGE_DH.encode(ExchangeDh(share.public_key, remote.rand_nonce, share.salt, signature))

    def _finish(self, message: bytes, share: KeyShare) -> SessionKeys:
        remote = EXCHANGE_DH.decode(message)
        if remote.rand_nonce != self._nonce:
            raise PeerFault("the peer did not answer our nonce")
        signed = exchange_dh_buffer(remote.dh_public_key, remote.rand_nonce, remote.key_salt)
        if not verify(self._source, signed, remote.signature):
            raise PeerFault("the peer did not prove its key")
        return SessionKeys(self._source, share.join(remote.dh_public_key, remote.key_salt))
