"""What a wallet that is left alone costs: memory and processor time with no, one and ten local cards."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from _measure import cpu_ms, resident_mb
from _wallet import running_wallet

CARDS = (0, 1, 10)
SETTLE_S = 12.0
"""Until what a start leaves to do is done, and what was used once is given back."""


def measure(seconds: float) -> None:
    """Print a line for each count of cards, each after so many seconds of idleness."""
    with tempfile.TemporaryDirectory(prefix="offset-wallet-") as name:
        began = time.perf_counter()
        with running_wallet(Path(name) / "wallet") as wallet:
            print(f"start: {(time.perf_counter() - began) * 1000:.0f} ms to its first words")
            memory = {}
            made = 0
            for count in CARDS:
                for _ in range(count - made):
                    wallet.new_card(name="Mine", kind="local")
                made = count
                time.sleep(min(SETTLE_S, 2 * seconds))
                used = cpu_ms(wallet.pid)
                time.sleep(seconds)
                share = (cpu_ms(wallet.pid) - used) / (seconds * 1000)
                memory[count] = resident_mb(wallet.pid)
                print(f"{count:2} cards: {memory[count]:6.1f} MB in memory, {share:.2%} of a core while idle")
            each = (memory[CARDS[-1]] - memory[1]) / (CARDS[-1] - 1)
            print(f"each further card: {each:.2f} MB")
