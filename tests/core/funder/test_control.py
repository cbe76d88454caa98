"""What the owner and apps ask: the table of commands, row by row (spec 03, 3.1 and 2.9)."""

from typing import Any

import pytest

from offset.base.credits import Rate
from offset.base.limits import (
    CURRENCIES_PER_FRIEND_MAX,
    FRIEND_RELAYS_MAX,
    NAME_BYTES_MAX,
    NODE_RELAYS_MAX,
)
from offset.core.funder import control
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.turn import DropFriend, SetRelays, Turn, UpdateFriend
from offset.wire import app
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.report import AddRelayMutation, RemoveRelayMutation, SetStatus
from support.ledger import FST, World

KEY = bytes([1]) * 32
RELAYS = (RelayAddress(bytes([2]) * 32, "there:1"),)


def relay(number: int, address: str = "here:1") -> NamedRelayAddress:
    return NamedRelayAddress(bytes([number]) * 32, address, "mine")


def alone(*requests: Any) -> World:
    """One node that was asked for this."""
    world = World("a")
    for request in requests:
        world.control("a", request)
        assert world["a"].refusal is None
    return world


def ask(world: World, request: Any, name: str = "a") -> Turn:
    turn = world.control(name, request)
    assert world[name].refusal is None, world[name].refusal
    return turn


def refused(world: World, request: Any) -> str:
    """The reason, when nothing was changed or said."""
    turn = world.control("a", request)
    assert (turn.changes, turn.orders, turn.messages, turn.mutations) == ({}, [], [], [])
    assert world["a"].refusal is not None
    return world["a"].refusal


ADDED = app.AddFriend(KEY, RELAYS, "friend")


# Relays


def test_relays_are_added_replaced_and_removed() -> None:
    """The channeler learns each list; the same key again replaces, at the end of the list."""
    world = alone()
    ask(world, app.AddRelay(relay(1)))
    ask(world, app.AddRelay(relay(2)))
    turn = ask(world, app.AddRelay(relay(1, "moved:1")))
    assert [item.address for item in world["a"].state.relays] == ["here:1", "moved:1"]
    assert turn.orders == [SetRelays((relay(2).unnamed(), relay(1, "moved:1").unnamed()))]
    assert turn.mutations == [AddRelayMutation(relay(1, "moved:1"))]
    turn = ask(world, app.RemoveRelay(relay(2).public_key))
    assert turn.orders == [SetRelays((relay(1, "moved:1").unnamed(),))]
    assert turn.mutations == [RemoveRelayMutation(relay(2).public_key)]
    assert refused(world, app.RemoveRelay(relay(2).public_key)) == "there is no such relay"


def test_relays_are_bounded() -> None:
    """Not more than the reference takes; a full list can still be changed."""
    world = alone(*[app.AddRelay(relay(number)) for number in range(NODE_RELAYS_MAX)])
    assert "remove one first" in refused(world, app.AddRelay(relay(99)))
    ask(world, app.AddRelay(relay(0, "moved:1")))
    names = ["ä" * (NAME_BYTES_MAX // 2), "ä" * (NAME_BYTES_MAX // 2) + "a"]
    longest, too_long = (NamedRelayAddress(relay(0).public_key, "here:1", name) for name in names)
    ask(world, app.AddRelay(longest))
    assert refused(world, app.AddRelay(too_long)) == "a name has at most 256 bytes"
    assert len(world["a"].state.relays) == NODE_RELAYS_MAX


# Friends


def test_new_friend_is_disabled() -> None:
    """A friend begins disabled and offline, with nothing set."""
    world = alone(ADDED)
    friend = world["a"].friend(KEY)
    assert (friend.name, friend.remote_relays, friend.configs) == ("friend", RELAYS, {})
    assert not friend.is_enabled
    assert not friend.is_online
    assert world["a"].orders == [SetRelays(())], "the channeler is not told yet"
    assert refused(world, ADDED) == "this friend is known already"


def test_friends_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number, in relays, and in the length of names."""
    monkeypatch.setattr(control, "FRIENDS_MAX", 1)
    relays = tuple(relay(number).unnamed() for number in range(FRIEND_RELAYS_MAX + 1))
    name = "x" * NAME_BYTES_MAX
    world = alone()
    assert refused(world, app.AddFriend(KEY, relays, "")) == "a friend has at most 16 relays"
    assert refused(world, app.AddFriend(KEY, (), name + "x")) == "a name has at most 256 bytes"
    ask(world, app.AddFriend(KEY, relays[1:], name))
    assert refused(world, app.AddFriend(bytes(32), (), "")) == "there are 1 friends already"
    assert refused(world, app.SetFriendRelays(KEY, relays)) == "a friend has at most 16 relays"
    assert refused(world, app.SetFriendName(KEY, name + "x")) == "a name has at most 256 bytes"
    friend = world["a"].friend(KEY)
    assert (friend.remote_relays, friend.name) == (relays[1:], name)
    ask(world, app.SetFriendRelays(KEY, relays[:-1]))
    ask(world, app.SetFriendName(KEY, "y" * NAME_BYTES_MAX))


def test_enabling_and_disabling() -> None:
    """The channeler keeps a line to a friend while it is enabled; asking twice does no harm."""
    world = alone(ADDED)
    for _ in range(2):
        turn = ask(world, app.EnableFriend(KEY))
        assert turn.orders == [UpdateFriend(KEY, RELAYS, ())]
        assert [change.friend_report_mutation for change in turn.mutations] == [SetStatus(True)]
    turn = ask(world, app.DisableFriend(KEY))
    assert turn.orders == [DropFriend(KEY)]
    assert [change.friend_report_mutation for change in turn.mutations] == [SetStatus(False)]


def test_name_and_relays_of_a_friend() -> None:
    """Told to the channeler if enabled, and to apps if different."""
    world = alone(ADDED)
    other = (RelayAddress(KEY, "other:1"),)
    assert ask(world, app.SetFriendRelays(KEY, RELAYS)).changes == {}
    assert ask(world, app.SetFriendRelays(KEY, other)).orders == []
    assert ask(world, app.SetFriendName(KEY, "friend")).changes == {}
    assert len(ask(world, app.SetFriendName(KEY, "other")).mutations) == 1
    ask(world, app.EnableFriend(KEY))
    assert ask(world, app.SetFriendRelays(KEY, RELAYS)).orders == [UpdateFriend(KEY, RELAYS, ())]


def test_removing_a_friend_leaves_no_row() -> None:
    """Nothing of a friend stays, and the channeler drops it."""
    world = alone(ADDED, app.EnableFriend(KEY), app.SetFriendCurrencyMaxDebt(KEY, FST, 5))
    before = len(world["a"].rows.records())
    turn = ask(world, app.RemoveFriend(KEY))
    assert turn.orders == [DropFriend(KEY)]
    assert before > 0
    # That of the highest life is about all friends that ever were.
    assert world["a"].rows.records() == [world["a"].state.node]


@pytest.mark.parametrize(
    "request_",
    [
        app.RemoveFriend(KEY),
        app.EnableFriend(KEY),
        app.DisableFriend(KEY),
        app.SetFriendRelays(KEY, ()),
        app.SetFriendName(KEY, ""),
        app.SetFriendCurrencyMaxDebt(KEY, FST, 1),
        app.SetFriendCurrencyRate(KEY, FST, Rate(0, 1)),
        app.OpenFriendCurrency(KEY, FST),
        app.CloseFriendCurrency(KEY, FST),
        app.RemoveFriendCurrency(KEY, FST),
        app.ResetFriendChannel(KEY, bytes(64)),
    ],
    ids=lambda request: type(request).__name__,
)
def test_unknown_friend(request_: Any) -> None:
    """Whatever names a friend needs one."""
    assert refused(World("a"), request_) == "there is no such friend"


# Currencies


@pytest.mark.parametrize(
    "request_, config",
    [
        (app.SetFriendCurrencyMaxDebt(KEY, FST, 7), ConfigRecord(KEY, FST, remote_max_debt=7)),
        (app.SetFriendCurrencyRate(KEY, FST, Rate(1, 2)), ConfigRecord(KEY, FST, Rate(1, 2))),
        (app.OpenFriendCurrency(KEY, FST), ConfigRecord(KEY, FST, is_open=True)),
        (app.CloseFriendCurrency(KEY, FST), ConfigRecord(KEY, FST)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_first_setting_configures_a_currency(request_: Any, config: ConfigRecord) -> None:
    """Everything else starts at nothing: closed, free, without trust. The same again changes nothing."""
    world = alone(ADDED)
    turn = ask(world, request_)
    assert world["a"].friend(KEY).configs == {FST: config}
    assert len(turn.mutations) == 1
    assert ask(world, request_).changes == {}


def test_settings_add_up() -> None:
    """Each command sets its own part."""
    world = alone(
        ADDED,
        app.SetFriendCurrencyMaxDebt(KEY, FST, 7),
        app.SetFriendCurrencyRate(KEY, FST, Rate(1, 2)),
        app.OpenFriendCurrency(KEY, FST),
    )
    assert world["a"].friend(KEY).configs[FST] == ConfigRecord(KEY, FST, Rate(1, 2), 7, True)


def test_currencies_are_named_and_bounded() -> None:
    """No empty name, and not more currencies than a friend of ours takes."""
    world = alone(ADDED)
    assert refused(world, app.OpenFriendCurrency(KEY, "")) == "a currency needs a name"
    for number in range(CURRENCIES_PER_FRIEND_MAX):
        ask(world, app.OpenFriendCurrency(KEY, str(number)))
    assert "already" in refused(world, app.OpenFriendCurrency(KEY, FST))
    ask(world, app.CloseFriendCurrency(KEY, "0"))


def test_currencies_with_all_friends_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a report in one message fits; what is configured can be changed, and removing one makes room."""
    monkeypatch.setattr(control, "FRIEND_CURRENCIES_MAX", 2)
    world = alone(ADDED, app.AddFriend(bytes(32), (), "another"))
    ask(world, app.OpenFriendCurrency(KEY, "A"))
    ask(world, app.OpenFriendCurrency(bytes(32), "A"))
    assert refused(world, app.OpenFriendCurrency(KEY, FST)) == (
        "there are 2 currencies with all friends together already"
    )
    ask(world, app.CloseFriendCurrency(KEY, "A"))
    ask(world, app.RemoveFriendCurrency(bytes(32), "A"))
    ask(world, app.OpenFriendCurrency(KEY, FST))


def test_configured_currency_is_announced_and_becomes_active() -> None:
    """Configured, announced, active once both announced it; a rate is not told (spec 03, 2.9)."""
    world = World("ab")
    world.befriend("a", "b", "EUR")
    friend = world["a"].friend(world["b"])
    world.trust("a", "b", 1)
    world.settle()
    assert friend.channel.local_currencies == ("EUR", FST)
    assert list(friend.channel.credits) == ["EUR"]
    world.trust("b", "a", 1)
    world.settle()
    assert list(friend.channel.credits) == ["EUR", FST]
    sent = world.sent
    world.control("a", app.SetFriendCurrencyRate(world["b"].key, FST, Rate(5, 5)))
    assert world.sent == sent


def test_removing_a_currency() -> None:
    """Only what is not active can be removed; the friend learns of the shorter list."""
    world = World("ab")
    world.befriend("a", "b", "EUR")
    world.trust("a", "b", 1)
    world.settle()
    key = world["b"].key
    assert "active" in refused(world, app.RemoveFriendCurrency(key, "EUR"))
    assert refused(world, app.RemoveFriendCurrency(key, "NIS")) == "this currency is not configured"
    ask(world, app.RemoveFriendCurrency(key, FST))
    world.settle()
    assert world["b"].friend(world["a"]).channel.remote_currencies == ("EUR",)


def test_handlers_are_all_requests_but_those_of_the_index_client() -> None:
    """What an app may ask is handled here or by the index client."""
    others = {"AddIndexServer", "RemoveIndexServer", "RequestRoutes"}
    names = {request.__name__ for request in app.AppRequest.__args__}
    assert names - {request.__name__ for request in control.HANDLERS} == others
    assert alone()["a"].funder.handles(ADDED)
    assert not alone()["a"].funder.handles(app.RemoveIndexServer(KEY))
