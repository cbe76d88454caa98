"""Making the revocation of a key, while the key is there."""

from __future__ import annotations

from pathlib import Path

import click

from offset.programs.cli import CONTEXT
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing, write_new
from offset.shell.identity_file import open_identity
from offset.wire.files.revocations import format_revocation
from offset.wire.revocations import sign_revocation


@click.command("revocation", context_settings=CONTEXT)
@options.idfile("The identity whose key may have to be revoked.")
@options.output("The revocation to make.")
def revocation(idfile: Path, unlock: str | None, output: Path) -> None:
    """Sign that this key is not to be trusted any more, for the day on which it is stolen.

    Make it while you have the key, keep it yourself, apart from the key, and show it to nobody: WHOEVER HAS IT CAN
    SWITCH YOUR CARD OFF FOR EVER. When the key is stolen, give it to your friends: stctrl config revoke disables the
    card at once and for ever. Your new card then takes over the balances: stctrl config succeed.
    """
    refuse_existing(output)
    write_new(output, format_revocation(sign_revocation(open_identity(idfile, unlock))), secret=True)
    click.echo(f"{output} is ready. Keep it apart from {idfile}, where only you find it.")
