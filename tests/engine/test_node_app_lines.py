"""The lines of apps as a part of a node: who gets in, who must go, and when all are told how it stands."""

from __future__ import annotations

from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, PublicKey
from offset.base.limits import APPS_MAX, APPS_RECHECK_MS, STATUS_PAUSE_MS
from offset.engine.line_events import LineClosed, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.loop import Loop
from offset.engine.node_app_lines import NodeAppLines
from offset.engine.node_apps import NodeApps
from offset.engine.surface import Tell
from offset.testing import identity, node_report
from offset.wire.app import (
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppToAppServer,
    EnableFriend,
    RequestClosePayment,
)
from offset.wire.extension import NetworkStatus

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
        self.apps = NodeApps(self.trusted.get, lambda conn, data: self.sent.setdefault(conn, []).append(data))
        self.lines = NodeAppLines(
            self.loop,
            self.apps,
            came=self.noted.append,
            asked=self.noted.append,
            left=lambda: self.noted.append("left"),
            status=lambda: STATUS,
        )
        self.loop.set_timers(self.lines.recheck_timer, self.lines.status_timer)

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
    assert extra.opt_status == STATUS
