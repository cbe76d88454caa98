"""The engine of an app against a scripted node, in a virtual world."""

from typing import Any

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import CONNECT_MS, HANDSHAKE_MS, KEEPALIVE_CLOSE_MS
from offset.crypto.identity import Identity
from offset.engine.app import TOPIC, WELCOME_MS, AppEngine, AppStage, Heard, Over, Ready
from offset.engine.surface import Effect, Event, Tell, Woken
from offset.testing import ALL, APP, NODE, STRANGER, CalmWorld, FakeNode, friend_report, hang_up, node_report
from offset.wire.app import (
    AddRelay,
    AppToAppServer,
    EnableFriend,
    ReportMutations,
)
from offset.wire.common import NamedRelayAddress

ADDRESS = "node:1"
ACK = b"request no. 1..."


class App:
    """An app in the world, and what it was told."""

    def __init__(self, world: CalmWorld, identity: Identity = APP, key: Identity = NODE) -> None:
        self.engine = AppEngine(identity, SeededEntropy("app"), ADDRESS, key.public_key)
        self.news: list[Any] = []
        self.host = world.add("app", lambda _: self.engine)
        self.host.on_tell = self._tell

    def _tell(self, tell: Tell) -> None:
        assert tell.topic == TOPIC
        self.news.append(tell.detail)

    def post(self, message: AppToAppServer) -> None:
        """Send something, as the program around the engine does."""
        self.engine.post(message)
        self.host.feed(Woken())

    @property
    def over(self) -> Over | None:
        """How it ended."""
        return next((item for item in self.news if isinstance(item, Over)), None)


class Silent(FakeNode):
    """A node that shakes hands and then says nothing."""

    def opened(self, conn: int, key: bytes) -> None:
        pass


class Garbled(FakeNode):
    """A node whose first messages are none."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def opened(self, conn: int, key: bytes) -> None:
        if self._good == 2:
            super().opened(conn, key)
        if self._good == 1:
            self.send(conn, b"")
        self.send(conn, b"\xff\xff\xff")


def _meet(node: FakeNode | None = None, **app: Any) -> tuple[CalmWorld, FakeNode, App]:
    world = CalmWorld()
    node = node or FakeNode()
    world.add("node", lambda _: node, {"apps": ADDRESS})
    return world, node, App(world, **app)


def test_ready() -> None:
    """An app that the node knows is told once what it may do, and all about the node."""
    world, _, app = _meet()
    world.run_until(lambda: bool(app.news))
    assert app.news == [Ready(ALL, node_report(), answers_queries=True, takes_orders=True)]
    assert app.engine.stage is AppStage.READY


def test_messages_both_ways() -> None:
    """What is posted reaches the node, and what the node says is told in order."""
    world, node, app = _meet()
    world.run_until(lambda: bool(app.news))
    for number in range(3):
        app.post(AppToAppServer(bytes([number]) * 16, EnableFriend(bytes(32))))
    world.run_until(lambda: len(app.news) == 4)
    assert node.requests == [EnableFriend(bytes(32))] * 3
    assert app.news[1:] == [Heard(ReportMutations(bytes([number]) * 16, ())) for number in range(3)]


def test_posted_before_the_report() -> None:
    """A message that is posted before the node is ready waits for it."""
    world, _, app = _meet()
    app.post(AppToAppServer(ACK, EnableFriend(bytes(32))))
    world.run_until(lambda: len(app.news) == 2)
    assert isinstance(app.news[0], Ready)
    assert app.news[1] == Heard(ReportMutations(ACK, ()))


def test_stranger() -> None:
    """An app that the node does not know sees the line close while it waits for a greeting."""
    world, _, app = _meet(identity=STRANGER)
    world.run_until(lambda: bool(app.news))
    assert app.over is not None
    assert (app.over.stage, app.over.by_us) == (AppStage.GREETING, False)


def test_nobody_there() -> None:
    """Where no node is, or its program has ended, the dial fails, and that is told."""
    world = CalmWorld()
    app = App(world)
    world.run_until(lambda: bool(app.news))
    assert app.news == [Over(AppStage.DIALING, "no such host", by_us=False)]
    world.add("node", lambda _: FakeNode(), {"apps": ADDRESS})
    world.kill("node")
    app = App(world)
    world.run_until(lambda: bool(app.news))
    assert app.news == [Over(AppStage.DIALING, "refused", by_us=False)]
    assert app.engine.stage is AppStage.OVER


def test_another_node() -> None:
    """A node that has another key than the ticket says is not talked to."""
    world, node, app = _meet(key=STRANGER)
    world.run_until(lambda: bool(app.news))
    assert app.over is not None
    assert app.over.stage is AppStage.DIALING
    assert "another key" in app.over.reason
    assert not node.conns


def test_node_says_nothing() -> None:
    """A node that says nothing after the handshake is given up; the reference would wait for ever."""
    world, _, app = _meet(Silent())
    start = world.now
    world.run_until(lambda: bool(app.news))
    assert app.over is not None
    assert (app.over.stage, app.over.by_us) == (AppStage.GREETING, True)
    assert WELCOME_MS <= world.now - start < WELCOME_MS + 1000


@pytest.mark.parametrize("good, stage", [(0, AppStage.GREETING), (1, AppStage.GREETING), (2, AppStage.READY)])
def test_garbage(good: int, stage: AppStage) -> None:
    """Whatever cannot be read ends the line, at any stage."""
    world, _, app = _meet(Garbled(good))
    world.run_until(lambda: app.over is not None)
    assert app.over is not None
    assert (app.over.stage, app.over.by_us) == (stage, True)
    assert app.news[-1] is app.over


def test_hang_up_of_the_node() -> None:
    """When the node ends the line that is told once, and what is posted later is dropped."""
    world, node, app = _meet()
    node.script[EnableFriend] = hang_up
    world.run_until(lambda: bool(app.news))
    app.post(AppToAppServer(ACK, EnableFriend(bytes(32))))
    world.run_until(lambda: app.over is not None)
    app.post(AppToAppServer(ACK, EnableFriend(bytes(32))))
    world.run_for(1000)
    assert len(app.news) == 2
    assert app.over is not None
    assert app.over.stage is AppStage.READY
    assert len(node.requests) == 1


def test_silence() -> None:
    """Two that have nothing to say keep the line alive."""
    world, _, app = _meet()
    world.run_until(lambda: bool(app.news))
    world.run_for(10 * KEEPALIVE_CLOSE_MS)
    assert len(app.news) == 1


def test_node_that_vanishes() -> None:
    """A node that answers no more, without closing, is noticed in time."""
    world, _, app = _meet()
    world.run_until(lambda: bool(app.news))
    for end in world.hosts["node"].ends.values():
        world.network.fall_silent(end)
    world.run_until(lambda: app.over is not None, within=KEEPALIVE_CLOSE_MS + 1000)


def test_message_that_cannot_be_sent() -> None:
    """A value that the wire cannot carry is an error where it is posted, and does no harm to the line."""
    world, _, app = _meet()
    world.run_until(lambda: bool(app.news))
    with pytest.raises(Exception, match="surrogates"):
        app.post(AppToAppServer(ACK, AddRelay(NamedRelayAddress(bytes(32), "a:1", "\ud800"))))
    app.post(AppToAppServer(ACK, EnableFriend(bytes(32))))
    world.run_until(lambda: len(app.news) == 2)


class Deaf:
    """A listener that never says a word."""

    def handle(self, event: Event, now: int) -> list[Effect]:
        return []

    def deadline(self) -> int | None:
        return None


def test_handshake_that_never_ends() -> None:
    """A peer that takes the connection and does not shake hands is given up."""
    world = CalmWorld()
    world.add("node", lambda _: Deaf(), {"apps": ADDRESS})
    app = App(world)
    world.run_until(lambda: bool(app.news), within=CONNECT_MS + HANDSHAKE_MS + 1000)
    assert app.over is not None
    assert app.over.stage is AppStage.DIALING


def test_large_report() -> None:
    """A report may be larger than other messages are: it grows with the number of friends."""
    friends = {number.to_bytes(32, "big"): friend_report(f"friend {number}" * 8) for number in range(9000)}
    world, _, app = _meet(FakeNode(node_report(friends)))
    world.run_until(lambda: bool(app.news))
    assert isinstance(app.news[0], Ready)
    assert len(app.news[0].report.funder_report.friends.list) == 9000
