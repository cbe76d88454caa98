"""Extensions: an old peer reads ours, we read an old peer's, and without them the bytes are those of 0.1.11."""

from hypothesis import given
from hypothesis import strategies as st

from offset.base.ids import RAND_VALUE_BYTES, Uid
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppServerToApp,
    AppToAppServer,
    EnableFriend,
    ReportMutations,
)
from offset.wire.codec import Codec
from offset.wire.common import RelayAddress
from offset.wire.extension import (
    PIECE_REQUEST,
    QUERY,
    WELCOME,
    CreditLine,
    Extra,
    FriendCreditLines,
    FriendPart,
    LinkDown,
    LinkStatus,
    LinkTrying,
    LinkUp,
    NetworkStatus,
    PaymentsAbove,
    PieceRequest,
    Query,
    RelayConnecting,
    RelayListening,
    RelayStatus,
    RelayWaiting,
    ReportPiece,
    StatusChange,
    Welcome,
)
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage, MoveToken, MoveTokenRequest
from offset.wire.report import (
    NODE_REPORT,
    FunderReport,
    IndexClientReport,
    NodeReport,
    PkFriendReportList,
)

KEY = bytes(range(32))
RELAY = RelayAddress(KEY, "relay:1")
TOKEN = MoveToken(bytes(64), (), (RELAY,), ("FST",), bytes(32), bytes(RAND_VALUE_BYTES), bytes(64))

# The forms of 0.1.11, as an old peer reads and writes them.
OLD_FRIEND: Codec[FriendMessage] = Codec("friend", "FriendMessage")
OLD_REPORT: Codec[NodeReport] = Codec("report", "NodeReport")
OLD_APP: Codec[AppServerToApp] = Codec("app", "AppServerToApp")

times = st.integers(0, 2**64 - 1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
keys = st.binary(min_size=32, max_size=32)
lines = st.lists(
    st.builds(CreditLine, st.text("ABC", max_size=5), st.integers(0, 2**128 - 1), st.booleans()), max_size=3
).map(tuple)
relays = st.just(RELAY)
relay_states = st.one_of(
    st.just(RelayConnecting()), st.just(RelayListening()), st.builds(RelayWaiting, times)
)
link_states = st.one_of(
    st.builds(LinkUp, relays, st.booleans()),
    st.builds(LinkTrying, st.lists(relays, max_size=2).map(tuple)),
    st.builds(LinkDown, texts, st.none() | times),
)
statuses = st.builds(
    NetworkStatus,
    times,
    st.lists(st.builds(RelayStatus, relays, st.booleans(), relay_states, times, texts), max_size=3).map(
        tuple
    ),
    st.lists(st.builds(LinkStatus, keys, link_states, times), max_size=3).map(tuple),
)
changes = st.builds(
    lambda status, gone: StatusChange(status.now, status.relays, status.links, tuple(gone)),
    statuses,
    st.lists(keys, max_size=2),
)
pieces = st.builds(
    ReportPiece,
    st.lists(st.builds(FriendPart, st.binary(max_size=20), st.binary(max_size=20)), max_size=2).map(tuple),
    st.booleans(),
)
extras = st.builds(
    Extra,
    st.lists(st.builds(FriendCreditLines, keys, lines), max_size=2).map(tuple),
    st.none() | statuses,
    texts,
    st.none() | changes,
    st.booleans(),
    st.none() | pieces,
)


@given(st.booleans(), st.none() | lines)
def test_friend_message(wanted: bool, told: tuple[CreditLine, ...] | None) -> None:
    """Both read it; the old peer without what it does not know."""
    message = MoveTokenRequest(TOKEN, wanted, told)
    data = FRIEND_MESSAGE.encode(message)
    assert FRIEND_MESSAGE.decode(data) == message
    assert OLD_FRIEND.decode(data) == MoveTokenRequest(TOKEN, wanted)
    if told is None:
        assert data == OLD_FRIEND.encode(message)


@given(st.none() | extras)
def test_report(extra: Extra | None) -> None:
    """The same for the report of a node."""
    old = NodeReport(FunderReport(KEY, (), PkFriendReportList(())), IndexClientReport((), None))
    message = NodeReport(old.funder_report, old.index_client_report, extra)
    data = NODE_REPORT.encode(message)
    assert NODE_REPORT.decode(data) == message
    assert OLD_REPORT.decode(data) == old
    if extra is None:
        assert data == OLD_REPORT.encode(old)


@given(st.none() | st.just(bytes(16)), st.none() | extras)
def test_changes_of_the_report(ack: bytes | None, extra: Extra | None) -> None:
    """The same for changes, which are also acknowledgements."""
    message = ReportMutations(ack, (), extra)
    data = APP_SERVER_TO_APP.encode(message)
    assert APP_SERVER_TO_APP.decode(data) == message
    assert OLD_APP.decode(data) == ReportMutations(ack, ())
    if extra is None:
        assert data == OLD_APP.encode(message)


@given(*[st.booleans()] * 5)
def test_welcome(routes: bool, buyer: bool, seller: bool, config: bool, pieces: bool) -> None:
    """The same for permissions, with an offer of the report in pieces."""
    data = WELCOME.encode(Welcome(routes, buyer, seller, config, pieces))
    assert WELCOME.decode(data) == Welcome(routes, buyer, seller, config, pieces)
    old = AppPermissions(routes, buyer, seller, config)
    assert APP_PERMISSIONS.decode(data) == old
    assert WELCOME.decode(APP_PERMISSIONS.encode(old)) == Welcome(routes, buyer, seller, config, False)
    if not pieces:
        assert data == APP_PERMISSIONS.encode(old)


def test_a_request_for_a_piece_is_known_from_others() -> None:
    """Whatever an app of 0.1.11 says, no piece is wanted by it."""
    assert PIECE_REQUEST.decode(PIECE_REQUEST.encode(PieceRequest(True))).is_wanted
    other = APP_TO_APP_SERVER.encode(AppToAppServer(b"\xff" * 16, EnableFriend(b"\xff" * 32)))
    assert not PIECE_REQUEST.decode(other).is_wanted
    assert not PIECE_REQUEST.decode(other).is_unneeded


def test_that_no_report_is_needed_is_known_from_a_query_and_a_piece() -> None:
    """Each of the three has a bit of its own."""
    unneeded = PIECE_REQUEST.decode(PIECE_REQUEST.encode(PieceRequest(is_wanted=False, is_unneeded=True)))
    assert unneeded == PieceRequest(is_wanted=False, is_query=False, is_unneeded=True)
    query = PIECE_REQUEST.decode(QUERY.encode(Query(Uid(bytes(16)), PaymentsAbove(b""), 0xFFFF)))
    assert (query.is_query, query.is_unneeded) == (True, False)
    old = WELCOME.encode(Welcome(True, True, True, True, False, True))
    assert not WELCOME.decode(old).report_is_optional
    assert APP_PERMISSIONS.decode(WELCOME.encode(Welcome(True, False, True, False, True, True, True))) == (
        AppPermissions(True, False, True, False)
    )
