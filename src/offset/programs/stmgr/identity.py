"""Identities: making, naming and exporting them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from offset.base import base64url
from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity
from offset.programs.cli import CONTEXT
from offset.programs.stmgr import lock_options, options
from offset.programs.stmgr.lock_options import Wish
from offset.shell.files import refuse_existing, write_new
from offset.shell.identity_file import open_identity
from offset.wire.files import format_identity


@click.command("gen-ident", context_settings=CONTEXT)
@options.output("The identity file to make.")
@click.option("--encrypt", is_flag=True, help="Lock it with a passphrase.")
@lock_options.to
@lock_options.new_passphrase
def gen_ident(
    output: Path, encrypt: bool, to: tuple[str, ...], passphrase: str, work_factor: int, weak: bool
) -> None:
    """Make a new identity: a random secret key.

    The key is the node, relay, index server or app: whoever has the file can act for it, and without the file
    nobody can. Keep it secret, and keep a copy in a safe place. The file is readable for its owner only.

    With --encrypt or --to the file is locked, so that a stolen disk or copy gives nothing away: docs/manual/keys.md.

    \b
    A card whose passphrase you type at each start, and a service whose key lies elsewhere:
      stmgr gen-ident -o node.ident --encrypt
      stmgr gen-key -o machine.key
      stmgr gen-ident -o node.ident --to age1...
    """
    refuse_existing(output)
    if encrypt and to:
        raise click.UsageError("Give --encrypt, for a passphrase, or --to, for a key.")
    identity = Identity(os.urandom(PRIVATE_KEY_BYTES))
    if encrypt or to:
        # Here, because it loads ciphers that a plain identity does not need.
        from offset.programs.stmgr.locking import write_locked

        write_locked(identity, output, Wish(to, passphrase, work_factor, weak))
    else:
        write_new(output, format_identity(identity), secret=True)


@click.command("export-ident", context_settings=CONTEXT)
@options.idfile("The identity.")
@options.output("The plain identity to make.")
def export_ident(idfile: Path, unlock: str | None, output: Path) -> None:
    """Write an identity in the plain form of Offset 0.1.11.

    Whoever can read the new file has the identity. It is readable for its owner only.
    """
    refuse_existing(output)
    write_new(output, format_identity(open_identity(idfile, unlock)), secret=True)


@click.command("show-key", context_settings=CONTEXT)
@options.idfile("The identity.")
def show_key(idfile: Path, unlock: str | None) -> None:
    """Print the public key of an identity, to compare it with friends.

    It is no secret. That it is printed shows, too, that the file is whole and opens.
    """
    click.echo(base64url.encode(open_identity(idfile, unlock).public_key))
