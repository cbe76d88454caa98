"""The kill matrix: each kind of message, each side of it, a kill or a cut at each moment; every payment ends right.

A payment goes from a over b and c to d. docs/TESTING.md tells what is covered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import pytest

from offset.core.funder.records import ChannelKey, CreditKey, FriendKey, FriendRecord
from offset.sim.physics.disk import Rows
from offset.wire.app import (
    AckClosePayment,
    AddInvoice,
    AddRelay,
    CancelInvoice,
    CommitInvoice,
    CreatePayment,
    CreateTransaction,
    OpenFriendCurrency,
    RequestClosePayment,
    ResetFriendChannel,
)
from support.nodes import Town
from support.street import NAMES, PATIENCE_MS, Purchase, Street
from support.strikes import FRIEND_KINDS, Moment, OfApp, Step, Trap

FORWARD, BACK = ("ab", "bc", "cd"), ("dc", "cb", "ba")
GOLD = "GOLD"


@functools.cache
def befriended() -> Mapping[str, Rows]:
    """The rows of four friends in a row."""
    town = Town(NAMES)
    town.world.run_for(1000)
    return {name: dict(town.rows(name)) for name in NAMES}


@pytest.fixture
def street() -> Street:
    """Four friends in a row who have just met again."""
    return Street(befriended())


# What the owners do while the message passes


def collect(purchase: Purchase) -> None:
    """The seller collects."""
    purchase.collect()


def withdraw(purchase: Purchase) -> None:
    """The seller does not want the payment any more, though it has promised."""
    purchase.release()


def move(purchase: Purchase) -> None:
    """While the payment is frozen, b takes another relay."""
    street = purchase.street
    street.owners["b"].ask(AddRelay(street.add_second_relay()), purchase.collect)


def open_gold(purchase: Purchase) -> None:
    """While the payment is frozen, b and its friends open another currency; those who are asked later collect."""
    street = purchase.street
    for name, friend in ("ab", "cb", "ba", "bc"):
        street.owners[name].ask(OpenFriendCurrency(street.key(friend), GOLD))
    purchase.collect()


class Case(NamedTuple):
    """A row of the matrix."""

    links: tuple[str, ...]
    promised: Callable[[Purchase], None] = collect
    parts: tuple[int, ...] = (10,)
    is_paid: bool | None = True
    """How it must end. None: a request that is under way may come to nothing when its friend goes offline."""


BETWEEN_FRIENDS = {
    "request": Case(FORWARD, is_paid=None),
    "response": Case(BACK),
    "cancel": Case(BACK, withdraw, is_paid=False),
    "collect": Case(BACK),
    "empty": Case(FORWARD),
    "wish": Case(FORWARD, parts=(4, 6), is_paid=None),
    "relays": Case(("ba", "bc"), move),
    "currencies": Case(("ba", "bc"), open_gold),
}
OF_APPS: dict[type, Case] = {
    AddInvoice: Case(("d",), is_paid=None),
    CreatePayment: Case(("a",), is_paid=None),
    CreateTransaction: Case(("a",), is_paid=None),
    RequestClosePayment: Case(("a",), is_paid=None),
    CommitInvoice: Case(("d",)),
    CancelInvoice: Case(("d",), withdraw, is_paid=False),
    AckClosePayment: Case(("a",)),
}
OF_RESETS = {"terms": ("bc", "cb"), "acceptance": ("bc", "cb")}


def cells(rows: Iterable[tuple[Any, Iterable[str]]], moments: Iterable[Moment]) -> list[Any]:
    """All cells of these rows of the matrix."""

    def each() -> Iterator[Any]:
        for kind, links in rows:
            for link in links:
                for moment in moments:
                    word = kind if isinstance(kind, str) else kind.__name__
                    yield pytest.param(kind, link, moment, id=f"{word}-{link}-{moment.name.lower()}")

    return list(each())


# The matrix


@pytest.mark.parametrize(
    "kind, link, moment", cells(((kind, case.links) for kind, case in BETWEEN_FRIENDS.items()), Moment)
)
def test_message_between_friends(street: Street, kind: str, link: str, moment: Moment) -> None:
    """Whatever happens to a message of friends, the payment ends alike for both, and the friends agree."""
    case = BETWEEN_FRIENDS[kind]
    street.trap = trap = Trap(street, FRIEND_KINDS[kind], link[0], link[1], moment)
    purchase = Purchase(street, case.parts, case.promised)
    purchase.begin()
    assert_ends(street, purchase, case.is_paid)
    assert_sprung(trap)
    if kind == "request" and moment.is_cut:
        assert purchase.is_paid(), "what is said already survives its line"
    if kind == "relays":
        relays = tuple(relay.unnamed() for relay in street.state("b").relays)
        assert len(relays) == 2
        assert street.friend("a", "b").remote_relays == street.friend("c", "b").remote_relays == relays
    if kind == "currencies":
        assert all(street.friend(name, friend).is_ready(GOLD) for name, friend in ("ab", "ba", "bc", "cb"))


@pytest.mark.parametrize(
    "kind, name, moment",
    cells(((kind, case.links) for kind, case in OF_APPS.items()), [m for m in Moment if m.is_of_app]),
)
def test_request_of_an_app(street: Street, kind: type, name: str, moment: Moment) -> None:
    """Whatever happens to a request of an app, it is carried out once when the app repeats it."""
    case = OF_APPS[kind]
    street.trap = trap = Trap(street, OfApp(), f"app {name}", name, moment)
    street.owners[name].on_post = lambda request: trap.speak(request) if isinstance(request, kind) else None
    purchase = Purchase(street, case.parts, case.promised)
    purchase.begin()
    assert_ends(street, purchase, case.is_paid)
    assert_sprung(trap)
    if moment.is_cut or moment is Moment.SENDER_KILLED_AFTER_SENDING:
        assert purchase.is_paid() is (case.is_paid is not False), "nobody went offline"


@pytest.mark.parametrize("kind, link, moment", cells(OF_RESETS.items(), Moment))
def test_message_of_a_reset(street: Street, kind: str, link: str, moment: Moment) -> None:
    """c comes back with rows from before a payment; whatever happens to the reset, b and c start again and can pay."""
    old = dict(street.rows("c"))
    first = Purchase(street)
    first.begin()
    assert_ends(street, first, True)
    street.trap = trap = Trap(street, FRIEND_KINDS[kind], link[0], link[1], moment)
    street.kill("c")
    for key in old:
        if isinstance(key, ChannelKey | CreditKey) and key.friend == street.key("b"):
            street.rows("c")[key] = old[key]
    _forget_what_b_shows(street)
    accepting = link[0] if kind == "acceptance" else link[1]
    reconcile(street, accepting)
    # The line may just have been cut, and neither side knows it yet.
    street.settle()
    assert_sprung(trap)
    lost = 11 if accepting == "b" else 0  # what c forgot, if its word counts
    assert street.balances() == [-12, -11 + lost, -10]
    second = Purchase(street)
    second.begin()
    assert_ends(street, second, True)


def _forget_what_b_shows(street: Street) -> None:
    """The rows of c are a copy's, but of what it signed before nothing counts: so it does not catch up with b."""
    key = FriendKey(street.key("b"))
    row = street.rows("c")[key]
    assert isinstance(row, FriendRecord)
    street.rows("c")[key] = msgspec.structs.replace(row, life=0, has_told=False, floor=row.life + 1)


def test_a_message_that_never_comes_is_noticed(street: Street) -> None:
    """No cell of the matrix can be empty: a trap that nothing sprang fails the test."""
    street.trap = trap = Trap(street, FRIEND_KINDS["terms"], "b", "c", Moment.SENDER_KILLED_AFTER_SENDING)
    purchase = Purchase(street)
    purchase.begin()
    assert_ends(street, purchase, is_paid=True)
    with pytest.raises(AssertionError):
        assert_sprung(trap)


def reconcile(street: Street, name: str) -> None:
    """One of b and c accepts the other's terms, whatever they are by then."""
    accepted: set[bytes] = set()
    other = "c" if name == "b" else "b"
    owner = street.owners[name]

    def is_done() -> bool:
        if not street.is_alive(name, other):
            return False
        ours, theirs = street.friend(name, other).channel, street.friend(other, name).channel
        if all(side.is_consistent and side.inconsistency_counter == 1 for side in (ours, theirs)):
            return street.is_quiet()
        terms = ours.remote_terms
        if terms is not None and terms.reset_token not in accepted and owner.is_ready:
            accepted.add(terms.reset_token)
            owner.ask(ResetFriendChannel(street.key(other), terms.reset_token))
        return False

    street.world.run_until(is_done, PATIENCE_MS)


def assert_ends(street: Street, purchase: Purchase, is_paid: bool | None) -> None:
    """Both sides know the same end, credits moved or did not, and nothing stays anywhere."""
    street.world.run_until(lambda: purchase.is_over, PATIENCE_MS)
    street.settle()
    street.check()
    assert street.balances() == purchase.balances_after(is_paid=purchase.is_paid())
    assert is_paid in (None, purchase.is_paid())


def assert_sprung(trap: Trap) -> None:
    """The message came exactly to the moment of the case, and then it struck."""
    steps = list(Step)[list(Step).index(trap.first) :]
    assert trap.steps == steps[: steps.index(trap.moment.step) + 1]
    assert trap.is_sprung
