"""A server that keeps its line alive and is of no use is left for the next one."""

from core.index.clients import HASH, ONE, TWO, connected, question
from offset.base.instants import SECOND
from offset.base.limits import INDEX_LATE_MS, INDEX_ROUTES_MS, INDEX_SILENCE_MS, INDEX_UNANSWERED_MAX
from offset.core.index.client import Answer, DialServer, HangupServer, IndexClient, ReportChange
from offset.wire.index import ResponseRoutes
from offset.wire.report import SetConnectedServer

LEAVING = [HangupServer(), ReportChange(SetConnectedServer(None))]


def next_dial(one: IndexClient) -> list[object]:
    """What the client does when it wants to be woken next."""
    deadline = one.deadline()
    assert deadline is not None
    return [*one.tick(deadline)]


def test_a_server_that_tells_no_time_is_left() -> None:
    """Ten seconds after the last time hash, whatever else it says, and the next server has its turn soon."""
    one = connected(ONE, TWO)
    one.message(HASH, 5 * SECOND)
    one.request_routes(question(1), 6 * SECOND)
    one.message(ResponseRoutes(question(1).request_id, ()), 7 * SECOND)
    assert one.deadline() == 5 * SECOND + INDEX_SILENCE_MS
    assert one.tick(5 * SECOND + INDEX_SILENCE_MS - 1) == []
    assert one.tick(5 * SECOND + INDEX_SILENCE_MS) == LEAVING
    assert next_dial(one) == [DialServer(TWO)]


def test_a_server_that_tells_the_time_is_kept() -> None:
    """One time hash in eight seconds is enough: a queue that was full may have lost the others."""
    one = connected(ONE, TWO)
    for second in range(8, 200, 8):
        one.message(HASH, second * SECOND)
        assert HangupServer() not in one.tick((second + 7) * SECOND)


def test_who_comes_late_itself_reads_first() -> None:
    """After a standstill of our own what the server said may still wait to be read: it has two seconds more."""
    one = connected(ONE, TWO)
    late = INDEX_SILENCE_MS + INDEX_LATE_MS + 1
    assert HangupServer() not in one.tick(late)
    one.message(HASH, late + 5)
    assert HangupServer() not in one.tick(late + INDEX_LATE_MS)
    other = connected(ONE, TWO)
    other.tick(late)
    assert HangupServer() in other.tick(late + INDEX_LATE_MS)


def ask(one: IndexClient, number: int, now: int) -> list[object]:
    """A question that gets no answer, from a server that tells the time; what comes of it."""
    one.message(HASH, now)
    one.request_routes(question(number), now)
    one.message(HASH, now + INDEX_ROUTES_MS)
    return [*one.tick(now + INDEX_ROUTES_MS)]


def test_a_server_that_answers_nothing_is_left() -> None:
    """After INDEX_UNANSWERED_MAX questions in a row without an answer another server is asked."""
    one = connected(ONE, TWO)
    for number in range(INDEX_UNANSWERED_MAX - 1):
        now = number * INDEX_ROUTES_MS
        assert ask(one, number, now)[0] == Answer(question(number).request_id, None)
        assert one.connected_server == ONE.public_key
    last = INDEX_UNANSWERED_MAX - 1
    effects = ask(one, last, last * INDEX_ROUTES_MS)
    assert effects == [Answer(question(last).request_id, None), *LEAVING]
    assert next_dial(one) == [DialServer(TWO)]


def test_an_answer_ends_the_row() -> None:
    """A server that answers now and then is kept."""
    one = connected(ONE, TWO)
    for number in range(4 * INDEX_UNANSWERED_MAX):
        now = number * INDEX_ROUTES_MS
        if number % (INDEX_UNANSWERED_MAX - 1) == 1:
            one.request_routes(question(1000), now)
            one.message(ResponseRoutes(question(1000).request_id, ()), now)
        ask(one, number, now)
    assert one.connected_server == ONE.public_key


def test_the_only_server_is_kept() -> None:
    """A server that answers nothing is kept while there is no other: it may still pass on what we publish."""
    one = connected(ONE)
    for number in range(2 * INDEX_UNANSWERED_MAX):
        ask(one, number, number * INDEX_ROUTES_MS)
    assert one.connected_server == ONE.public_key
    one.add_server(TWO, 100 * SECOND)
    one.message(HASH, 100 * SECOND)
    assert HangupServer() in one.tick(100 * SECOND)
    assert next_dial(one) == [DialServer(TWO)]
