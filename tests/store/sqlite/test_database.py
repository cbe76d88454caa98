"""Making, opening, writing and closing a database, and all that can be in the way."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from offset.base.faults import NodeStopped, UserFault
from offset.core.funder.records import (
    Changes,
    FriendRecord,
    IndexServersRecord,
    InvoiceRecord,
    Record,
    RelaysRecord,
    SentRelays,
)
from offset.store.sqlite.connection import CHECKPOINT_PAGES, LOG_PAGE_BYTES
from offset.store.sqlite.database import Database, create
from offset.store.sqlite.migrate import FOLDER
from offset.wire.common import NamedIndexServerAddress

KEY = bytes(range(32))
NOBODY = 65534


def friend(number: int, name: str = "bob") -> FriendRecord:
    return FriendRecord(bytes([number]) * 32, name, True, (), SentRelays())


def invoice(number: int) -> InvoiceRecord:
    return InvoiceRecord(number.to_bytes(32, "big"), "FST1", 7, bytes(32), None, None, False)


def changes_of(*records: Record) -> Changes:
    return {record.key(): record for record in records}


def rows_of(database: Database) -> list[Record]:
    return [record for record in database.load() if record not in (RelaysRecord(()), IndexServersRecord(()))]


def reopened(database: Database, path: Path) -> list[Record]:
    database.close()
    again = Database.open(path, KEY)
    rows = rows_of(again)
    again.close()
    return rows


def is_one_sentence(fault: pytest.ExceptionInfo[Exception]) -> bool:
    text = str(fault.value)
    return "\n" not in text and "Error" not in text and not text.endswith(".")


# Writing


def test_what_was_flushed_is_there_again(database: Database, path: Path) -> None:
    """Rows of several groups stand in the file when it is opened again."""
    database.write(changes_of(friend(1), invoice(1)))
    database.flush()
    database.write(changes_of(friend(2)))
    database.flush()
    assert reopened(database, path) == [friend(1), friend(2), invoice(1)]


def test_what_was_not_flushed_is_gone(database: Database, path: Path) -> None:
    """Closing drops the group under way, whole."""
    database.write(changes_of(friend(1)))
    database.flush()
    database.write(changes_of(friend(2), invoice(1)))
    assert reopened(database, path) == [friend(1)]


def test_several_writes_are_one_group(database: Database, path: Path) -> None:
    """Rows that are written twice or dropped before the flush end as they were left."""
    database.write(changes_of(friend(1, "bob"), friend(2)))
    database.write({**changes_of(friend(1, "robert")), friend(2).key(): None})
    database.write({friend(3).key(): None})
    database.flush()
    assert reopened(database, path) == [friend(1, "robert")]


def test_nothing_to_do_costs_nothing(database: Database) -> None:
    """Without changes no transaction begins, and a flush has nothing to do."""
    database.write({})
    assert not database._connection.in_transaction
    database.flush()


def test_index_servers_can_be_read_alone(database: Database) -> None:
    """The list of index servers is what was written last; none at first."""
    assert database.read_index_servers() == ()
    servers = (NamedIndexServerAddress(bytes(32), "b:1", "b"), NamedIndexServerAddress(KEY, "a:1", "a"))
    database.write(changes_of(IndexServersRecord(servers)))
    database.flush()
    assert database.read_index_servers() == servers


def test_the_log_never_grows_while_rows_are_written(database: Database, path: Path) -> None:
    """Its whole length is on the disk before the first row, and it is used again and again."""
    log = path.with_name("node.db-wal")
    length = log.stat().st_size
    assert length > CHECKPOINT_PAGES * LOG_PAGE_BYTES
    for number in range(CHECKPOINT_PAGES):
        database.write(changes_of(friend(1, str(number)), invoice(number)))
        database.flush()
    assert log.stat().st_size == length
    assert rows_of(database)[0] == friend(1, str(CHECKPOINT_PAGES - 1))


def test_a_closed_database_is_one_file(database: Database, path: Path) -> None:
    """Closing folds the log into the file; a second call does nothing."""
    database.write(changes_of(friend(1)))
    database.flush()
    database.close()
    database.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["node.db", "node.db.lock"]


def test_a_person_can_read_while_the_node_works(database: Database, path: Path) -> None:
    """Another program reads the tables between two writes, and does not hinder the next one."""
    database.write(changes_of(friend(1, "bob")))
    database.flush()
    person = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        assert person.execute("SELECT friend, status FROM friendships").fetchall() == [("bob", "enabled")]
        database.write(changes_of(friend(2)))
        database.flush()
        assert person.execute("SELECT count(*) FROM friends").fetchone() == (2,)
        for view in ("balances", "requests", "events"):
            person.execute(f"SELECT * FROM {view}").fetchall()
    finally:
        person.close()


# Trouble while the node works


def test_a_full_disk_stops_the_node_and_leaves_no_half_group(database: Database, path: Path) -> None:
    """The write fails with a sentence, everything after it fails too, and the file holds the group before."""
    database.write(changes_of(friend(1)))
    database.flush()
    (pages,) = database._connection.execute("PRAGMA page_count").fetchone()
    database._connection.execute(f"PRAGMA max_page_count = {pages}")
    database.write(changes_of(friend(2)))
    with pytest.raises(NodeStopped, match="the disk is full; make room") as fault:
        database.write(changes_of(*map(invoice, range(1000))))
    assert is_one_sentence(fault)
    with pytest.raises(NodeStopped, match="had trouble before"):
        database.flush()
    with pytest.raises(NodeStopped, match="had trouble before"):
        database.write(changes_of(friend(3)))
    assert reopened(database, path) == [friend(1)]


def test_a_database_that_cannot_be_written_any_more_stops_the_node(database: Database) -> None:
    """A file system that became read-only is no Python error."""
    database._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(NodeStopped, match="cannot be written; check the permissions") as fault:
        database.write(changes_of(friend(1)))
    assert is_one_sentence(fault)


def test_a_person_who_holds_the_database_for_long_stops_the_node(database: Database, path: Path) -> None:
    """After the time that a writer waits comes a sentence."""
    database._connection.execute("PRAGMA busy_timeout = 1")
    person = sqlite3.connect(path, isolation_level=None)
    person.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(NodeStopped, match="another program keeps it locked"):
            database.write(changes_of(friend(1)))
    finally:
        person.close()


def test_a_record_that_cannot_be_a_row_is_our_fault_and_breaks_nothing(
    database: Database, path: Path
) -> None:
    """A wrong type is found before anything is written, so the group under way stays whole."""
    database.write(changes_of(friend(1)))
    with pytest.raises(AttributeError):
        database.write({**changes_of(friend(2)), friend(3).key(): friend(3).key()})
    database.flush()
    assert reopened(database, path) == [friend(1)]


def test_after_any_fault_inside_a_write_the_group_is_lost(database: Database, path: Path) -> None:
    """A fault of ours between two statements must not leave half a step to be committed."""
    with pytest.raises(OverflowError):
        database.write(changes_of(friend(1), FriendRecord(KEY, "bob", 2**70, (), SentRelays())))  # type: ignore[arg-type]
    with pytest.raises(NodeStopped):
        database.flush()
    assert reopened(database, path) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE friends SET remote_relays = 'no JSON'",
        "UPDATE friends SET sent_relays = '{\"last\": 5}'",
        "INSERT INTO queued VALUES (x'00', 0, 0, '', '{}', x'')",
        "INSERT INTO credits VALUES (x'00', '', 'many', '0', '0')",
        "DROP TABLE pending",
    ],
)
def test_a_row_that_cannot_be_read_stops_the_node(database: Database, damage: str) -> None:
    """Whatever is wrong with a row, the owner gets a sentence and not half a state."""
    database.write(changes_of(friend(1)))
    database.flush()
    database._connection.execute(damage)
    with pytest.raises(NodeStopped) as fault:
        list(database.load())
    assert is_one_sentence(fault)


# Making


def test_only_the_owner_can_read_what_is_made(path: Path) -> None:
    """The file, its log and its lock have mode 0600 whatever the umask says: secrets lie there in clear (05, D-16)."""
    old = os.umask(0)
    try:
        other = path.with_name("other.db")
        create(other, KEY)
        database = Database.open(other, KEY)
    finally:
        os.umask(old)
    database.write(changes_of(friend(1)))
    database.flush()
    files = [file for file in path.parent.iterdir() if file.name.startswith("other.db")]
    assert {file.name for file in files} == {"other.db", "other.db-wal", "other.db-shm", "other.db.lock"}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    database.close()


def test_create_overwrites_nothing(path: Path) -> None:
    """Where a file is, none is made, and it stays as it was."""
    before = path.read_bytes()
    with pytest.raises(UserFault, match="exists already; choose another name"):
        create(path, KEY)
    assert path.read_bytes() == before


def test_create_needs_a_folder(tmp_path: Path) -> None:
    """A folder that is missing is said so."""
    with pytest.raises(UserFault, match="No such file or directory") as fault:
        create(tmp_path / "missing" / "node.db", KEY)
    assert is_one_sentence(fault)


def test_create_leaves_nothing_when_it_fails(tmp_path: Path) -> None:
    """A wrong script ends in a sentence, and no half database stays."""
    (tmp_path / "0001_wrong.sql").write_text("CREATE TABLE friends (\n);\n")
    with pytest.raises(UserFault, match="syntax error"):
        create(tmp_path / "node.db", KEY, migrations=tmp_path)
    (tmp_path / "0003_gap.sql").write_text("")
    with pytest.raises(AssertionError):
        create(tmp_path / "node.db", KEY, migrations=tmp_path)
    assert not list(tmp_path.glob("node.db*"))


# Opening


def refusal(path: Path, key: bytes = KEY) -> str:
    with pytest.raises(UserFault) as fault:
        Database.open(path, key)
    assert is_one_sentence(fault)
    return str(fault.value)


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    """Opening makes nothing: not the file, not its lock."""
    assert "make one with" in refusal(tmp_path / "node.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty; delete it"),
        (b"\n{ }", "JSON database of the reference"),
        (b'{\n  "funder_state": {', "JSON database of the reference"),
        (b"garbage", "is not the database of a node"),
        (b"SQLite format 3\0 and then nothing of the kind" * 50, "it is damaged"),
    ],
)
def test_a_foreign_file_is_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    """What is no database is said to be none, and stays as it was."""
    path = tmp_path / "node.db"
    path.write_bytes(content)
    assert words in refusal(path)
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    """A folder in the place of the file is said so."""
    assert "Is a directory" in refusal(tmp_path)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Any SQLite file that we did not make."""
    path = tmp_path / "node.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE friends (name TEXT)")
    connection.close()
    assert "another program" in refusal(path)


def test_a_database_of_another_node_is_left_alone(path: Path) -> None:
    """The identity must be the one that the database was made for."""
    assert "belongs to another identity" in refusal(path, bytes(32))


def test_a_database_of_a_newer_program_is_left_alone(path: Path) -> None:
    """A format that we do not know is not touched."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "a newer program wrote" in refusal(path)


@pytest.fixture
def full(path: Path) -> Path:
    """A closed database with many rows."""
    database = Database.open(path, KEY)
    database.write(changes_of(*map(invoice, range(2000))))
    database.flush()
    database.close()
    return path


def test_a_file_that_lost_its_end_is_found_out(full: Path) -> None:
    """A database cut short, as by a full disk while it was copied, does not open."""
    os.truncate(full, full.stat().st_size // 8192 * 4096)
    assert "it is damaged; look what is wrong with stmgr check-db" in refusal(full)


def test_a_file_with_damaged_pages_is_found_out(full: Path) -> None:
    """Pages of nonsense in the middle do not open."""
    with full.open("r+b") as file:
        file.seek(full.stat().st_size // 8192 * 4096)
        file.write(os.urandom(4096 * 4))
    assert "it is damaged; look what is wrong with stmgr check-db" in refusal(full)


def test_after_a_refusal_the_lock_is_free(path: Path) -> None:
    """Who gave the wrong identity may try again at once."""
    refusal(path, bytes(32))
    Database.open(path, KEY).close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of this machine can reach, with the migrations: perhaps only we reach the checkout."""
    with TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        os.chmod(shutil.copytree(FOLDER, Path(name, "migrations")), 0o755)
        for path in Path(name, "migrations").iterdir():
            os.chmod(path, 0o644)
        yield Path(name)


def run(code: str, *args: object, user: int | None = None) -> str:
    """What another process prints. It imports nothing before the code runs."""
    command = [sys.executable, "-c", code, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, user=user, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


OPEN = """
import os, sys
from pathlib import Path
from offset.base.faults import UserFault
from offset.store.sqlite.database import Database
options = {}
if sys.argv[2:]:
    options = {"migrations": Path(sys.argv[1]).with_name("migrations")}
    if os.geteuid() == 0:
        os.setuid(int(sys.argv[2]))  # nobody keeps the owner of a machine out
try:
    Database.open(sys.argv[1], bytes(range(32)), **options).close()
    print("opened")
except UserFault as fault:
    print(fault)
"""


def test_a_second_process_is_kept_out(path: Path) -> None:
    """While a node works another one is told so; when it has ended the other one may (05, D-1)."""
    database = Database.open(path, KEY)
    said = run(OPEN, path)
    assert f"another program (process {os.getpid()}) works with the database" in said
    assert "stop it first" in said
    database.close()
    assert run(OPEN, path) == "opened"


def test_the_same_process_is_kept_out_too(database: Database, path: Path) -> None:
    """A second node inside one program is no better than a second program."""
    assert f"another program (process {os.getpid()}) works with" in refusal(path)


def test_another_name_for_the_file_is_no_way_in(path: Path) -> None:
    """The lock belongs to the file, whatever link leads to it."""
    link = path.with_name("link.db")
    link.symlink_to(path)
    database = Database.open(path, KEY)
    assert "works with the database" in run(OPEN, link)
    database.close()


def test_a_hard_link_is_no_way_in(path: Path) -> None:
    """A second name of the file would have a lock and a log of its own, so neither name opens while there are two."""
    database = Database.open(path, KEY)
    database.write(changes_of(friend(1)))
    database.flush()
    link = path.with_name("link.db")
    link.hardlink_to(path)
    for name in (link, path):
        assert f"the database {name} has 2 names (hard links)" in run(OPEN, name)
    database.close()
    assert "has 2 names" in refusal(link)
    link.unlink()
    again = Database.open(path, KEY)
    assert rows_of(again) == [friend(1)]
    again.close()


def test_a_process_that_was_killed_leaves_no_lock(path: Path) -> None:
    """A crash needs no cleaning up, and what it had flushed is there."""
    crash = """
import os, sys
from offset.core.funder.records import FriendRecord, SentRelays
from offset.store.sqlite.database import Database
database = Database.open(sys.argv[1], bytes(range(32)))
for number in (1, 2):
    friend = FriendRecord(bytes([number]) * 32, "bob", True, (), SentRelays())
    database.write({friend.key(): friend})
    if number == 1:
        database.flush()
os._exit(0)
"""
    run(crash, path)
    database = Database.open(path, KEY)
    assert rows_of(database) == [friend(1)]
    database.close()


def test_a_folder_that_cannot_be_written_is_said_so(open_folder: Path) -> None:
    """The lock and the log lie beside the file, so the folder must be ours."""
    path = open_folder / "node.db"
    create(path, KEY)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    os.chmod(open_folder, 0o555)
    said = run(OPEN, path, NOBODY)
    os.chmod(open_folder, 0o755)
    assert "the folder of the database" in said
    assert "must be writable" in said


def test_a_file_that_cannot_be_read_is_said_so(open_folder: Path) -> None:
    """A database of somebody else."""
    path = open_folder / "node.db"
    create(path, KEY)
    os.chmod(path, 0)
    assert "cannot be read: Permission denied" in run(OPEN, path, NOBODY)


def test_a_file_that_cannot_be_written_is_said_so(open_folder: Path) -> None:
    """A database that may only be read is no database for a node."""
    path = open_folder / "node.db"
    create(path, KEY)
    os.chmod(path, 0o444)
    os.chmod(open_folder, 0o777)
    assert "cannot be written; check the permissions" in run(OPEN, path, NOBODY)
