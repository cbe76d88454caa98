"""Amounts and days on the command line: what is none is refused with a sentence, before anything is asked."""

from __future__ import annotations

import click
import pytest

from offset.programs.offset import main
from offset.programs.offset.kinds import CREDITS, DAY


@pytest.mark.parametrize("text, amount", [("0", "0"), ("020", "20"), (str(2**128 - 1), str(2**128 - 1))])
def test_amounts(text: str, amount: str) -> None:
    """Plain digits, without zeros in front."""
    assert CREDITS.convert(text, None, None) == amount


@pytest.mark.parametrize("text", ["", "-1", "20.00", "1e3", "\u0661", "x", str(2**128), "9" * 5000])
def test_no_amounts(text: str) -> None:
    """The sentence says what an amount looks like."""
    with pytest.raises(click.BadParameter, match="not a number of whole credits, such as 20"):
        CREDITS.convert(text, None, None)


def test_days() -> None:
    """A day of the calendar."""
    assert DAY.convert("2026-05-03", None, None) == "2026-05-03"
    for text in ("yesterday", "2026-02-30", ""):
        with pytest.raises(click.BadParameter, match="not a day, such as 2026-05-03"):
            DAY.convert(text, None, None)


@pytest.mark.parametrize(
    "line",
    [
        "receive x FST",
        "pay offset:i1/a x",
        "pay offset:i1/a --fees-max x",
        "history --from x",
        "history --to x",
        "friend add offset:f1/a bob --may-owe x",
        "friend set bob FST --may-owe x",
        "token new shop --pay x FST day",
        "token new shop --pay 1 FST day --most x",
        "token new shop --pay 1 FST year",
    ],
)
def test_wrong_lines(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that takes them refuses them, without a wallet."""
    assert main(line.split()) == 2
    told = capsys.readouterr().err
    assert told.startswith("offset: invalid value for")
    assert told.count("\n") == 1
