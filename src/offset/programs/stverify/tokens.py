"""Checking the token of a friend."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base import base64url
from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.printing import printable
from offset.shell.files import load
from offset.wire.files import parse_token
from offset.wire.signing import verify_move_token_hashed

_PATH = click.Path(path_type=Path)


@click.command("verify-token", context_settings=CONTEXT)
@click.option("-t", "--token", required=True, type=_PATH, metavar="FILE", help="The token of a friend.")
def verify_token(token: Path) -> None:
    """Check the last token of a friend, and show the balances that it proves.

    A token is a friend's signature under all balances, made by: stctrl info friend-last-token. It is checked
    against the key that it names itself, so COMPARE THE PRINTED local_public_key with the friend's key. The
    balances are those of the signer: 5 means that the other side owes it 5.
    """
    report = load(token, parse_token, made_by="stctrl info friend-last-token")
    if not verify_move_token_hashed(report):
        raise UserFault(f"{token} is not valid: it is not signed by its local_public_key")
    mc, counters = report.token_info.mc, report.token_info.counters
    lines = [
        "Token is valid!",
        "",
        f"local_public_key: {base64url.encode(mc.local_public_key)}",
        f"remote_public_key: {base64url.encode(mc.remote_public_key)}",
        f"inconsistency_counter: {counters.inconsistency_counter}",
        f"move_token_counter: {counters.move_token_counter}",
        "balances:",
        "",
    ]
    for item in mc.balances:
        info = item.balance_info
        lines.append(
            f"- {printable(item.currency)}: balance={info.balance}, "
            f"lpd={info.local_pending_debt}, rpd={info.remote_pending_debt}"
        )
    click.echo("\n".join(lines))
