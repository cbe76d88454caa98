"""Sealed copies on the disk: made from files, and opened (docs/manual/copies.md)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.limits import KIT_BYTES_MAX
from offset.crypto.age.faults import AgeFault, WrongSecret
from offset.crypto.identity import Identity
from offset.crypto.own_copies import CopyKind, Forged, OtherKind, open_copy, seal_copy
from offset.shell.files import write_new_pieces
from offset.shell.system import SystemEntropy
from offset.store.schema.kits import Kit, kit_bytes, read_kit
from offset.store.sqlite.backup import backup

_BEGINS = b"age-encryption.org/v1"
_PIECE_BYTES = 2**16
_SENTENCES = {
    CopyKind.KIT: "a kit, not the copy of a database",
    CopyKind.DATABASE: "the copy of a database, not a kit",
}


def sealed_backup(database: Path, output: Path, owner: Identity) -> None:
    """Write the sealed copy of a node's database, which may be in use. Raises UserFault.

    Beside the database, never beside the copy, a plain one lies meanwhile.
    """
    plain = database.with_name(f".offset-{secrets.token_hex(8)}.part")
    try:
        backup(database, plain, owner.public_key)
        size = plain.stat().st_size
        pieces = seal_copy(CopyKind.DATABASE, size, lambda: _pieces(plain), owner, SystemEntropy())
        write_new_pieces(output, pieces, secret=True)
    finally:
        plain.unlink(missing_ok=True)


def is_sealed_copy(path: Path) -> bool:
    """Whether a file is a sealed copy, by how it begins. Raises UserFault when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except FileNotFoundError:
        raise UserFault(f"no such file: {path}") from None
    except OSError as error:
        raise UserFault(f"cannot read {path}: {error.strerror}") from None


def opened_copy(kind: CopyKind, path: Path, owner: Identity) -> Iterator[bytes]:
    """What a sealed copy holds. Nothing of it may be used before the last piece came. Raises UserFault."""
    try:
        with path.open("rb") as file:
            yield from open_copy(kind, file.read, owner)
    except WrongSecret:
        raise UserFault(f"{path} was not made with this identity: give the one whose copy it is") from None
    except Forged:
        raise UserFault(
            f"{path} is forged: somebody sealed it for you who does not have your identity; use no file from there"
        ) from None
    except OtherKind as fault:
        raise UserFault(f"{path} is {_SENTENCES[fault.kind]}") from None
    except AgeFault:
        raise UserFault(f"{path} is damaged: use another copy") from None
    except FileNotFoundError:
        raise UserFault(f"no such file: {path}") from None
    except OSError as error:
        raise UserFault(f"cannot read {path}: {error.strerror}") from None


def write_kit(path: Path, kit: Kit, owner: Identity) -> None:
    """Write a sealed kit. Raises UserFault."""
    data = kit_bytes(kit)
    write_new_pieces(
        path, seal_copy(CopyKind.KIT, len(data), lambda: [data], owner, SystemEntropy()), secret=True
    )


def opened_kit(path: Path, owner: Identity) -> Kit:
    """The kit in a file. Raises UserFault."""
    data = bytearray()
    for piece in opened_copy(CopyKind.KIT, path, owner):
        data += piece
        if len(data) > KIT_BYTES_MAX:
            raise UserFault(f"{path} is too large for a kit")
    try:
        return read_kit(bytes(data))
    except UserFault as fault:
        raise UserFault(f"{path} is {fault}") from None


def plain_copy(path: Path) -> Iterator[bytes]:
    """The bytes of a plain copy. Raises UserFault."""
    try:
        yield from _pieces(path)
    except OSError as error:
        raise UserFault(f"cannot read {path}: {error.strerror}") from None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
