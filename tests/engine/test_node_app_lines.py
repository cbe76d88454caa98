"""The lines of apps as a part of a node: who gets in, who must go, and when all are told how it stands."""

from __future__ import annotations

from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, Currency, PaymentId, PublicKey, Uid
from offset.base.limits import (
    APPS_MAX,
    APPS_RECHECK_MS,
    REPORT_EARLY_REQUESTS_MAX,
    REPORT_OFFER_MS,
    STATUS_PAUSE_MS,
)
from offset.engine.line_events import LineClosed, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.loop import Loop
from offset.engine.node_app_lines import NodeAppLines
from offset.engine.node_apps import NodeApps
from offset.engine.report_pieces import Piece
from offset.engine.surface import Tell
from offset.testing import identity, node_report
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppToAppServer,
    EnableFriend,
    PaymentStatusNotFound,
    ReportMutations,
    RequestClosePayment,
    ResponseClosePayment,
)
from offset.wire.extension import (
    PIECE_REQUEST,
    QUERY,
    WELCOME,
    Extra,
    FriendCreditLines,
    InvoiceRows,
    InvoicesAbove,
    LostCredits,
    LostPayment,
    NetworkStatus,
    Page,
    PaymentsAbove,
    PieceRequest,
    Query,
    StatusChange,
)
from offset.wire.report import FunderMutation, RemoveFriendMutation

MAY = AppPermissions(routes=False, buyer=True, seller=False, config=False)
KEY = PublicKey(bytes(32))
STATUS = NetworkStatus(0, (), ())


class Door:
    """The part, a trust that may be taken away, and what came of it."""

    def __init__(self) -> None:
        self.loop = Loop(Lines(identity("node"), SeededEntropy("node")), 0)
        self.trusted = {KEY: MAY}
        self.sent: dict[Conn, list[bytes]] = {}
        self.noted: list[object] = []
        self.is_large = False
        """Whether the report may be had in pieces."""
        self.takes_long = False
        """Whether an app waits for a report in one message."""
        self.apps = NodeApps(self.trusted.get, lambda conn, data: self.sent.setdefault(conn, []).append(data))
        self.lines = NodeAppLines(
            self.loop,
            self.apps,
            offers=lambda: self.is_large,
            came=self._came,
            wanted=lambda conn: self.noted.append(("wants", conn)),
            asked=self.noted.append,
            queried=lambda conn, query: self.noted.append((conn, query)),
            left=lambda _conn: self.noted.append("left"),
            linked=lambda: (),
            status_of=lambda _: STATUS,
        )
        self.loop.set_timers(self.lines.offer_timer, self.lines.recheck_timer, self.lines.status_timer)

    def _came(self, conn: Conn) -> bool:
        self.noted.append(conn)
        return self.takes_long

    def open(self, number: int, key: PublicKey = KEY) -> Conn:
        """An app proves its key."""
        conn = Conn(number)
        self.lines.take(LineOpened(conn, key, "apps", "127.0.0.1:1", self.lines.take))
        return conn

    def say(self, conn: Conn, data: bytes) -> None:
        """An app says something."""
        self.lines.take(LineMessage(conn, data, self.lines.take))

    def pass_ms(self, span: int) -> None:
        """Let time pass."""
        self.loop.now += span
        self.loop.run_due()


def test_an_app_comes_asks_and_goes() -> None:
    """The node hears of each step."""
    door = Door()
    conn = door.open(2)
    message = AppToAppServer(bytes(16), RequestClosePayment(bytes(16)))
    door.say(conn, APP_TO_APP_SERVER.encode(message))
    door.lines.take(LineClosed(conn, "gone", True, door.lines.take))
    assert door.noted == [conn, message, "left"]
    assert len(door.apps) == 0


def test_strangers_and_too_many_do_not_get_in() -> None:
    """The node does not hear of them; the log says why only if there was no room."""
    door = Door()
    door.open(2, PublicKey(b"s" * 32))
    assert door.loop.take_effects() == []
    for number in range(APPS_MAX + 1):
        door.open(4 + 2 * number)
    assert len(door.noted) == len(door.apps) == APPS_MAX
    assert door.loop.take_effects() == [Tell("app", f"hung up on an app: there are {APPS_MAX} already")]


def test_whoever_breaks_the_rules_is_hung_up_on() -> None:
    """What cannot be read, and what is not permitted."""
    door = Door()
    forbidden = APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), EnableFriend(KEY)))
    for number, data in ((2, b"\xff\xff"), (4, forbidden)):
        door.say(door.open(number), data)
        (tell,) = door.loop.take_effects()
        assert isinstance(tell, Tell)
        assert tell.detail.startswith("hung up on an app: ")
    assert door.noted == [2, "left", 4, "left"]


def test_a_query_is_known_from_a_request() -> None:
    """What the app may see is looked for; what it may not see costs it its line."""
    door = Door()
    conn = door.open(2)
    query = Query(bytes(16), PaymentsAbove(b""), 10)
    door.say(conn, QUERY.encode(query))
    assert door.noted == [conn, (conn, query)]
    door.say(conn, QUERY.encode(Query(bytes(16), InvoicesAbove(b""), 10)))
    assert door.noted[2:] == ["left"]
    assert door.loop.take_effects()[0] == Tell(
        "app", "hung up on an app: the app has no permission for its query"
    )


def test_who_asks_before_the_report_knows_no_pieces() -> None:
    """A query counts as a request there, so the report comes first, and whole."""
    door = Door()
    door.is_large = True
    conn = door.open(2)
    query = Query(bytes(16), PaymentsAbove(b""), 10)
    door.say(conn, QUERY.encode(query))
    assert door.noted == [conn, (conn, query)]


def test_an_app_that_is_trusted_no_more_must_go() -> None:
    """It is looked at again and again while there are apps."""
    door = Door()
    door.open(2)
    door.pass_ms(APPS_RECHECK_MS)
    assert len(door.apps) == 1
    door.trusted.clear()
    door.pass_ms(APPS_RECHECK_MS - 1)
    assert len(door.apps) == 1
    door.pass_ms(1)
    assert len(door.apps) == 0
    assert door.loop.take_effects() == [Tell("app", "hung up on an app that is not trusted as before")]
    assert door.loop.deadline() is None


def test_a_status_is_told_once_after_a_pause() -> None:
    """However often it moves; without apps nobody looks."""
    door = Door()
    door.lines.status_moved()
    assert door.loop.deadline() is None
    conn = door.open(2)
    door.lines.register(conn, node_report())
    door.sent.clear()
    door.pass_ms(STATUS_PAUSE_MS - 1)
    door.lines.status_moved()
    assert door.sent == {}
    door.pass_ms(1)
    (data,) = door.sent[conn]
    extra = APP_SERVER_TO_APP.decode(data).opt_extra
    assert extra is not None
    assert extra.opt_status_change == StatusChange(0, (), (), ())


def test_an_app_that_wants_pieces_gets_them_and_no_whole_report() -> None:
    """It asks at once; later requests are requests."""
    door = Door()
    door.is_large = True
    conn = door.open(2)
    assert WELCOME.decode(door.sent[conn][0]).report_in_pieces
    wanted = PIECE_REQUEST.encode(PieceRequest(True))
    door.say(conn, wanted)
    door.say(conn, wanted)
    door.pass_ms(REPORT_OFFER_MS)
    message = AppToAppServer(bytes(16), RequestClosePayment(bytes(16)))
    door.say(conn, APP_TO_APP_SERVER.encode(message))
    assert door.noted == [("wants", conn), ("wants", conn), message]


def test_an_app_that_wants_no_pieces_has_the_whole_report_after_a_while() -> None:
    """Or as soon as it asks for something; one that is gone by then has none."""
    door = Door()
    door.is_large = True
    first, second, third = (door.open(number) for number in (2, 4, 6))
    message = AppToAppServer(bytes(16), RequestClosePayment(bytes(16)))
    door.say(second, APP_TO_APP_SERVER.encode(message))
    assert door.noted == [second, message]
    door.lines.take(LineClosed(third, "gone", True, door.lines.take))
    door.pass_ms(REPORT_OFFER_MS - 1)
    last = door.open(8)
    assert door.noted[2:] == ["left"]
    door.pass_ms(1)
    assert door.noted[3:] == [first]
    door.pass_ms(REPORT_OFFER_MS - 1)
    assert door.noted[4:] == [last]


def test_what_an_app_asks_before_its_report_is_carried_out_after_it() -> None:
    """In its order, however long the report takes; so no acknowledgement comes before it, and none is lost."""
    door = Door()
    door.is_large = door.takes_long = True
    conn = door.open(2)
    messages = [AppToAppServer(bytes([number]) * 16, RequestClosePayment(bytes(16))) for number in range(3)]
    for message in messages[:2]:
        door.say(conn, APP_TO_APP_SERVER.encode(message))
    assert door.noted == [conn]
    door.lines.register_encoded(conn, b"the report")
    assert door.sent[conn][-1] == b"the report"
    door.lines.go_on(conn)
    door.say(conn, APP_TO_APP_SERVER.encode(messages[2]))
    assert door.noted == [conn, *messages]


def test_an_app_that_does_not_wait_for_its_report_is_bounded() -> None:
    """It may ask for a little before; then it is hung up on, and what it asked for is forgotten."""
    door = Door()
    door.is_large = door.takes_long = True
    conn = door.open(2)
    data = APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16))))
    for _ in range(REPORT_EARLY_REQUESTS_MAX):
        door.say(conn, data)
    assert door.noted == [conn]
    door.say(conn, data)
    assert door.noted == [conn, "left"]
    door.lines.go_on(conn)
    assert door.noted == [conn, "left"]


def test_links_are_looked_at_again_when_an_app_has_all_pieces() -> None:
    """A piece may have waited for the disk, and show what is so no more."""
    door = Door()
    door.is_large = True
    conn = door.open(2)
    door.lines.register(conn, node_report(extra=Extra(opt_status=STATUS, friends_follow=True)))
    door.pass_ms(STATUS_PAUSE_MS)
    for is_last in (False, True):
        assert door.lines.status_timer.at is None
        door.lines.tell_piece(conn, Piece((), (), is_last), STATUS)
    assert door.lines.status_timer.at == door.loop.now + STATUS_PAUSE_MS


def test_where_no_pieces_are_offered_none_are_given() -> None:
    """A short report is whole for every app, and its permissions can be read by one of 0.1.11."""
    door = Door()
    conn = door.open(2)
    (data,) = door.sent[conn]
    assert APP_PERMISSIONS.decode(data) == MAY
    assert not WELCOME.decode(data).report_in_pieces
    door.say(conn, PIECE_REQUEST.encode(PieceRequest(True)))
    assert ("wants", conn) not in door.noted


UNNEEDED = PIECE_REQUEST.encode(PieceRequest(is_wanted=False, is_unneeded=True))
CHANGED = FunderMutation(RemoveFriendMutation(KEY))


def test_an_app_without_a_report_is_told_only_what_comes_of_requests() -> None:
    """Acknowledgements with their refusals, losses, answers and endings; no change, no line and no standing."""
    door = Door()
    door.is_large = True
    conn = door.open(2)
    assert WELCOME.decode(door.sent.pop(conn)[0]).report_is_optional
    door.say(conn, UNNEEDED)
    door.pass_ms(REPORT_OFFER_MS)
    assert door.noted == []
    lost = LostPayment(PaymentId(bytes(16)), Currency("FST"), (LostCredits(KEY, 5),), None)
    lines = (FriendCreditLines(KEY, ()),)
    door.apps.tell_change(None, [CHANGED], Extra(lines))
    door.lines.status_moved()
    door.pass_ms(STATUS_PAUSE_MS)
    assert door.sent == {}
    door.apps.tell_change(Uid(b"a" * 16), [CHANGED], Extra(lines, STATUS))
    door.apps.tell_change(Uid(b"b" * 16), (), Extra(lines, refusal="no"))
    door.apps.tell_change(None, [CHANGED], Extra(lines, lost_payments=(lost,)))
    page = Page(Uid(bytes(16)), InvoiceRows(()), is_last=True)
    door.apps.tell_page(conn, page)
    door.say(conn, APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16)))))
    ending = ResponseClosePayment(PaymentId(bytes(16)), PaymentStatusNotFound())
    door.apps.tell(ending)
    assert [APP_SERVER_TO_APP.decode(data) for data in door.sent[conn]] == [
        ReportMutations(Uid(b"a" * 16), ()),
        ReportMutations(Uid(b"b" * 16), (), Extra(refusal="no")),
        ReportMutations(None, (), Extra(lost_payments=(lost,))),
        ReportMutations(None, (), Extra(opt_page=page)),
        ending,
    ]


def test_an_app_without_a_report_may_ask_for_it_later() -> None:
    """Then it is told of changes like the others; and it cannot give a report back, which costs it its line."""
    door = Door()
    door.is_large = True
    conn = door.open(2)
    door.say(conn, UNNEEDED)
    door.say(conn, PIECE_REQUEST.encode(PieceRequest(True)))
    assert door.noted == [("wants", conn)]
    door.lines.register(conn, node_report(extra=Extra(opt_status=STATUS, friends_follow=True)))
    door.sent.clear()
    door.apps.tell_change(Uid(bytes(16)), [CHANGED])
    assert [APP_SERVER_TO_APP.decode(data) for data in door.sent[conn]] == [
        ReportMutations(Uid(bytes(16)), (CHANGED,))
    ]
    door.say(conn, UNNEEDED)
    assert door.noted[1:] == ["left"]


def test_where_the_report_is_short_it_is_not_left_out() -> None:
    """It is sent at once, and nobody is asked whether it is needed."""
    door = Door()
    conn = door.open(2)
    assert not WELCOME.decode(door.sent[conn][0]).report_is_optional
    assert door.noted == [conn]
    door.say(conn, UNNEEDED)
    assert door.noted[1:] == ["left"]
