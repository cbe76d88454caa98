"""Making sheets from an identity, and an identity from sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.crypto.shares import Share, join_shares, read_share, share_key
from offset.programs.stmgr.lock_options import Wish
from offset.programs.stmgr.locking import write_locked
from offset.programs.stmgr.sheet_page import sheet_page
from offset.shell.files import load, refuse_existing, write_new
from offset.wallet.qr import draw_in_characters
from offset.wire.files import format_identity
from offset.wire.files.share_sheets import Sheet, format_sheet, parse_sheet

_FOLDER_MODE = 0o700


class ReadSheet(NamedTuple):
    """A sheet that somebody gave us."""

    path: Path
    share: Share
    public_key: PublicKey | None
    """The key that the sheet names; None when there are only words."""


class Joined(NamedTuple):
    """What shares made."""

    identity: Identity
    is_named: bool
    """Whether a sheet names its public key."""


def refuse_sheets(folder: Path, count: int) -> None:
    """Raise UserFault if a sheet would overwrite something, or there is no place for the folder."""
    if not folder.is_dir():
        refuse_existing(folder)
        return
    for number in range(1, count + 1):
        for path in _paths(folder, number):
            refuse_existing(path)


def write_sheets(folder: Path, identity: Identity, needed: int, count: int, name: str) -> None:
    """Write a text and a page for each of the new shares, then read them and make the key. Raises UserFault."""
    try:
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    except OSError as error:
        raise UserFault(f"cannot make the folder {folder}: {error.strerror}") from None
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    for share in share_key(identity, needed, count):
        sheet = Sheet(
            share.words, share.number, count, needed, share.set_number, identity.public_key, name, day
        )
        text, page = _paths(folder, share.number)
        write_new(text, format_sheet(sheet, draw_in_characters(share.words)), secret=True)
        write_new(page, sheet_page(sheet), secret=True)
    again = joined([read_sheet(_paths(folder, number)[0]) for number in range(1, count + 1)])
    # They were written a moment ago, by us.
    assert again.identity.private_key() == identity.private_key()


def read_sheet(path: Path) -> ReadSheet:
    """The share in a file. Raises UserFault, which names the file."""
    found = load(path, parse_sheet, made_by="stmgr share-ident")
    try:
        return ReadSheet(path, read_share(found.words), found.public_key)
    except UserFault as fault:
        raise UserFault(f"{path} is {fault}") from None


def told_of(sheet: ReadSheet) -> Iterator[str]:
    """What may be said of a share: all but its words."""
    share = sheet.share
    yield f"{sheet.path} is whole: share {share.number} of set {share.set_number}, {share.needed} make the key."
    if sheet.public_key is None:
        yield "Whose it is stands on its sheet, in the line Key:, and is not here."
    else:
        yield f"By its sheet it is of the key {base64url.encode(sheet.public_key)}."


def joined(sheets: Sequence[ReadSheet]) -> Joined:
    """The identity whose key the sheets make, compared with the key on them. Raises UserFault."""
    first = sheets[0]
    seen: dict[int, ReadSheet] = {}
    for sheet in sheets:
        if (sheet.share.set_number, sheet.share.needed) != (first.share.set_number, first.share.needed):
            raise UserFault(
                f"{sheet.path} is of another set than {first.path}: only shares that were made together make a key"
            )
        other = seen.setdefault(sheet.share.number, sheet)
        if other is not sheet:
            raise UserFault(
                f"{other.path} and {sheet.path} are the same share, number {sheet.share.number}: give another one"
            )
    missing = first.share.needed - len(sheets)
    if missing > 0:
        raise UserFault(
            f"{first.share.needed} shares make the key, and here {'is' if len(sheets) == 1 else 'are'} {len(sheets)}: "
            f"find {missing} more of set {first.share.set_number}"
        )
    identity = join_shares([sheet.share for sheet in sheets])
    for sheet in sheets:
        if sheet.public_key not in (None, identity.public_key):
            raise UserFault(
                f"the shares make the key {base64url.encode(identity.public_key)}, but {sheet.path} names another one: "
                "compare its line Key: with the other sheets"
            )
    return Joined(identity, any(sheet.public_key is not None for sheet in sheets))


def write_identity(made: Joined, output: Path, wish: Wish | None) -> None:
    """Write the identity, locked if that was wished. Raises UserFault."""
    if wish is None:
        write_new(output, format_identity(made.identity), secret=True)
    else:
        write_locked(made.identity, output, wish)


def told_of_joined(made: Joined, output: Path) -> Iterator[str]:
    """What the owner has to know next."""
    key = base64url.encode(made.identity.public_key)
    if made.is_named:
        yield f"{output} is ready. Its public key is {key}, as the sheets say."
    else:
        yield f"{output} is ready. Its public key is {key}: compare it with what a friend has."
    yield "What comes back with the key, and how: docs/RECOVERY.md. Make sure that no other node with it runs."


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"share-{number}.txt", folder / f"share-{number}.html"
