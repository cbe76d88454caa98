"""The command `offset`: what did not exist before."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    from offset.programs.errors import run
    from offset.programs.offset.cli import offset

    sys.exit(run(offset))
