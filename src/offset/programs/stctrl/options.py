"""Options that several commands have."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import INVOICE_ID_BYTES, PUBLIC_KEY_BYTES, UID_BYTES

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
TIMEOUT_S_MAX = 86_400.0

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value, for scripts.")


def timeout(default_s: float, what: str) -> Callable[[F], F]:
    """--timeout, in seconds."""
    return click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(0, TIMEOUT_S_MAX, min_open=True),
        default=default_s,
        show_default=True,
        metavar="SECONDS",
        callback=_finite,
        help=what,
    )


def _finite(_context: click.Context, _param: click.Parameter, value: float) -> float:
    """`nan` is in every range of click."""
    if not math.isfinite(value):
        raise click.BadParameter("it must be a number of seconds.")
    return value


def infile(short: str, long: str, text: str) -> Callable[[F], F]:
    """A file to read."""
    return click.option(short, long, required=True, type=PATH, metavar="FILE", help=text)


def outfile(short: str, long: str, text: str) -> Callable[[F], F]:
    """A file to make."""
    return click.option(short, long, required=True, type=PATH, metavar="FILE", help=text)


def name(text: str) -> Callable[[F], F]:
    """-n, the name of something."""
    return click.option("-n", "--name", required=True, metavar="NAME", help=text)


forget_lost = click.option(
    "--forget-lost",
    "forgets_lost",
    is_flag=True,
    help="Let the node forget the payment, even if nobody can prove whether it was paid.",
)
currency = click.option(
    "-c", "--currency", required=True, metavar="NAME", help="Name of the currency, at most 16 bytes."
)


class Whole(click.ParamType[int]):
    """A whole number in plain digits."""

    name = "number"

    def __init__(self, bits: int, least: int = 0) -> None:
        """A number of at most so many bits, and at least `least`."""
        self._bits, self._least = bits, least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a usage error."""
        number = _whole(str(value))
        if number is None or number < self._least or number.bit_length() > self._bits:
            self.fail(
                f"{value!r} is not a whole number from {self._least} to 2^{self._bits} - 1.", param, ctx
            )
        return number


def _whole(text: str) -> int | None:
    digits = text.lstrip("0") or text[-1:]
    is_whole = digits.isascii() and digits.isdigit() and len(digits) <= 40
    return int(digits) if is_whole else None


class Id(click.ParamType[bytes]):
    """An id as the listings show it."""

    name = "id"

    def __init__(
        self, length: int, shown_by: str = "an id as stctrl info payments and info invoices show it"
    ) -> None:
        """An id of so many bytes, and what it is called in a sentence about another one."""
        self._length, self._shown_by = length, shown_by

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Its bytes, or a usage error."""
        try:
            return base64url.decode(str(value), self._length)
        except UserFault:
            self.fail(f"{value!r} is not {self._shown_by}.", param, ctx)


ID, LONG_ID = Id(UID_BYTES), Id(INVOICE_ID_BYTES)
"""Ids of payments, and of invoices."""
KEY = Id(PUBLIC_KEY_BYTES, "a public key as stctrl info found and info recovery show it")
"""A public key."""
U32, U128 = Whole(32), Whole(128)
ROWS = Whole(32, least=1)
"""How many rows of a list are shown."""
