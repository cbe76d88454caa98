"""The command `offset`: what did not exist before."""

from __future__ import annotations

from collections.abc import Sequence

from offset.programs.errors import run
from offset.programs.offset.cli import offset


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    return run(offset, args)
