"""What comes back and what is lost, for each thing that may be left."""

from __future__ import annotations

from pathlib import Path

from offset.programs.offset.recover.left import Left
from offset.programs.offset.recover.words import new_card, promised
from offset.testing import NODE
from support.recovering import kit

COPY = Path("copy.age")


def words(left: Left) -> str:
    """All lines, as one text."""
    return "\n".join(promised(left))


def test_a_kit() -> None:
    """What it holds is counted, with its day; the history is lost."""
    text = words(Left(NODE, kit=kit()))
    assert "1 friend with names, limits and rates, 1 relay and 0 index servers" in text
    assert "30 November 2026" in text
    assert "The history, with its receipts and commits" in text
    assert "since the copy" not in text


def test_a_copy() -> None:
    text = words(Left(NODE, copy=COPY))
    assert "as they were when the copy was made" in text
    assert "The history, receipts and invoices until the copy was made." in text
    assert "since the copy was made" in text
    assert "names that you gave" not in text


def test_a_copy_and_a_kit() -> None:
    text = words(Left(NODE, kit=kit(), copy=COPY))
    assert "1 friend with names" in text
    assert "until the copy was made" in text


def test_the_identity_alone() -> None:
    """Friends have to find us, and to be looked at."""
    text = words(Left(NODE))
    assert "one by one" in text
    assert "The names that you gave to friends" in text
    assert "ask in person before you take it" in text


def test_what_is_always_said() -> None:
    """That nobody else may run it, and how balances come back."""
    for left in (Left(NODE), Left(NODE, kit=kit()), Left(NODE, copy=COPY)):
        text = words(left)
        assert (
            text.index("What comes back:") < text.index("What is lost:") < text.index("only you can see to")
        )
        assert "only if the signature is your own" in text
        assert "No other program with this card may run anywhere" in text


def test_nothing() -> None:
    text = "\n".join(new_card())
    assert "stctrl config succeed -n OLD -N NEW" in text
    assert "disable the old card" in text
