"""What `offset receive --request` says of a request, whatever becomes of the payments of it."""

from __future__ import annotations

from typing import Any

import pytest

from offset.base.faults import UserFault
from offset.programs.offset import money, receive_cli
from offset.programs.offset.receive_cli import until_paid
from offset.programs.offset.talk import Talk


class Told:
    """A wallet that tells these states of a request, one after the other."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states = list(states)

    def get(self, *_: str) -> dict[str, Any]:
        return self.states.pop(0)


def state(stage: str, *sales: str) -> dict[str, Any]:
    """A request, and the stages of its sales, newest first."""
    why = {"sentence": "Compare what your friends owe you."}
    return {
        "id": "one",
        "stage": stage,
        "sales": [{"stage": one, "amount": "5", "why": why if one == "not-known" else None} for one in sales],
    }


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses."""
    monkeypatch.setattr(money.time, "sleep", lambda _: None)


def told(*states: dict[str, Any]) -> dict[str, Any]:
    """The sale that paid it, of a wallet that tells these."""
    first, *later = states
    wallet = Told(*later)
    talk = Talk(wallet, False, lambda _: True)  # type: ignore[arg-type]
    paid = until_paid(talk, "card", first)
    assert not wallet.states
    return paid


def test_a_commit_that_was_taken_is_not_paid_yet() -> None:
    """Only once the credits are there it is, be it closed meanwhile."""
    states = (
        state("open"),
        state("taken", "open"),
        state("taken", "committed"),
        state("closed", "committed"),
        state("closed", "collected"),
    )
    assert told(*states)["stage"] == "collected"


def test_the_sale_that_paid_it() -> None:
    """One that was withdrawn beside it is not shown in its place."""
    assert told(state("taken", "canceled", "collected"))["stage"] == "collected"


@pytest.mark.parametrize("stage", ["closed", "expired"])
def test_nothing_is_called_unpaid_that_may_be_paid(stage: str) -> None:
    """As long as an invoice of it is not withdrawn somebody may pay it; nobody can say what is not known."""
    states = (state(stage, "open"), state(stage, "canceling"), state(stage, "canceled"))
    with pytest.raises(UserFault, match="no payment of it is known"):
        told(*states)
    with pytest.raises(UserFault, match="Compare what your friends owe you"):
        told(state("taken", "committed"), state(stage, "not-known", "canceled"))


def test_who_does_not_want_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence has the command that closes it."""

    def impatient(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(receive_cli, "pause", impatient)
    with pytest.raises(UserFault, match="offset receive --close one"):
        told(state("open"))
