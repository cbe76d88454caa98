"""A report in pieces: each is bounded, together they are what a whole report says, whatever happens meanwhile."""

from __future__ import annotations

import pytest

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, Currency, PublicKey
from offset.base.limits import (
    APP_FRAME_BYTES_MAX,
    DECODED_WORDS_MAX,
    FRIEND_CURRENCIES_MAX,
    FRIENDS_MAX,
    NAME_BYTES_MAX,
    REPORT_FRIEND_PARTS,
    REPORT_OFFER_MS,
    REPORT_PIECE_PARTS_MAX,
    REPORT_WHOLE_PARTS_MAX,
    STATUS_PAUSE_MS,
)
from offset.core.apps.first_report import FirstReport
from offset.core.apps.reports import ReportView
from offset.core.funder.state.state import FunderState
from offset.engine import node
from offset.engine.app import Ready
from offset.engine.report_pieces import ReportPieces
from offset.testing import node_report
from offset.wire.app import APP_PERMISSIONS, AddFriend, DisableFriend, RemoveFriend, SetFriendName
from offset.wire.codec import Codec
from offset.wire.extension import LinkDown, LinkUp
from offset.wire.report import (
    FRIEND_REPORT,
    NODE_REPORT,
    ChannelConsistent,
    CurrencyConfigReport,
    CurrencyReport,
    FriendReport,
    McBalanceReport,
    NodeReport,
)
from support.books import friends
from support.nodes import Town

OLD_REPORT: Codec[NodeReport] = Codec("report", "NodeReport")
CONN = Conn(2)


def names(state: FunderState, pieces: ReportPieces, conn: Conn = CONN) -> list[str]:
    """The names of the friends in all pieces that are left for an app."""
    found = []
    while (piece := pieces.take(conn)) is not None:
        for part in piece.friends:
            found.append(FRIEND_REPORT.decode(part.report).friend_report.name)
    return found


def test_pieces_are_offered_beyond_the_limit() -> None:
    """Friends and currencies count, so that no report that is made at once takes long."""
    fit = REPORT_WHOLE_PARTS_MAX // (REPORT_FRIEND_PARTS + 7)
    assert not ReportPieces(friends(fit, 7)).is_offered()
    assert ReportPieces(friends(fit + 1, 7)).is_offered()


@pytest.mark.parametrize("count, currencies", [(0, 0), (1, 256), (1024, 0), (1025, 0), (300, 7), (7, 256)])
def test_each_piece_is_bounded_and_none_is_left_out(count: int, currencies: int) -> None:
    """All friends come, in order and once; only the last friend of a piece may exceed its limit."""
    state = friends(count, currencies)
    pieces = ReportPieces(state)
    assert pieces.begin(CONN)
    assert not pieces.begin(CONN)
    found: list[PublicKey] = []
    while (piece := pieces.take(CONN)) is not None:
        assert (len(piece.keys) - 1) * (currencies + REPORT_FRIEND_PARTS) < REPORT_PIECE_PARTS_MAX
        assert len(piece.friends) == len(piece.keys)
        found += piece.keys
    assert found == list(state.friends)
    assert pieces.take(CONN) is None


def test_a_piece_shows_friends_as_they_are_when_it_is_made() -> None:
    """Who is gone by then is left out, and who changed is encoded anew; the others are not."""
    state = friends(REPORT_PIECE_PARTS_MAX, 1)
    pieces = ReportPieces(state)
    other = Conn(4)
    pieces.begin(CONN)
    assert len(names(state, pieces)) == REPORT_PIECE_PARTS_MAX
    pieces.begin(other)
    first, second, *_ = state.friends
    state.friends[first].name = "changed"
    state.friends[second].name = "changed too, and nobody said so"
    pieces.changed([first])
    gone = next(reversed(state.friends))
    del state.friends[gone]
    pieces.changed([gone])
    found = names(state, pieces, other)
    assert found[:3] == ["changed", "friend 1", "friend 2"]
    assert len(found) == REPORT_PIECE_PARTS_MAX - 1
    pieces.drop(other)
    assert pieces.begin(other)


def longest(friends: int, currencies: int) -> NodeReport:
    """What is left of a report when it is too long, with names and amounts that take as much room as they can."""
    entropy = SeededEntropy("longest")

    def amount() -> int:
        return int.from_bytes(entropy.bytes(16), "big") >> 1

    def friend() -> FriendReport:
        known = [Currency(entropy.bytes(8).hex()) for _ in range(currencies)]
        configs = [CurrencyConfigReport(name, Rate(0xDEADBEEF, 0xABCDEF12), amount(), True) for name in known]
        owed = [CurrencyReport(name, McBalanceReport(amount(), amount(), amount())) for name in known]
        status = ChannelConsistent(tuple(owed))
        name = entropy.bytes(NAME_BYTES_MAX // 2).hex()
        return FriendReport(name, (), tuple(configs), None, True, status, True)

    return node_report({PublicKey(entropy.bytes(32)): friend() for _ in range(friends)}, relays=())


def test_a_report_with_as_much_as_the_limits_allow_fits() -> None:
    """One without tokens and relays: measured for a hundredth of it, and it grows with friends and currencies.

    Relays and index servers of the node itself take less than 64 KiB.
    """
    each = FRIEND_CURRENCIES_MAX // FRIENDS_MAX
    friends = FRIENDS_MAX // 100
    data = NODE_REPORT.encode(longest(friends, each + 1))
    more = len(data) - len(NODE_REPORT.encode(longest(friends, each)))
    size = 100 * (len(data) - more / 2)
    assert size + 2**16 < APP_FRAME_BYTES_MAX
    assert more < friends * 167
    # Raises Undecodable when it unpacks to more.
    OLD_REPORT.decode(data, 8 * DECODED_WORDS_MAX // 100)


# Through whole engines


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    """Three in a row; each report comes in pieces of one friend."""
    monkeypatch.setattr(node, "ReportPieces", lambda state, _: ReportPieces(state, 0))
    return Town("abc")


def _seen(report: NodeReport) -> dict[PublicKey, tuple[object, ...]]:
    """What a report says of each friend; times and the order of links are left out."""
    view = ReportView(report)
    assert view.status is not None
    states = {link.friend_public_key: link.state for link in view.status.links}
    return {
        key: (friend, view.credit_lines.get(key), states.get(key)) for key, friend in view.friends.items()
    }


def test_an_app_has_the_whole_report_before_it_is_ready(town: Town) -> None:
    """It sees what a whole report would say, with lines and links, and then hears of changes like the first app."""
    later = town.add_app("b", "later")
    ready = later.wait_ready()
    assert _seen(ready.report) == _seen(town.engine("b").report())
    assert len(ready.report.funder_report.friends.list) == 2
    town.apps["b"].ask(SetFriendName(town.key("a"), "alice"))
    town.world.run_until(lambda: later.report().friends[town.key("a")].name == "alice")
    town.world.kill("relay")
    town.world.run_until(
        lambda: all(isinstance(link.state, LinkDown) for link in later.report().status.links)  # type: ignore[union-attr]
    )


def test_what_happens_between_two_pieces_is_not_lost(town: Town) -> None:
    """Friends are added, changed, disabled and removed while the pieces wait for a slow disk."""
    app, disk, new = town.apps["b"], town.host("b").disk, PublicKey(b"n" * 32)
    assert disk is not None
    disk.hold()
    app.post(SetFriendName(town.key("a"), "alice"))
    town.world.run_until(lambda: not disk.is_idle)
    later = town.add_app("b", "later")
    town.world.run_for(100)
    app.post(SetFriendName(town.key("c"), "carol"))
    app.post(AddFriend(new, (), "new"))
    app.post(RemoveFriend(town.key("a")))
    app.post(DisableFriend(town.key("c")))
    town.world.run_for(100)
    assert not any(isinstance(item, Ready) for item in later.news)
    disk.release()
    later.wait_ready()
    town.world.run_for(2 * STATUS_PAUSE_MS)
    report = later.report()
    assert {friend.name for friend in report.friends.values()} == {"carol", "new"}
    assert _seen(report.snapshot()) == _seen(town.engine("b").report())
    assert _seen(app.report().snapshot()) == _seen(town.engine("b").report())


def test_links_that_are_told_late_are_told_again(town: Town) -> None:
    """A piece that waits for the disk shows a link that is gone by now, which the first app was told meanwhile."""
    app, disk = town.apps["b"], town.host("b").disk
    assert disk is not None
    disk.hold()
    app.post(SetFriendName(town.key("a"), "alice"))
    town.world.run_until(lambda: not disk.is_idle)
    later = town.add_app("b", "later")
    town.world.run_for(100)
    town.world.kill("relay")
    town.world.run_for(2 * STATUS_PAUSE_MS)
    seen = app.report().status
    assert seen is not None
    assert not any(isinstance(link.state, LinkUp) for link in seen.links)
    disk.release()
    later.wait_ready()
    town.world.run_for(2 * STATUS_PAUSE_MS)
    status = later.report().status
    assert status is not None
    assert len(status.links) == 2
    assert not any(isinstance(link.state, LinkUp) for link in status.links)


def test_an_app_that_knows_no_pieces_has_its_report_whole(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of 0.1.11: it waits a while for a report, which then is whole and bears nothing new."""
    monkeypatch.setattr(FirstReport, "_welcome", _old_welcome)
    start = town.world.now
    old = town.add_app("b", "old")
    report = old.wait_ready().report
    assert REPORT_OFFER_MS <= town.world.now - start < 2 * REPORT_OFFER_MS
    assert report.opt_extra is None
    assert len(report.funder_report.friends.list) == 2
    town.apps["b"].ask(SetFriendName(town.key("a"), "alice"))
    town.world.run_until(lambda: old.report().friends[town.key("a")].name == "alice")


def test_what_happens_while_a_whole_report_is_made_is_not_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Friends are added, changed and removed while it is made, and while it waits for a slow disk."""
    monkeypatch.setattr(FirstReport, "_welcome", _old_welcome)
    monkeypatch.setattr(node, "REPORT_TURN_PAUSE_MS", 200)
    app, disk, new = town.apps["b"], town.host("b").disk, PublicKey(b"n" * 32)
    assert disk is not None
    old = town.add_app("b", "old")
    town.world.run_for(REPORT_OFFER_MS + 500)
    app.ask(SetFriendName(town.key("a"), "alice"))
    app.ask(AddFriend(new, (), "new"))
    assert not any(isinstance(item, Ready) for item in old.news)
    disk.hold()
    app.post(SetFriendName(town.key("c"), "carol"))
    town.world.run_for(5000)
    app.post(RemoveFriend(town.key("a")))
    town.world.run_for(100)
    assert not any(isinstance(item, Ready) for item in old.news)
    disk.release()
    report = old.wait_ready().report
    assert {entry.friend_report.name for entry in report.funder_report.friends.list} == {
        "alice",
        "carol",
        "new",
    }
    town.world.run_until(lambda: town.key("a") not in old.report().friends)
    now = town.engine("b").report().funder_report
    assert old.report().snapshot().funder_report == now


def _old_welcome(first: FirstReport, data: bytes) -> list[bytes]:
    first.permissions = APP_PERMISSIONS.decode(data)
    return []
