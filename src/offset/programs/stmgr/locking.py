"""Locking an identity as it was asked for."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.base.limits import PASSPHRASE_CHARACTERS_MIN
from offset.crypto.age.sealed import seal
from offset.crypto.age.secrets import KEY_BEGINS, Passphrase, Recipient, normal
from offset.crypto.identity import Identity
from offset.programs.stmgr.lock_options import Wish
from offset.programs.stmgr.options import PROGRAM
from offset.shell import unlock_reading, unlock_sources
from offset.shell.files import read_text, write_new
from offset.shell.identity_file import identity_in
from offset.shell.system import SystemEntropy
from offset.shell.unlocking import opened
from offset.wire.files import format_identity


def write_locked(identity: Identity, output: Path, wish: Wish) -> None:
    """Write the identity, locked; with a passphrase it is opened again and compared. Raises UserFault."""
    content = format_identity(identity).encode()
    if wish.recipients:
        locks = [_recipient(text) for text in wish.recipients]
        try:
            write_new(output, seal(content, locks, SystemEntropy()), secret=True)
        except ValueError:
            raise UserFault(
                "nothing can be locked for one of these recipients: it is no key of anybody"
            ) from None
        return
    passphrase = _new_passphrase(wish)
    try:
        text = seal(content, [Passphrase(passphrase, wish.work_factor)], SystemEntropy())
    except MemoryError:
        raise UserFault(
            f"there is not enough memory free for the work factor {wish.work_factor}: take a smaller one"
        ) from None
    write_new(output, text, secret=True)
    again = identity_in(opened(read_text(output), output, passphrase), output)
    # It was written a moment ago, by us.
    assert again.private_key() == identity.private_key()


def _recipient(text: str) -> Recipient:
    try:
        return Recipient.parse(text)
    except ValueError:
        # It may be the key itself, so it is not repeated.
        raise UserFault("--to takes the recipient of an age key, age1...: stmgr gen-key prints it") from None


def _new_passphrase(wish: Wish) -> str:
    source = unlock_sources.parse(wish.passphrase)
    text = unlock_reading.read(source, "A new passphrase: ")
    if text.startswith(KEY_BEGINS):
        raise UserFault("this is an age key, not a passphrase: lock for it with --to and its recipient")
    if text.startswith("#"):
        raise UserFault("a passphrase does not begin with #: in a file that would be a comment")
    if source.kind == unlock_sources.ASK and unlock_reading.read(source, "The same again: ") != text:
        raise UserFault("these are two different passphrases; nothing was written")
    characters = len(normal(text))
    if not text or (characters < PASSPHRASE_CHARACTERS_MIN and not wish.is_weak):
        raise UserFault(
            f"a passphrase has at least {PASSPHRASE_CHARACTERS_MIN} characters, this one has {characters}: "
            "take some words more, or --weak"
        )
    if normal(text) != text:
        click.echo(
            f"{PROGRAM}: note: the letters of this passphrase are stored composed (Unicode NFC); "
            "other programs that know age may want them typed in that form",
            err=True,
        )
    return text
