"""Copies of a node's own things, which only its identity makes and only its identity opens (docs/manual/copies.md).

A copy is an age file, sealed to an X25519 key that follows from the identity. Anybody who knows the recipient may seal
to it, so what is inside proves that we made it:

    HMAC-SHA512(K("offset kit key 1"), all that follows)[:32] | label | length (8 bytes, big-endian) | content | zeros

The zeros fill it up to one of few lengths, so that the length of a copy tells little.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable, Iterable, Iterator

from offset.base.entropy import Entropy
from offset.crypto.age.faults import AgeFault, Damaged
from offset.crypto.age.sealed import seal_pieces, unseal_pieces
from offset.crypto.age.secrets import Key
from offset.crypto.identity import Identity

MAC_BYTES = 32
_BACKUP = b"offset backup key 1"
_KIT = b"offset kit key 1"
_LENGTH_BYTES = 8
_LEAST_BYTES = 1024
_COARSE_BYTES = 65_536
_ZEROS = bytes(65_536)


class CopyKind(enum.Enum):
    """What a copy is of; each label has 16 bytes."""

    KIT = b"offset kit 1\n\n\n\n"
    """What a node needs beside its friends' memory."""
    DATABASE = b"offset db 1\n\n\n\n\n"
    """The database of a node, whole."""


class Forged(AgeFault):
    """It opens, but was not made with this identity."""


class OtherKind(AgeFault):
    """It is a copy of something else."""

    def __init__(self, kind: CopyKind) -> None:
        super().__init__(kind.name)
        self.kind = kind


def seal_copy(
    kind: CopyKind, length: int, content: Callable[[], Iterable[bytes]], owner: Identity, entropy: Entropy
) -> Iterator[bytes]:
    """The bytes of a copy. `content` is asked twice, and gives the same bytes each time, `length` in all.

    Raises ValueError when it gave others the second time.
    """
    mac = _mac(owner)
    for piece in _inside(kind, length, content()):
        mac.update(piece)
    code = mac.digest()[:MAC_BYTES]
    again = _mac(owner)

    def pieces() -> Iterator[bytes]:
        yield code
        for piece in _inside(kind, length, content()):
            again.update(piece)
            yield piece

    yield from seal_pieces(pieces(), [copies_key(owner).recipient], entropy)
    if again.digest()[:MAC_BYTES] != code:
        raise ValueError("the content changed while it was copied")


def open_copy(kind: CopyKind, read: Callable[[int], bytes], owner: Identity) -> Iterator[bytes]:
    """The content of a copy. `read` gives as many bytes, or all that are left.

    Only after the last piece is it certain that the copy is ours: until then nothing of it may be used. Raises
    WrongSecret when it was sealed to somebody else, Damaged, OtherKind, or Forged.
    """
    head_bytes = MAC_BYTES + len(kind.value) + _LENGTH_BYTES
    mac, head, left = _mac(owner), b"", -1
    for piece in unseal_pieces(read, copies_key(owner)):
        rest = piece
        if left < 0:
            head += piece
            if len(head) < head_bytes:
                continue
            rest = head[head_bytes:]
            mac.update(head[MAC_BYTES:head_bytes])
            left = int.from_bytes(head[head_bytes - _LENGTH_BYTES : head_bytes])
        mac.update(rest)
        if _label(head) == kind.value and left > 0:
            yield rest[:left]
        left = max(0, left - len(rest))
    if left < 0:
        raise Damaged("no head")
    if not hmac.compare_digest(mac.digest()[:MAC_BYTES], head[:MAC_BYTES]):
        raise Forged("not made with this identity")
    if left:
        raise Damaged("the content is shorter than it says")
    if _label(head) != kind.value:
        raise _other(_label(head))


def copies_key(owner: Identity) -> Key:
    """The age key that opens the copies of this identity."""
    return Key(owner.derived(_BACKUP))


def filled_length(length: int) -> int:
    """The length up to which a content of this length is filled.

    Up to 64 KiB a power of two, from 1 KiB on; then an eighth of the power of two below it is the step, so that no copy
    grows by more than an eighth.
    """
    power = max(_LEAST_BYTES, 1 << max(0, length - 1).bit_length())
    if power <= _COARSE_BYTES:
        return power
    step = power // 16
    return -(-length // step) * step


def _inside(kind: CopyKind, length: int, content: Iterable[bytes]) -> Iterator[bytes]:
    yield kind.value + length.to_bytes(_LENGTH_BYTES)
    yield from content
    head_bytes = MAC_BYTES + len(kind.value) + _LENGTH_BYTES
    zeros = filled_length(head_bytes + length) - head_bytes - length
    while zeros:
        yield _ZEROS[:zeros]
        zeros -= min(zeros, len(_ZEROS))


def _mac(owner: Identity) -> hmac.HMAC:
    return hmac.new(owner.derived(_KIT), digestmod="sha512")


def _label(head: bytes) -> bytes:
    return head[MAC_BYTES : MAC_BYTES + len(CopyKind.KIT.value)]


def _other(label: bytes) -> AgeFault:
    try:
        return OtherKind(CopyKind(label))
    except ValueError:
        return Damaged("a kind of a newer program")
