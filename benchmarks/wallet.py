"""What a wallet costs: its first view, what it needs while idle, and how long a payment of a person takes.

.venv/bin/python benchmarks/wallet.py                      all of it
.venv/bin/python benchmarks/wallet.py --only view,idle     parts
.venv/bin/python benchmarks/wallet.py --only idle --seconds 5
"""

from __future__ import annotations

import argparse

import _wallet_idle
import _wallet_pay
import _wallet_view
from _measure import busy_share

PARTS = ("idle", "view", "pay")
LOOK_S = 1.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--only", default=",".join(PARTS), help=f"parts, with commas (default {','.join(PARTS)})")
    add("--seconds", type=float, default=30.0, help="of idleness, for each count of cards (default 30)")
    add("--friends", type=int, default=1000, help="of the card whose first view it is (default 1000)")
    add("--rows", type=int, default=10_000, help="of its history (default 10000)")
    add("--times", type=int, default=5, help="first views (default 5)")
    add("--payments", type=int, default=40, help="of a round, by the SDK and by a wallet (default 40)")
    add("--rounds", type=int, default=3, help="in which both take turns (default 3)")
    add("--payers", type=int, default=10, help="who pay one address at once (default 10)")
    add("--many", type=int, default=100, help="payments that they make (default 100)")
    options = parser.parse_args()
    parts = options.only.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    print(f"others use {busy_share(LOOK_S):.0%} of the machine")
    if "idle" in parts:
        _wallet_idle.measure(options.seconds)
    if "view" in parts:
        _wallet_view.measure(options.friends, options.rows, options.times)
    if "pay" in parts:
        _wallet_pay.measure(options.payments, options.rounds, options.payers, options.many)


if __name__ == "__main__":
    main()
