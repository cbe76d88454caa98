"""Kinds of arguments that several commands of the wallet take: an amount, and a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from offset.base.limits import U128_MAX


class Credits(click.ParamType[str]):
    """A number of whole credits from 0 on, in plain digits, as REST takes it."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The digits, or a usage error."""
        text = str(value)
        digits = text.lstrip("0") or text[-1:]
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 39 or int(digits) > U128_MAX:
            self.fail(f"{text!r} is not a number of whole credits, such as 20.", param, ctx)
        return digits


class Day(click.ParamType[str]):
    """A day of the calendar, as REST takes it."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The day as YYYY-MM-DD, or a usage error."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"{str(value)!r} is not a day, such as 2026-05-03.", param, ctx)


CREDITS = Credits()
DAY = Day()
