"""Options that say how an identity is to be locked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from offset.base.limits import (
    AGE_WORK_FACTOR,
    AGE_WORK_FACTOR_HIGH,
    AGE_WORK_FACTOR_LOW,
    PASSPHRASE_CHARACTERS_MIN,
)
from offset.shell import unlock_sources

F = TypeVar("F", bound=Callable[..., Any])


class Wish(NamedTuple):
    """What was asked for on the command line."""

    recipients: tuple[str, ...]
    """Lock it for these keys; none: with a passphrase."""
    passphrase: str
    """The source of that passphrase."""
    work_factor: int
    is_weak: bool
    """Whether a short passphrase will do."""


def to(function: F) -> F:
    """For which keys; argument `to`."""
    return click.option(
        "--to",
        multiple=True,
        metavar="RECIPIENT",
        help="Lock it for an age key, by its recipient age1... (stmgr gen-key), in place of a passphrase; "
        "may be given several times, for several keys of which each opens it.",
    )(function)


def new_passphrase(function: F) -> F:
    """With which passphrase; arguments `passphrase`, `work_factor` and `weak`."""
    for option in (
        click.option(
            "--weak",
            is_flag=True,
            help=f"Take a passphrase of less than {PASSPHRASE_CHARACTERS_MIN} characters.",
        ),
        click.option(
            "--work-factor",
            type=click.IntRange(AGE_WORK_FACTOR_LOW, AGE_WORK_FACTOR_HIGH),
            default=AGE_WORK_FACTOR,
            show_default=True,
            help="How dear it is to try a passphrase, for you and for a thief: one more doubles time and memory. "
            f"{AGE_WORK_FACTOR} takes 256 MiB and half a second.",
        ),
        click.option(
            "--passphrase",
            metavar="SOURCE",
            default=unlock_sources.ASK,
            show_default=True,
            help="Where the new passphrase is, in the forms of --unlock; ask asks twice.",
        ),
    ):
        function = option(function)
    return function
