"""A network at rest: what owners asked for is so, apps see it, histories tell it, and credit can be used."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from offset.base.credits import Rate
from offset.core.funder.records import PaymentRecord
from offset.core.funder.roles import mediator
from offset.core.funder.roles.payments import NEW
from offset.engine.node import NodeEngine
from offset.sim.cast.forgery import forged_commit
from offset.sim.course.run import Run, simulate
from offset.sim.judge import final_checks, owners, service
from offset.sim.physics.rng import Rng
from offset.sim.physics.violation import Violation
from offset.sim.script.scenario import CALM_MS, Act, Friendship, Scenario
from offset.wire.app import DisableFriend, SetFriendCurrencyMaxDebt
from offset.wire.common import RECEIPT, Commit
from offset.wire.extension import CreditLine

LIMITS = {"FST": (1000, 700)}
SCENARIO = Scenario(
    1,
    "row",
    ("A", "B", "C"),
    (Friendship("A", "B", LIMITS, 3), Friendship("B", "C", LIMITS, 2)),
    indexes=1,
    acts=(Act(CALM_MS, "pay", ("A", "C", "FST", 20, (("A", "B", "C"),))),),
    until=CALM_MS + 10_000,
)


@pytest.fixture
def rest() -> Run:
    """Three friends in a row, after a payment."""
    run = Run(SCENARIO)
    run.live()
    run.judge()
    return run


def engine(run: Run, name: str) -> Any:
    """The engine of a node."""
    found = run.cast.hosts[name].engine
    assert isinstance(found, NodeEngine)
    return found


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


def test_books(rest: Run) -> None:
    """The history tells each end once and right, with a receipt of the whole; nothing else is left."""
    (purchase,) = rest.purchases
    disk = rest.cast.hosts["A"].disk
    assert disk is not None
    place = ("history", "paid", purchase.payment_id)
    row = disk.rows[place]
    receipt = RECEIPT.decode(row.detail)
    part = RECEIPT.encode(msgspec.structs.replace(receipt, is_complete=False))
    spoiled: tuple[tuple[str, dict[Any, Any]], ...] = (
        ("history", {place: None}),
        ("history", {place: msgspec.structs.replace(row, amount=21)}),
        ("history", {("history", "unpaid", purchase.payment_id): row}),
        ("receipt", {place: msgspec.structs.replace(row, detail=part)}),
    )
    final_checks.check(rest)
    for rule, changes in spoiled:
        before = dict(disk.rows)
        disk.rows.update(changes)
        with pytest.raises(Violation) as found:
            final_checks.check(rest)
        assert found.value.rule == rule
        disk.rows.clear()
        disk.rows.update(before)
    rest.cast.state("A").payments[purchase.payment_id] = PaymentRecord(
        purchase.payment_id, purchase.invoice_id, "FST", 20, rest.cast.key("C"), bytes(32), NEW, 0, None, None
    )
    with pytest.raises(Violation, match="leftover: A still keeps"):
        final_checks.check(rest)
    del rest.cast.state("A").payments[purchase.payment_id]
    rest.cast.state("C").invoices[purchase.invoice_id] = None  # type: ignore[assignment]
    with pytest.raises(Violation, match="leftover: C still keeps the invoice"):
        final_checks.check(rest)


def test_service(rest: Run) -> None:
    """All that is left of the credit goes over the longest way: first over a given route, then over one found."""
    service.check(rest)
    given, routed = rest.last_purchases
    assert (given.buyer_end, routed.buyer_end) == ("paid", "paid")
    assert {len(given.routes[0]), len(routed.routes[0])} == {3}
    # C may owe B 1000, B may owe A 1000; A may owe B 700, of which 20 + 3 are used, and B may owe C 700.
    due = {("A", "C"): 700 - 23 - 3, ("C", "A"): 1000 + 20 - 2}
    assert given.amount == due[given.buyer, given.seller]
    rest.judge()


def test_service_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mediator that passes nothing on leaves all ledgers right; it is found all the same."""
    monkeypatch.setattr(mediator, "_next_hop", lambda *_: None)
    outcome = simulate(SCENARIO)
    assert outcome.rule == "service"
    assert outcome.payments == {"canceled / withdrawn": 1}


def test_forged_commits(rest: Run) -> None:
    """A forged commit differs in one thing, whatever that is; all of them are met with in a while."""
    (purchase,) = rest.purchases
    true = purchase.commit
    assert isinstance(true, Commit)
    rng, changed = Rng("forged"), set()
    for _ in range(100):
        forged = forged_commit(true, rng)
        (field,) = [name for name in true.__struct_fields__ if getattr(forged, name) != getattr(true, name)]
        changed.add(field)
    assert changed == set(true.__struct_fields__)


def test_forged_commit_that_is_taken(rest: Run) -> None:
    """A seller that collects for another commit than the true one is found."""
    (purchase,) = rest.purchases
    assert purchase.commit is not None
    purchase._not_taken(purchase.commit)
    purchase.commit = msgspec.structs.replace(purchase.commit, dest_payment=1)
    with pytest.raises(Violation, match="took a forged commit"):
        purchase._not_taken(purchase.commit)


def test_silence(rest: Run) -> None:
    """Who still writes when nothing happens any more is noticed."""
    world = rest.cast.world
    world.after(1000, lambda: rest.cast.clients["A"].tell(DisableFriend(rest.cast.key("B"))))
    with pytest.raises(Violation, match="network at rest"):
        rest.judge()
