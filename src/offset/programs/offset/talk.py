"""What the commands that speak with the wallet have in common: where it is, which card, how answers are shown."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from offset.base.faults import UserFault
from offset.programs.offset.folder import default_folder, folder_option
from offset.programs.offset.rest import Confirm, Rest
from offset.programs.printing import printable
from offset.programs.stctrl.table import table
from offset.shell.files import read_text

Command = Callable[..., None]

card_option = click.option(
    "--card", metavar="CARD", help="Name or id of the card; not needed if there is one only."
)
"""Of a command that does something with a card."""


class Talk(NamedTuple):
    """One command, and the wallet that it speaks with."""

    rest: Rest
    as_json: bool
    """Whether it prints for scripts."""
    agree: Confirm
    """Asks a person whether what a sentence says shall be done; with --yes it is."""

    def card(self, name: str | None) -> dict[str, Any]:
        """The card with this name or id; without one the main card, or the only one. Raises UserFault."""
        cards: list[dict[str, Any]] = self.rest.get("cards")
        if name is None:
            main = self.rest.get("settings")["main_card"]
            found = [card for card in cards if card["id"] == main] or cards
            if len(found) == 1:
                return found[0]
            if not found:
                raise UserFault("this wallet has no card yet; make one with: offset card new NAME")
            raise UserFault(f"this wallet has several cards; name one with --card: {_told_apart(found)}")
        found = [card for card in cards if card["id"] == name] or [
            card for card in cards if card["name"] == name
        ]
        return _only(found, f"card named {name!r}", cards)

    def friend(self, card: str, name: str) -> dict[str, Any]:
        """The friend of a card with this name or key. Raises UserFault."""
        friends: list[dict[str, Any]] = self.rest.get("cards", card, "friends")
        found = [friend for friend in friends if friend["key"] == name] or [
            friend for friend in friends if friend["name"] == name
        ]
        return _only(found, f"friend named {name!r}", friends)

    def show(self, value: Any, lines: Callable[[], str]) -> None:
        """Print the answer: for scripts the JSON, for people what `lines` gives."""
        if self.as_json:
            click.echo(json.dumps(value))
        else:
            click.echo(lines())

    def done(self, sentence: str, value: Any = None) -> None:
        """Say that something was done."""
        self.show({} if value is None else value, lambda: printable(sentence))


def _only(found: list[dict[str, Any]], what: str, among: list[dict[str, Any]]) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(entry.get("id") or entry.get("key")) for entry in found)
        raise UserFault(f"there are {len(found)} of the name: give one of {ids} instead")
    raise UserFault(f"there is no {what}; there are: {_names(among) or 'none'}")


def _names(entries: list[dict[str, Any]]) -> str:
    return ", ".join(sorted(str(entry["name"]) for entry in entries))


def _told_apart(cards: list[dict[str, Any]]) -> str:
    """The names of cards; where two have one name, each with its id."""
    names = [card["name"] for card in cards]
    return ", ".join(
        sorted(
            card["name"] if names.count(card["name"]) == 1 else f"{card['id']} ({card['name']})"
            for card in cards
        )
    )


def with_wallet(command: Callable[..., None]) -> Command:
    """Give a command its Talk as the first argument, and the options --folder, --json and --yes.

    What stands before the name of a subcommand, as in `offset held --card A stop ID`, holds for it too.
    """

    @folder_option
    @click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON, for scripts.")
    @click.option("--yes", is_flag=True, help="Answer questions with yes, for scripts.")
    @functools.wraps(command)
    def run(*args: Any, folder: Path | None, as_json: bool, yes: bool, **options: Any) -> None:
        group = click.get_current_context().parent
        before = {} if group is None else group.params
        folder = folder or before.get("folder") or default_folder()
        as_json, yes = as_json or bool(before.get("as_json")), yes or bool(before.get("yes"))
        if "card" in options:
            options["card"] = options["card"] or before.get("card")

        def confirm(sentence: str) -> bool:
            if yes:
                return True
            if not sys.stdin.isatty():
                raise UserFault(f"this wants to be confirmed, at a terminal or with --yes: {sentence}")
            return click.confirm(printable(sentence), err=True)

        talk = Talk(Rest(folder, confirm), as_json, confirm)
        command(talk, *args, **options)

    return run


def given(text_or_file: str) -> str:
    """What was given on the command line: a text of Offset, or the path of a file. Raises UserFault."""
    if text_or_file.startswith(("offset:", "{")):
        return text_or_file
    return read_text(Path(text_or_file))


def drawn(titles: Sequence[str], rows: Sequence[Sequence[str | list[str]]]) -> str:
    """A table, or one line that says that there is nothing. A cell is a line or a list of lines."""
    if not rows:
        return "none"
    return table(
        titles,
        [[list(map(printable, [cell] if isinstance(cell, str) else cell)) for cell in row] for row in rows],
    )
