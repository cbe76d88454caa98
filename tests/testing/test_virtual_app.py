"""An app that is steered message by message."""

from __future__ import annotations

import pytest

from offset.sim.physics.violation import Violation
from offset.testing import ALL, APP, FRIEND, NODE, STRANGER, CalmWorld, FakeNode, VirtualApp, ignore
from offset.wire.app import EnableFriend, ReportMutations, SetFriendName

ENABLE = EnableFriend(FRIEND.public_key)


def meet(key: object = APP) -> tuple[FakeNode, VirtualApp]:
    """A fake node in memory, and an app that dials it."""
    world, fake = CalmWorld(), FakeNode()
    world.add("node", lambda _: fake, {"apps": "node:1"})
    return fake, VirtualApp(world, "shop", NODE.public_key, "node:1", key)  # type: ignore[arg-type]


def test_what_it_asks_and_hears() -> None:
    """Acknowledgements are found by the id of their request, in whatever order they come."""
    fake, app = meet()
    assert app.wait_ready().permissions == ALL
    first = app.post(ENABLE)
    answer = app.ask(SetFriendName(FRIEND.public_key, "robert"))
    assert answer.mutations != ()
    assert [told.opt_app_request_id for told in app.heard(ReportMutations)] == [
        first,
        answer.opt_app_request_id,
    ]
    assert fake.asked_for(EnableFriend) == [ENABLE]
    assert app.report().friends[FRIEND.public_key].name == "robert"
    assert app.report().snapshot() == fake.view.snapshot()


def test_it_waits_only_so_long() -> None:
    """A node that does not answer fails the test."""
    fake, app = meet()
    app.wait_ready()
    fake.script[EnableFriend] = ignore
    with pytest.raises(Violation, match="did not come"):
        app.ask(ENABLE)


def test_a_stranger_is_over() -> None:
    """The node hung up, and the app knows."""
    _, app = meet(STRANGER)
    app.world.run_until(app.is_over)
    assert len(app.news) == 1
