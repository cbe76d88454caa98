"""Waiting longer each time."""

from offset.base.backoff import Backoff
from offset.base.entropy import SeededEntropy


def test_w11_waits_double_up_to_a_limit() -> None:
    """The k-th wait is first * 2**k within a quarter, at most the limit within a quarter."""
    backoff, entropy = Backoff(1000, 300_000), SeededEntropy(1)
    for k in range(50):
        middle = min(1000 * 2**k, 300_000)
        assert 0.75 * middle - 1 <= backoff.next_ms(entropy) <= 1.25 * middle
    backoff.reset()
    assert backoff.next_ms(entropy) <= 1250


def test_w11_two_clients_wait_differently() -> None:
    """The jitter spreads clients that failed at the same moment."""
    waits = [Backoff(1000, 300_000).next_ms(SeededEntropy(seed)) for seed in range(100)]
    assert len(set(waits)) > 60
    assert min(waits) < 850
    assert max(waits) > 1150
