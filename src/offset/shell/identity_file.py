"""Opening an identity file: the one place where a private key comes from the disk into a program."""

from __future__ import annotations

import logging
from pathlib import Path

from offset.base.faults import UserFault
from offset.crypto.age.armor import is_sealed
from offset.crypto.identity import Identity
from offset.shell import unlock_sources
from offset.shell.files import is_open_to_others, read_text
from offset.wire.files import parse_identity

_log = logging.getLogger("offset")


def open_identity(path: Path, unlock: str | None = None) -> Identity:
    """The identity in the file at `path`, which `stmgr gen-ident` makes: plain, or locked (docs/manual/keys.md).

    `unlock` says where the passphrase or key of a locked one is, as `--unlock` of the programs does; None: what
    OFFSET_UNLOCK says, else the terminal if we are at one. A passphrase takes about half a second.

    Raises UserFault, whose sentence names the file: it is missing, cannot be read, is too large, is no identity, or
    does not open. A file that other users of the machine can read or change is named in a warning.
    """
    text = read_text(path, made_by=f"stmgr gen-ident -o {path}")
    identity = identity_in(text, path, unlock)
    if not is_sealed(text):
        _log.info("the identity file %s is not locked; lock it with: stmgr encrypt-ident -i %s", path, path)
    if is_open_to_others(path):
        _log.warning(
            "the identity file %s is open to other users of this machine; close it with: chmod 600 %s",
            path,
            path,
        )
    return identity


def open_unasked(path: Path, called: str, *, given: str | None = None, unlock: str | None = None) -> Identity:
    """The identity in the file at `path`; nobody is asked at the terminal, for others may wait meanwhile.

    A locked one opens with the passphrase or key that was `given`, else from the source `unlock`, or that of
    OFFSET_UNLOCK. Sentences about that call it by the name `called`. Raises Locked when that does not open it,
    UserFault as `open_identity` does.
    """
    text = read_text(path)
    if is_sealed(text):
        # Here, because it loads ciphers that only a locked file needs.
        from offset.shell.unlocking import opened, unlock_by_name

        name = Path(called)
        text = unlock_by_name(text, name, unlock) if given is None else opened(text, name, given)
    return identity_in(text, path)


def identity_in(text: str, path: Path, unlock: str | None = None) -> Identity:
    """The identity in the text of a file, as `open_identity` opens it. Raises UserFault, which names the file."""
    if is_sealed(text):
        # Here, because it loads ciphers that only a locked file needs.
        from offset.shell.unlocking import unlock as unlocked

        text = unlocked(text, path, None if unlock is None else unlock_sources.parse(unlock))
    try:
        return parse_identity(text)
    except UserFault as fault:
        raise UserFault(f"{path} is {fault}") from None
