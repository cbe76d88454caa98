"""A yes is good for one question of one session, for a while, and once."""

from __future__ import annotations

import pytest

from offset.base.limits import WALLET_CONFIRM_MS, WALLET_CONFIRMS_MAX
from offset.wallet.refusals import Refusal
from offset.wallet.web.confirms import Confirms

ASKED = ("session", b"request", "Sure?")


class Clock:
    """A clock that a test sets."""

    now = 1000

    def __call__(self) -> int:
        return self.now


def _code(confirms: Confirms, *asked: object) -> str:
    with pytest.raises(Refusal) as refused:
        confirms.check(*(asked or ASKED), None)  # type: ignore[arg-type]
    assert refused.value.status == 428
    assert refused.value.problem.code is not None
    return refused.value.problem.code


def test_a_yes_is_good_once() -> None:
    """The second time it is asked anew."""
    confirms = Confirms(Clock())
    code = _code(confirms)
    confirms.check(*ASKED, code)
    with pytest.raises(Refusal):
        confirms.check(*ASKED, code)


@pytest.mark.parametrize(
    "other",
    [("another", b"request", "Sure?"), ("session", b"other", "Sure?"), ("session", b"request", "More?")],
)
def test_a_yes_is_for_what_was_asked(other: tuple[str, bytes, str]) -> None:
    """Another session, another body, or a sentence that has changed meanwhile is asked for itself."""
    confirms = Confirms(Clock())
    code = _code(confirms)
    with pytest.raises(Refusal) as refused:
        confirms.check(*other, code)
    assert refused.value.problem.detail == other[2]


def test_a_late_yes_is_none() -> None:
    """After WALLET_CONFIRM_MS it is asked again."""
    clock = Clock()
    confirms = Confirms(clock)
    early, late = _code(confirms), _code(confirms)
    clock.now += WALLET_CONFIRM_MS - 1
    confirms.check(*ASKED, early)
    clock.now += 1
    with pytest.raises(Refusal):
        confirms.check(*ASKED, late)


def test_questions_are_bounded() -> None:
    """Beyond WALLET_CONFIRMS_MAX the oldest one is forgotten."""
    confirms = Confirms(Clock())
    codes = [_code(confirms) for _ in range(WALLET_CONFIRMS_MAX)]
    confirms.check(*ASKED, codes[1])
    more = [_code(confirms) for _ in range(2)]
    with pytest.raises(Refusal):
        confirms.check(*ASKED, codes[0])
    confirms.check(*ASKED, more[0])
