"""The layers of a line, stacked: frames, version, handshake, secure channel, keepalive (spec 01, 2.1)."""

from __future__ import annotations

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.base.instants import SECOND, Instant
from offset.base.limits import (
    FRAME_BYTES_MAX,
    HANDSHAKE_FRAME_BYTES_MAX,
    HANDSHAKE_MS,
    PEER_PADDING_BYTES_MAX,
    REKEY_COST_BYTES,
    REKEY_MS,
    UNPACKED_BURST_MESSAGES,
    UNPACKED_BYTES_PER_SECOND,
)
from offset.base.token_bucket import TokenBucket
from offset.crypto.cipher import SEALED_BYTES_MIN
from offset.crypto.signer import Signer
from offset.link.frames import FrameReader, frame
from offset.link.handshake import Handshake, SessionKeys
from offset.link.keepalive import Keepalive
from offset.link.secure import Rekeyed, SecureChannel
from offset.link.version import VERSION_BYTES, VERSION_MESSAGE, check_version
from offset.wire.keepalive import KA_MESSAGE, KEEP_ALIVE, KeepAlive, Payload

_REKEY_RETRY_MS = 1 * SECOND
"""How long a rekey waits while the peer has not answered the last one; the reference waits for the next tick."""
_FIRST_FRAMES = (VERSION_BYTES, HANDSHAKE_FRAME_BYTES_MAX, HANDSHAKE_FRAME_BYTES_MAX)


def _packed_bytes_max(count: int) -> int:
    """What a message that holds `count` bytes may take on the wire: packing adds a 16th at worst."""
    return count + count // 16 + 64


def sealed_bytes_max(message_bytes_max: int) -> int:
    """How long a sealed message may be whose user message holds at most `message_bytes_max` bytes."""
    # As keepalive wraps it.
    wrapped = _packed_bytes_max(message_bytes_max)
    return _packed_bytes_max(wrapped + PEER_PADDING_BYTES_MAX) + SEALED_BYTES_MIN


class Line:
    """One end of an encrypted line: bytes in, user messages out, and the other way round.

    Three things to do, always in this order: tell it what happened (`receive`, `send`, `tick`), send what
    `outgoing` gives, and call `tick` when `deadline` has come. A PeerFault means: close, forget this object.
    """

    __slots__ = (
        "_channel",
        "_entropy",
        "_handshake",
        "_handshake_by",
        "_keepalive",
        "_message_bytes_max",
        "_out",
        "_reader",
        "_rekey_at",
        "_sealed_bytes_max",
        "_unpacked",
        "_version_checked",
        "remote",
    )

    remote: PublicKey | None
    """The proven key of the peer; None until the handshake is done."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        now: Instant,
        *,
        expects: PublicKey | None,
        framed: bool = True,
        message_bytes_max: int = FRAME_BYTES_MAX,
    ) -> None:
        """`expects` is the key the peer must have, or None for anybody.

        `framed`: an outer line on a byte stream, with frames and the version prefix; otherwise an inner line
        in a tunnel, which keeps messages apart by itself.
        `message_bytes_max` limits the user messages that are received.
        """
        self.remote = None
        self._entropy = entropy
        self._message_bytes_max = message_bytes_max
        self._sealed_bytes_max = sealed_bytes_max(message_bytes_max)
        self._reader = FrameReader(self._sealed_bytes_max, _FIRST_FRAMES) if framed else None
        self._version_checked = not framed
        self._handshake: Handshake | None = Handshake(signer, entropy, expects)
        self._handshake_by = now + HANDSHAKE_MS
        self._channel: SecureChannel | None = None
        # This clock and the next start again when the handshake is done.
        self._keepalive = Keepalive(now)
        self._rekey_at = now + REKEY_MS
        self._unpacked = TokenBucket(UNPACKED_BYTES_PER_SECOND, UNPACKED_BURST_MESSAGES * message_bytes_max)
        self._out: list[bytes] = []
        if framed:
            self._put(VERSION_MESSAGE)
        self._put(self._handshake.opening)

    def receive(self, data: bytes, now: Instant) -> list[bytes]:
        """The user messages that came with `data`, in order.

        Framed: `data` is any piece of the stream; else exactly one message of the tunnel.
        Raises PeerFault when the peer broke the protocol; the messages before the fault are lost too.
        """
        if self._reader is not None:
            messages = self._reader.feed(data)
        else:
            self._check_size(data)
            messages = [data]
        users: list[bytes] = []
        for message in messages:
            if self._channel is None:
                self._open_line(message, now)
                continue
            payload = self._channel.open(message)
            self._charge(self._channel.unpacked - 2 * len(message), now)
            if isinstance(payload, Rekeyed):
                self._take_rekey(payload, now)
            else:
                self._take_payload(payload, now, users)
        return users

    def send(self, message: bytes, now: Instant) -> None:
        """Queue one user message. `remote` must be known: until then there is nothing to encrypt with."""
        assert self._channel is not None, "the handshake is not done"
        self._put(self._channel.seal(KA_MESSAGE.encode(Payload(message))))
        self._keepalive.sent(now)

    def pause(self) -> None:
        """Nothing is read from the peer until `resume`: so long it does not count as silent."""
        self._keepalive.paused()

    def resume(self, now: Instant) -> None:
        """The peer is read again."""
        self._keepalive.resumed(now)

    def outgoing(self) -> list[bytes]:
        """Take what is to be sent now, in order: pieces of the stream, or messages for the tunnel."""
        out, self._out = self._out, []
        return out

    def tick(self, now: Instant) -> None:
        """Do what is due: a heartbeat, a rekey. Calling it too early or too often does no harm.

        Raises PeerFault when the peer was silent for too long or the handshake took too long.
        """
        if self._channel is None:
            if now >= self._handshake_by:
                raise PeerFault(f"the handshake took more than {HANDSHAKE_MS} ms")
            return
        if self._keepalive.is_heartbeat_due(now):
            self._put(self._channel.seal(KA_MESSAGE.encode(KEEP_ALIVE)))
            self._keepalive.sent(now)
        if now >= self._rekey_at:
            rekey = self._channel.rekey()
            if rekey is None:
                self._rekey_at = now + _REKEY_RETRY_MS
            else:
                self._put(rekey)
                self._rekey_at = now + REKEY_MS

    def deadline(self) -> Instant:
        """When `tick` has something to do next."""
        if self._channel is None:
            return self._handshake_by
        return min(self._keepalive.deadline(), self._rekey_at)

    def _put(self, message: bytes) -> None:
        self._out.append(message if self._reader is None else frame(message))

    def _check_size(self, message: bytes) -> None:
        limit = HANDSHAKE_FRAME_BYTES_MAX if self._channel is None else self._sealed_bytes_max
        if len(message) > limit:
            raise PeerFault(f"a message of {len(message)} bytes, at most {limit} are allowed here")

    def _open_line(self, message: bytes, now: Instant) -> None:
        if not self._version_checked:
            check_version(message)
            self._version_checked = True
            return
        assert self._handshake is not None
        step = self._handshake.receive(message)
        if isinstance(step, SessionKeys):
            self._handshake = None
            self.remote = step.remote
            self._channel = SecureChannel(step.keys, self._entropy, bytes_max=self._sealed_bytes_max)
            self._keepalive = Keepalive(now)
            self._rekey_at = now + REKEY_MS
        else:
            self._put(step)

    def _take_payload(self, payload: bytes, now: Instant, users: list[bytes]) -> None:
        message = KA_MESSAGE.decode(payload, self._sealed_bytes_max)
        self._keepalive.received(now)
        if isinstance(message, KeepAlive):
            return
        self._charge(len(message.data) - 2 * len(payload), now)
        if len(message.data) > self._message_bytes_max:
            # Packed zeros are short on the wire and long in memory.
            raise PeerFault(f"a message of {len(message.data)} bytes, at most {self._message_bytes_max}")
        users.append(message.data)

    def _take_rekey(self, rekeyed: Rekeyed, now: Instant) -> None:
        if rekeyed.answer is not None:
            self._charge(REKEY_COST_BYTES, now)
            self._put(rekeyed.answer)
        self._rekey_at = now + REKEY_MS

    def _charge(self, cost: int, now: Instant) -> None:
        """Let the peer pay for what costs us much more than its bytes on the wire do: zeros, and rekeys.

        What is honest is ciphertext or packed already, and unpacks to less than twice its bytes.
        """
        if cost > 0 and self._unpacked.spend(cost, now) > now:
            raise PeerFault("it costs too much to unpack what the peer sends")
