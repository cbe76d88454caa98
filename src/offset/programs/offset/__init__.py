"""The command `offset`: what did not exist before."""

from __future__ import annotations

from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    from offset.programs.errors import run
    from offset.programs.offset.cli import offset

    return run(offset, args)
