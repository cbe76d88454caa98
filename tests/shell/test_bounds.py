"""The numbers of a driver hold together."""

import pytest

from offset.base.limits import DESCRIPTORS_RESERVED
from offset.shell.bounds import Bounds, ports_max


@pytest.mark.parametrize("descriptors", [1, DESCRIPTORS_RESERVED, 64, 256, 1024, 65_536])
def test_descriptors_are_left_for_other_things(descriptors: int) -> None:
    """At most nine tenths go to connections, some are kept for the rest, and one may always be had."""
    most = ports_max(descriptors)
    assert most >= 1
    assert most == 1 or (most <= descriptors * 0.9 and most <= descriptors - DESCRIPTORS_RESERVED)


def test_more_descriptors_never_give_fewer_connections() -> None:
    """The number of connections grows with the descriptors, up to nine tenths of them."""
    counts = [ports_max(descriptors) for descriptors in range(1, 2000)]
    assert counts == sorted(counts)
    assert ports_max(100_000) == 90_000


def test_a_driver_reads_again_before_it_stops_reading() -> None:
    """The marks of the write buffer stand in their order."""
    bounds = Bounds()
    assert 0 < bounds.write_bytes_low < bounds.write_bytes_high < bounds.write_bytes_max
