"""Making an identity."""

from __future__ import annotations

import os
from pathlib import Path

import click

from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity
from offset.programs.cli import CONTEXT
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing, write_new
from offset.wire.files import format_identity


@click.command("gen-ident", context_settings=CONTEXT)
@options.output("The identity file to make.")
def gen_ident(output: Path) -> None:
    """Make a new identity: a random secret key.

    The key is the node, relay, index server or app: whoever has the file can act for it, and without the file
    nobody can. Keep it secret, and keep a copy in a safe place. The file is readable for its owner only.
    """
    refuse_existing(output)
    write_new(output, format_identity(Identity(os.urandom(PRIVATE_KEY_BYTES))), secret=True)
