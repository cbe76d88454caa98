"""What a payer reads of refusals: a sentence for each, with what helps, and nothing that is not known."""

from __future__ import annotations

import pytest

from offset.core.dealings.buying import NOT_FOR_GOOD
from offset.wallet.letter_words import NO_ANSWER, why_refused, why_waiting
from offset.wire.mailbox import RefusalCode


@pytest.mark.parametrize("code", [code for code in RefusalCode if code not in NOT_FOR_GOOD])
def test_each_refusal_for_good_has_a_sentence_of_its_own(code: RefusalCode) -> None:
    """No two of them read alike, nor like one that only a newer program knows."""
    others = [other for other in RefusalCode if other is not code and other not in NOT_FOR_GOOD]
    sentences = {why_refused(other, "", None).sentence for other in others}
    sentences |= {why_refused(NO_ANSWER, "", None).sentence, why_refused(999, "", None).sentence}
    assert why_refused(code, "", None).sentence not in sentences


def test_the_words_of_the_owner_are_marked_as_its_own() -> None:
    """They stand in quotes behind ours; how much would do is a number of its own."""
    why = why_refused(RefusalCode.TOO_MUCH, "Only 5 today", 5)
    assert why.sentence.endswith("It says: “Only 5 today”")
    assert (why.kind, why.most, why.remedies[0].action, why.remedies[0].amount) == (
        "too-much",
        "5",
        "pay-less",
        "5",
    )


def test_what_it_waits_for() -> None:
    """A closed wallet is told from a busy one, and with a commit there is another way."""
    assert why_waiting(is_closed=False, has_commit=False).kind == "busy"
    closed = why_waiting(is_closed=True, has_commit=False)
    held = why_waiting(is_closed=True, has_commit=True)
    assert (closed.kind, held.kind) == ("closed", "closed")
    assert "as text or file" in held.sentence
    assert "as text or file" not in closed.sentence


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_commit_that_nobody_has_confirmed(is_closed: bool) -> None:
    """It was said, or is refused: whether the owner has it, nobody knows, so nobody says that it has not."""
    why = why_waiting(is_closed=is_closed, has_commit=True)
    assert why.kind == ("closed" if is_closed else "busy")
    assert "has not said that it has" in why.sentence
    assert why.sentence.endswith("Do not pay again.")
    assert "does not have" not in why.sentence
    assert "no time" not in why.sentence
