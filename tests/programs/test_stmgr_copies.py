"""stmgr: sealed copies of a database, and the database made from one."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from offset.base import base64url
from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.core.funder.records import FriendRecord, Mark, RelaysRecord, SentRelays
from offset.crypto.age.sealed import seal_pieces
from offset.crypto.identity import Identity
from offset.crypto.own_copies import CopyKind, copies_key, seal_copy
from offset.programs.printing import printable
from offset.programs.stmgr import main
from offset.shell import own_copies
from offset.store.schema.kits import Kit, KitCollect, KitContent, KitCurrency, KitFriend
from offset.store.sqlite import connection
from offset.store.sqlite.database import Database, create
from offset.testing import NODE
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.files import Ticket, format_identity, format_ticket, parse_token
from offset.wire.friend import CollectOp
from offset.wire.report import CountersInfo, McInfo, MoveTokenHashedReport, TokenInfo
from offset.wire.revocations import sign_revocation
from support.commands import Done, contents, one_sentence, put, run_main
from support.locked import key_file, locked_text

BOB = FriendRecord(b"\x01" * 32, "bob", True, (), SentRelays())
STRANGER = Identity(b"\x09" * 32)
TOKEN = MoveTokenHashedReport(
    bytes(32),
    TokenInfo(McInfo(BOB.public_key, NODE.public_key, ()), CountersInfo(1, 12)),
    bytes(16),
    bytes(64),
)
READY = "new.db is ready. Its node lets each friend speak first. Make sure that no other one runs.\n"


@pytest.fixture(autouse=True)
def _short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are made quickly."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node with a friend, and a stranger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    put(tmp_path / "node.ident", format_identity(NODE))
    put(tmp_path / "other.ident", format_identity(STRANGER))
    for name in ("node.ident", "other.ident"):
        (tmp_path / name).chmod(0o600)
    create(tmp_path / "node.db", NODE.public_key)
    with closing(Database.open(tmp_path / "node.db", NODE.public_key)) as database:
        database.write({BOB.key(): BOB})
        database.flush()
    return tmp_path


def run(line: str, capsys: pytest.CaptureFixture[str]) -> Done:
    """Run a command."""
    return run_main(main, line.split(), capsys)


def bad(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail and change nothing; its one sentence."""
    before = contents(folder)
    done = run(line, capsys)
    assert (done.status, done.stdout) == (1, "")
    assert contents(folder) == before
    return one_sentence("stmgr", done.stderr)


def test_a_sealed_copy_of_a_running_node_and_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The copy shows nothing, and only the identity makes a marked database of it."""
    with closing(Database.open(folder / "node.db", NODE.public_key)) as database:
        database.settle()
        assert run("backup -d node.db -i node.ident -o copy.age", capsys) == Done(0, "", "")
    data = (folder / "copy.age").read_bytes()
    assert (folder / "copy.age").stat().st_mode & 0o777 == 0o600
    assert b"bob" in (folder / "node.db").read_bytes()
    assert b"bob" not in data
    assert b"SQLite" not in data
    assert not list(folder.glob(".offset*"))
    assert run("restore -i node.ident -b copy.age -o new.db", capsys) == Done(0, READY, "")
    with closing(Database.open(folder / "new.db", NODE.public_key)) as database:
        assert database.is_restored
        assert msgspec.structs.replace(BOB, has_told=False) in list(database.load())


def test_with_a_locked_identity(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both commands take --unlock."""
    put(folder / "locked.ident", locked_text(NODE))
    (folder / "locked.ident").chmod(0o600)
    source = key_file(folder)
    assert run(f"backup -d node.db -i locked.ident --unlock {source} -o copy.age", capsys).status == 0
    assert run(f"restore -i locked.ident --unlock {source} -b copy.age -o new.db", capsys).status == 0


def test_a_plain_copy_needs_a_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody vouches for it but whoever says --plain."""
    assert run("backup -d node.db -o copy.db", capsys) == Done(0, "", "")
    assert "say --plain" in bad("restore -i node.ident -b copy.db -o new.db", folder, capsys)
    assert run("restore -i node.ident -b copy.db --plain -o new.db", capsys) == Done(0, READY, "")
    with closing(Database.open(folder / "new.db", NODE.public_key)) as database:
        assert database.is_restored


def test_another_identity(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It makes no copy of this database, and opens none."""
    assert "belongs to another identity" in bad(
        "backup -d node.db -i other.ident -o copy.age", folder, capsys
    )
    run("backup -d node.db -i node.ident -o copy.age", capsys)
    assert "was not made with this identity" in bad(
        "restore -i other.ident -b copy.age -o new.db", folder, capsys
    )


def test_a_forged_copy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever knows the recipient can seal books of his own making, which are refused."""
    content = bytes(32) + CopyKind.DATABASE.value + (5).to_bytes(8) + b"books"
    forged = seal_pieces([content], [copies_key(NODE).recipient], SeededEntropy("x"))
    (folder / "copy.age").write_bytes(b"".join(forged))
    assert "copy.age is forged" in bad("restore -i node.ident -b copy.age -o new.db", folder, capsys)


def test_a_damaged_copy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut off or changed: another copy is needed."""
    run("backup -d node.db -i node.ident -o copy.age", capsys)
    data = (folder / "copy.age").read_bytes()
    for changed in (data[:-1], data[:-20] + bytes(20), data[:100]):
        (folder / "copy.age").write_bytes(changed)
        assert "copy.age is damaged" in bad("restore -i node.ident -b copy.age -o new.db", folder, capsys)


def test_a_kit_is_no_copy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the sentence says what it is."""
    kit = seal_copy(CopyKind.KIT, 2, lambda: [b"{}"], NODE, SeededEntropy("x"))
    (folder / "kit.age").write_bytes(b"".join(kit))
    assert "kit.age is a kit" in bad("restore -i node.ident -b kit.age -o new.db", folder, capsys)


def test_files_that_are_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named; what is there stays."""
    assert "no such file: none" in bad("restore -i node.ident -b none -o new.db", folder, capsys)
    assert "exists already" in bad("restore -i node.ident -b none -o node.db", folder, capsys)
    assert "there is no database none" in bad("backup -d none -i node.ident -o copy.age", folder, capsys)


def test_a_copy_that_fails_leaves_nothing_plain(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain copy that lies beside the database meanwhile goes in any case."""

    def full(*_: object, **__: object) -> None:
        assert list(folder.glob(".offset*"))
        raise own_copies.UserFault("the disk is full")

    monkeypatch.setattr(own_copies, "write_new_pieces", full)
    assert "the disk is full" in bad("backup -d node.db -i node.ident -o copy.age", folder, capsys)


@pytest.fixture
def kit(folder: Path) -> Kit:
    """A kit of the node, beside its database."""
    friend = KitFriend(
        BOB.public_key, "bob\x07", True, (), (KitCurrency("FST", Rate(0, 1), 100, True),), Mark(1, 12), TOKEN
    )
    carl = KitFriend(b"\x02" * 32, "carl", False, (), (), None)
    relay = NamedRelayAddress(b"\x07" * 32, "relay:1", "home")
    server = NamedIndexServerAddress(b"\x08" * 32, "index:1", "index")
    waiting = KitCollect(BOB.public_key, "FST", 5, CollectOp(bytes(16), bytes(32), bytes(32)))
    content = KitContent(NODE.public_key, (relay,), (server,), (friend, carl), (waiting,))
    content = msgspec.structs.replace(content, revoked=(sign_revocation(Identity(bytes(32))),))
    made = Kit(1, 1_796_000_000, 1_796_000_000_123, content)
    own_copies.write_kit(folder / "kit.age", made, NODE)
    return made


def test_open_kit(kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    """What it holds, for people; names that would play with the terminal are made harmless."""
    done = run("open-kit -i node.ident -k kit.age", capsys)
    assert (done.status, done.stderr) == (0, "")
    bob, carl = (base64url.encode(friend.public_key) for friend in kit.content.friends)
    assert done.stdout.replace(printable("bob\x07"), "BOB").splitlines() == [
        "Kit 1796000000, made on 2026-11-30 at 00:53:20 UTC",
        f"of the node {base64url.encode(NODE.public_key)}",
        "Relay home: relay:1",
        "Index server index: index:1",
        f"Friend BOB ({bob}), enabled; heard up to its message 12 after 1 reset",
        "    FST: may owe 100, MUL=0 ADD=1, open",
        f"Friend carl ({carl}), disabled; nothing was heard of it yet",
        "Keys that their owners have revoked: 1",
        "Answers that waited for friends, and are worth credits: 1",
    ]
    assert "\x07" not in done.stdout


def test_the_tokens_in_a_kit(kit: Kit, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in a file of its own, as the node exports it; none is overwritten."""
    assert "there is no folder tokens" in bad(
        "open-kit -i node.ident -k kit.age --tokens tokens", folder, capsys
    )
    (folder / "tokens").mkdir()
    assert run("open-kit -i node.ident -k kit.age --tokens tokens", capsys).status == 0
    (path,) = (folder / "tokens").iterdir()
    assert path.name == f"{base64url.encode(kit.content.friends[0].public_key)}.token"
    assert parse_token(path.read_text("utf-8")) == TOKEN
    assert "exists already" in bad("open-kit -i node.ident -k kit.age --tokens tokens", folder, capsys)


def test_open_kit_as_json(kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, for other programs."""
    found = json.loads(run("open-kit -i node.ident -k kit.age --json", capsys).stdout)
    assert found["generation"] == kit.generation
    assert found["content"]["friends"][0]["mark"] == {"inconsistency_counter": 1, "move_token_counter": 12}


def test_restore_from_a_kit(kit: Kit, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A marked database with the settings of the kit."""
    assert run("restore -i node.ident -k kit.age -o new.db", capsys) == Done(0, READY, "")
    with closing(Database.open(folder / "new.db", NODE.public_key)) as database:
        assert database.is_restored
        friends = [record.name for record in database.load() if isinstance(record, FriendRecord)]
    assert friends == ["bob\x07", "carl"]


@pytest.mark.usefixtures("kit")
def test_restore_from_a_copy_and_a_kit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The friends of both, with the settings of the kit."""
    run("backup -d node.db -i node.ident -o copy.age", capsys)
    assert run("restore -i node.ident -b copy.age -k kit.age -o new.db", capsys) == Done(0, READY, "")
    with closing(Database.open(folder / "new.db", NODE.public_key)) as database:
        assert database.is_restored
        friends = [record.name for record in database.load() if isinstance(record, FriendRecord)]
    assert friends == ["bob\x07", "carl"]


@pytest.mark.usefixtures("kit")
def test_kits_that_do_not_open(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For each a sentence."""
    for line in ("open-kit -i {} -k {}", "restore -i {} -k {} -o new.db"):
        stranger = bad(line.format("other.ident", "kit.age"), folder, capsys)
        assert "kit.age was not made with this identity" in stranger
        assert "no such file" in bad(line.format("node.ident", "none"), folder, capsys)
    run("backup -d node.db -i node.ident -o copy.age", capsys)
    assert "is the copy of a database, not a kit" in bad("open-kit -i node.ident -k copy.age", folder, capsys)
    content = seal_copy(CopyKind.KIT, 3, lambda: [b"???"], NODE, SeededEntropy("x"))
    (folder / "kit.age").write_bytes(b"".join(content))
    assert "kit.age is damaged: use another kit" in bad("open-kit -i node.ident -k kit.age", folder, capsys)


@pytest.mark.parametrize(
    "options", ["", "-k kit.age --plain", "--plain", "-k kit.age -r r.ticket", "-r r.ticket --plain"]
)
def test_restore_from_one_thing(options: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a copy or a kit, or else for the identity alone, with the relays where it is known."""
    done = run(f"restore -i node.ident -o new.db {options}", capsys)
    assert done.status == 2
    assert (
        "give a copy, -b, with --plain if it is not sealed; or a kit, -k; or both; or else relays, -r."
        in done.stderr
    )
    assert not (folder / "new.db").exists()


def test_restore_for_the_identity_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The database knows the relays where friends may look, nothing else, and that it was restored."""
    for number in (1, 2):
        ticket = Ticket(bytes([number]) * 32, f"relay{number}:1")
        put(folder / f"r{number}.ticket", format_ticket(ticket))
    done = run("restore -i node.ident -r r1.ticket -r r2.ticket -o new.db", capsys)
    assert done == Done(0, READY, "")
    with closing(Database.open(folder / "new.db", NODE.public_key)) as database:
        assert database.is_restored
        relays = [row for row in database.load() if isinstance(row, RelaysRecord)]
        assert [row.relays for row in relays] == [
            tuple(
                NamedRelayAddress(bytes([number]) * 32, f"relay{number}:1", f"relay{number}")
                for number in (1, 2)
            )
        ]
        assert not [row for row in database.load() if isinstance(row, FriendRecord)]
    assert "no such file: none.ticket" in bad("restore -i node.ident -r none.ticket -o n.db", folder, capsys)
    assert "node.ident is not a ticket" in bad("restore -i node.ident -r node.ident -o n.db", folder, capsys)
