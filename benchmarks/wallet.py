"""What a wallet costs: memory and processor time of an idle daemon, and of each further card.

    .venv/bin/python benchmarks/wallet.py                  30 s of idleness for each
    .venv/bin/python benchmarks/wallet.py --seconds 5

One daemon is started with no card, then has one local card, then ten; each time it is left alone for a while.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import cpu_ms, resident_mb

OFFSET = Path(sys.executable).with_name("offset")
CARDS = (0, 1, 10)
START_S = 30.0
SETTLE_S = 3.0
"""Until what a start leaves to do is done."""


class _Socket(http.client.HTTPConnection):
    """HTTP over the socket of the wallet."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=START_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


def ask(folder: Path, method: str, path: str, body: Any = None) -> Any:
    """What the wallet answers."""
    connection = _Socket(folder / "wallet.sock")
    headers = {"Content-Type": "application/json"}
    connection.request(
        method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers if body else {}
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="of idleness (default 30)")
    seconds: float = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "wallet"
        began = time.perf_counter()
        daemon = subprocess.Popen(
            [str(OFFSET), "wallet", "--headless", "--folder", str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": name},
        )
        try:
            assert daemon.stdout is not None
            daemon.stdout.readline()
            print(f"start: {(time.perf_counter() - began) * 1000:.0f} ms to its first words")
            for count in CARDS:
                while len(ask(folder, "GET", "cards")) < count:
                    ask(folder, "POST", "cards", {"name": "Mine", "kind": "local"})
                while any(card["state"] != "open" for card in ask(folder, "GET", "cards")):
                    time.sleep(0.1)
                time.sleep(min(SETTLE_S, seconds))
                used = cpu_ms(daemon.pid)
                time.sleep(seconds)
                share = (cpu_ms(daemon.pid) - used) / (seconds * 1000)
                print(
                    f"{count:2} cards: {resident_mb(daemon.pid):6.1f} MB in memory, {share:.2%} of a core while idle"
                )
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
