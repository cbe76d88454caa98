"""The kill matrix of letters: each letter of a sale, either side killed or cut at each moment; it ends alike for both.

A buys of C over B, at C's address or by a request. docs/TESTING.md tells what is covered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from offset.base.instants import MINUTE
from offset.sim.cast.errand import Errand
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.judge import errands
from offset.sim.script.scenario import CALM_MS
from offset.wire.common import Commit
from offset.wire.mailbox import AskInvoice, Body, GiveUp, Invoice, Refusal, Settled, SettledState
from support.letter_strikes import IsMeant, LetterTrap
from support.strikes import Moment
from support.wallet_runs import by_letter, scenario

PATIENCE_MS = 15 * MINUTE
"""The longest pauses between calls, twice."""


def is_settled(state: SettledState) -> IsMeant:
    """Whether a letter says this of a sale."""
    return lambda body: isinstance(body, Settled) and body.state == state


def is_a(kind: type[Body]) -> IsMeant:
    """Whether a letter is of this kind."""
    return lambda body: isinstance(body, kind)


def plain(run: Run) -> Errand:
    """It is paid at an address."""
    return begin(run)


def stopped(run: Run) -> Errand:
    """The person stops it while the credits are on their way."""
    return begin(run, stops_at="sending")


def stopped_unsent(run: Run) -> Errand:
    """The person stops it before it says yes."""
    return begin(run, stops_at="priced", decides_ms=1000)


def too_late(run: Run) -> Errand:
    """Somebody else has paid the request."""
    first = begin(run, to="once", buyer="B", routes=(("B", "C"),))
    run.cast.world.run_until(lambda: first.is_over, PATIENCE_MS)
    return begin(run, to="once")


def begin(run: Run, **changed: Any) -> Errand:
    """Begin a purchase by letter now."""
    carry_out(run, by_letter(**changed))
    return run.evidence.errands[-1]


class Case(NamedTuple):
    """A row of the matrix."""

    is_meant: IsMeant
    sender: str
    sell: Callable[[Run], Errand] = plain
    end: str | None = "paid"
    """How it ends for the buyer; None: nothing was sent."""


CASES = {
    "ask": Case(is_a(AskInvoice), "A"),
    "invoice": Case(is_a(Invoice), "C"),
    "commit": Case(is_a(Commit), "A"),
    "collecting": Case(is_settled(SettledState.COLLECTING), "C"),
    "collected": Case(is_settled(SettledState.COLLECTED), "C"),
    "give up": Case(is_a(GiveUp), "A", stopped, "canceled"),
    "withdrawn": Case(is_settled(SettledState.WITHDRAWN), "C", stopped, "canceled"),
    "give up unsent": Case(is_a(GiveUp), "A", stopped_unsent, None),
    "refusal": Case(is_a(Refusal), "C", too_late, None),
}


@pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.name.lower())
@pytest.mark.parametrize("name", CASES)
def test_letter(monkeypatch: pytest.MonkeyPatch, name: str, moment: Moment) -> None:
    """Whatever happens to a letter, both sides come to one end, and nothing is left of it."""
    case = CASES[name]
    run = Run(scenario())
    world, purses = run.cast.world, run.evidence.purses
    world.run_to(CALM_MS)
    receiver = "C" if case.sender == "A" else "A"
    trap = LetterTrap(monkeypatch, run, case.is_meant, case.sender, receiver, moment)
    errand = case.sell(run)
    world.run_until(
        lambda: errand.is_over and not any(purse.under_way() for purse in purses.values()), PATIENCE_MS
    )
    world.run_for(MINUTE)
    assert trap.has_sprung
    assert errand.buyer_end == case.end
    assert (
        errand.seller_end == {"paid": "collected", "canceled": "withdrawn", None: errand.seller_end}[case.end]
    )
    errands.check(run.evidence)
    assert not any(isinstance(key, tuple) and key[0] == "own_asks" for key in purses["A"].rows)
    frozen = [credit for name in "ABC" for friend in run.cast.state(name).friends.values()
              for credit in friend.channel.credits.values() if credit.local or credit.remote]  # fmt: skip
    assert not frozen
