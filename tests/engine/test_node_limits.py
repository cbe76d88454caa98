"""The limits of a node as a program: callers at its port for apps, and what it says when something is too much."""

from __future__ import annotations

import pytest

from link.ends import ALICE, BOB, CAROL
from offset.base.entropy import SeededEntropy
from offset.base.limits import APP_FRAME_BYTES_MAX, APP_HANDSHAKES_MAX, APPS_MAX, TURNS_HELD_MAX
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Heard, Over
from offset.engine.node import APPS, NodeEngine
from offset.engine.node_apps import Trust
from offset.engine.surface import (
    Close,
    Dial,
    Effect,
    Opened,
    Pause,
    Persist,
    Persisted,
    Received,
    Resume,
    Tell,
    Write,
)
from offset.link.stack import Line
from offset.testing import NODE, node_report
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AddInvoice,
    AppPermissions,
    AppRequest,
    AppToAppServer,
    CancelInvoice,
    ReportMutations,
    RequestClosePayment,
)
from offset.wire.report import NODE_REPORT

ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)
HERE = "127.0.0.1:1"
REQUEST = APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16))))


class Door:
    """A node, and apps that are single `Line`s."""

    def __init__(self, trust: Trust = lambda _: ALL) -> None:
        self.engine = NodeEngine(BOB, SeededEntropy("node"), trust, (), 0, unix=lambda: 0)
        self.engine.start(0)
        self.effects: list[Effect] = []

    def open(self, conn: int) -> list[Effect]:
        """A caller comes, and says nothing yet."""
        effects = self.engine.handle(Opened(conn, HERE, APPS), 0)
        self.effects += effects
        return effects

    def join(self, conn: int, identity: Identity = ALICE) -> list[Effect]:
        """An app comes and shakes hands; what the node does then."""
        self.line = line = Line(identity, SeededEntropy(f"app {conn}"), 0, expects=BOB.public_key)
        for effect in self.open(conn):
            if isinstance(effect, Write) and effect.conn == conn:
                line.receive(effect.data, 0)
        effects = self.engine.handle(Received(conn, b"".join(line.outgoing())), 0)
        self.effects += effects
        return effects


def closes(effects: list[Effect]) -> list[int]:
    return [effect.conn for effect in effects if isinstance(effect, Close)]


def test_handshakes_of_apps_are_bounded() -> None:
    """APP_HANDSHAKES_MAX callers may shake hands; one more takes the place of the longest silent, and gets in."""
    door = Door()
    for number in range(APP_HANDSHAKES_MAX):
        assert closes(door.open(1000 + 2 * number)) == []
    assert door.join(2) != []
    assert closes(door.effects) == [1000]
    assert len(door.engine._apps) == 1


def test_apps_are_bounded() -> None:
    """APPS_MAX apps are served; one more is hung up, the log says why, and the others stay."""
    door = Door()
    for number in range(APPS_MAX):
        assert closes(door.join(2 + 2 * number)) == []
    effects = door.join(10_000)
    assert closes(effects) == [10_000]
    assert Tell("app", f"hung up on an app: there are {APPS_MAX} already") in effects
    assert len(door.engine._apps) == APPS_MAX


def test_turns_that_wait_for_the_disk_are_bounded() -> None:
    """TURNS_HELD_MAX turns may wait for a slow disk; who causes one more is not read until the disk has caught up."""
    door = Door()
    for effect in door.join(2):
        if isinstance(effect, Write):
            door.line.receive(effect.data, 0)

    def ask(request: AppRequest) -> list[Effect]:
        door.line.send(APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), request)), 0)
        return door.engine.handle(Received(2, b"".join(door.line.outgoing())), 0)

    (commit,) = [effect for effect in ask(AddInvoice(bytes(32), "FST", 1)) if isinstance(effect, Persist)]
    for _ in range(TURNS_HELD_MAX - 1):
        assert Pause(2) not in ask(CancelInvoice(b"i" * 32))
    assert Pause(2) in ask(CancelInvoice(b"i" * 32))
    assert Pause(2) not in ask(CancelInvoice(b"i" * 32))  # what was under way already
    assert len(door.engine._outbox) == TURNS_HELD_MAX + 2
    effects = door.engine.handle(Persisted(commit.number), 0)
    assert Resume(2) in effects
    (written,) = [effect for effect in effects if isinstance(effect, Write)]
    assert len(door.line.receive(written.data, 0)) == TURNS_HELD_MAX + 2
    assert Resume(2) not in door.engine.handle(Persisted(commit.number), 0)


@pytest.mark.parametrize(
    "count, is_too_long", [(APP_FRAME_BYTES_MAX, False), (APP_FRAME_BYTES_MAX + 1, True)]
)
def test_messages_for_apps_are_bounded(count: int, is_too_long: bool) -> None:
    """An app takes a message of APP_FRAME_BYTES_MAX from its node, and no longer one, which ends that line only."""
    app = AppEngine(ALICE, SeededEntropy("app"), "node:1", NODE.public_key)
    (dial,) = [effect for effect in app.handle(Opened(99, HERE, ""), 0) if isinstance(effect, Dial)]
    node = Line(NODE, SeededEntropy("node"), 0, expects=None)
    news: list[object] = []

    def carry(effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Write):
                node.receive(effect.data, 0)
            elif isinstance(effect, Tell):
                news.append(effect.detail)
        if data := b"".join(node.outgoing()):
            carry(app.handle(Received(dial.conn, data), 0))

    carry(app.handle(Opened(dial.conn, HERE, ""), 0))
    node.send(APP_PERMISSIONS.encode(ALL), 0)
    node.send(NODE_REPORT.encode(node_report()), 0)
    change = ReportMutations(None, ())
    data = APP_SERVER_TO_APP.encode(change)
    node.send(data + bytes(count - len(data)), 0)  # what follows a message is ignored
    carry([])
    if is_too_long:
        (over,) = [item for item in news if isinstance(item, Over)]
        assert f"at most {APP_FRAME_BYTES_MAX}" in over.reason
    else:
        assert news[-1] == Heard(change)


def test_01_d2_what_follows_a_refusal_in_one_piece_is_not_read() -> None:
    """An app that is hung up on said more in the same breath, a stranger even with its handshake: nothing happens."""
    for identity, request in ((ALICE, b"\xff" * 9), (CAROL, REQUEST)):
        door = Door(lambda key: ALL if key == ALICE.public_key else None)
        line = Line(identity, SeededEntropy("app"), 0, expects=BOB.public_key)
        for effect in door.open(2):
            if isinstance(effect, Write):
                line.receive(effect.data, 0)
        pieces = line.outgoing()
        begun, rest = pieces[:2], pieces[2:]
        for effect in door.engine.handle(Received(2, b"".join(begun)), 0):
            assert isinstance(effect, Write)
            line.receive(effect.data, 0)
        line.send(request, 0)
        line.send(REQUEST, 0)
        effects = door.engine.handle(Received(2, b"".join(rest + line.outgoing())), 0)
        assert closes(effects) == [2]
        assert len(door.engine._apps) == 0
