"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from offset.programs.unlock import unlock

PROGRAM = "stmgr"
PATH = click.Path(path_type=Path)

F = TypeVar("F", bound=Callable[..., Any])

database = click.option(
    "-d",
    "--database",
    required=True,
    type=PATH,
    metavar="FILE",
    help="The database of the node, which may be running.",
)


def output(text: str) -> Callable[[F], F]:
    """The file to make."""
    return click.option("-o", "--output", required=True, type=PATH, metavar="FILE", help=text)


def idfile(text: str) -> Callable[[F], F]:
    """The identity, and what opens it if it is locked: arguments `idfile` and `unlock`."""
    option = click.option("-i", "--idfile", required=True, type=PATH, metavar="FILE", help=text)
    return lambda function: option(unlock(function))


def optional_idfile(text: str) -> Callable[[F], F]:
    """The same where it can be left out: then `idfile` is None."""
    option = click.option("-i", "--idfile", type=PATH, metavar="FILE", help=text)
    return lambda function: option(unlock(function))


def address(text: str) -> Callable[[F], F]:
    """Where something is reached."""
    return click.option("-a", "--address", required=True, metavar="HOST:PORT", help=text)
