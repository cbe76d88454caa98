"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

PROGRAM = "stmgr"
PATH = click.Path(path_type=Path)

F = TypeVar("F", bound=Callable[..., Any])


def output(text: str) -> Callable[[F], F]:
    """The file to make."""
    return click.option("-o", "--output", required=True, type=PATH, metavar="FILE", help=text)


def idfile(text: str) -> Callable[[F], F]:
    """The identity."""
    return click.option("-i", "--idfile", required=True, type=PATH, metavar="FILE", help=text)


def address(text: str) -> Callable[[F], F]:
    """Where something is reached."""
    return click.option("-a", "--address", required=True, metavar="HOST:PORT", help=text)
