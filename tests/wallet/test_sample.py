"""The made-up wallet of the tests in a browser answers in today's classes: `make test` notices when it does not."""

from __future__ import annotations

import msgspec
import pytest

from support.fake_wallet import KEY, LOGIN, World, answer

CARD = "cards/home"


@pytest.mark.parametrize("is_empty", [False, True])
def test_every_question_is_answered(is_empty: bool) -> None:
    """Whatever the page asks for first is answered, and can be written as JSON."""
    world = World(empty=is_empty)
    for path in ("me", "sessions", "tokens", "settings", "currencies", "cards"):
        assert msgspec.json.encode(answer(world, "GET", path, {}, None, None))
    for path in (
        "friends",
        "held",
        "standing",
        "own-card",
        "history",
        "chart",
        "capacity",
        "sales",
        "requests",
        "address",
    ):
        assert msgspec.json.encode(answer(world, "GET", f"{CARD}/{path}", {}, None, None))
    login = answer(world, "POST", "session", {}, {"login": LOGIN}, None)
    assert login.key == KEY
