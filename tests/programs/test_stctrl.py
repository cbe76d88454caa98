"""stctrl as a program: its command line, connecting, and ending."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from offset.base import base64url
from offset.base.credits import Rate
from offset.programs.stctrl import main
from offset.testing import (
    CURRENCY,
    FRIEND,
    NODE,
    STRANGER,
    FakeNode,
    hang_up,
    identity,
    ignore,
    in_thread,
    invoice,
)
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.files import (
    PaymentFile,
    Ticket,
    format_invoice,
    format_payment,
    format_ticket,
)
from support.commands import Done, expected_status, lay_out, one_sentence, options_in, put, recorded, run_main
from support.desk import Desk, Open
from support.vectors import Case

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


# Recorded command lines

USAGE = [(at, case) for at, case in recorded("stctrl") if case["group"] == "usage"]
COMMANDS = {
    "": {"buyer", "config", "info", "seller", "help"},
    "buyer": {"pay-invoice", "payment-status", "help"},
    "config": {
        *(
            "add-friend",
            "add-index",
            "add-relay",
            "close-currency",
            "disable-friend",
            "enable-friend",
            "help",
        ),
        *(
            "open-currency",
            "remove-currency",
            "remove-friend",
            "remove-index",
            "remove-relay",
            "reset-friend",
        ),
        *("set-currency-max-debt", "set-currency-rate", "set-friend-relays"),
    },
    "info": {
        *("balance", "export-ticket", "friend-last-token", "friends", "help", "index", "public-key", "relays")
    },
    "seller": {"cancel-invoice", "commit-invoice", "create-invoice", "help"},
}


def _label(case: Case) -> str:
    return f"{' '.join(case['args'])[-40:]}: {case['what']}"


@pytest.mark.parametrize("at, case", [pytest.param(at, case, id=_label(case)) for at, case in USAGE])
def test_recorded_usage(
    at: int,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same command line means the same; 05 D-3: a failure has a status and a sentence."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path, at)
    put(tmp_path / "broken.ident", "not an identity")
    put(tmp_path / "broken.ticket", "not a ticket")
    done = run_main(main, case["args"], capsys)
    assert done.status == expected_status(case)
    words = [word for word in case["args"] if word in COMMANDS]
    if case["args"][-1] == "--help":
        known = options_in(case["stdout"]) - ({"-V", "--version"} if len(case["args"]) > 1 else set())
        assert options_in(done.stdout) >= known
        assert done.stderr == ""
        if case["args"][-2:-1] == words[-1:] or not words:
            assert set(done.stdout.split()) >= COMMANDS["".join(words)]
    elif case["args"][-1] == "--version":
        assert done == Done(0, case["stdout"], "")
    elif "no subcommand" in case["what"]:
        assert done.stdout == ""
        assert set(done.stderr.split()) >= COMMANDS["".join(words)]
    else:
        assert done.stdout == ""
        one_sentence("stctrl", done.stderr)


@pytest.mark.parametrize("group", ["network", "chain"])
def test_recorded_networks(group: str) -> None:
    """The commands recorded on whole networks need one, and run in tests/processes."""
    count = sum(case["group"] == group for _, case in recorded("stctrl"))
    assert count
    pytest.skip(f"{count} recorded commands of stctrl need a live network")


def test_every_command_is_known() -> None:
    """No recorded command is missing."""
    for _, case in recorded("stctrl"):
        words = [word for word in case["args"] if any(word in commands for commands in COMMANDS.values())]
        group = next((word for word in words if word in COMMANDS), "")
        assert all(word in COMMANDS[group] for word in words[1:])


@pytest.mark.parametrize("group", sorted(COMMANDS))
def test_help_at_every_level(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    """-h, --help and `help` work at every level, without identity and ticket."""
    at = [group] if group else []
    texts = {run_main(main, [*at, *way], capsys) for way in (["-h"], ["--help"], ["help"])}
    assert len(texts) == 1
    (done,) = texts
    assert done.status == 0
    assert set(done.stdout.split()) >= COMMANDS[group]
    for command in COMMANDS[group] - {"help"}:
        short = run_main(main, [*at, command, "-h"], capsys)
        assert short.status == 0
        assert short.stdout == run_main(main, [*at, "help", command], capsys).stdout


@pytest.mark.parametrize(
    "line, reason",
    [
        ("info nothing", "no such command 'nothing'"),
        ("config enable-friend", "missing option '-n' / '--name'"),
        ("config set-currency-max-debt -n bob -c FST -m -1", "'-1' is not a whole number"),
        ("config set-currency-max-debt -n bob -c FST -m 1e3", "'1e3' is not a whole number"),
        (f"config set-currency-max-debt -n bob -c FST -m {2**128}", "from 0 to 2^128 - 1"),
        (f"config set-currency-rate -n bob -c FST -m {2**32} -a 1", "from 0 to 2^32 - 1"),
        ("config set-currency-rate -n bob -c FST -m 1 -a ³", "'³' is not a whole number"),
        ("seller create-invoice -c FST -a -5 -i x", "'-5' is not a whole number"),
        ("info friends --timeout 0", "range"),
        ("info friends --timeout nan", "a number of seconds"),
        ("info friends extra", "unexpected extra argument"),
    ],
)
def test_wrong_command_line(line: str, reason: str, desk: Desk) -> None:
    """A wrong command line is one sentence and status 2."""
    done = desk.run(line)
    assert done.status == 2
    assert reason in one_sentence("stctrl", done.stderr)
    assert desk.fake.requests == []


@pytest.mark.parametrize(
    "args, missing", [(["-T", "x"], "--idfile"), (["-I", "x"], "--ticket"), ([], "--idfile")]
)
def test_missing_files_of_the_app(args: list[str], missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without identity or ticket the command line is wrong; both stand before the command."""
    done = run_main(main, [*args, "info", "friends"], capsys)
    assert done.status == 2
    assert missing in one_sentence("stctrl", done.stderr)


def test_options_in_any_way(desk: Desk) -> None:
    """Long options take = or a blank, short ones a value at once, in any order."""
    desk.good("config set-currency-rate -a2 --currency=FST --name bob --mul=1")
    assert desk.fake.requests == [app.SetFriendCurrencyRate(BOB, CURRENCY, Rate(1, 2))]


# Connecting


@pytest.mark.parametrize("line", ["info friends", "config enable-friend -n bob"])
def test_connection_failures(line: str, desk: Desk) -> None:
    """Whatever is wrong with the connection is said in a sentence that helps, whatever the command."""
    sentence = desk.bad(line, ident="stranger.ident")
    assert "does not trust this app" in sentence
    assert base64url.encode(STRANGER.public_key) in sentence
    address = desk.fake.ticket.address
    desk.put("other.ticket", format_ticket(Ticket(CAROL, address)))
    assert "another key" in desk.bad(line, ticket="other.ticket")
    desk.put("nobody.ticket", format_ticket(Ticket(NODE.public_key, "127.0.0.1:1")))
    assert "127.0.0.1:1: " in desk.bad(line, ticket="nobody.ticket")
    desk.put("odd.ticket", format_ticket(Ticket(NODE.public_key, "nowhere")))
    assert "'nowhere'" in desk.bad(line, ticket="odd.ticket")
    desk.put("broken.ticket", "{")
    assert "broken.ticket is not a ticket" in desk.bad(line, ticket="broken.ticket")
    assert "stmgr gen-ident" in desk.bad(line, ident="missing.ident")


class _Silent(FakeNode):
    def opened(self, conn: int, key: bytes) -> None:
        pass


def test_silent_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A node that says nothing is waited for as long as --timeout says."""
    monkeypatch.chdir(tmp_path)
    with in_thread(_Silent()) as fake:
        desk = Desk(tmp_path, capsys, fake)
        assert "within 0.1 s" in desk.bad("info friends --timeout 0.1")


@pytest.mark.parametrize(
    "line, permission",
    [
        ("config enable-friend -n bob", "config"),
        ("buyer pay-invoice -i a -p b -c c", "buyer"),
        ("buyer payment-status -p p -r r", "buyer"),
        ("seller create-invoice -c FST -a 5 -i i", "seller"),
        ("seller cancel-invoice -i a", "seller"),
    ],
)
def test_permissions(line: str, permission: str, open_desk: Open) -> None:
    """A command that the app may not use is refused with the permission it needs, and nothing is asked for."""
    desk = open_desk(permissions=app.AppPermissions(False, False, False, False))
    desk.put("a", format_invoice(invoice()))
    desk.put("p", format_payment(PaymentFile(b"p" * 16)))
    assert f"permission '{permission}'" in desk.bad(line)
    assert desk.fake.requests == []
    assert not desk.has("b")
    desk.good("info friends")  # anybody may look


def test_connection_that_breaks(desk: Desk) -> None:
    """A node that goes away in the middle is said to be away."""
    desk.fake.script[app.EnableFriend] = hang_up
    assert "the connection to the node is over" in desk.bad("config enable-friend -n bob")


def test_node_that_does_not_answer(desk: Desk) -> None:
    """A node that does not answer is waited for as long as --timeout says."""
    desk.fake.script[app.EnableFriend] = ignore
    assert "within 0.1 s" in desk.bad("config enable-friend -n bob --timeout 0.1")


# The process


def test_process(desk: Desk) -> None:
    """As a process of its own it prints, fails and ends like everywhere."""
    command = [sys.executable, "-m", "offset.programs.stctrl", "-I", "app.ident", "-T", "node.ticket"]
    good = subprocess.run([*command, "info", "balance"], capture_output=True, timeout=60, check=False)
    assert (good.returncode, good.stdout, good.stderr) == (0, b"0\n", b"")
    bad = subprocess.run(
        [*command, "config", "enable-friend", "-n", "joe"], capture_output=True, timeout=60, check=False
    )
    assert (bad.returncode, bad.stdout) == (1, b"")
    assert bad.stderr == b"stctrl: there is no friend named 'joe'\n"
    help_ = subprocess.run([*command, "--help"], capture_output=True, timeout=60, check=False)
    assert (help_.returncode, help_.stdout[:13]) == (0, b"Usage: stctrl")


def test_help_loads_nothing_heavy() -> None:
    """Help needs neither messages nor lines nor an event loop: it is there at once."""
    code = (
        "import sys; from offset.programs.stctrl import main; main(['--help']); "
        "print(sorted({'asyncio', 'capnp', 'msgspec', 'cryptography', 'offset.wire', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_no_place_to_print(desk: Desk) -> None:
    """Output that cannot be written is a failure with a sentence."""
    command = [sys.executable, "-m", "offset.programs.stctrl", "-I", "app.ident", "-T", "node.ticket"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*command, "info", "friends"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"stctrl: No space left on device\n"
