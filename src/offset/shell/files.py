"""Files of people on the disk: read with clear errors, written once, whole and for good (spec 01, 7.1)."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from offset.base.faults import UserFault
from offset.base.limits import FILE_BYTES_MAX

PUBLIC_MODE = 0o666
"""Less what the umask takes."""
SECRET_MODE = 0o600
STANDARD_INPUT = Path("-")

T = TypeVar("T")


def load(path: Path, parse: Callable[[str], T], *, made_by: str = "", regular: bool = False) -> T:
    """What `parse` finds in a file, read as `read_text` does. Raises UserFault."""
    text = read_text(path, made_by=made_by, regular=regular)
    try:
        return parse(text)
    except UserFault as fault:
        # The sentence of a parser begins as in "not a ticket: ...".
        raise UserFault(f"{path} is {fault}") from None


def read_text(path: Path, *, made_by: str = "", regular: bool = False) -> str:
    """The text of a file, without the byte order mark that some editors put in front. Raises UserFault.

    `made_by` is the command that makes such files. With `regular` a pipe or a device is refused at once; else
    a pipe is read as the file of a shell's `<(...)`, and may make us wait. The path `-` is standard input.
    """
    try:
        if path == STANDARD_INPUT and not regular:
            data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with open(path, "rb", opener=_open_regular if regular else None) as file:
                data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise UserFault(f"no such file: {path}" + (f"; make it with: {made_by}" if made_by else "")) from None
    except OSError as error:
        raise UserFault(f"cannot read {path}: {error.strerror}") from None
    if len(data) > FILE_BYTES_MAX:
        raise UserFault(f"{path} is too large: expected at most {FILE_BYTES_MAX} bytes")
    if not data.strip():
        raise UserFault(f"{path} is empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserFault(f"{path} is not text in UTF-8") from None


def _open_regular(path: str, flags: int) -> int:
    """Open a regular file. To open a pipe would be to wait for whoever writes into it."""
    file = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise UserFault(f"{path} is not a regular file")
    return file


def is_open_to_others(path: Path) -> bool:
    """Whether a file has permissions for its group or for everybody; of a pipe and where there are none: no."""
    if os.name != "posix" or path == STANDARD_INPUT:
        return False
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def refuse_existing(path: Path) -> None:
    """Raise UserFault when there is something at `path`, or no folder for it: before any work is done."""
    if os.path.lexists(path):
        raise _exists(path)
    if not path.parent.is_dir():
        raise UserFault(f"cannot write {path}: there is no folder {path.parent}")


def write_new(path: Path, text: str, *, secret: bool = False) -> None:
    """Make a file with this text, as `write_new_pieces` does. Raises UserFault."""
    write_new_pieces(path, (text,), secret=secret)


def write_new_pieces(path: Path, pieces: Iterable[str | bytes], *, secret: bool = False) -> None:
    """Make a file of these texts or bytes, which may be too long for memory. Raises UserFault.

    It is durable when this returns, where folders can be synced.

    Nothing is ever overwritten, and nobody sees half a file: it is written under another name in the same folder,
    and then gets its own. A secret is readable by its owner only, from its first byte on.
    """
    part = path.with_name(f".offset-{os.urandom(8).hex()}.part")
    try:
        _write(part, pieces, SECRET_MODE if secret else PUBLIC_MODE)
        try:
            _rename_new(part, path)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        _sync_folder(path.absolute().parent)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise UserFault(f"cannot write {path}: {error.strerror}") from None


def make_folder(path: Path) -> None:
    """Make a folder for its owner's eyes only, and those above it; one that is there stays. Raises UserFault."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserFault(f"cannot make the folder {path}: {error.strerror}") from None


def _exists(path: Path) -> UserFault:
    return UserFault(f"{path} exists already and is not overwritten; choose another name")


def _write(path: Path, pieces: Iterable[str | bytes], mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(file, "wb") as out:
            for piece in pieces:
                out.write(piece.encode() if isinstance(piece, str) else piece)
            out.flush()
            os.fsync(file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _rename_new(part: Path, path: Path) -> None:
    """Give a file its name unless it is taken. Raises FileExistsError."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the name is taken first, and the file follows.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE))
        try:
            os.replace(part, path)
        except BaseException:
            path.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file durable, where that can be: the file is there, so no failure may deny it.

    It cannot be in a folder that may only be written into, nor on a system that syncs no folder.
    """
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)
