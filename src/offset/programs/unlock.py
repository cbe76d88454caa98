"""The option --unlock of every program that opens an identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from offset.base.faults import UserFault
from offset.shell import unlock_sources
from offset.shell.unlock_sources import ENVIRONMENT, FORMS

F = TypeVar("F", bound=Callable[..., Any])


def unlock(function: F) -> F:
    """Where the passphrase or the key of a locked identity is; None when nothing is said."""
    return _option(
        f"Where the passphrase or key of a locked identity is: {FORMS}. At a terminal it asks by itself."
    )(function)


def unlock_cards(function: F) -> F:
    """The same for all cards of a wallet."""
    return _option(f"Where the passphrase or key of locked cards is: {FORMS}. Else they ask on their page.")(
        function
    )


def _option(text: str) -> Callable[[F], F]:
    return click.option(
        "--unlock", metavar="SOURCE", envvar=ENVIRONMENT, show_envvar=True, callback=_checked, help=text
    )


def _checked(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if not text:
        return None
    try:
        unlock_sources.parse(text)
    except UserFault as fault:
        raise click.UsageError(f"{fault}.") from None
    return text
