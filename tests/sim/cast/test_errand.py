"""Purchases by letter: how each ends, with wallets that are stopped, closed, or lie."""

from __future__ import annotations

import pytest

from offset.base.instants import HOUR, MINUTE
from offset.core.dealings.records import GuestStage, RequestState
from offset.sim.script.errands import LIARS, STAGES, CloseWallet
from offset.sim.script.scenario import CALM_MS
from support.wallet_runs import by_letter, errand_of, run_of


@pytest.mark.parametrize("to", ["address", "once", "always"])
def test_a_purchase_by_letter(to: str) -> None:
    """It is paid and collected, and nothing is left of it in the wallet of the buyer."""
    run = run_of(by_letter(to=to))
    (errand,) = run.evidence.errands
    assert (errand.buyer_end, errand.seller_end, errand.stage) == ("paid", "collected", "over")
    assert not any(key[0] == "own_asks" for key in run.evidence.purses["A"].rows)
    (sale,) = [row for key, row in run.evidence.purses["C"].rows.items() if key[0] == "guest_asks"]
    assert sale.stage is GuestStage.COLLECTED  # type: ignore[union-attr]
    states = [row.state for key, row in run.evidence.purses["C"].rows.items() if key[0] == "requests"]  # type: ignore[union-attr]
    assert states == {"address": [], "once": [RequestState.TAKEN], "always": [RequestState.OPEN]}[to]


def test_what_is_good_once_is_paid_once() -> None:
    """Two pay the same request at the same time."""
    run = run_of(
        by_letter(to="once", decides_ms=500),
        by_letter(to="once", decides_ms=500, buyer="B", routes=(("B", "C"),)),
    )
    ends = sorted((one.buyer_end or "not sent", one.seller_end or "") for one in run.evidence.errands)
    assert ends.count(("paid", "collected")) == 1


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("stops_ms", [0, 1, 50])
def test_a_purchase_that_is_stopped(stage: str, stops_ms: int) -> None:
    """Nothing stays frozen, and what the buyer says of it is what its node says."""
    errand = errand_of(by_letter(stops_at=stage, stops_ms=stops_ms, decides_ms=100))
    assert errand.stage == "over"
    if errand.is_sent:
        assert (errand.buyer_end, errand.seller_end) in (("paid", "collected"), ("canceled", "withdrawn"))
    else:
        assert (errand.buyer_end, errand.is_stopped) == (None, True)


def test_a_wallet_that_is_closed_for_hours() -> None:
    """The buyer asks until its time is over; what it has frozen waits for a seller that is away."""
    closed = CloseWallet(CALM_MS - 1000, "C", HOUR)
    errand = errand_of(closed, by_letter(), until=CALM_MS + 10 * MINUTE)
    assert (errand.stage, errand.is_sent) == ("over", False)
    closed = CloseWallet(CALM_MS + 2000, "C", HOUR)
    errand = errand_of(by_letter(decides_ms=5000), closed, until=CALM_MS + 2 * HOUR)
    assert (errand.buyer_end, errand.seller_end) == ("paid", "collected")


def test_the_wallet_of_the_buyer_is_closed_while_it_holds_the_commit() -> None:
    """It goes on when it is opened."""
    closed = CloseWallet(CALM_MS + 5100, "A", 5 * MINUTE)
    errand = errand_of(by_letter(decides_ms=5000), closed, until=CALM_MS + 10 * MINUTE)
    assert (errand.buyer_end, errand.seller_end) == ("paid", "collected")


@pytest.mark.parametrize(
    "lie, ends",
    [("denies", ("paid", "collected")), ("lets go", ("canceled", "withdrawn"))],
)
def test_a_seller_who_lies(lie: str, ends: tuple[str, str]) -> None:
    """Whatever it says, both nodes know the same."""
    assert lie in LIARS
    errand = errand_of(by_letter(), hostile={"purse C": lie})
    assert (errand.buyer_end, errand.seller_end) == ends
