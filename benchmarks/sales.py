"""What the past of a shop costs its node: memory and time of a start after very many sales, and of one look-up.

benchmarks/sales.py              100 000 sales
benchmarks/sales.py 1000000

Each sale is a row of the history with its commit, as large as a real one, and a used id. "Open" contains the look of
sqlite at the whole file, with which each start begins. Times are of the processor, so that what else runs on the
machine does not count; the figures are taken in a process of its own.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from offset.base.entropy import SeededEntropy
from offset.core.funder.funder import Funder
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import UsedKey
from offset.crypto.identity import Identity
from offset.store.sqlite.database import Database, create

ME = Identity(bytes(range(32)))
DETAIL_BYTES = 270
"""Of the commit of a sale in one currency."""
LOOKS, PAGE = 2000, 100


def rows(count: int, entropy: SeededEntropy) -> Iterator[tuple[Any, ...]]:
    """Rows of the history."""
    for number in range(1, count + 1):
        ident, detail = entropy.bytes(32), entropy.bytes(DETAIL_BYTES)
        yield number, HistoryKind.RECEIVED.value, ident, "FST", "100", ME.public_key, detail, number


def fill(path: Path, count: int) -> None:
    """A database after so many sales."""
    create(path, ME.public_key)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows(count, SeededEntropy("sales"))
        )
        connection.execute(
            "INSERT INTO used_ids SELECT ?, id FROM history ORDER BY id", (int(UsedKind.INVOICE),)
        )
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def resident() -> float:
    """Memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(path: Path) -> None:
    """Start a node from this database, as stnode does, and look ids up."""
    before = resident()
    began = time.process_time()
    database = Database.open(path, ME.public_key)
    opened = time.process_time()
    funder = Funder(ME, SeededEntropy("node"), database.load(), database.past)
    restored = time.process_time()
    memory = resident() - before
    database.settle()
    entropy = SeededEntropy("looks")
    absent = [UsedKey(UsedKind.INVOICE, entropy.bytes(32)) for _ in range(LOOKS)]
    funder.state.used.has(absent[0])
    looking = time.process_time()
    for key in absent:
        funder.state.used.has(key)
    looked = time.process_time()
    page = database.past.newest(None, PAGE)
    paged = time.process_time()
    assert len(page) == PAGE
    print(
        f"open {opened - began:.2f} s, load {restored - opened:.2f} s, memory {memory:.0f} MiB, "
        f"after {LOOKS} look-ups {resident() - before:.0f} MiB; "
        f"a look-up {(looked - looking) / LOOKS * 1e6:.0f} µs, a page of {PAGE} rows {(paged - looked) * 1e3:.1f} ms"
    )
    database.close()


def main() -> None:
    """Fill a database, then measure in a fresh process."""
    if len(sys.argv) == 3:
        measure(Path(sys.argv[2]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.db"
        fill(path, count)
        print(f"{count} sales, a database of {path.stat().st_size / 2**20:.0f} MiB: ", end="", flush=True)
        subprocess.run([sys.executable, __file__, "measure", str(path)], check=True)


if __name__ == "__main__":
    main()
