"""Reading the passphrase or the key of a locked identity from its source."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.limits import UNLOCK_BYTES_MAX, UNLOCK_COMMAND_MS_MAX
from offset.shell.files import is_open_to_others
from offset.shell.unlock_sources import FORMS, Source, words_of


def read(source: Source, prompt: str) -> str:
    """The passphrase or key that is there. Raises UserFault; `prompt` is for a person."""
    match source.kind:
        case "file":
            return _of_file(Path(source.place))
        case "fd":
            return _of_descriptor(int(source.place))
        case "credential":
            return _of_credential(source.place)
        case "command":
            return _of_command(source.place)
        case _:
            return ask(prompt)


def ask(prompt: str) -> str:
    """What a person types at the terminal, which does not show it. Raises UserFault."""
    try:
        # Else it would be read from a pipe, or shown.
        with open(os.ctermid(), "rb"):
            pass
    except (OSError, AttributeError):
        raise UserFault(
            f"there is no terminal at which to ask; say another source: {FORMS.removeprefix('ask, ')}"
        ) from None
    return getpass.getpass(prompt)


def _of_file(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            if is_open_to_others(path):
                raise UserFault(f"{path} can be read by others; say: chmod 600 {path}")
            data = file.read(UNLOCK_BYTES_MAX + 1)
    except OSError as error:
        raise UserFault(f"cannot read {path}: {error.strerror}") from None
    return _first_line(data, str(path))


def _of_descriptor(number: int) -> str:
    try:
        with open(number, "rb") as file:
            data = file.read(UNLOCK_BYTES_MAX + 1)
    except OSError as error:
        raise UserFault(f"cannot read descriptor {number}: {error.strerror}") from None
    return _first_line(data, f"descriptor {number}")


def _of_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise UserFault(
            f"there is no credential {name}: systemd gave us none; "
            f"name it in the unit: LoadCredentialEncrypted={name}:FILE"
        )
    # Its rights are those that systemd gave it, through an access list or not.
    try:
        with open(Path(folder) / name, "rb") as file:
            data = file.read(UNLOCK_BYTES_MAX + 1)
    except OSError as error:
        raise UserFault(f"cannot read the credential {name}: {error.strerror}") from None
    return _first_line(data, f"the credential {name}")


def _of_command(line: str) -> str:
    words = words_of(line)
    try:
        # It may talk to its user at the terminal, but for what it prints.
        done = subprocess.run(
            words, stdout=subprocess.PIPE, timeout=UNLOCK_COMMAND_MS_MAX / 1000, check=False
        )
    except OSError as error:
        raise UserFault(f"cannot run {words[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise UserFault(
            f"{words[0]} said no passphrase within {UNLOCK_COMMAND_MS_MAX // 1000} seconds"
        ) from None
    if done.returncode != 0:
        raise UserFault(f"{words[0]} said no passphrase: it ended with status {done.returncode}")
    return _first_line(done.stdout, f"what {words[0]} said")


def _first_line(data: bytes, where: str) -> str:
    """The first line that says something: age-keygen writes comments above its key."""
    if len(data) > UNLOCK_BYTES_MAX:
        raise UserFault(f"{where} is too large: expected at most {UNLOCK_BYTES_MAX} bytes")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise UserFault(f"{where} is not text in UTF-8") from None
    for line in lines:
        line = line.removesuffix("\r")
        if line and not line.startswith("#"):
            return line
    raise UserFault(f"{where} holds no passphrase and no key")
