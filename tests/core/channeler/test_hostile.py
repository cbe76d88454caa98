"""A channeler among relays and friends that do whatever they like."""

from hypothesis import given
from hypothesis import strategies as st

from offset.base.limits import ACCEPTS_MAX, INNER_HANDSHAKES_MAX, RELAY_ATTEMPTS_MAX
from offset.core.channeler import FriendData, Online
from offset.wire.relay import INCOMING_CONNECTION, IncomingConnection
from support.scripted import HIGH, HIGH2, LOW, R1, R2, R3, Script, relay

FRIENDS = (LOW, HIGH, HIGH2)
RELAYS = st.lists(st.sampled_from([R1, R2, R3, relay(1, "other:1")]), max_size=4)
WORDS = st.one_of(
    st.sampled_from(FRIENDS).map(lambda key: INCOMING_CONNECTION.encode(IncomingConnection(key))),
    st.sampled_from(FRIENDS).map(lambda key: b"nonce " + key),
    st.sampled_from(FRIENDS).map(lambda key: b"proof " + key),
    st.sampled_from([b"message x", b"alive ", b""]),
    st.binary(max_size=20),
)
LINES = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("relays"), RELAYS, st.none()),
    st.tuples(st.just("friend"), st.sampled_from(FRIENDS), st.tuples(RELAYS, RELAYS)),
    st.tuples(st.just("remove"), st.sampled_from(FRIENDS), st.none()),
    st.tuples(st.sampled_from(["say", "aside"]), st.sampled_from(FRIENDS), st.none()),
    st.tuples(st.just("hear"), LINES, WORDS),
    st.tuples(st.sampled_from(["open", "open", "close", "congest", "drain"]), LINES, st.none()),
    st.tuples(st.just("network"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 3000) | st.integers(0, 100_000), st.none()),
)


@given(st.lists(STEPS, max_size=100))
def test_no_order_of_events_breaks_it(steps: list[tuple[str, object, object]]) -> None:
    """It never raises, uses no closed line, tells Online and Offline in turn, and keeps its bounds."""
    script = Script()
    opened: dict[int, None] = {}
    over: dict[int, None] = {}

    def pick(number: object) -> int | None:
        live = [line for line in script.dialed if line not in script.closed and line not in over]
        return live[-1 - number % len(live)] if live and isinstance(number, int) else None

    for kind, which, what in steps:
        line = pick(which)
        match kind:
            case "relays":
                script.set_relays(*which)  # type: ignore[misc]
            case "friend":
                script.befriend(which, *what[0], kept=tuple(what[1]))  # type: ignore[arg-type, index]
            case "remove":
                script.remove(which)  # type: ignore[arg-type]
            case "say":
                script.say(which, b"x")  # type: ignore[arg-type]
            case "aside":
                script.say_aside(which, b"y")  # type: ignore[arg-type]
            case "network":
                script.do(script.channeler.network_changed(script.now))
            case "wait":
                script.wait(which)  # type: ignore[arg-type]
            case "open" if line is not None and line not in opened:
                opened[line] = None
                script.open(line)
            case "close" if line is not None:
                over[line] = None
                script.close(line)
            case "hear" if line is not None:
                script.hear(line, what)  # type: ignore[arg-type]
            case "congest" | "drain" if line is not None:
                getattr(script, kind)(line)
        live = [number for number in script.dialed if number not in script.closed and number not in over]
        assert len(live) <= 3 + len(FRIENDS) * (2 + 2 * RELAY_ATTEMPTS_MAX)
        assert len(live) <= 3 + len(FRIENDS) * (2 + RELAY_ATTEMPTS_MAX) + ACCEPTS_MAX + INNER_HANDSHAKES_MAX
        script.channeler.status(script.now)
    online = dict.fromkeys(FRIENDS, False)
    for news in script.news:
        if isinstance(news, FriendData):
            assert online[news.friend]
        else:
            assert online[news.friend] != isinstance(news, Online)
            online[news.friend] = isinstance(news, Online)
    for friend in FRIENDS:
        script.remove(friend)
    script.set_relays()
    assert script.channeler.deadline() is None
    assert [n for n in script.dialed if n not in script.closed and n not in over] == []
