"""stctrl: look at a node, configure it, buy and sell with it (spec 05, 3). Each command is one connection."""

from __future__ import annotations

from collections.abc import Sequence

from offset.programs.errors import run_briefly
from offset.programs.stctrl.root import stctrl


def main(args: Sequence[str] | None = None) -> int:
    """Run stctrl; returns its exit status."""
    return run_briefly(stctrl, args)
