"""stverify: checks receipts and tokens; offline, and needs no key of its own (spec 05, 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import click

from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help, version_option
from offset.programs.errors import run_briefly

PROGRAM = "stverify"
_COMMANDS = {
    "verify-receipt": LazyCommand(
        "offset.programs.stverify.receipts",
        "verify_receipt",
        "Check that a receipt proves the payment of an invoice.",
    ),
    "verify-token": LazyCommand(
        "offset.programs.stverify.tokens",
        "verify_token",
        "Check the last token of a friend, and show the balances that it proves.",
    ),
}


def main(args: Sequence[str] | None = None) -> int:
    """Run stverify; returns its exit status."""
    return run_briefly(stverify, args)


@click.group(PROGRAM, cls=LazyGroup, lazy=_COMMANDS, context_settings=CONTEXT)
@version_option(PROGRAM)
def stverify() -> None:
    """Check proofs that others gave you: receipts of payments and tokens of friends.

    Works offline. What is valid is said on standard output with exit status 0; what is not, and why, in one
    sentence on standard error with status 1. Status 2 is a wrong command line.
    """


add_help(stverify)
