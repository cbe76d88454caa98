"""An inner line without cryptography: the steps, faults and deadlines of the real one, in plain words."""

from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import HANDSHAKE_MS, KEEPALIVE_CLOSE_MS, KEEPALIVE_SEND_MS


class PlainInner:
    """Says nonce, proof, then messages; knows who is at the other end by its word."""

    def __init__(self, local: PublicKey, expects: PublicKey, now: Instant) -> None:
        self.remote: PublicKey | None = None
        self._local, self._expects = local, expects
        self._out = [b"nonce " + local]
        self._nonce_seen = False
        self._close_at = now + HANDSHAKE_MS
        self._send_at = now + HANDSHAKE_MS

    def receive(self, data: bytes, now: Instant) -> list[bytes]:
        kind, _, rest = data.partition(b" ")
        if self.remote is not None:
            if kind not in (b"message", b"alive"):
                raise PeerFault("not a message")
            self._close_at = now + KEEPALIVE_CLOSE_MS
            return [rest] if kind == b"message" else []
        if rest != self._expects or kind != (b"proof" if self._nonce_seen else b"nonce"):
            raise PeerFault("not the friend")
        if not self._nonce_seen:
            self._nonce_seen = True
            self._out.append(b"proof " + self._local)
        else:
            self.remote = rest
            self._close_at = now + KEEPALIVE_CLOSE_MS
            self._send_at = now + KEEPALIVE_SEND_MS
        return []

    def send(self, message: bytes, now: Instant) -> None:
        assert self.remote is not None
        self._out.append(b"message " + message)
        self._send_at = now + KEEPALIVE_SEND_MS

    def outgoing(self) -> list[bytes]:
        out, self._out = self._out, []
        return out

    def tick(self, now: Instant) -> None:
        if now >= self._close_at:
            raise PeerFault("silent for too long")
        if self.remote is not None and now >= self._send_at:
            self._out.append(b"alive ")
            self._send_at = now + KEEPALIVE_SEND_MS

    def deadline(self) -> Instant:
        return min(self._close_at, self._send_at)
