"""The version prefix."""

import pytest

from link.ends import bob_line
from offset.base.faults import PeerFault
from offset.link.frames import frame
from offset.link.version import VERSION_MESSAGE, check_version
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("capnp", "version"))
def test_the_verdict_on_a_version_is_that_of_the_reference(case: Case) -> None:
    """Our version is the recorded one, and the same first messages of a peer are taken or refused."""
    assert bytes.fromhex(case["firstSent"]) == VERSION_MESSAGE
    first = bytes.fromhex(case["firstFromRemote"])
    if case["accepted"]:
        check_version(first)
    else:
        with pytest.raises(PeerFault):
            check_version(first)


@pytest.mark.parametrize("case", cases("capnp", "version"))
def test_a_line_begins_with_the_version(case: Case) -> None:
    """A line sends its version first and at once, and goes on after the peer's only when it is the same."""
    line = bob_line()
    assert line.outgoing()[0] == frame(bytes.fromhex(case["firstSent"]))
    first = frame(bytes.fromhex(case["firstFromRemote"]))
    if case["accepted"]:
        assert line.receive(first, 0) == []
    else:
        with pytest.raises(PeerFault):
            line.receive(first, 0)
