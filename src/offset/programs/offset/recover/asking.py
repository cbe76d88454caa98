"""What a person is asked, where the options do not say it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec


class Given(msgspec.Struct, frozen=True):
    """What the options say is left."""

    idfile: Path | None = None
    shares: tuple[Path, ...] = ()
    is_nothing: bool = False
    kit: Path | None = None
    copy: Path | None = None
    is_plain: bool = False
    relays: tuple[Path, ...] = ()

    @property
    def is_said(self) -> bool:
        """Whether they say what became of the key."""
        return self.idfile is not None or bool(self.shares) or self.is_nothing


def completed(given: Given) -> Given:
    """With what is missing asked for. Raises UsageError where nobody can be asked."""
    if given.is_said:
        if given.is_nothing or given.kit or given.copy or given.relays:
            return given
    elif not sys.stdin.isatty():
        raise click.UsageError(
            "say what is left of the card: --idfile FILE, or --share FILE for each sheet, or --nothing"
        )
    else:
        given = _key(given)
    return given if given.is_nothing else _books(given)


def _key(given: Given) -> Given:
    click.echo("What is left of the key of your card?")
    click.echo("  1  the identity file (node.ident), perhaps locked with a passphrase that I know")
    click.echo("  2  sheets with shares of it, as many as they say are needed")
    click.echo("  3  nothing of it")
    match click.prompt("Which", type=click.IntRange(1, 3)):
        case 1:
            return msgspec.structs.replace(given, idfile=_path("Where is the file"))
        case 2:
            return msgspec.structs.replace(given, shares=_paths("Where is a sheet"))
        case _:
            return msgspec.structs.replace(given, is_nothing=True)


def _books(given: Given) -> Given:
    """Copies and kits, or else relays."""
    if not sys.stdin.isatty():
        raise click.UsageError(
            "say what is left beside the key: --kit, --backup or both; or else --relay, where friends look for you"
        )
    click.echo(
        "Is there a kit, or a folder of kits (stnode --kits)? The newest one brings back friends and limits."
    )
    kit = _path_or_none("Where")
    click.echo("Is there a copy of the database (stmgr backup)? It brings back the history, too.")
    copy = _path_or_none("Where")
    relays: tuple[Path, ...] = ()
    if kit is None and copy is None:
        click.echo(
            "Then friends have to find you. The ticket of each relay at which your card was known, please."
        )
        relays = _paths("Where is a ticket")
    return msgspec.structs.replace(given, kit=kit, copy=copy, relays=relays)


def _path(question: str) -> Path:
    while True:
        path = Path(click.prompt(question)).expanduser()
        if path.exists():
            return path
        click.echo(f"There is no {path}.")


def _path_or_none(question: str) -> Path | None:
    while True:
        text = click.prompt(f"{question} (Enter: none)", default="", show_default=False)
        if not text:
            return None
        path = Path(text).expanduser()
        if path.exists():
            return path
        click.echo(f"There is no {path}.")


def _paths(question: str) -> tuple[Path, ...]:
    found = [_path(question)]
    while (more := _path_or_none("Another one")) is not None:
        found.append(more)
    return tuple(found)
