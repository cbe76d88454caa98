"""Notes and labels of people, on one line and without what cannot be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import UserFault
from offset.base.limits import TEXT_NOTE_BYTES_MAX
from offset.base.notes import clean_note, is_shown, shown


@pytest.mark.parametrize(
    "written, kept",
    [
        ("Lunch", "Lunch"),
        (" two\n lines\t", "two lines"),
        ("\u202eevil\u202c", "evil"),
        ("\x00\x1b[31mred", "[31mred"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("<b>&amp;", "<b>&amp;"),
        ("\ufeff", ""),
    ],
)
def test_one_line(written: str, kept: str) -> None:
    """Line breaks become blanks, what does not print goes, and markup is text like any other."""
    assert shown(written) == kept


@given(st.text(max_size=100))
def test_what_is_shown_stays_so(written: str) -> None:
    """A second time changes nothing."""
    assert shown(shown(written)) == shown(written)


def test_length() -> None:
    """Up to TEXT_NOTE_BYTES_MAX bytes."""
    assert clean_note("x" * TEXT_NOTE_BYTES_MAX) == "x" * TEXT_NOTE_BYTES_MAX
    with pytest.raises(UserFault, match="shorten"):
        clean_note("x" * (TEXT_NOTE_BYTES_MAX + 1))
    assert clean_note("half a pair \ud800") == "half a pair"


def test_what_programs_write() -> None:
    """One line of what prints, without blanks around it, that is not too long."""
    assert is_shown("Lunch, 2 of them", 16)
    assert not is_shown("Lunch, 2 of them", 15)
    assert not is_shown(" Lunch", 16)
    assert not is_shown("Lu\nnch", 16)
