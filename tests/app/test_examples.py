"""The examples run as they stand."""

import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from offset.testing import (
    APP,
    FRIEND,
    NODE,
    FakeNode,
    commit_for,
    consistent,
    friend_report,
    in_thread,
    node_report,
)
from offset.wire.app import CancelInvoice
from offset.wire.files import format_commit, format_identity, format_ticket, parse_invoice
from offset.wire.report import SetChannelStatus
from support.processes import started

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANUAL = EXAMPLES.parent / "docs" / "manual" / "apps.md"
SHOP, WATCH = EXAMPLES / "shop.py", EXAMPLES / "watch.py"
TEST_OF_THE_SHOP = EXAMPLES / "test_shop.py"
SHOP_LINES_MAX, WATCH_LINES_MAX = 30, 40
DEADLINE_S = 60.0


def _open_shop(folder: Path, *args: str) -> AbstractContextManager["subprocess.Popen[str]"]:
    return started(
        [sys.executable, SHOP, *args], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_shop(tmp_path: Path) -> None:
    """The shop makes an invoice, waits for the commit, collects and says so, twice in one folder; it is short."""
    assert len(SHOP.read_text("utf-8").splitlines()) < SHOP_LINES_MAX
    (tmp_path / "app.ident").write_text(format_identity(APP))
    with in_thread() as fake:
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        for name in ("shop1", "shop2"):
            with _open_shop(tmp_path, "app.ident", "node.ticket", "FST", "20") as shop:
                assert shop.stdout is not None
                assert f"{name}.invoice" in shop.stdout.readline()
                invoice = parse_invoice((tmp_path / f"{name}.invoice").read_text("utf-8"))
                fake.do(lambda: fake.freeze(20))
                (tmp_path / f"{name}.commit").write_text(format_commit(commit_for(invoice, NODE)))
                assert shop.stdout.readline() == "Sold for 20 FST. Thank you!\n"
                assert shop.wait(DEADLINE_S) == 0


def test_shop_that_is_stopped(tmp_path: Path) -> None:
    """Stopped with Ctrl-C the shop withdraws the invoice and ends with a sentence."""
    (tmp_path / "app.ident").write_text(format_identity(APP))
    with in_thread() as fake:
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        with _open_shop(tmp_path, "app.ident", "node.ticket", "FST", "20") as shop:
            assert shop.stdout is not None
            shop.stdout.readline()
            shop.send_signal(signal.SIGINT)
            assert shop.wait(DEADLINE_S) == 1
            assert shop.stderr is not None
            assert shop.stderr.read() == "Stopped: the invoice is withdrawn.\n"
        assert isinstance(fake.requests[-1], CancelInvoice)


@pytest.mark.parametrize("args", [(), ("app.ident", "node.ticket", "FST", "many")])
def test_shop_with_a_wrong_command_line(args: tuple[str, ...], tmp_path: Path) -> None:
    """With a wrong command line the shop says what it needs."""
    with _open_shop(tmp_path, *args) as shop:
        _, errors = shop.communicate(timeout=DEADLINE_S)
    assert shop.returncode == 1
    assert "python examples/shop.py APP.IDENT NODE.TICKET CURRENCY AMOUNT" in errors
    assert "Traceback" not in errors


def _with_balance(name: str, balance: int) -> FakeNode:
    """A node with one friend and one balance."""
    return FakeNode(
        node_report({FRIEND.public_key: friend_report(name, consistent(EUR=(3, 0, 0), FST=(balance, 0, 0)))})
    )


def test_watch(tmp_path: Path) -> None:
    """Balances are printed as they change, each once; a restart of the node is said, and watched through."""
    assert len(WATCH.read_text("utf-8").splitlines()) < WATCH_LINES_MAX
    (tmp_path / "app.ident").write_text(format_identity(APP))
    with ExitStack() as running:
        fake = running.enter_context(in_thread(_with_balance("bob", 5)))
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        restarted = ExitStack()
        with (
            restarted,
            started(
                [sys.executable, WATCH, "app.ident", "node.ticket"],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as watch,
        ):
            assert watch.stdout is not None
            assert [watch.stdout.readline() for _ in range(2)] == ["bob EUR 3\n", "bob FST 5\n"]
            changed = SetChannelStatus(consistent(EUR=(3, 0, 0), FST=(-7, 0, 0)))
            fake.do(lambda: fake.change_friend(FRIEND.public_key, changed))
            assert watch.stdout.readline() == "bob FST -7\n"
            running.close()
            assert watch.stdout.readline().startswith("the connection to the node is over: ")
            port = int(fake.ticket.address.rpartition(":")[2])
            restarted.enter_context(in_thread(_with_balance("bob", 9), port))
            lines = iter(watch.stdout.readline, "")
            assert next(line for line in lines if not line.startswith("cannot reach")) == "bob FST 9\n"
            watch.send_signal(signal.SIGINT)
            assert watch.wait(DEADLINE_S) == 1
            assert watch.stderr is not None
            assert watch.stderr.read() == "\n"


def test_watch_without_ticket(tmp_path: Path) -> None:
    """Without its files it ends with a sentence."""
    done = subprocess.run(
        [sys.executable, str(WATCH), "none.ident", "none.ticket"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "no such file: none.ident; make it with: stmgr gen-ident -o none.ident\n"


def test_shop_without_node(tmp_path: Path) -> None:
    """Without a node the shop ends with a sentence."""
    done = subprocess.run(
        [sys.executable, str(SHOP), "none.ident", "none.ticket", "FST", "20"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "no such file: none.ident; make it with: stmgr gen-ident -o none.ident\n"


def test_the_test_of_the_shop(tmp_path: Path) -> None:
    """The example of how to test an app passes, as the manual says it is run."""
    done = subprocess.run(
        [sys.executable, str(TEST_OF_THE_SHOP)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout.count(": passed") == TEST_OF_THE_SHOP.read_text("utf-8").count("\nasync def test_") == 3
    )


def test_the_tests_of_the_manual() -> None:
    """What the manual for authors shows of tests runs as it stands there."""
    part = MANUAL.read_text("utf-8").split("## Test your app\n")[1].split("\n## ")[0]
    code = "\n".join(
        line.removeprefix("    ") for line in part.splitlines() if line.startswith("    ") or not line
    )
    found: dict[str, Any] = {}
    exec(compile(code, str(MANUAL), "exec"), found)
    tests = [test for name, test in found.items() if name.startswith("test_")]
    assert len(tests) == part.count("async def test_") == 4
    for test in tests:
        test()
