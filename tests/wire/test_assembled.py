"""A report that is put together friend by friend reads like one that was encoded at once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.core.funder.state.views import funder_report
from offset.testing import node_report
from offset.wire.assembled import AssembledReport
from offset.wire.report import FRIEND_REPORT, NODE_REPORT, PkFriendReportList
from support.books import friends


@pytest.mark.parametrize("count", [0, 1, 100])
def test_it_reads_like_one_that_was_encoded_at_once(count: int) -> None:
    """With friends, and what the report has beside them."""
    whole = replace(node_report(), funder_report=funder_report(friends(count, 3)))
    funder = whole.funder_report
    assert len(funder.friends.list) == count
    empty = replace(funder, friends=PkFriendReportList(()))
    assembled = AssembledReport(replace(whole, funder_report=empty), count)
    for entry in funder.friends.list:
        assembled.put(FRIEND_REPORT.encode(entry))
    assert NODE_REPORT.decode(assembled.encode()) == whole


def test_a_friend_that_is_missing_is_noticed() -> None:
    """Rather than told as one without a key."""
    report = node_report()
    (friend,) = report.funder_report.friends.list
    empty = replace(report.funder_report, friends=PkFriendReportList(()))
    assembled = AssembledReport(replace(report, funder_report=empty), 2)
    assembled.put(FRIEND_REPORT.encode(friend))
    with pytest.raises(AssertionError):
        assembled.encode()
