"""The apps of a node, without a node: who is taken in, and how many."""

import pytest

from offset.base.faults import PeerFault
from offset.base.limits import APPS_MAX
from offset.engine.node_apps import NodeApps
from offset.testing import node_report
from offset.wire.app import (
    APP_PERMISSIONS,
    APP_TO_APP_SERVER,
    PAYMENT_NOT_FOUND,
    AppPermissions,
    AppToAppServer,
    EnableFriend,
    RequestClosePayment,
    ResponseClosePayment,
)

MAY = AppPermissions(routes=False, buyer=True, seller=False, config=False)
KEY = bytes(32)


class Desk:
    """Apps, and what was sent to each."""

    def __init__(self) -> None:
        self.sent: dict[int, list[bytes]] = {}
        self.apps = NodeApps(lambda key: MAY if key == KEY else None, self._send)

    def _send(self, conn: int, data: bytes) -> None:
        self.sent.setdefault(conn, []).append(data)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_apps_are_bounded(desk: Desk) -> None:
    """APPS_MAX may be connected; one more hears nothing, those who are there stay, and who leaves makes room."""
    for conn in range(APPS_MAX):
        assert desk.apps.opened(conn, KEY)
        assert [APP_PERMISSIONS.decode(data) for data in desk.sent[conn]] == [MAY]
    assert not desk.apps.opened(APPS_MAX, KEY)
    assert APPS_MAX not in desk.sent
    assert len(desk.apps) == APPS_MAX
    desk.apps.closed(0)
    assert desk.apps.opened(APPS_MAX, KEY)


def test_strangers_hear_nothing(desk: Desk) -> None:
    """A key without a ticket is not taken in, and takes no room."""
    assert not desk.apps.opened(1, b"s" * 32)
    assert len(desk.apps) == len(desk.sent) == 0


def test_01_d2_what_is_not_permitted_is_the_fault_of_the_app(desk: Desk) -> None:
    """A request without its permission is a fault of that app; it is gone after that, twice gone too."""
    desk.apps.opened(1, KEY)
    desk.apps.opened(2, KEY)
    with pytest.raises(PeerFault, match="permission"):
        desk.apps.request(1, APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), EnableFriend(KEY))))
    desk.apps.closed(1)
    desk.apps.closed(1)
    assert len(desk.apps) == 1


def test_who_left_is_told_nothing(desk: Desk) -> None:
    """An app that asked and went away gets no answer, and nobody else gets it either."""
    desk.apps.opened(1, KEY)
    desk.apps.request(1, APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16)))))
    desk.apps.closed(1)
    desk.sent.clear()
    desk.apps.tell(ResponseClosePayment(bytes(16), PAYMENT_NOT_FOUND))
    assert desk.sent == {}


def test_who_left_before_its_report_is_not_registered(desk: Desk) -> None:
    """The report may have to wait for the disk; an app that is gone by then gets none, and no changes either."""
    desk.apps.opened(1, KEY)
    desk.apps.closed(1)
    desk.sent.clear()
    desk.apps.register(1, node_report())
    desk.apps.tell_change(None, ())
    assert desk.sent == {}
    desk.apps.opened(2, KEY)
    desk.apps.register(2, node_report())
    desk.apps.tell_change(None, ())
    assert len(desk.sent[2]) == 3
