"""Opening a locked text: an age file, with the passphrase or the key that a source has."""

from __future__ import annotations

import sys
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.limits import UNLOCK_TRIES_MAX
from offset.crypto.age.faults import AgeFault, TooCostly, WrongSecret
from offset.crypto.age.sealed import is_for_passphrase, unseal
from offset.crypto.age.secrets import KEY_BEGINS, Key, Passphrase, Secret
from offset.shell import unlock_reading, unlock_sources
from offset.shell.unlock_sources import ASK, FORMS, Locked, Source


def unlock(text: str, path: Path, source: Source | None) -> str:
    """The plain text in a locked one, whose file is `path`. Raises UserFault, whose sentence names the file.

    Without a source, that of the environment or of the terminal. A person has UNLOCK_TRIES_MAX tries.
    """
    try:
        kind = "passphrase" if is_for_passphrase(text) else "key"
    except AgeFault:
        raise _damaged(path) from None
    source = source or unlock_sources.default()
    if source is None:
        raise UserFault(f"{path} is locked; say where its {kind} is: --unlock {FORMS}")
    tries = UNLOCK_TRIES_MAX if source.kind == ASK else 1
    while True:
        tries -= 1
        try:
            return opened(text, path, unlock_reading.read(source, f"The {kind} of {path}: "))
        except WrongSecretGiven as fault:
            if not tries:
                raise
            print(f"{fault}; try again", file=sys.stderr)


def unlock_by_name(text: str, path: Path, named: str | None) -> str:
    """The plain text in a locked one, from the source that is named, else that of OFFSET_UNLOCK, but for a person.

    Raises Locked, or UserFault.
    """
    try:
        kind = "passphrase" if is_for_passphrase(text) else "age key"
    except AgeFault:
        raise _damaged(path) from None
    try:
        source = unlock_sources.named() if named is None else unlock_sources.parse(named)
        if source is not None and source.kind != ASK:
            return unlock(text, path, source)
    except UserFault as fault:
        # Trying again by itself would cost half a second each time, and help nobody.
        raise Locked(f"{fault}; its {kind} opens it") from None
    raise Locked(f"its {kind} opens it")


class WrongSecretGiven(Locked):
    """What was given does not open the file; something else may."""


def opened(text: str, path: Path, given: str) -> str:
    """The plain text in a locked one, opened with the passphrase or key that was given. Raises UserFault."""
    # Python cannot wipe a text; all that we can do is to keep it nowhere.
    try:
        is_passphrase = is_for_passphrase(text)
        content = unseal(text, secret_of(given))
    except WrongSecret:
        if is_passphrase != given.startswith(KEY_BEGINS):
            kind = "passphrase" if is_passphrase else "key"
            raise WrongSecretGiven(f"the {kind} does not open {path}") from None
        if is_passphrase:
            raise WrongSecretGiven(f"{path} opens with a passphrase, not with an age key") from None
        raise WrongSecretGiven(
            f"{path} opens with an age key ({KEY_BEGINS}...), not with a passphrase"
        ) from None
    except TooCostly as fault:
        gigabytes = 2 ** (fault.work_factor - 20)
        raise UserFault(
            f"{path} wants {gigabytes} GiB of memory to open (work factor {fault.work_factor}); "
            "open it with age and encrypt it anew"
        ) from None
    except AgeFault:
        raise _damaged(path) from None
    except MemoryError:
        raise UserFault(f"there is not enough memory free to open {path}: free some and try again") from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UserFault(f"{path} opens, but holds no identity") from None


def secret_of(given: str) -> Secret:
    """The key, if it is the text of one, else a passphrase. Raises UserFault."""
    if not given.startswith(KEY_BEGINS):
        return Passphrase(given)
    try:
        return Key.parse(given.strip())
    except ValueError as error:
        raise WrongSecretGiven(f"the age key is not whole: {error}") from None


def _damaged(path: Path) -> UserFault:
    return UserFault(f"{path} is damaged: use a copy of it instead")
