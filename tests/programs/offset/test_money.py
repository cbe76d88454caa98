"""What the commands say of payments that did not end as paid."""

from __future__ import annotations

import pytest

from offset.programs.offset.money import failure


@pytest.mark.parametrize(
    "stage, said",
    [
        ("failed", "nothing was paid: Because."),
        ("stopped", "nothing was paid: Because."),
        ("not-known", "Because."),
    ],
)
def test_nothing_is_called_unpaid_that_may_be_paid(stage: str, said: str) -> None:
    """Only an end that the node has told is."""
    why = {"sentence": "Because.", "remedies": []}
    assert str(failure({"stage": stage, "why": why, "invoice": {"currency": "FST"}})) == said


def test_without_a_reason() -> None:
    """The stage says it alone."""
    assert "may have been paid" in str(failure({"stage": "not-known", "why": None}))
