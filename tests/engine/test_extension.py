"""What only our apps and friends are told, through whole engines (docs/WIRE.md, extensions)."""

from __future__ import annotations

import itertools

import pytest

from offset.base.limits import STATUS_PAUSE_MS
from offset.engine.app import Ready
from offset.testing import CURRENCY, VirtualApp
from offset.wire.app import (
    AckClosePayment,
    Complete,
    CreatePayment,
    CreateTransaction,
    DisableFriend,
    RemoveFriend,
    ReportMutations,
    RequestClosePayment,
    ResponseClosePayment,
    SetFriendCurrencyMaxDebt,
    SetFriendName,
)
from offset.wire.extension import (
    CreditLine,
    Extra,
    LinkDown,
    LinkUp,
    LostCredits,
    LostPayment,
    NetworkStatus,
    RelayListening,
    RelayWaiting,
)
from offset.wire.friend import FriendsRoute
from support.nodes import Town


@pytest.fixture
def town() -> Town:
    """Two friends, with a limit of 1000."""
    return Town("ab")


def status(app: VirtualApp) -> NetworkStatus:
    """How the node of an app stands, as the app was told last."""
    found = app.report().status
    assert found is not None
    return found


def has_link(app: VirtualApp, state: type[LinkUp | LinkDown]) -> bool:
    """Whether the app was told last that a link is so."""
    return any(isinstance(link.state, state) for link in status(app).links)


def test_a_limit_reaches_the_apps_of_the_friend(town: Town) -> None:
    """What one owner grants is seen by the other owner's apps: those that listen, and those that come later."""
    town.world.run_until(lambda: town.key("a") in town.apps["b"].report().credit_lines)
    assert town.apps["b"].report().credit_lines == {town.key("a"): (CreditLine(CURRENCY, 1000, True),)}
    town.apps["a"].ask(SetFriendCurrencyMaxDebt(town.key("b"), CURRENCY, 7))
    told = {town.key("a"): (CreditLine(CURRENCY, 7, True),)}
    town.world.run_until(lambda: town.apps["b"].report().credit_lines == told)
    later = town.add_app("b", "later")
    later.wait_ready()
    assert later.report().credit_lines == told
    town.apps["b"].ask(RemoveFriend(town.key("a")))
    assert town.apps["b"].report().credit_lines == {}


def test_w26_apps_see_relays_and_links(town: Town) -> None:
    """Listening and linked; then the relay dies, and both wait with a reason; then all is well again."""
    app = town.apps["a"]
    town.world.run_until(lambda: bool(status(app).relays) and status(app).relays[0].state == RelayListening())
    (relay,), (link,) = status(app).relays, status(app).links
    assert (relay.is_own, relay.relay.public_key, relay.last_error) == (True, town.relay.public_key, "")
    assert (link.friend_public_key, type(link.state)) == (town.key("b"), LinkUp)
    town.world.kill("relay")
    town.world.run_until(lambda: isinstance(status(app).relays[0].state, RelayWaiting))
    (relay,), (link,) = status(app).relays, status(app).links
    assert relay.last_error != ""
    assert isinstance(link.state, LinkDown)
    town.start_relay()
    town.world.run_until(lambda: isinstance(status(app).links[0].state, LinkUp))


def test_w26_a_disabled_friend_has_no_link(town: Town) -> None:
    """Links are those of enabled friends."""
    app = town.apps["a"]
    town.world.run_until(lambda: bool(status(app).links))
    app.ask(DisableFriend(town.key("b")))
    town.world.run_until(lambda: status(app).links == ())


@pytest.mark.parametrize("name, friend", [("a", "b"), ("b", "a")])
def test_w26_a_removed_friend_has_no_link(town: Town, name: str, friend: str) -> None:
    """Apps hear that the link is gone, also when there was no line that could end with it."""
    app = town.apps[name]
    town.world.run_until(lambda: has_link(app, LinkUp))
    town.world.kill(friend)
    town.world.run_until(lambda: has_link(app, LinkDown))
    town.world.run_for(20_000)
    app.ask(RemoveFriend(town.key(friend)))
    town.world.run_until(lambda: status(app).links == (), 2 * STATUS_PAUSE_MS)


def test_w26_an_app_whose_report_waited_for_the_disk(town: Town) -> None:
    """What happened to links since that report was made is told to it as soon as it has the report."""
    app, disk = town.apps["a"], town.host("a").disk
    assert disk is not None
    town.world.kill("relay")
    town.world.run_until(lambda: has_link(app, LinkDown))
    disk.hold()
    app.post(SetFriendName(town.key("b"), "bob"))
    town.world.run_until(lambda: not disk.is_idle)
    later = town.add_app("a", "later")
    town.world.run_for(100)
    assert not any(isinstance(item, Ready) for item in later.news)
    town.start_relay()
    town.world.run_until(lambda: has_link(app, LinkUp))
    town.world.run_for(2 * STATUS_PAUSE_MS)
    disk.release()
    (link,) = later.wait_ready().report.opt_extra.opt_status.links  # type: ignore[union-attr]
    assert isinstance(link.state, LinkDown)
    town.world.run_until(lambda: has_link(later, LinkUp), 2 * STATUS_PAUSE_MS)


def test_w26_nothing_is_told_twice_and_not_every_step(town: Town) -> None:
    """Between two messages about relays and links some time passes, and none repeats the one before."""
    app = town.apps["a"]
    for _ in range(3):
        town.world.kill("relay")
        town.world.run_for(4000)
        town.start_relay()
        town.world.run_for(4000)
    told = [
        message.opt_extra.opt_status_change for message in app.heard(ReportMutations) if message.opt_extra
    ]
    changes = [found for found in told if found is not None]
    assert len(changes) >= 6
    for before, after in itertools.pairwise(changes):
        assert after.now - before.now >= STATUS_PAUSE_MS
        assert before.relays != after.relays or (after.links and before.links != after.links)


def test_05_d4_a_refusal_has_a_reason(town: Town) -> None:
    """The acknowledgement of a refused request says why; of one that was carried out it says nothing."""
    refused = town.apps["a"].ask(SetFriendName(town.key("a"), "myself"))
    assert refused.opt_extra == Extra(refusal="there is no such friend")
    assert town.apps["a"].ask(SetFriendName(town.key("b"), "bob")).opt_extra is None


def test_apps_are_told_of_what_is_lost_and_let_it_go() -> None:
    """A payment that nobody can prove is told to all apps, to later ones with the report, until it is acknowledged."""
    town = Town("ab")
    buyer, invoice_id = town.apps["a"], town.invoice("b", 10)
    payment_id, request_id = bytes(16), bytes([1] * 16)
    route = FriendsRoute((town.key("a"), town.key("b")))
    buyer.post(CreatePayment(payment_id, invoice_id, CURRENCY, 10, town.key("b")))
    buyer.post(CreateTransaction(payment_id, request_id, route, 10, 2))
    assert isinstance(town.result("a", request_id).result, Complete)
    buyer.ask(RemoveFriend(town.key("b")))
    change = buyer.ask(RequestClosePayment(payment_id))
    later = town.add_app("a", "later")
    later.wait_ready()
    (told,) = lost_of(later)
    assert told.parts == (LostCredits(town.key("b"), 12),)
    assert change.opt_extra is not None
    assert change.opt_extra.lost_payments == (told,)
    assert told.opt_ack_uid is not None
    assert buyer.heard(ResponseClosePayment) == []
    assert town.engine("a").view().requests_pending == 0
    assert list(later.report().lost_payments.values()) == [told]
    buyer.ask(AckClosePayment(payment_id, told.opt_ack_uid))
    town.world.run_for(1000)
    assert later.report().lost_payments == {}
    last = town.add_app("a", "last")
    last.wait_ready()
    assert lost_of(last) == []


def lost_of(app: VirtualApp) -> list[LostPayment]:
    """What an app was told of lost payments with its report."""
    (ready,) = [item for item in app.news if isinstance(item, Ready)]
    assert ready.report.opt_extra is not None
    return list(ready.report.opt_extra.lost_payments)
