"""The newest kit that opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.programs.offset.recover.left import newest_kit
from offset.shell.own_copies import write_kit
from offset.testing import NODE
from support.recovering import kit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two kits, and what else lies in a folder."""
    for generation in (9, 10):
        write_kit(tmp_path / f"kit-{generation}.age", kit(generation), NODE)
    (tmp_path / "photo.png").write_bytes(b"x")
    (tmp_path / "kit-11.age.bak").write_bytes(b"x")
    return tmp_path


def test_the_newest_one(folder: Path) -> None:
    assert newest_kit(folder, NODE).generation == 10
    assert newest_kit(folder / "kit-9.age", NODE).generation == 9


def test_one_that_was_broken_off(folder: Path) -> None:
    """The one before it is taken."""
    path = folder / "kit-10.age"
    path.write_bytes(path.read_bytes()[:-1])
    assert newest_kit(folder, NODE).generation == 9
    with pytest.raises(UserFault, match="is damaged"):
        newest_kit(path, NODE)


def test_none(folder: Path, tmp_path: Path) -> None:
    """None that opens, or none at all, is said in a sentence."""
    with pytest.raises(UserFault, match=r"none of the 2 kits in .* opens: .*not made with this identity"):
        newest_kit(folder, Identity(b"\x07" * 32))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserFault, match="there is no kit in "):
        newest_kit(empty, NODE)
