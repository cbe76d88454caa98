"""What an index client asks: every question has an answer."""

from core.index.clients import HASH, ONE, client, connected, question
from offset.base.limits import (
    INDEX_ROUTES_MS,
    OPEN_ROUTE_REQUESTS_MAX,
)
from offset.core.index.client import (
    Answer,
    SendServer,
)
from offset.wire.index import (
    MultiRoute,
    ResponseRoutes,
)


def test_questions_are_answered_by_id() -> None:
    """Questions of several apps are open together, and each answer belongs to the question with its id."""
    one = connected()
    assert one.request_routes(question(1), 0) == [SendServer(question(1))]
    assert one.request_routes(question(2), 0) == [SendServer(question(2))]
    routes = (MultiRoute(()),)
    assert one.message(ResponseRoutes(question(2).request_id, routes), 1) == [
        Answer(question(2).request_id, routes)
    ]
    assert one.message(ResponseRoutes(question(2).request_id, routes), 2) == []
    assert one.message(ResponseRoutes(question(1).request_id, ()), 3) == [Answer(question(1).request_id, ())]


def test_questions_without_a_server_fail_at_once() -> None:
    """With no session, also while one is being made, the answer is a failure at once (5.8)."""
    one = client(ONE)
    failure = [Answer(question().request_id, None)]
    assert one.request_routes(question(), 0) == failure
    one.start(0)
    assert one.request_routes(question(), 1) == failure
    one.opened(2)
    assert one.request_routes(question(), 3) == failure


def test_the_same_id_shares_one_answer() -> None:
    """A second question with an id that is open is not sent again; the one answer is for all who asked."""
    one = connected()
    assert len(one.request_routes(question(), 0)) == 1
    assert one.request_routes(question(), 1) == []
    assert one.message(ResponseRoutes(question().request_id, ()), 2) == [Answer(question().request_id, ())]
    assert len(one.request_routes(question(), 3)) == 1


def test_questions_do_not_wait_for_ever() -> None:
    """A server that lives but does not answer in time has failed the question; a late answer is ignored (D-13)."""
    one = connected()
    one.request_routes(question(1), 0)
    one.request_routes(question(2), 5)
    one.message(HASH, 9)
    assert one.deadline() == INDEX_ROUTES_MS
    assert one.tick(INDEX_ROUTES_MS) == [Answer(question(1).request_id, None)]
    assert one.deadline() == INDEX_ROUTES_MS + 5
    assert one.message(ResponseRoutes(question(1).request_id, ()), INDEX_ROUTES_MS + 1) == []


def test_questions_are_bounded() -> None:
    """Too many open questions fail at once, and there is room again after an answer."""
    one = connected()
    for i in range(OPEN_ROUTE_REQUESTS_MAX):
        assert len(one.request_routes(question(i), 0)) == 1
    extra = question(OPEN_ROUTE_REQUESTS_MAX)
    assert one.request_routes(extra, 0) == [Answer(extra.request_id, None)]
    one.message(ResponseRoutes(question(0).request_id, ()), 0)
    assert one.request_routes(extra, 0) == [SendServer(extra)]
