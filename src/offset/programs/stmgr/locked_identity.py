"""Locked identities: making their keys, and locking in another way."""

from __future__ import annotations

import os
from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.crypto.age.armor import is_sealed
from offset.crypto.age.secrets import Key
from offset.crypto.exchange import DH_KEY_BYTES
from offset.programs.cli import CONTEXT
from offset.programs.stmgr import lock_options, options
from offset.programs.stmgr.lock_options import Wish
from offset.programs.stmgr.locking import write_locked
from offset.shell.files import read_text, refuse_existing, write_new
from offset.shell.identity_file import identity_in, open_identity


@click.command("gen-key", context_settings=CONTEXT)
@options.output("The file of the key to make, usually *.key.")
def gen_key(output: Path) -> None:
    """Make an age key, which opens locked identities.

    It opens those that were locked for its recipient, age1..., which is printed: that is no secret, and what --to
    takes. The file of the key is one, as the identity is: keep both apart, for together they are as good as a plain
    identity. Any program that knows age reads the file.
    """
    refuse_existing(output)
    key = Key(os.urandom(DH_KEY_BYTES))
    write_new(output, f"# public key: {key.recipient}\n{key.text()}\n", secret=True)
    click.echo(str(key.recipient))


@click.command("encrypt-ident", context_settings=CONTEXT)
@options.idfile("The identity to lock.")
@options.output("The locked identity to make.")
@lock_options.to
@lock_options.new_passphrase
def encrypt_ident(
    idfile: Path,
    unlock: str | None,
    output: Path,
    to: tuple[str, ...],
    passphrase: str,
    work_factor: int,
    weak: bool,
) -> None:
    """Lock an identity, with a passphrase or for age keys.

    The first file stays as it is, and the new one is the same identity. One that is locked already is locked
    anew in another way.
    """
    refuse_existing(output)
    write_locked(open_identity(idfile, unlock), output, Wish(to, passphrase, work_factor, weak))
    if to:
        click.echo(
            f"{output} is ready. Try it: stmgr show-key -i {output} --unlock file:KEY. "
            f"Then remove {idfile} yourself."
        )
    else:
        click.echo(f"{output} is ready and opens. Remove {idfile} yourself.")


@click.command("change-passphrase", context_settings=CONTEXT)
@options.idfile("The locked identity.")
@options.output("The identity with the new passphrase to make.")
@lock_options.new_passphrase
def change_passphrase(
    idfile: Path, unlock: str | None, output: Path, passphrase: str, work_factor: int, weak: bool
) -> None:
    """Lock an identity with another passphrase.

    The old file stays, and opens with the old passphrase, as do all its copies: whoever may know the old passphrase
    must not find one of them.
    """
    refuse_existing(output)
    text = read_text(idfile)
    if not is_sealed(text):
        raise UserFault(f"{idfile} is not locked; lock it with: stmgr encrypt-ident -i {idfile} -o {output}")
    write_locked(identity_in(text, idfile, unlock), output, Wish((), passphrase, work_factor, weak))
    click.echo(f"{output} is ready and opens. Put it in the place of {idfile} yourself.")
