"""So many bytes a second after a burst: what is spent too early has to be waited for."""

from hypothesis import given
from hypothesis import strategies as st

from offset.base.token_bucket import TokenBucket

COSTS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 2000)), min_size=1, max_size=30)
"""What is spent, and how long after the spending before."""


def test_a_burst_is_free() -> None:
    """The burst may be spent at once; the first byte beyond it is paid with time, rounded up."""
    bucket = TokenBucket(1000, burst_bytes=500)
    assert bucket.spend(500, now=10) <= 10
    assert bucket.spend(1, now=10) == 11
    assert bucket.spend(999, now=10) == 1010
    assert TokenBucket(3, burst_bytes=0).spend(1, now=0) == 334


def test_the_burst_comes_back_with_time() -> None:
    """Whoever waits has the whole burst again, and never more than that."""
    bucket = TokenBucket(1000, burst_bytes=500)
    bucket.spend(500, now=0)
    assert bucket.spend(500, now=500) <= 500
    assert bucket.spend(501, now=10**9) == 10**9 + 1


@given(COSTS, st.integers(1, 3000), st.integers(0, 2000))
def test_nobody_gets_more_than_the_rate(costs: list[tuple[int, int]], rate: int, burst: int) -> None:
    """Whoever waits as told has never spent more than the burst and the rate times the time, whatever the pieces."""
    bucket = TokenBucket(rate, burst)
    now, spent = 0, 0
    for cost, pause in costs:
        now += pause
        spent += cost
        now = max(now, bucket.spend(cost, now))
        assert spent * 1000 <= burst * 1000 + now * rate
