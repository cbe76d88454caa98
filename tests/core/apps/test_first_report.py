"""How an app gets its first report: what it takes, and what it asks for."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.core.apps.first_report import FirstReport
from offset.testing import NODE, friend_report, node_report
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_SERVER_TO_APP,
    AppPermissions,
    ClientResponseRoutes,
    ReportMutations,
)
from offset.wire.extension import (
    PIECE_REQUEST,
    WELCOME,
    Extra,
    FriendPart,
    PieceRequest,
    ReportPiece,
    Welcome,
)
from offset.wire.report import (
    FRIEND_REPORT,
    NODE_REPORT,
    ChangeFriend,
    FunderMutation,
    FunderReportMutation,
    PkFriendReport,
    RemoveFriendMutation,
    SetName,
)

WANTED = PIECE_REQUEST.encode(PieceRequest(True))
OFFER = WELCOME.encode(Welcome(True, False, True, False, True))
OPTIONAL = WELCOME.encode(Welcome(True, False, True, False, True, report_is_optional=True))
UNNEEDED = PIECE_REQUEST.encode(PieceRequest(is_wanted=False, is_unneeded=True))
A, B, C = (PublicKey(bytes([number]) * 32) for number in range(3))


def change(*mutations: FunderReportMutation, piece: ReportPiece | None = None) -> bytes:
    """Changes of the report, and perhaps a piece."""
    extra = None if piece is None else Extra(opt_piece=piece)
    return APP_SERVER_TO_APP.encode(ReportMutations(None, tuple(map(FunderMutation, mutations)), extra))


def piece(*keys: PublicKey, name: str = "as in the piece", is_last: bool = False) -> bytes:
    """Some friends."""
    parts = [FriendPart(FRIEND_REPORT.encode(PkFriendReport(key, friend_report(name))), b"") for key in keys]
    return change(piece=ReportPiece(tuple(parts), is_last))


def begun() -> FirstReport:
    """An app that has the first part of a report."""
    first = FirstReport(NODE.public_key)
    assert first.take(OFFER) == [WANTED, WANTED]
    assert first.take(NODE_REPORT.encode(node_report({}, extra=Extra(friends_follow=True)))) == [WANTED]
    assert first.report is None
    return first


def names(first: FirstReport) -> dict[PublicKey, str]:
    """The friends of a report that is here."""
    assert first.report is not None
    return {
        entry.friend_public_key: entry.friend_report.name for entry in first.report.funder_report.friends.list
    }


def test_a_whole_report() -> None:
    """Of a node that offers no pieces, as the reference, nothing is asked; so too if it offered and was quicker."""
    may = AppPermissions(True, False, True, False)
    for data, wanted in ((APP_PERMISSIONS.encode(may), []), (OFFER, [WANTED, WANTED])):
        first = FirstReport(NODE.public_key)
        assert first.take(data) == wanted
        assert (first.permissions, first.report) == (may, None)
        assert first.take(NODE_REPORT.encode(node_report())) == []
        assert first.report == node_report()


def test_pieces_are_asked_for_until_the_last() -> None:
    """One for each that came, and none for what is no piece."""
    first = begun()
    assert first.take(piece(A, B)) == [WANTED]
    assert first.take(change()) == []
    assert first.take(APP_SERVER_TO_APP.encode(ClientResponseRoutes(bytes(16), None))) == []
    assert first.take(piece(C)) == [WANTED]
    assert first.report is None
    assert first.take(piece(is_last=True)) == []
    assert list(names(first)) == [A, B, C]
    assert first.report is not None
    assert first.report.opt_extra is None


def test_changes_between_pieces() -> None:
    """Of friends that are here they count; of others not, for their piece is newer. A piece is right in any case."""
    first = begun()
    first.take(piece(A, B))
    renamed = [ChangeFriend(key, SetName("changed")) for key in (A, B, C)]
    first.take(change(*renamed, RemoveFriendMutation(B), RemoveFriendMutation(C)))
    first.take(piece(C, is_last=True))
    assert names(first) == {A: "changed", C: "as in the piece"}
    first = begun()
    first.take(piece(A))
    first.take(change(*renamed))
    first.take(piece(A, is_last=True))
    assert names(first) == {A: "as in the piece"}


@given(st.integers(0, 2), st.binary(max_size=40))
def test_nonsense_is_the_fault_of_the_node(place: int, data: bytes) -> None:
    """Whatever comes, it is taken or refused."""
    first = FirstReport(NODE.public_key)
    for message in (OFFER, NODE_REPORT.encode(node_report({}, extra=Extra(friends_follow=True))))[:place]:
        first.take(message)
    with contextlib.suppress(PeerFault):
        first.take(data)


def test_another_key() -> None:
    """The report is not that of the node that was asked for."""
    first = FirstReport(A)
    first.take(OFFER)
    with pytest.raises(PeerFault, match="not a node"):
        first.take(NODE_REPORT.encode(node_report()))


def test_a_piece_with_nonsense_in_it() -> None:
    """It is refused, not skipped."""
    with pytest.raises(PeerFault):
        begun().take(change(piece=ReportPiece((FriendPart(b"\xff\xff", b""),), True)))


def test_an_app_that_needs_no_report() -> None:
    """It says so to a node that offers to leave it out, and is ready; any other node sends it, in pieces or whole."""
    first = FirstReport(NODE.public_key, wants_report=False)
    assert first.take(OPTIONAL) == [UNNEEDED]
    assert first.is_over
    assert first.permissions == AppPermissions(True, False, True, False)
    assert first.report is None
    other = FirstReport(NODE.public_key, wants_report=False)
    assert other.take(OFFER) == [WANTED, WANTED]
    assert not other.is_over
    other.take(NODE_REPORT.encode(node_report()))
    assert other.is_over
    assert other.report == node_report()


def test_an_app_that_needs_the_report_asks_for_it() -> None:
    """Whatever else the node offers."""
    first = FirstReport(NODE.public_key)
    assert first.take(OPTIONAL) == [WANTED, WANTED]
    assert not first.is_over
