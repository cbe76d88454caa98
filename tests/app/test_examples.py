"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

from offset.wire.files import format_commit, format_identity, format_ticket, parse_invoice
from support.fake_node import APP, NODE, commit_for, freeze, in_thread
from support.processes import started

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop.py"
LINES_MAX = 30
DEADLINE_S = 60.0


def test_shop(tmp_path: Path) -> None:
    """The shop makes an invoice, waits for the commit, collects and says so; it has less than thirty lines."""
    assert len(SHOP.read_text("utf-8").splitlines()) < LINES_MAX
    (tmp_path / "app.ident").write_text(format_identity(APP))
    with in_thread() as fake:
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        with started(
            [sys.executable, SHOP, "app.ident", "node.ticket", "FST", "20"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        ) as shop:
            assert shop.stdout is not None
            assert "shop.invoice" in shop.stdout.readline()
            invoice = parse_invoice((tmp_path / "shop.invoice").read_text("utf-8"))
            fake.do(lambda: freeze(fake, 20))
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
