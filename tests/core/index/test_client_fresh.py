"""A changed network: what there is may be dead, so the client connects at once and loses nothing that works."""

from core.index.clients import FRIEND, HASH, ONE, TWO, client, connected, question, updates
from offset.base.credits import FREE
from offset.base.instants import SECOND
from offset.base.limits import CONNECT_MS, HANDSHAKE_MS, INDEX_FIRST_HASH_MS
from offset.core.index.client import (
    Answer,
    DialServer,
    HangupServer,
    IndexClient,
    ReportChange,
    SendServer,
    TakeFresh,
)
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import ResponseRoutes, TimeHash
from offset.wire.report import AddIndexServerMutation, RemoveIndexServerMutation, SetConnectedServer

LATER = TimeHash(b"l" * 32)


def moved(*servers: NamedIndexServerAddress) -> IndexClient:
    """A client in a session, whose network has just changed, at instant 100."""
    one = connected(*servers)
    assert [type(effect) for effect in one.network_changed(100)] == [DialServer]
    return one


def test_w34_an_attempt_is_made_anew() -> None:
    """A connection that is being made, or has not brought a time hash yet, is given up for one over the new network."""
    one = client(ONE, TWO)
    one.start(0)
    assert one.network_changed(1) == [HangupServer(), DialServer(TWO)]
    one.opened(2)
    assert one.network_changed(3) == [HangupServer(), DialServer(ONE)]
    assert client().network_changed(0) == []


def test_w34_a_second_session_is_opened_beside_the_first() -> None:
    """With several servers it is at another one, and the first goes on until the second has brought a time hash."""
    one = connected(ONE, TWO)
    assert one.network_changed(100) == [DialServer(TWO, is_fresh=True)]
    assert updates(one.set_published({FRIEND: (5, FREE)}, 200)), "the first one is used"
    assert one.opened(300, is_fresh=True) == []
    assert one.message(ResponseRoutes(bytes(16), ()), 301, is_fresh=True) == []
    assert one.connected_server == ONE.public_key
    effects = one.message(LATER, 400, is_fresh=True)
    assert effects[:2] == [TakeFresh(), ReportChange(SetConnectedServer(TWO.public_key))]
    assert one.connected_server == TWO.public_key
    (news,) = updates(one.set_published({FRIEND: (6, FREE)}, 500))
    assert (news.time_hash, news.counter) == (LATER.hash, 0), "a session of its own"


def test_the_same_server_again_is_no_change_for_apps() -> None:
    """With one server the second session is there too; that it is another connection concerns nobody else."""
    one = moved(ONE)
    one.opened(200, is_fresh=True)
    effects = one.message(LATER, 300, is_fresh=True)
    assert effects[0] == TakeFresh()
    assert not any(isinstance(effect, ReportChange) for effect in effects)


def test_open_questions_are_asked_again() -> None:
    """What the first connection has not answered is asked on the second, and answered once."""
    one = moved(ONE)
    assert one.request_routes(question(1), 150) == [SendServer(question(1))]
    one.opened(200, is_fresh=True)
    effects = one.message(LATER, 300, is_fresh=True)
    assert SendServer(question(1)) in effects
    answer = ResponseRoutes(question(1).request_id, ())
    assert one.message(answer, 400) == [Answer(question(1).request_id, ())]
    assert one.message(answer, 401) == []


def test_a_second_session_that_fails_changes_nothing() -> None:
    """When it cannot be opened, is closed, or brings no time hash, the first one is kept."""
    for is_open, is_closed in ((False, True), (True, True), (False, False), (True, False)):
        one = moved(ONE, TWO)
        limit = 100 + CONNECT_MS + HANDSHAKE_MS
        if is_open:
            one.opened(100, is_fresh=True)
            limit = 100 + INDEX_FIRST_HASH_MS
        if is_closed:
            assert one.closed(200, is_fresh=True) == []
        else:
            one.message(HASH, limit - 1)
            assert HangupServer(is_fresh=True) not in one.tick(limit - 1)
            assert HangupServer(is_fresh=True) in one.tick(limit)
        assert one.connected_server == ONE.public_key
        assert one.opened(limit + 1, is_fresh=True) == one.message(LATER, limit + 1, is_fresh=True) == []


def test_when_the_first_ends_the_second_takes_its_place() -> None:
    """A server may end the first connection for the sake of the second: without a pause, and questions stay open."""
    one = moved(ONE)
    one.request_routes(question(1), 150)
    one.opened(200, is_fresh=True)
    assert one.closed(300) == [TakeFresh(), ReportChange(SetConnectedServer(None))]
    effects = one.message(LATER, 301)
    assert effects[0] == ReportChange(SetConnectedServer(ONE.public_key))
    assert SendServer(question(1)) in effects


def test_when_both_end_everybody_who_waits_is_told() -> None:
    """Questions that a second connection was to answer fail when it ends too, or in time."""
    one = moved(ONE)
    one.request_routes(question(1), 150)
    one.closed(300)
    assert one.closed(400) == [Answer(question(1).request_id, None)]
    slow = moved(ONE)
    slow.request_routes(question(1), 150)
    slow.closed(300)
    deadline = slow.deadline()
    assert deadline is not None
    assert slow.tick(deadline) == [Answer(question(1).request_id, None)]


def test_another_change_makes_the_second_attempt_anew() -> None:
    """It may have been made over a network that is gone again."""
    one = connected(ONE, TWO)
    one.network_changed(100)
    assert one.network_changed(200) == [HangupServer(is_fresh=True), DialServer(ONE, is_fresh=True)]


def test_servers_that_go_or_move_meanwhile() -> None:
    """A second attempt at a server that is removed ends; at one that moves it is made anew, at its new address."""
    one = moved(ONE, TWO)
    assert one.remove_server(TWO.public_key, 200) == [
        HangupServer(is_fresh=True),
        ReportChange(RemoveIndexServerMutation(TWO.public_key)),
    ]
    two = moved(ONE, TWO)
    assert two.remove_server(ONE.public_key, 200) == [
        HangupServer(),
        TakeFresh(),
        ReportChange(SetConnectedServer(None)),
        ReportChange(RemoveIndexServerMutation(ONE.public_key)),
    ]
    assert two.opened(300) == []
    assert ReportChange(SetConnectedServer(TWO.public_key)) in two.message(HASH, 301)
    three = moved(ONE, TWO)
    new = NamedIndexServerAddress(TWO.public_key, "new:1", "renamed")
    assert three.add_server(new, 200) == [
        ReportChange(AddIndexServerMutation(new)),
        HangupServer(is_fresh=True),
        DialServer(new, is_fresh=True),
    ]
    three.closed(60 * SECOND, is_fresh=True)
    assert three.connected_server == ONE.public_key
