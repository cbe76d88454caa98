"""stctrl: look at a node, configure it, buy and sell with it (spec 05, 3).

Each command is one connection. Starting is most of the time of a command, so every module imports what it needs
when it needs it, and looking at the node goes a shorter way (`shortcut`, `glance`) than changing it (`offset.app`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn


def main(args: Sequence[str] | None = None) -> int:
    """Run stctrl; returns its exit status. With `args` of its own it is a guest in this process, else its owner."""
    if args is None:
        import sys

        _hurry()
        _leave(_run(sys.argv[1:]))
    return _run(args)


def _run(args: Sequence[str]) -> int:
    from offset.programs.stctrl.shortcut import shortcut

    status = shortcut(args)
    if status is not None:
        return status
    from offset.programs.errors import run
    from offset.programs.stctrl.root import stctrl

    return run(stctrl, args)


def _hurry() -> None:
    """Start sooner: a process of a tenth of a second needs no collection of garbage, and no TLS."""
    import gc
    import sys

    gc.disable()
    sys.modules.setdefault("ssl", None)  # type: ignore[arg-type]  # asyncio loads it if it can, and does without


def _leave(status: int) -> NoReturn:
    """End now, without taking everything apart, which would take as long as the work itself."""
    import os
    import sys

    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
