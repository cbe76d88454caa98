"""Files are read with clear errors, and made once, whole and for good."""

import errno
import os
import stat
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.base.limits import FILE_BYTES_MAX
from offset.shell.files import load, read_text, refuse_existing, write_new


def _parse(text: str) -> int:
    if text.isdigit():
        return int(text)
    raise UserFault("not a number: expected digits")


def test_load(tmp_path: Path) -> None:
    """A file is read and parsed; what is wrong with it is said with its name."""
    path = tmp_path / "a"
    path.write_text("5")
    assert load(path, _parse) == 5
    path.write_text("x")
    with pytest.raises(UserFault) as caught:
        load(path, _parse)
    assert str(caught.value) == f"{path} is not a number: expected digits"


def test_missing_file(tmp_path: Path) -> None:
    """Of a missing file it is said how to make it, when somebody knows."""
    path = tmp_path / "a"
    with pytest.raises(UserFault) as caught:
        load(path, _parse, made_by="stmgr gen-ident")
    assert str(caught.value) == f"no such file: {path}; make it with: stmgr gen-ident"
    with pytest.raises(UserFault) as caught:
        read_text(path)
    assert str(caught.value) == f"no such file: {path}"


def test_unreadable_files(tmp_path: Path) -> None:
    """A folder, bytes that are no text, and a file without an end are refused; the longest allowed is read."""
    with pytest.raises(UserFault, match=r"cannot read .*: Is a directory"):
        read_text(tmp_path)
    path = tmp_path / "a"
    path.write_bytes(b"\xc3\x28")
    with pytest.raises(UserFault, match="is not text in UTF-8"):
        read_text(path)
    path.write_bytes(b"x" * FILE_BYTES_MAX)
    assert len(read_text(path)) == FILE_BYTES_MAX
    with pytest.raises(UserFault, match="is too large"):
        read_text(Path("/dev/zero"))


def test_byte_order_mark(tmp_path: Path) -> None:
    """The mark that some editors put in front of UTF-8 is no part of the text."""
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbf5")
    assert read_text(path) == "5"
    assert load(path, _parse) == 5


@pytest.mark.parametrize("nothing", [b"", b"\n", b" \r\n"])
def test_empty_file(nothing: bytes, tmp_path: Path) -> None:
    """Of an empty file it is said that it is empty."""
    path = tmp_path / "a"
    path.write_bytes(nothing)
    with pytest.raises(UserFault) as caught:
        load(path, _parse)
    assert str(caught.value) == f"{path} is empty"


def test_pipe(tmp_path: Path) -> None:
    """A pipe is read like a file, as from a shell's <(...), unless a regular file is asked for: that never waits."""
    path = tmp_path / "a"
    os.mkfifo(path)
    with pytest.raises(UserFault) as caught:
        read_text(path, regular=True)
    assert str(caught.value) == f"{path} is not a regular file"
    reading, writing = os.pipe()
    os.write(writing, b"5")
    os.close(writing)
    try:
        assert load(Path(f"/dev/fd/{reading}"), _parse) == 5
    finally:
        os.close(reading)


def test_write_new(tmp_path: Path) -> None:
    """A file gets its text, as UTF-8 and without a newline of its own, and nothing is left beside it."""
    write_new(tmp_path / "a", "₪\n{}")
    assert (tmp_path / "a").read_bytes() == "₪\n{}".encode()
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").stat().st_nlink == 1


@pytest.mark.parametrize(
    "secret, mask, mode", [(True, 0, 0o600), (True, 0o022, 0o600), (False, 0, 0o666), (False, 0o027, 0o640)]
)
def test_modes(secret: bool, mask: int, mode: int, tmp_path: Path) -> None:
    """A secret is for its owner only, whatever the umask; anything else follows the umask."""
    former = os.umask(mask)
    try:
        write_new(tmp_path / "a", "text", secret=secret)
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """What is at the path stays, and nothing is left beside it."""
    (tmp_path / "a").write_text("precious")
    for path in (tmp_path / "a", tmp_path):
        with pytest.raises(UserFault, match="exists already"):
            write_new(path, "text")
        with pytest.raises(UserFault, match="exists already"):
            refuse_existing(path)
    refuse_existing(tmp_path / "b")
    assert (tmp_path / "a").read_text() == "precious"
    assert os.listdir(tmp_path) == ["a"]


def test_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two programs that make one file, one succeeds: the name is given in one step that fails when it is taken."""
    path = tmp_path / "a"
    sync = os.fsync

    def slow_sync(file: int) -> None:
        sync(file)
        if not path.exists():
            path.write_text("of the other")

    monkeypatch.setattr(os, "fsync", slow_sync)
    with pytest.raises(UserFault, match="exists already"):
        write_new(path, "text")
    assert path.read_text() == "of the other"
    assert os.listdir(tmp_path) == ["a"]


def test_file_is_durable_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is on the disk before the name, and the name before the call returns."""
    path = tmp_path / "a"
    synced: list[tuple[str, bool]] = []
    sync = os.fsync

    def watched(file: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file"
        synced.append((kind, path.exists()))
        sync(file)

    monkeypatch.setattr(os, "fsync", watched)
    write_new(path, "text")
    assert synced == [("file", False), ("folder", True)]


@pytest.mark.parametrize("taken", [False, True])
def test_file_system_without_hard_links(taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no hard links (FAT, some shares) a file is made as well, and none is overwritten."""
    path = tmp_path / "a"
    if taken:
        path.write_text("precious")

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    if taken:
        with pytest.raises(UserFault, match="exists already"):
            write_new(path, "text", secret=True)
        assert path.read_text() == "precious"
    else:
        write_new(path, "text", secret=True)
        assert path.read_text() == "text"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a"]


def test_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full there is a sentence, and no file, whole or half."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserFault, match=r"cannot write .*/a: No space left on device"):
        write_new(tmp_path / "a", "text")
    assert os.listdir(tmp_path) == []


def test_no_such_folder(tmp_path: Path) -> None:
    """A folder that is missing is not made."""
    with pytest.raises(UserFault, match=r"cannot write .*/a/b: No such file or directory"):
        write_new(tmp_path / "a" / "b", "text")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a file has its name, no failure to sync the folder denies it: whoever made it would make it again."""
    opening = os.open

    def closed(path: str | Path, flags: int, *rest: int) -> int:
        if path == tmp_path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opening(path, flags, *rest)

    monkeypatch.setattr(os, "open", closed)
    write_new(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"
    assert os.listdir(tmp_path) == ["a"]
