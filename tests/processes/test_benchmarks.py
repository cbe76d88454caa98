"""The benchmarks still run, in their smallest form; what they measure is not judged here."""

import json
import re
import subprocess
import sys
from pathlib import Path

from support.processes import started

ROOT = Path(__file__).parents[2]


def run(program: str, *options: str) -> str:
    """What a benchmark prints. Fails when it fails."""
    command = [sys.executable, str(ROOT / "benchmarks" / program), *options]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    return out


def test_payments(tmp_path: Path) -> None:
    """All payments over a chain of real programs are made, and every figure is told."""
    told = tmp_path / "figures.json"
    options = ("--chain", "2", "--concurrency", "2", "--payments", "6", "--runs", "1", "--patience", "0")
    run("payments.py", *options, "--folder", str(tmp_path), "--json", str(told))
    (chain,) = json.loads(told.read_text("utf-8"))["chains"]
    (cell,) = chain["cells"]
    (figures,) = cell["runs"]
    assert (figures["payments"], figures["failures"]) == (6, 0)
    assert 0 < figures["commit_p50"] <= figures["receipt_p50"]
    assert set(figures["cpu"]) == {"relay", "index", "n1", "n2", "client"}


def test_walk() -> None:
    """Each step of the mediator, and the sum; the moves of one are listed, from the engine down to the ledger."""
    told = run("walk.py", "--list", "1")
    assert re.search(r"^step 1: \d+ calls, \d+ modules, \d+ moves$", told, re.MULTILINE)
    assert re.search(r"^all \d+ steps: \d+ calls, ", told, re.MULTILINE)
    assert re.search(r"^core/funder/ledger/token_channel.py +receive", told, re.MULTILINE)


def test_funder() -> None:
    """A line for each side of a payment, with as many turns as were asked for."""
    told = run("funder.py", "--payments", "3", "--batches", "1", "--batch", "4")
    for side in ("buyer", "mediator", "seller"):
        assert re.search(rf"^{side} +\w.* \d+ ", told, re.MULTILINE)
    assert re.search(r"^mediator +collect +1 +3 ", told, re.MULTILINE)


def test_sales() -> None:
    """One line, with every figure; what was sold is not in memory."""
    told = run("sales.py", "500")
    assert re.match(r"500 sales, .* open \d+\.\d+ s, load .*, memory \d+ MiB, .* a page of 100 rows ", told)


def test_comeback() -> None:
    """A row for each case; friends are back after their relay, and each link needs two connections at least."""
    told = run("comeback.py", "--friends", "2", "--away", "5")
    (row,) = [line.split() for line in told.splitlines()[1:]]
    assert row[:3] == ["2", "5", "s"]
    median, last, connections = float(row[3]), float(row[5]), int(row[7])
    assert 0 < median <= last
    assert connections >= 5


def test_routes() -> None:
    """A line for each amount, and never more answers than requests."""
    told = run("routes.py", "--nodes", "100", "--searches", "3")
    rows = [line.split() for line in told.splitlines() if re.match(r" +\d\d ", line)]
    assert len(rows) >= 5
    assert all(int(row[2]) <= int(row[4]) <= 3 for row in rows)


def test_books() -> None:
    """A report whole, in pieces (the second app gets as much as the first) and left out; what is told of links."""
    told = run("books.py", "--friends", "200", "--currencies", "8")
    sizes = re.findall(r"in pieces, to the (?:first|next) app +([\d.]+ MiB), at most", told)
    assert len(sizes) == 2
    assert sizes[0] == sizes[1]
    assert re.search(r"left out +\d\d bytes; node", told)
    assert re.search(r"links, one moved +0\.\d KiB in 1 messages", told)


def test_wallet() -> None:
    """It tells of a wallet with no, one and ten cards."""
    told = run("wallet.py", "--only", "idle", "--seconds", "0.1")
    assert "10 cards:" in told


def test_wallet_pays() -> None:
    """A payment by a wallet and one by the SDK, and some of two payers at once; each is paid."""
    small = ("--payments", "1", "--rounds", "1", "--payers", "2", "--many", "3")
    told = run("wallet.py", "--only", "pay", *small)
    assert re.search(r"^1 payments each over 3 nodes, .* \d+\.\d\d times the SDK's$", told, re.MULTILINE)
    assert "3 payments of 2 payers to one address at once: 3 paid in " in told
