"""Time as numbers."""

from offset.base.instants import HOUR, MINUTE, SECOND, earliest


def test_earliest() -> None:
    """The earliest of some deadlines is the smallest that exists; without any there is none."""
    assert earliest(5, None, 3) == 3
    assert earliest(0, 1) == 0
    assert earliest(None) is None
    assert earliest() is None


def test_spans() -> None:
    """Spans are in milliseconds."""
    assert (SECOND, MINUTE, HOUR) == (1_000, 60_000, 3_600_000)
