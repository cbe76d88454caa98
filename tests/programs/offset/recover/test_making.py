"""The folder in which a node comes back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.core.funder.records import FriendRecord, RelaysRecord
from offset.programs.offset.recover.left import Left
from offset.programs.offset.recover.making import Folder
from offset.shell.own_copies import sealed_backup
from offset.store.sqlite import connection
from offset.store.sqlite.database import Database, create
from offset.testing import NODE
from offset.wire.common import NamedRelayAddress
from offset.wire.files import format_identity, parse_identity
from support.recovering import BOB, RELAY, kit

IDENTITY = format_identity(NODE)


@pytest.fixture(autouse=True)
def _short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are made quickly."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)


def test_from_a_kit(tmp_path: Path) -> None:
    """All files are there, for their owner's eyes, and it can be gone on with."""
    folder = Folder(tmp_path / "new" / "alice")
    assert folder.state() is None
    state = folder.make(Left(NODE, kit=kit()), IDENTITY)
    assert (state.public_key, state.is_bare, state.is_new) == (NODE.public_key, False, False)
    assert folder.state() == state
    assert folder.path.stat().st_mode & 0o777 == 0o700
    for secret in (folder.ident, folder.app_ident, folder.database):
        assert secret.stat().st_mode & 0o077 == 0
    assert folder.ident.read_text() == IDENTITY
    assert len(list(folder.trusted.iterdir())) == 1
    with closing(Database.open(folder.database, NODE.public_key)) as database:
        assert database.is_restored
        assert [row.name for row in database.load() if isinstance(row, FriendRecord)] == [BOB.name]


def test_from_a_copy(tmp_path: Path) -> None:
    create(tmp_path / "node.db", NODE.public_key)
    sealed_backup(tmp_path / "node.db", tmp_path / "copy.age", NODE)
    folder = Folder(tmp_path / "alice")
    folder.make(Left(NODE, copy=tmp_path / "copy.age"), IDENTITY)
    with closing(Database.open(folder.database, NODE.public_key)) as database:
        assert database.is_restored


def test_from_the_identity_alone(tmp_path: Path) -> None:
    relay = NamedRelayAddress(RELAY.public_key, RELAY.address, "relay1")
    folder = Folder(tmp_path / "alice")
    assert folder.make(Left(NODE, relays=(relay,)), IDENTITY).is_bare
    with closing(Database.open(folder.database, NODE.public_key)) as database:
        assert [row.relays for row in database.load() if isinstance(row, RelaysRecord)] == [(relay,)]


def test_a_new_card(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "alice")
    state = folder.make_new_card()
    assert state.is_new
    assert parse_identity(folder.ident.read_text()).public_key == state.public_key != NODE.public_key
    with closing(Database.open(folder.database, state.public_key)) as database:
        assert not database.is_restored


def test_a_folder_with_something_else(tmp_path: Path) -> None:
    """Nothing is put beside what is there, nor taken for a recovery."""
    (tmp_path / "photo.png").write_bytes(b"x")
    with pytest.raises(UserFault, match="is not empty, and no recovery that was begun"):
        Folder(tmp_path).state()
    with pytest.raises(UserFault, match="is not empty"):
        Folder(tmp_path / "photo.png").state()


def test_a_state_that_cannot_be_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make_new_card()
    (tmp_path / "recovery.json").write_text("{")
    with pytest.raises(UserFault, match="is damaged; begin anew in another folder"):
        folder.state()
    (tmp_path / "recovery.json").write_text(
        '{"format":2,"began":1,"public_key":"","is_bare":false,"is_new":false}'
    )
    with pytest.raises(UserFault, match="is of a newer program"):
        folder.state()


def test_what_was_broken_off_goes_on(tmp_path: Path) -> None:
    """Files that are there stay as they are."""
    folder = Folder(tmp_path / "alice")
    folder.make(Left(NODE, kit=kit()), IDENTITY)
    (folder.path / "recovery.json").unlink()
    before = {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}
    assert folder.state() is None
    assert not folder.make(Left(NODE, kit=kit()), IDENTITY).is_bare
    for name, content in before.items():
        assert (folder.path / name).read_bytes() == content


def test_a_new_card_that_was_broken_off(tmp_path: Path) -> None:
    """It is the same card."""
    folder = Folder(tmp_path / "alice")
    first = folder.make_new_card()
    (folder.path / "recovery.json").unlink()
    folder.database.unlink()
    assert folder.make_new_card().public_key == first.public_key
