"""Questions that wait to be drawn."""

from __future__ import annotations

from offset.base.entropy import SeededEntropy
from offset.base.ids import CallId
from offset.base.limits import ASK_WAITS_MS, ASKS_BURST, ASKS_PER_SECOND
from offset.base.lot import Lot
from offset.base.token_bucket import TokenBucket

LETTER = "a question"
NOW = 1_000_000


def new_lot(seed: int) -> Lot[str]:
    # The bucket lets one more pass than it holds.
    return Lot(SeededEntropy(seed), TokenBucket(ASKS_PER_SECOND, ASKS_BURST - 1), ASK_WAITS_MS)


def drawn(lot: Lot[str], now: int) -> list[int]:
    found = []
    while (item := lot.draw(now)) is not None:
        found.append(item[0])
    return found


def test_the_pace() -> None:
    """ASKS_BURST at once, then one each 1000 / ASKS_PER_SECOND ms, however long nobody asked before."""
    lot = new_lot(1)
    for call in range(100):
        assert lot.enter(CallId(call), LETTER, NOW)
    assert len(drawn(lot, NOW)) == ASKS_BURST
    step = 1000 // ASKS_PER_SECOND
    assert lot.deadline() == NOW + step
    assert drawn(lot, NOW + step - 1) == []
    assert len(drawn(lot, NOW + step)) == 1
    assert len(drawn(lot, NOW + 5 * step)) == 4


def test_by_lot() -> None:
    """Who came first is not served first, and who asks twice on one line has one lot."""
    firsts = []
    for seed in range(200):
        lot = new_lot(seed)
        assert lot.enter(CallId(1), LETTER, NOW)
        assert not lot.enter(CallId(1), LETTER, NOW)
        assert lot.enter(CallId(2), LETTER, NOW)
        firsts.append(lot.draw(NOW)[0])  # type: ignore[index]
    assert 60 < firsts.count(1) < 140


def test_the_end_of_waiting() -> None:
    """After ASK_WAITS_MS a question is handed back to be refused; that of a line that is over is forgotten."""
    lot = new_lot(1)
    for call in range(ASKS_BURST + 2):
        lot.enter(CallId(call), LETTER, NOW)
    served = drawn(lot, NOW)
    left = sorted({*range(ASKS_BURST + 2)} - {*served})
    lot.leave(CallId(left[0]))
    assert lot.overdue(NOW + ASK_WAITS_MS - 1) == []
    assert lot.overdue(NOW + ASK_WAITS_MS) == [(left[1], LETTER)]
    assert lot.deadline() is None


def test_a_question_may_cost_more() -> None:
    """At a rate of 16 and a cost of 60, one is heard each 3.75 s, after 2 at once."""
    lot = Lot[str](SeededEntropy(1), TokenBucket(16, 60), ASK_WAITS_MS, cost=60)
    for call in range(4):
        lot.enter(CallId(call), LETTER, NOW)
    assert len(lot) == 4
    assert len(drawn(lot, NOW)) == 2
    assert lot.deadline() == NOW + 3750
    assert len(drawn(lot, NOW + 3750)) == 1
