"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from offset.testing import APP, NODE, commit_for, in_thread
from offset.wire.files import format_commit, format_identity, format_ticket, parse_invoice

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MANUAL = EXAMPLES.parent / "docs" / "manual" / "apps.md"
SHOP, TEST_OF_THE_SHOP = EXAMPLES / "shop.py", EXAMPLES / "test_shop.py"
LINES_MAX = 30
DEADLINE_S = 60.0


def test_shop(tmp_path: Path) -> None:
    """The shop makes an invoice, waits for the commit, collects and says so; it has less than thirty lines."""
    assert len(SHOP.read_text("utf-8").splitlines()) < LINES_MAX
    (tmp_path / "app.ident").write_text(format_identity(APP))
    with in_thread() as fake:
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        with subprocess.Popen(
            [sys.executable, str(SHOP), "app.ident", "node.ticket", "FST", "20"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        ) as shop:
            assert shop.stdout is not None
            assert "shop.invoice" in shop.stdout.readline()
            invoice = parse_invoice((tmp_path / "shop.invoice").read_text("utf-8"))
            fake.do(lambda: fake.freeze(20))
            (tmp_path / "shop.commit").write_text(format_commit(commit_for(invoice, NODE)))
            assert shop.stdout.readline() == "Sold for 20 FST. Thank you!\n"
            assert shop.wait(DEADLINE_S) == 0


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
    assert done.stderr == "the identity file none.ident cannot be read: No such file or directory\n"


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
