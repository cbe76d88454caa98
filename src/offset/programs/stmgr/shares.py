"""Shares of an identity on paper. What works with them is loaded when it is known to be installed."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.limits import NAME_BYTES_MAX, SHARES_MAX
from offset.base.notes import clean_note
from offset.programs.cli import CONTEXT
from offset.programs.extras import check_extra
from offset.programs.stmgr import lock_options, options
from offset.programs.stmgr.lock_options import Wish
from offset.shell.files import refuse_existing
from offset.shell.identity_file import open_identity

# Also of crypto/shares.py, which cannot be loaded here.
_NEEDED_MIN = 2


@click.command("share-ident", context_settings=CONTEXT)
@options.idfile("The identity to divide.")
@click.option(
    "--need",
    type=click.IntRange(_NEEDED_MIN, SHARES_MAX),
    default=3,
    show_default=True,
    metavar="M",
    help="So many shares make the key.",
)
@click.option(
    "--of",
    "count",
    type=click.IntRange(_NEEDED_MIN, SHARES_MAX),
    default=5,
    show_default=True,
    metavar="N",
    help=f"So many shares are made, {SHARES_MAX} at most.",
)
@click.option("--name", default="", metavar="TEXT", help="How its keepers know the card, for the sheets.")
@click.option(
    "-O",
    "--folder",
    required=True,
    type=options.PATH,
    metavar="FOLDER",
    help="Where the sheets go; it is made if it is not there.",
)
def share_ident(idfile: Path, unlock: str | None, need: int, count: int, name: str, folder: Path) -> None:
    """Divide the key of an identity into shares on paper, of which some make it again.

    Each share is a sheet: share-1.txt, and share-1.html to print, with 33 words, a QR code of them, the public key, and
    what its keeper has to know. Do this where nobody watches, print the sheets, hand each to another person, and
    remove the folder: together they are the key.

    Choose people who do not know each other, and whom you would still find in ten years: any M of them can become your
    card, with all that it owns. A share that a keeper lost is no harm while M others are left. Shares cannot be taken
    back: if you do this again, the old sheets still make the key, and only a new card ends that (stctrl config
    succeed, at your friends).

    The words are those of SLIP-39, without a passphrase, so any program that knows it makes the 32 bytes of the key
    from them. Needs: pip install 'offset-credit[shares]'.
    """
    if need > count:
        raise click.UsageError(f"{need} of {count} shares are never together: --need is at most --of.")
    called = clean_note(name, NAME_BYTES_MAX)
    _check_extra()
    # Here, because it loads packages that may be missing.
    from offset.programs.stmgr import sharing

    sharing.refuse_sheets(folder, count)
    sharing.write_sheets(folder, open_identity(idfile, unlock), need, count, called)
    click.echo(f"{count} sheets are in {folder}, and any {need} of them make the key: it was tried.")
    click.echo("Print them, hand each to another person, and remove the folder yourself.")


@click.command("check-share", context_settings=CONTEXT)
@click.option(
    "-s", "--share", required=True, type=options.PATH, metavar="FILE", help="The sheet, or its words alone."
)
def check_share(share: Path) -> None:
    """Look whether a share is whole, and whose it is.

    The words have a checksum that notices any three wrong ones. None of them is printed. A sheet that was typed again
    may be the words alone, numbered or not; `-s -` reads them from standard input.
    """
    _check_extra()
    # Here, because it loads packages that may be missing.
    from offset.programs.stmgr import sharing

    for line in sharing.told_of(sharing.read_sheet(share)):
        click.echo(line)


@click.command("join-shares", context_settings=CONTEXT)
@click.option(
    "-s",
    "--share",
    "shares",
    required=True,
    multiple=True,
    type=options.PATH,
    metavar="FILE",
    help="A sheet, or its words alone; give it as often as shares are needed.",
)
@options.output("The identity to make.")
@click.option("--encrypt", is_flag=True, help="Lock it with a passphrase.")
@lock_options.to
@lock_options.new_passphrase
def join_shares(
    shares: tuple[Path, ...],
    output: Path,
    encrypt: bool,
    to: tuple[str, ...],
    passphrase: str,
    work_factor: int,
    weak: bool,
) -> None:
    """Make an identity again from enough of its shares.

    Do this on a machine that you trust, for whoever sees the shares has the key. The new identity is compared with
    the public key on the sheets. With --encrypt or --to it is locked, as by gen-ident.

    What comes back with the key, and how, is in docs/RECOVERY.md: never let two nodes with the same identity run.
    """
    refuse_existing(output)
    if encrypt and to:
        raise click.UsageError("Give --encrypt, for a passphrase, or --to, for a key.")
    _check_extra()
    # Here, because it loads packages that may be missing.
    from offset.programs.stmgr import sharing

    joined = sharing.joined([sharing.read_sheet(path) for path in shares])
    sharing.write_identity(joined, output, Wish(to, passphrase, work_factor, weak) if encrypt or to else None)
    for line in sharing.told_of_joined(joined, output):
        click.echo(line)


def _check_extra() -> None:
    check_extra("this command", "shares", ("segno", "shamir_mnemonic"))
