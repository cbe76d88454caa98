"""How many lines there may be, how long they may be silent, and how much they may say."""

import pytest

from engine.scene import BEGUN, LOCAL, OTHER, Scene, nobody
from link.ends import ALICE, BOB, CAROL
from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    FIRST_BYTES_MS,
    HANDSHAKE_MS,
    KEEPALIVE_CLOSE_MS,
    KEEPALIVE_SEND_MS,
    REKEY_MS,
    RELAY_HANDSHAKES_MAX,
    RELAY_HANDSHAKES_PER_ADDRESS_MAX,
)
from offset.engine.line_events import DIALED, LineClosed, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.surface import (
    Closed,
    Write,
)
from offset.link.stack import Line

# Time


def test_silent_caller(scene: Scene) -> None:
    """A caller that sends no byte is gone after FIRST_BYTES_MS."""
    scene.open(2)
    scene.wake(FIRST_BYTES_MS - 1)
    assert scene.closes() == []
    scene.wake(FIRST_BYTES_MS)
    assert scene.closes() == [2]


def test_slow_handshake(scene: Scene) -> None:
    """A caller that began but did not finish is gone after HANDSHAKE_MS."""
    scene.open(2)
    scene.push(2, BEGUN)
    scene.wake(HANDSHAKE_MS - 1)
    assert scene.closes() == []
    scene.wake(HANDSHAKE_MS)
    assert scene.closes() == [2]
    assert scene.news == []


def test_heartbeats(scene: Scene) -> None:
    """An idle line gets a heartbeat every KEEPALIVE_SEND_MS, counted from the last thing sent."""
    scene.join(2)
    scene.effects.clear()
    scene.wake(10_000)
    scene.lines.send(2, b"something", 10_000)
    scene.take([])
    scene.wake(10_000 + KEEPALIVE_SEND_MS - 1)
    assert len(scene.writes(2)) == 1
    scene.wake(10_000 + KEEPALIVE_SEND_MS)
    assert len(scene.writes(2)) == 2
    assert scene.heard[2] == [b"something"]


def test_silence_ends_a_line(scene: Scene) -> None:
    """A peer silent for KEEPALIVE_CLOSE_MS is gone, counted from the last message."""
    scene.join(2)
    scene.wake(20_000)
    scene.say(2, b"I live")
    assert scene.wake(20_000 + KEEPALIVE_CLOSE_MS - 1) == []
    (closed,) = scene.wake(20_000 + KEEPALIVE_CLOSE_MS)
    assert isinstance(closed, LineClosed)
    assert scene.closes() == [2]


def test_rekey_is_carried(scene: Scene) -> None:
    """Over hours both sides change keys, and messages still pass."""
    scene.join(2)
    for hour in range(1, 4):
        end = hour * (REKEY_MS + 60_000)
        while scene.now < end:
            scene.wake(min(end, scene.now + KEEPALIVE_SEND_MS))
            scene.peers[2].tick(scene.now)
            scene.push(2)
        assert scene.say(2, b"up") == [LineMessage(2, b"up", nobody)]
        scene.lines.send(2, b"down", scene.now)
        scene.take([])
    assert scene.heard[2] == [b"down"] * 3


def test_deadlines_cost_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message looks at no other line, however many there are."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1000))
    for conn in range(2, 402, 2):
        scene.join(conn)
    asked: list[Line] = []
    true_deadline = Line.deadline

    def deadline(line: Line) -> int:
        asked.append(line)
        return true_deadline(line)

    monkeypatch.setattr(Line, "deadline", deadline)
    scene.say(2, b"hello")
    scene.lines.send(2, b"hello", 0)
    scene.take([])
    assert scene.lines.deadline() is not None
    assert len(asked) <= 1


def test_many_lines_keep_their_deadlines() -> None:
    """Of many lines each gets its heartbeat in time, though alarms are set lazily."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1000))
    for conn in range(2, 102, 2):
        scene.now = conn * 37
        scene.join(conn)
    last = {conn: conn * 37 for conn in scene.peers}
    for at in range(10_000, 25_000, 1000):
        scene.effects.clear()
        scene.wake(at)
        for effect in scene.effects:
            if isinstance(effect, Write):
                last[effect.conn] = at  # at the latest
        assert all(at - last[conn] < KEEPALIVE_SEND_MS + 1000 for conn in last)
    assert all(at > conn * 37 for conn, at in last.items())


# Limits


def test_connections_max() -> None:
    """One caller too many is closed at once; a place is free when the driver says Closed, not before."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), connections_max=2))
    scene.join(2)
    scene.join(4, CAROL)
    scene.open(6)
    assert scene.closes() == [6]
    assert scene.writes(6) == []
    scene.take(scene.lines.closed(Closed(6, "")))
    scene.lines.hangup(2)
    scene.take([])
    scene.open(8)
    assert scene.closes() == [6, 2, 8]
    scene.take(scene.lines.closed(Closed(8, "")))
    scene.take(scene.lines.closed(Closed(2, "")))
    scene.join(10)
    assert scene.lines.view().refusals == {"connections": 2}


def test_handshakes_per_address() -> None:
    """One address may have so many handshakes at once; a finished one does not count, nor another address."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=2))
    scene.join(2)
    scene.open(4, peer="192.0.2.1:1")
    scene.open(6, peer="192.0.2.1:2")
    scene.open(8, peer="192.0.2.1:3")
    scene.open(10, peer=OTHER)
    assert scene.closes() == [8]
    scene.take(scene.lines.closed(Closed(4, "")))
    scene.open(12, peer="192.0.2.1:4")
    assert scene.closes() == [8]


def test_default_handshakes_per_address(scene: Scene) -> None:
    """RELAY_HANDSHAKES_PER_ADDRESS_MAX callers of one address may be in their handshakes, one more is closed."""
    conns = list(range(2, 2 * RELAY_HANDSHAKES_PER_ADDRESS_MAX + 2, 2))
    for conn in conns:
        scene.open(conn)
    assert scene.closes() == []
    scene.open(100)
    assert scene.closes() == [100]
    for conn in conns:
        scene.push(conn)
        assert scene.lines.is_open(conn)


def test_default_handshakes(scene: Scene) -> None:
    """RELAY_HANDSHAKES_MAX callers may be in their handshakes; one more takes the place of the longest silent."""
    for number in range(RELAY_HANDSHAKES_MAX):
        scene.open(2 + 2 * number, peer=f"192.0.{number // 256}.{number % 256}:1")
    assert scene.closes() == []
    scene.join(10_000, CAROL, peer="198.51.100.1:1")
    assert scene.closes() == [2]


def test_handshakes_per_network() -> None:
    """The IPv6 addresses of one /64 count as one."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1))
    scene.open(2, peer="[2001:db8::1]:1")
    scene.open(4, peer="[2001:db8::2]:1")
    scene.open(6, peer="[2001:db8:0:1::1]:1")
    assert scene.closes() == [4]


def test_loopback_is_exempt() -> None:
    """The limit per address does not hold for this machine's own connections."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1))
    for conn in (2, 4, 6):
        scene.open(conn, peer=LOCAL)
    assert scene.closes() == []


def test_newcomer_displaces_the_longest_silent() -> None:
    """When all places of handshakes are taken, whoever said nothing for longest gives way (spec 02, W8)."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_max=3))
    for conn in (2, 4, 6):
        scene.open(conn)
    scene.push(2, BEGUN)
    scene.join(8, CAROL)
    assert scene.closes() == [4]
    scene.push(2)
    assert [news for news in scene.news if isinstance(news, LineOpened) and news.conn == 2]


def test_size_by_listener() -> None:
    """The largest message is that of the listener; what is larger ends the line."""
    sizes = {"small": 1000, DIALED: 2000}
    scene = Scene(Lines(BOB, SeededEntropy("bob"), message_bytes_max=sizes))
    scene.join(2, listener="small")
    scene.join(4, CAROL, listener="large")
    scene.dial(ALICE)
    scene.answer(1, ALICE)
    assert scene.say(2, bytes(1000)) == [LineMessage(2, bytes(1000), nobody)]
    assert [type(news) for news in scene.say(2, bytes(1001))] == [LineClosed]
    assert scene.say(1, bytes(2000)) == [LineMessage(1, bytes(2000), nobody)]
    assert [type(news) for news in scene.say(1, bytes(2001))] == [LineClosed]
    assert scene.say(4, bytes(100_000)) == [LineMessage(4, bytes(100_000), nobody)]
