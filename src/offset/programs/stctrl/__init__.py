"""stctrl: look at a node, configure it, buy and sell with it (spec 05, 3).

Each command is one connection. Starting is most of the time of a command, so every module imports what it needs
when it needs it, and looking at the node goes a shorter way (`glance`) than changing it (`offset.app`).
"""

from __future__ import annotations

from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run stctrl; returns its exit status."""
    from offset.programs.errors import run
    from offset.programs.stctrl.root import stctrl

    return run(stctrl, args)
