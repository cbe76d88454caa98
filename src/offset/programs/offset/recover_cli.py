"""The command `offset recover`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.programs.cli import CONTEXT
from offset.programs.offset.recover import words
from offset.programs.offset.recover.asking import Given, completed
from offset.programs.offset.recover.left import Left, newest_kit
from offset.programs.offset.recover.making import Folder, State
from offset.programs.offset.recover.watching import watch
from offset.programs.printing import printable
from offset.programs.stmgr import main as stmgr
from offset.programs.stmgr.copies import named_relays
from offset.programs.unlock import unlock
from offset.shell.files import make_folder, read_text
from offset.shell.identity_file import open_identity

_PATH = click.Path(path_type=Path)


@click.command("recover", context_settings=CONTEXT)
@click.argument("folder", type=_PATH)
@click.option("-i", "--idfile", type=_PATH, metavar="FILE", help="The identity of the card is left.")
@click.option(
    "-s",
    "--share",
    "shares",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="Sheets with shares of its key are.",
)
@click.option("--nothing", "is_nothing", is_flag=True, help="Nothing of the key is left: make a new card.")
@click.option(
    "-k", "--kit", type=_PATH, metavar="PATH", help="A kit is left, or a folder of kits (stnode --kits)."
)
@click.option(
    "-b", "--backup", "copy", type=_PATH, metavar="FILE", help="A copy of the database is (stmgr backup)."
)
@click.option("--plain", is_flag=True, help="The copy is not sealed, and was always in your hands.")
@click.option(
    "-r",
    "--relay",
    "relays",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="Neither is left: the ticket of a relay where friends look for the card.",
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@unlock
def recover(
    folder: Path,
    idfile: Path | None,
    shares: tuple[Path, ...],
    is_nothing: bool,
    kit: Path | None,
    copy: Path | None,
    plain: bool,
    relays: tuple[Path, ...],
    yes: bool,
    unlock: str | None,
) -> None:
    """Get a card back after a loss, step by step, in a new FOLDER.

    It asks what is left: the key of the card, as a file or as shares on paper; a kit or a copy of its database. It
    says what comes back and what is lost before it does anything, makes the files of a node, runs the node, and shows
    what each friend says, until all have told. Ctrl-C ends it at any time; the same command goes on.

    Once the friends have told, start the node for good as it says at the end.
    """
    given = Given(idfile, shares, is_nothing, kit, copy, plain, relays)
    _check(given)
    place = Folder(folder)
    state = place.state()
    if state is None:
        state = _begin(place, given, unlock, is_sure=yes)
    else:
        click.echo(f"Going on with what was begun in {folder}.")
    if state.is_new:
        _show(words.new_card_ready(place))
        return
    identity = open_identity(place.ident, unlock)
    asyncio.run(watch(place, identity, lambda line: click.echo(printable(line)), is_searching=state.is_bare))


def _check(given: Given) -> None:
    if sum((given.idfile is not None, bool(given.shares), given.is_nothing)) > 1:
        raise click.UsageError("give --idfile, --share or --nothing: what became of the key.")
    if given.is_plain and given.copy is None:
        raise click.UsageError("--plain has a meaning only with --backup.")
    if given.relays and (given.kit or given.copy):
        raise click.UsageError("--relay has no meaning with --kit or --backup, which know the relays.")


def _begin(place: Folder, given: Given, unlock: str | None, *, is_sure: bool) -> State:
    given = completed(given)
    if given.is_nothing:
        _show(words.new_card())
        _agree(is_sure)
        return place.make_new_card()
    source = _key_file(place, given)
    identity = open_identity(source, unlock)
    left = _left(given, identity)
    _show(words.promised(left))
    _agree(is_sure)
    return place.make(left, read_text(source))


def _key_file(place: Folder, given: Given) -> Path:
    """The file of the identity, which shares make first: in the folder, where it belongs."""
    if given.idfile is not None:
        return given.idfile
    if not place.ident.exists():
        make_folder(place.path)
        sheets = [argument for share in given.shares for argument in ("-s", str(share))]
        if stmgr(["join-shares", *sheets, "-o", str(place.ident)]) != 0:
            raise UserFault("the shares did not make the key, as stmgr says above; nothing was changed")
    return place.ident


def _left(given: Given, identity: Identity) -> Left:
    kit = None if given.kit is None else newest_kit(given.kit, identity)
    return Left(identity, kit, given.copy, given.is_plain, named_relays(given.relays))


def _agree(is_sure: bool) -> None:
    """Go on, or end here. Raises Abort."""
    if not is_sure:
        click.confirm("Do it?", abort=True)


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(printable(line))
