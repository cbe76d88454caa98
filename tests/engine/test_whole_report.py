"""A long report in one message: each turn does little, and it shows the node as it is when it is handed out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from offset.base.ids import Conn, PublicKey
from offset.base.limits import REPORT_ASSEMBLED_MAX, REPORT_FRIEND_PARTS, REPORT_PIECE_PARTS_MAX
from offset.core.funder.state.state import Friend
from offset.core.funder.state.views import funder_report
from offset.engine import report_pieces, whole_report
from offset.engine.report_pieces import ReportPieces
from offset.engine.whole_report import WholeReport
from offset.testing import node_report
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.report import (
    FRIEND_REPORT,
    NODE_REPORT,
    CountersInfo,
    FunderReport,
    IndexClientReport,
    McInfo,
    MoveTokenHashedReport,
    NodeReport,
    PkFriendReport,
    PkFriendReportList,
    TokenInfo,
)
from support.books import friends

APP, OTHER = Conn(2), Conn(4)
NEW = PublicKey(b"n" * 32)
RELAY = NamedRelayAddress(PublicKey(b"r" * 32), "relay.example.org:1", "relay")


class Desk:
    """A node with friends, and its report under way."""

    def __init__(self, count: int, currencies: int) -> None:
        self.state = friends(count, currencies)
        self.pieces = ReportPieces(self.state)
        self.whole = WholeReport(self.state, self.pieces, self.head)

    def head(self) -> NodeReport:
        funder = FunderReport(self.state.local, self.state.relays, PkFriendReportList(()))
        return NodeReport(funder, IndexClientReport((), None))

    def change(self, *keys: PublicKey) -> None:
        """As the node does it, after something has changed."""
        self.pieces.changed(keys)
        self.whole.changed(keys)

    def is_true(self, data: bytes) -> bool:
        """Whether this report shows the node as it is."""
        now = NodeReport(funder_report(self.state), IndexClientReport((), None))
        return NODE_REPORT.decode(data) == now

    def rest(self) -> tuple[Conn, bytes]:
        """All turns that are left for one app."""
        while (made := self.whole.turn()) is None:
            assert self.whole.is_wanted
        return made


class Work:
    """What was encoded."""

    def __init__(self) -> None:
        self.parts = 0

    def encode(self, report: PkFriendReport) -> bytes:
        self.parts += REPORT_FRIEND_PARTS + len(report.friend_report.currency_configs)
        return FRIEND_REPORT.encode(report)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted = Work()
    monkeypatch.setattr(report_pieces, "FRIEND_REPORT", counted)
    return counted


def test_each_turn_does_little_and_the_next_app_costs_little(work: Work) -> None:
    """Work is counted, not timed: some friends are encoded, or more are put together; never is all done at once."""
    desk = Desk(1200, 7)
    desk.whole.want(APP)
    desk.whole.want(OTHER)
    made, turns, most = None, 0, 0
    while made is None:
        before = work.parts
        made, turns = desk.whole.turn(), turns + 1
        most = max(most, work.parts - before)
    assert most < REPORT_PIECE_PARTS_MAX + REPORT_FRIEND_PARTS + 7
    assert turns > work.parts / most + 1200 / REPORT_ASSEMBLED_MAX
    conn, data = made
    assert conn == APP
    assert desk.is_true(data)
    encoded = work.parts
    assert desk.whole.turn() == (OTHER, data)
    assert not desk.whole.is_wanted
    desk.whole.want(APP)
    assert desk.rest() == (APP, data)
    assert work.parts == encoded


def _changes(desk: Desk) -> Iterator[None]:
    """Whatever may happen to a node, one after the other."""
    first, second, third, *_ = desk.state.friends
    desk.state.friends[first].name = "changed"
    desk.change(first)
    yield
    del desk.state.friends[second]
    desk.change(second)
    yield
    desk.state.friends[NEW] = Friend(desk.state.local, NEW, "new", ())
    desk.change(NEW)
    yield
    desk.state.relays = (RELAY,)
    yield
    desk.state.friends[second] = Friend(desk.state.local, second, "again", ())
    desk.change(second)
    yield
    desk.state.friends[third].name = "changed too"
    desk.change(first, third)


@pytest.mark.parametrize("begin", range(1, 10))
def test_what_changes_meanwhile_is_in_it(begin: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Friends are added, changed and removed, and relays, at each stage: the report shows all of it."""
    monkeypatch.setattr(whole_report, "REPORT_ASSEMBLED_MAX", 50)
    desk = Desk(120, 7)
    desk.whole.want(APP)
    changes = _changes(desk)
    made, turns = None, 0
    while made is None:
        made, turns = desk.whole.turn(), turns + 1
        if made is None and turns >= begin:
            next(changes, None)
    assert turns > 10
    assert next(changes, "all were made") == "all were made"
    assert desk.is_true(made[1])
    # It is true until something changes.
    desk.whole.want(OTHER)
    desk.rest()
    desk.whole.want(APP)
    desk.whole.want(OTHER)
    conn, before = desk.rest()
    desk.state.friends[NEW].name = "changed between two apps"
    desk.change(NEW)
    assert desk.whole.turn() is None
    after = desk.rest()
    assert (conn, after[0]) == (APP, OTHER)
    assert before != after[1]
    assert desk.is_true(after[1])


def test_a_node_that_never_rests_has_a_report_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """When friends change in each turn, all is done in one at last."""
    monkeypatch.setattr(whole_report, "REPORT_WHOLE_TURNS_MAX", 20)
    desk = Desk(100, 7)
    desk.whole.want(APP)
    key = next(iter(desk.state.friends))
    for turn in range(20):
        assert desk.whole.turn() is None
        desk.state.friends[key].name = f"name {turn}"
        desk.change(key)
    made = desk.whole.turn()
    assert made is not None
    assert desk.is_true(made[1])


def test_an_app_that_is_gone_costs_nothing_more(work: Work) -> None:
    """Nothing is made for nobody, and nothing is kept of it."""
    desk = Desk(100, 7)
    desk.whole.want(APP)
    desk.whole.turn()
    desk.whole.drop(OTHER)
    assert desk.whole.is_wanted
    desk.whole.drop(APP)
    assert not desk.whole.is_wanted


def test_a_report_that_is_too_long_has_less_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other programs get must fit; what fits is not touched."""
    (entry,) = node_report().funder_report.friends.list
    info = TokenInfo(McInfo(NEW, NEW, ()), CountersInfo(0, 77))
    given = replace(
        entry.friend_report,
        remote_relays=(RelayAddress(RELAY.public_key, RELAY.address),),
        opt_last_incoming_move_token=MoveTokenHashedReport(bytes(32), info, bytes(16), bytes(64)),
    )
    monkeypatch.setattr(report_pieces, "friend_report", lambda _: given)
    desk = Desk(30, 7)
    desk.whole.want(APP)
    full = desk.rest()[1]
    assert NODE_REPORT.decode(full).funder_report.friends.list[0].friend_report == given
    monkeypatch.setattr(whole_report, "APP_FRAME_BYTES_MAX", len(full) - 1)
    desk.whole.want(APP)
    shorter = NODE_REPORT.decode(desk.rest()[1])
    assert len(shorter.funder_report.friends.list) == 30
    after = shorter.funder_report.friends.list[0].friend_report
    assert after.opt_last_incoming_move_token is None
    assert after.remote_relays == ()
    assert after.channel_status == given.channel_status
    assert after.currency_configs == given.currency_configs
