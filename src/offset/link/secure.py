"""The encrypted channel: padded messages, and fresh keys while it runs (spec 01, 4.4 to 4.8).

How a rekey goes, A being the one that wants it:

    A  ── rekey, under A's old key ──►  B     A holds its new half and goes on with its old key
    A  ◄── rekey, under B's old key ──  B     B sends with its new key from here on
    A sends with its new key from here on

Until A's first message under the new key comes, B reads with the old key as well. When both want it at once,
the two rekey messages cross; each side takes the other's as the answer, and nobody sends another.
"""

from __future__ import annotations

from collections.abc import Callable

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.limits import DECODED_WORDS_MAX, PADDING_BYTES_MAX
from offset.crypto.cipher import Opener, Sealer
from offset.link.keys import Keys, KeyShare
from offset.wire.channel import CHANNEL_MESSAGE, ChannelMessage, Rekey, User

Padding = Callable[[Entropy], bytes]

assert PADDING_BYTES_MAX < 256, "one byte says the length"


def draw_padding(entropy: Entropy) -> bytes:
    """0 to PADDING_BYTES_MAX random bytes, all lengths equally likely, in one draw."""
    drawn = entropy.bytes(1 + PADDING_BYTES_MAX)
    return drawn[1 : 1 + drawn[0]]


class Rekeyed:
    """The peer's rekey was taken: the channel has fresh keys."""

    __slots__ = ("answer",)

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        """A sealed message that must be sent before all that is sealed later (4.8), or None."""


class SecureChannel:
    """One side of an encrypted channel. What it seals must be sent in the order of sealing."""

    __slots__ = (
        "_bytes_max",
        "_entropy",
        "_old_opener",
        "_opener",
        "_padding",
        "_pending",
        "_sealer",
        "unpacked",
    )

    def __init__(
        self,
        keys: Keys,
        entropy: Entropy,
        padding: Padding = draw_padding,
        *,
        bytes_max: int = 8 * DECODED_WORDS_MAX,
    ) -> None:
        """`bytes_max`: how long the content of a message and its padding may be together."""
        self._entropy = entropy
        self._padding = padding
        self._bytes_max = bytes_max
        self.unpacked = 0
        """How many bytes of content and padding the last message had."""
        self._sealer = Sealer(keys.send)
        self._opener = Opener(keys.receive)
        self._old_opener: Opener | None = None
        """For what the peer sent before it knew of the new keys."""
        self._pending: KeyShare | None = None
        """Our rekey that waits for the peer's."""

    def seal(self, payload: bytes) -> bytes:
        """One message of the layer above, encrypted."""
        return self._seal(User(payload))

    def open(self, sealed: bytes) -> bytes | Rekeyed:
        """The peer's next message: one of the layer above, or news that the keys changed.

        Raises PeerFault for anything that is not the next message under the right key.
        """
        message = CHANNEL_MESSAGE.decode(self._decrypt(sealed), self._bytes_max)
        content, self.unpacked = message.content, len(message.rand_padding)
        if isinstance(content, User):
            self.unpacked += len(content.data)
            return content.data
        return self._take_rekey(content)

    def rekey(self) -> bytes | None:
        """Ask for fresh keys: the sealed message to send, or None while an earlier wish is not answered.

        Draws the DH secret (32 bytes), the salt (32 bytes), then the padding.
        """
        if self._pending is not None:
            return None
        self._pending = KeyShare(self._entropy)
        return self._seal(_rekey_message(self._pending))

    def _seal(self, content: User | Rekey) -> bytes:
        message = ChannelMessage(self._padding(self._entropy), content)
        return self._sealer.seal(CHANNEL_MESSAGE.encode(message))

    def _decrypt(self, sealed: bytes) -> bytes:
        if self._old_opener is not None:
            plain = self._old_opener.open(sealed)
            if plain is not None:
                return plain
        plain = self._opener.open(sealed)
        if plain is None:
            raise PeerFault("not the next message of the secure channel")
        # The peer uses its new key, and never goes back.
        self._old_opener = None
        return plain

    def _take_rekey(self, remote: Rekey) -> Rekeyed:
        if self._pending is not None:
            # We asked: this is the answer, or the peer asked at the same time.
            keys = self._pending.join(remote.dh_public_key, remote.key_salt)
            answer = None
        else:
            share = KeyShare(self._entropy)
            keys = share.join(remote.dh_public_key, remote.key_salt)
            # The last message under the old key.
            answer = self._seal(_rekey_message(share))
        self._pending = None
        self._sealer = Sealer(keys.send)
        self._old_opener, self._opener = self._opener, Opener(keys.receive)
        return Rekeyed(answer)


def _rekey_message(share: KeyShare) -> Rekey:
    return Rekey(share.public_key, share.salt)
