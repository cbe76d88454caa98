"""Copies that only the identity makes, and only it opens."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pyrage
import pytest

from offset.base.entropy import SeededEntropy
from offset.crypto.age.faults import AgeFault, Damaged, WrongSecret
from offset.crypto.age.sealed import seal_pieces
from offset.crypto.identity import Identity
from offset.crypto.own_copies import (
    MAC_BYTES,
    CopyKind,
    Forged,
    OtherKind,
    copies_key,
    filled_length,
    open_copy,
    seal_copy,
)

OWNER, STRANGER = Identity(b"\x05" * 32), Identity(b"\x06" * 32)
HEAD_BYTES = 56
SIZES = (0, 1, 1024 - HEAD_BYTES, 1024, 65_536 - HEAD_BYTES, 65_536, 200_000)


def copy_of(content: bytes, kind: CopyKind = CopyKind.DATABASE, owner: Identity = OWNER) -> bytes:
    """A copy, of content that comes in pieces."""

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(content), 7000):
            yield content[at : at + 7000]

    return b"".join(seal_copy(kind, len(content), pieces, owner, SeededEntropy("copy")))


def opened(data: bytes, kind: CopyKind = CopyKind.DATABASE, owner: Identity = OWNER) -> bytes:
    """What a copy holds."""
    return b"".join(open_copy(kind, BytesIO(data).read, owner))


def inside(data: bytes) -> bytes:
    """What pyrage finds in a copy, with the key that follows from the identity."""
    return pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(copies_key(OWNER).text())])


def for_owner(content: bytes) -> bytes:
    """An age file for the owner, as anybody can make it who knows the recipient."""
    return b"".join(seal_pieces([content], [copies_key(OWNER).recipient], SeededEntropy("x")))


@pytest.mark.parametrize("size", SIZES)
def test_there_and_back(size: int) -> None:
    """What was sealed opens, and its length tells only a step."""
    content = SeededEntropy(size).bytes(size)
    data = copy_of(content)
    assert opened(data) == content
    assert len(inside(data)) == filled_length(HEAD_BYTES + size)


def test_what_is_inside() -> None:
    """The form that the manual describes, read without our own code."""
    from hashlib import sha512
    from hmac import digest

    content = inside(copy_of(b"hello"))
    key = digest(OWNER.private_key(), b"offset kit key 1", sha512)[:32]
    assert content[:MAC_BYTES] == digest(key, content[MAC_BYTES:], sha512)[:32]
    rest = b"offset db 1\n\n\n\n\n" + (5).to_bytes(8) + b"hello"
    assert content[MAC_BYTES:] == rest.ljust(1024 - MAC_BYTES, b"\x00")


@pytest.mark.parametrize(
    "length, filled",
    [(1, 1024), (1024, 1024), (1025, 2048), (65_536, 65_536), (65_537, 73_728), (1_000_000, 1_048_576)],
)
def test_lengths(length: int, filled: int) -> None:
    """Powers of two for kits, steps of an eighth for what is longer."""
    assert filled_length(length) == filled


def test_no_copy_grows_by_more_than_an_eighth() -> None:
    """From 64 KiB on; the steps are never shorter than the content."""
    for length in range(65_537, 5_000_000, 9973):
        assert length <= filled_length(length) <= length * 9 / 8


def test_for_somebody_else() -> None:
    """Another identity opens nothing."""
    with pytest.raises(WrongSecret):
        opened(copy_of(b"x"), owner=STRANGER)


def test_forged() -> None:
    """Whoever knows the recipient can seal to it, and is found out."""
    genuine = inside(copy_of(b"owed to me: 0"))
    forged = for_owner(genuine.replace(b"owed to me: 0", b"owed to me: 9"))
    with pytest.raises(Forged):
        opened(forged)
    # So are zeros that are more or less than ours.
    with pytest.raises(Forged):
        opened(for_owner(genuine + b"\x00"))


def test_another_kind() -> None:
    """A kit is never taken for a database, and nothing of it is given out."""
    data = copy_of(b"kit", CopyKind.KIT)
    got: list[bytes] = []
    with pytest.raises(OtherKind) as caught:
        got.extend(open_copy(CopyKind.DATABASE, BytesIO(data).read, OWNER))
    assert caught.value.kind is CopyKind.KIT
    assert not got
    assert opened(data, CopyKind.KIT) == b"kit"


def test_cut_off_or_changed_at_each_place() -> None:
    """However short it was cut, and whichever byte was changed: it does not open."""
    data = copy_of(b"content", CopyKind.KIT)
    for at in range(0, len(data), 13):
        with pytest.raises(AgeFault):
            opened(data[:at], CopyKind.KIT)
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(AgeFault):
            opened(bytes(changed), CopyKind.KIT)


def test_nothing_inside() -> None:
    """An age file for us that is too short for a head."""
    with pytest.raises(Damaged):
        opened(for_owner(b""))


def test_content_that_changes_meanwhile() -> None:
    """A file that is written while it is copied makes no copy that opens."""
    texts = iter((b"before", b"after!"))
    with pytest.raises(ValueError, match="changed"):
        list(seal_copy(CopyKind.KIT, 6, lambda: [next(texts)], OWNER, SeededEntropy("x")))
