"""stmgr does what the reference's does (tests/vectors/files.json), and fails better."""

import csv
import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from offset.base import base64url
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord, RelaysRecord
from offset.programs.stmgr import main
from offset.store.sqlite.database import Database, create
from offset.wire.common import NamedRelayAddress
from offset.wire.files import parse_app_ticket, parse_identity, parse_ticket
from support.commands import (
    Done,
    contents,
    expected_status,
    lay_out,
    one_sentence,
    options_in,
    put,
    recorded,
    run_main,
    succeeded,
)
from support.vectors import Case, cases

COMMANDS = {
    "app-ticket",
    "backup",
    "gen-ident",
    "help",
    "index-ticket",
    "init-node-db",
    "node-entry",
    "node-ticket",
    "relay-ticket",
}
BROKEN_IDENTITY = '{"privateKey": 5}'  # what the reference says of broken.ident fits this, to the column


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _label(case: Case) -> str:
    return f"{' '.join(case['args'])[:40]}: {case['what']}"


UNREACHABLE = ("the form of an address is not looked at", "empty address")
"""What the reference writes into a ticket and we refuse: nobody could connect."""


@pytest.mark.parametrize(
    "at, case", [pytest.param(at, case, id=_label(case)) for at, case in recorded("stmgr")]
)
def test_recorded_command(at: int, case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same command line makes the same files and prints the same; 05 D-3: a failure has a status and a sentence."""
    lay_out(folder, at)
    put(folder / "broken.ident", BROKEN_IDENTITY)
    before = contents(folder)

    done = run_main(main, case["args"], capsys)

    if case["what"] in UNREACHABLE:
        assert done.status == 1
        assert "nobody can connect to" in one_sentence("stmgr", done.stderr)
        assert contents(folder) == before
        return
    assert done.status == expected_status(case)
    for file in case.get("files", []):
        path = folder / file["path"]
        assert path.exists() is (file["content"] is not None)
        if not path.exists() or file["kind"] == "database":
            continue  # our database is another file: tests/store
        if case["args"][0] == "gen-ident":  # random
            assert len(path.read_text("utf-8")) == len(file["content"])
            parse_identity(path.read_text("utf-8"))
        else:
            assert path.read_text("utf-8") == file["content"]
    made = {file["path"] for file in case.get("files", []) if file["content"] is not None}
    after = contents(folder)
    assert {path: data for path, data in after.items() if path not in made} == before

    if case["args"][-1:] == ["--help"]:
        if len(case["args"]) > 1:  # the reference's commands have a version of their own
            assert options_in(done.stdout) >= options_in(case["stdout"]) - {"-V", "--version"}
        else:
            assert options_in(done.stdout) >= options_in(case["stdout"])
            assert set(done.stdout.split()) >= COMMANDS
    elif case["args"] == []:
        assert set(done.stderr.split()) >= COMMANDS
        assert done.stdout == ""
    elif succeeded(case):
        assert done.stdout == case["stdout"]
        assert done.stderr == ""
    else:
        assert done.stdout == ""
        one_sentence("stmgr", done.stderr)


@pytest.mark.parametrize("program", ["stctrl", "stnode", "strelay", "stindex"])
def test_recorded_commands_of_other_programs(program: str) -> None:
    """All recorded commands of stmgr and stverify run here and in test_stverify.py; those of others do not."""
    count = len(recorded(program))
    assert count
    pytest.skip(f"{count} recorded commands are of {program}: they need that program, most of them a network")


def _ident(folder: Path, number: int = 0) -> Path:
    identity = cases("keys", "identity")[number]
    path = folder / f"id{number}.ident"
    put(path, identity["identityFile"])
    return path


def _every_command(folder: Path) -> dict[str, list[str]]:
    ident, out = str(_ident(folder)), str(folder / "out")
    address = ["-a", "127.0.0.1:1"]
    if not (folder / "node.db").exists():
        create(folder / "node.db", parse_identity(Path(ident).read_text()).public_key)
    return {
        "backup": ["backup", "-d", str(folder / "node.db"), "-o", out],
        "gen-ident": ["gen-ident", "-o", out],
        "init-node-db": ["init-node-db", "-i", ident, "-o", out],
        "app-ticket": ["app-ticket", "-i", ident, "-o", out],
        "node-ticket": ["node-ticket", "-i", ident, *address, "-o", out],
        "relay-ticket": ["relay-ticket", "-i", ident, *address, "-o", out],
        "index-ticket": ["index-ticket", "-i", ident, *address, "-o", out],
        "node-entry": ["node-entry", "-n", ident, "-p", ident, *address, "-o", out],
    }


MAKERS = sorted(COMMANDS - {"help"})


@pytest.mark.parametrize("command", MAKERS)
@pytest.mark.parametrize("taken_by", ["file", "folder", "dangling link"])
def test_nothing_is_overwritten(
    command: str, taken_by: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command writes over what is there, be it a file, a folder or a link to nowhere."""
    out = folder / "out"
    match taken_by:
        case "file":
            out.write_text("precious")
        case "folder":
            out.mkdir()
        case _:
            out.symlink_to(folder / "nowhere")
    done = run_main(main, _every_command(folder)[command], capsys)
    assert done.status == 1
    assert "exists already" in one_sentence("stmgr", done.stderr)
    assert taken_by != "file" or out.read_text() == "precious"
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("command", MAKERS)
def test_05_d16_secrets_are_for_their_owner_only(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Identities and cards of remote nodes can be read by their owner only, tickets by everybody the umask lets."""
    args = _every_command(folder)[command]
    former = os.umask(0o022)
    try:
        assert run_main(main, args, capsys) == Done(0, "", "")
    finally:
        os.umask(former)
    mode = stat.S_IMODE((folder / "out").stat().st_mode)
    assert mode == (0o600 if command in ("backup", "gen-ident", "node-entry", "init-node-db") else 0o644)


@pytest.mark.parametrize("command", MAKERS)
def test_no_folder_for_the_output(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that does not exist is said, and not made."""
    out = str(folder / "missing" / "out")
    args = [out if arg == str(folder / "out") else arg for arg in _every_command(folder)[command]]
    done = run_main(main, args, capsys)
    assert done.status == 1
    assert out in one_sentence("stmgr", done.stderr)
    assert not (folder / "missing").exists()


@pytest.mark.parametrize("command", MAKERS)
def test_every_option_is_required(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command line that lacks an option is a wrong one: status 2, a sentence that names the option, no file."""
    name, *options = _every_command(folder)[command]
    for at in range(0, len(options), 2):
        done = run_main(main, [name, *options[:at], *options[at + 2 :]], capsys)
        assert done.status == 2
        assert f"issing option '{options[at]}'" in one_sentence("stmgr", done.stderr)
    assert not (folder / "out").exists()


def test_long_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The long names are those of the reference, with the value behind a blank or behind an equals sign."""
    ident = _ident(folder)
    lines = [
        ["gen-ident", "--output", "a"],
        ["app-ticket", f"--idfile={ident}", "--output=b", "--pbuyer"],
        ["node-ticket", "--idfile", str(ident), "--address", "h:1", "--output", "c"],
        ["relay-ticket", "--idfile", str(ident), "--address=h:2", "--output", "d"],
        ["index-ticket", "--idfile", str(ident), "--address", "h:3", "--output", "e"],
        ["node-entry", "--nodeid", str(ident), "--appid", str(ident), "--address", "h:4", "--output", "f"],
        ["node-ticket", f"-i{ident}", "-ah:5", "-og"],
        ["init-node-db", "--idfile", str(ident), "--output", "h"],
        ["backup", "--database=h", "--output", "i"],
    ]
    for line in lines:
        assert run_main(main, line, capsys) == Done(0, "", "")
    assert {path.name for path in folder.iterdir()} == {*"abcdefghi", ident.name}
    assert parse_app_ticket((folder / "b").read_text()).permissions.buyer
    assert parse_ticket((folder / "g").read_text()).address == "h:5"


def test_identities_differ(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each identity is a new one."""
    for number in range(5):
        run_main(main, ["gen-ident", "-o", f"{number}"], capsys)
    assert len({parse_identity((folder / f"{number}").read_text()).public_key for number in range(5)}) == 5


@pytest.mark.parametrize("command", ["node-ticket", "relay-ticket", "index-ticket", "node-entry"])
def test_address_that_nobody_can_dial(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that nobody can dial stands in no ticket: the reference writes any, ours refuses."""
    ident = str(_ident(folder))
    who = ["-n", ident, "-p", ident] if command == "node-entry" else ["-i", ident]
    done = run_main(main, [command, *who, "-a", "0.0.0.0:1", "-o", "out"], capsys)
    assert (done.status, done.stdout) == (1, "")
    assert one_sentence("stmgr", done.stderr).startswith("nobody can connect to '0.0.0.0:1': ")
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "no such file: in.ident; make it with: stmgr gen-ident -o in.ident"),
        (b"", "in.ident is empty"),
        (b"\xff\xfe", "in.ident is not text in UTF-8"),
        (b"[" * 100_000, "in.ident is not an identity: it is not JSON that we can read"),
        (b" " * (2**20 + 1), "in.ident is too large: expected at most 1048576 bytes"),
        (
            b'{"privateKey": "AAAA"}',
            "in.ident is not an identity: privateKey: expected 43 characters of base64url (32 bytes)",
        ),
    ],
    ids=["missing", "empty", "no text", "deep", "large", "short key"],
)
def test_identity_that_cannot_be_read(
    content: bytes | None, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is wrong with an identity file is said in one sentence that names it."""
    if content is not None:
        (folder / "in.ident").write_bytes(content)
    done = run_main(main, ["node-ticket", "-i", "in.ident", "-a", "h:1", "-o", "out"], capsys)
    assert (done.status, done.stdout) == (1, "")
    assert one_sentence("stmgr", done.stderr) == said
    assert not (folder / "out").exists()


def test_folder_in_place_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is no identity, and that is said."""
    done = run_main(main, ["app-ticket", "-i", str(folder), "-o", "out"], capsys)
    assert done.status == 1
    assert one_sentence("stmgr", done.stderr) == f"cannot read {folder}: Is a directory"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """-h, --help and the command help print one and the same text."""
    texts = [
        run_main(main, args, capsys) for args in ([command, "-h"], [command, "--help"], ["help", command])
    ]
    assert texts[0].status == 0
    assert texts[0].stdout.startswith(f"Usage: stmgr {command} ")
    assert len(set(texts)) == 1


def test_help_of_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Help on what does not exist is a wrong command line."""
    done = run_main(main, ["help", "nothing"], capsys)
    assert (done.status, done.stdout) == (2, "")
    assert one_sentence("stmgr", done.stderr).startswith("no such command 'nothing'")


def test_database_is_that_of_the_node(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The database that is made opens for its node, and for no other."""
    from offset.base.faults import OffsetError

    ours, other = (bytes.fromhex(cases("keys", "identity")[number]["publicKey"]) for number in (0, 1))
    assert run_main(main, ["init-node-db", "-i", str(_ident(folder)), "-o", "node.db"], capsys).status == 0
    Database.open(folder / "node.db", ours).close()
    with pytest.raises(OffsetError):
        Database.open(folder / "node.db", other)


def test_backup_of_a_running_node(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The copy is the database of the same node as of now; the node that works with the database goes on."""
    key = parse_identity(_ident(folder).read_text()).public_key
    create(folder / "node.db", key)
    node = Database.open(folder / "node.db", key)
    node.write({relays(1).key(): relays(1)})
    node.flush()
    assert run_main(main, ["backup", "-d", "node.db", "-o", "copy.db"], capsys) == Done(0, "", "")
    node.write({relays(2).key(): relays(2)})
    node.flush()
    node.close()
    for name, expected in (("copy.db", relays(1)), ("node.db", relays(2))):
        found = Database.open(folder / name, key)
        assert expected in list(found.load())
        found.close()


@pytest.mark.parametrize(
    "text, reason",
    [
        (None, "there is no database"),
        ("", "is empty"),
        ("{}", "JSON database of the reference"),
        ("x", "not the"),
    ],
)
def test_backup_of_something_else(
    text: str | None, reason: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no database of a node is not copied, and a sentence says what it is."""
    if text is not None:
        put(folder / "node.db", text)
    done = run_main(main, ["backup", "-d", "node.db", "-o", "copy.db"], capsys)
    assert done.status == 1
    assert reason in one_sentence("stmgr", done.stderr)
    assert not (folder / "copy.db").exists()


def relays(count: int) -> RelaysRecord:
    """A row of a database that says which it is."""
    return RelaysRecord((NamedRelayAddress(bytes(32), f"127.0.0.1:{count}", "relay"),))


def _process(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "offset.programs.stmgr", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_as_a_process(tmp_path: Path) -> None:
    """As a real process it makes an identity and a ticket, and refuses to make them again with status 1."""
    made = _process("gen-ident", "-o", "a.ident", folder=tmp_path)
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    again = _process("gen-ident", "-o", "a.ident", folder=tmp_path)
    assert again.returncode == 1
    assert "exists already" in one_sentence("stmgr", again.stderr)
    ticket = _process("relay-ticket", "-i", "a.ident", "-a", "127.0.0.1:1", "-o", "a.relay", folder=tmp_path)
    assert (ticket.returncode, ticket.stderr) == (0, "")
    identity = parse_identity((tmp_path / "a.ident").read_text())
    assert parse_ticket((tmp_path / "a.relay").read_text()).public_key == identity.public_key
    assert {path.name for path in tmp_path.iterdir()} == {"a.ident", "a.relay"}


@pytest.mark.parametrize(
    "args, absent",
    [
        (["--version"], {"msgspec", "capnp", "cryptography", "sqlite3", "asyncio"}),
        (["gen-ident", "-o", "x"], {"capnp", "sqlite3", "asyncio"}),
    ],
)
def test_start_is_light(args: list[str], absent: set[str], tmp_path: Path) -> None:
    """A command loads no library that it does not need: starting is most of its time."""
    code = f"import sys; from offset.programs.stmgr import main; main({args}); print(*{absent} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


def test_check_db(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a sound database it is said that nothing is wrong; of a damaged one all that is found, with status 1."""
    assert run_main(main, ["init-node-db", "-i", str(_ident(folder)), "-o", "node.db"], capsys).status == 0
    assert run_main(main, ["check-db", "-d", "node.db"], capsys) == Done(0, "Nothing is wrong.\n", "")
    person = sqlite3.connect(folder / "node.db")
    person.execute("DROP TABLE history")
    person.execute("DROP TABLE pending")
    person.close()
    done = run_main(main, ["check-db", "-d", "node.db"], capsys)
    assert done.status == 1
    assert [line.split(" cannot")[0] for line in done.stdout.splitlines()] == [
        "the table pending",
        "the table history",
    ]
    assert one_sentence("stmgr", done.stderr).startswith("the database node.db is damaged; restore a backup")
    none = run_main(main, ["check-db", "-d", "none.db"], capsys)
    assert one_sentence("stmgr", none.stderr).startswith("there is no database none.db")


def _with_history(folder: Path, count: int) -> Path:
    """The database of a node to which something ended on each day of 2026."""
    key = parse_identity(_ident(folder).read_text("utf-8")).public_key
    path = folder / "node.db"
    create(path, key)
    now = [0]
    with closing(Database.open(path, key, now=lambda: now[0])) as database:
        for number in range(1, count + 1):
            now[0] = 1_767_225_600_000 + (number - 1) * 86_400_000
            row = HistoryRecord(number, HistoryKind.PAID, bytes(16), "a,b", 2**100, key, b"receipt")
            database.write({row.key(): row})
        database.flush()
    return path


def test_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is exported whole or by day, in two forms, for its owner's eyes only; nothing is deleted by that."""
    _with_history(folder, 5)
    args = ["history", "-d", "node.db"]
    assert run_main(main, [*args, "-o", "all.csv"], capsys) == Done(0, "5 rows exported.\n", "")
    assert (folder / "all.csv").stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader((folder / "all.csv").read_text("utf-8").splitlines()))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert (rows[1]["time_ms"], rows[1]["kind"], rows[1]["currency"]) == ("1767312000000", "paid", "a,b")
    assert (rows[1]["amount"], rows[1]["detail"]) == (str(2**100), base64url.encode(b"receipt"))
    days = ["--since", "2026-01-02", "--until", "2026-01-04"]
    assert run_main(main, [*args, "-o", "two.json", *days, "--json"], capsys).stdout == "2 rows exported.\n"
    two = json.loads((folder / "two.json").read_text("utf-8"))
    assert [row["number"] for row in two] == [2, 3]
    assert {key: str(value) for key, value in two[0].items()} == rows[1]


def test_history_prunes_what_it_exported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only with --prune, only those rows, and never without the file: an export that fails prunes nothing."""
    _with_history(folder, 5)
    args = ["history", "-d", "node.db"]
    again = run_main(main, [*args, "-o", "node.db", "--prune"], capsys)
    assert "exists already" in one_sentence("stmgr", again.stderr)
    nowhere = run_main(main, [*args, "-o", "none/old.csv", "--prune"], capsys)
    assert "there is no folder" in one_sentence("stmgr", nowhere.stderr)
    pruned = run_main(main, [*args, "-o", "old.csv", "--last", "3", "--prune"], capsys)
    assert pruned == Done(0, "3 rows exported and pruned.\n", "")
    assert len((folder / "old.csv").read_text("utf-8").splitlines()) == 4
    assert run_main(main, [*args, "-o", "rest.csv"], capsys).stdout == "2 rows exported.\n"
