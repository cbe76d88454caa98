"""A network at rest: what owners asked for is so, and apps see it."""

from collections.abc import Callable

import msgspec
import pytest

from offset.base.credits import Rate
from offset.sim.course.run import Run
from offset.sim.judge import owners
from offset.wire.app import DisableFriend, SetFriendCurrencyMaxDebt
from offset.wire.extension import CreditLine


def test_owners(rest: Run) -> None:
    """A wish that was not carried out, or a friend that was told something else, is named."""
    cast = rest.cast
    key = cast.key("B")
    assert owners.found(cast) == ""
    for wish in (SetFriendCurrencyMaxDebt(key, "FST", 5), DisableFriend(key)):
        place = ("a test",)
        cast.settings["A"][place] = wish
        assert "does not do what its owner asked for" in owners.found(cast)
        del cast.settings["A"][place]
    friend = cast.friend("A", "B")
    assert friend is not None
    whole = friend.credit_lines
    friend.credit_lines = (CreditLine("FST", 699, True),)
    assert "as lines of" in owners.found(cast)
    view = cast.clients["A"].view
    assert view is not None
    view.credit_lines[key] = friend.credit_lines
    assert "A was told of the lines" in owners.found(cast)
    assert whole is not None
    view.credit_lines[key] = friend.credit_lines = whole
    relays = friend.remote_relays
    friend.remote_relays = ()
    view.friends[key] = msgspec.structs.replace(view.friends[key], remote_relays=())
    assert owners.found(cast) == "A does not know that B is at relay0:1"
    friend.remote_relays = relays
    view.friends[key] = msgspec.structs.replace(view.friends[key], remote_relays=relays)
    assert owners.found(cast) == ""


def _rename(run: Run) -> None:
    friend = run.cast.friend("A", "B")
    assert friend is not None
    friend.configs["FST"] = msgspec.structs.replace(friend.configs["FST"], rate=Rate(0, 99))
    run.cast.settings["A"].pop(("rate", friend.public_key, "FST"))


def _unrelay(run: Run) -> None:
    view = run.cast.clients["A"].view
    assert view is not None
    view.relays.clear()


def _away(run: Run) -> None:
    run.cast.clients["A"].is_ready = False


def _apart(run: Run) -> None:
    run.cast.network.part("B", "relay0", run.cast.world.now + 600_000)
    run.cast.world.run_to(run.cast.world.now + 120_000)


@pytest.mark.parametrize(
    "spoil, words",
    [
        (_rename, "sees [CurrencyConfigReport"),
        (_unrelay, "sees {} as relays"),
        (_away, "the app of A has no line"),
        (_apart, "A says of B: "),
    ],
)
def test_apps(rest: Run, spoil: Callable[[Run], None], words: str) -> None:
    """What an app followed is what a new one would be told, and that all is well."""
    spoil(rest)
    assert words in owners.found(rest.cast)
