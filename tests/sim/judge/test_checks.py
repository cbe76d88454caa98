"""Every check can fail: a good network passes them all, and each lie told to it is found by its own rule."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from offset.base.limits import TURNS_HELD_MAX
from offset.core.funder.ledger.mutual_credit import Pending
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.records import (
    LOST,
    OWN,
    ChannelKey,
    ConfigKey,
    From,
    Queue,
    TransactionRecord,
)
from offset.core.funder.state.state import Queued
from offset.sim.course.run import Run
from offset.sim.judge import checks
from offset.sim.physics.violation import Violation
from offset.wire.friend import FriendsRoute, RequestOp, ResetTerms
from support.sim_runs import channel, credit


def first_pending(run: Run, name: str, other: str, side: str) -> tuple[bytes, Pending]:
    """A request under way."""
    return next(iter(getattr(credit(run, name, other), side).items()))


def change_request(run: Run, **fields: Any) -> None:
    """B passes on something else than it got."""
    key, pending = first_pending(run, "B", "C", "local")
    request = msgspec.structs.replace(pending.request, **fields)
    credit(run, "B", "C").local[key] = msgspec.structs.replace(pending, request=request)
    credit(run, "B", "C").local_debt = request.dest_payment + request.left_fees


def frozen_wrong(run: Run) -> None:
    """B froze other than what is under way."""
    credit(run, "B", "C").local_debt += 1


def lost_origin(run: Run) -> None:
    """B sent on a request of nobody."""
    key, pending = first_pending(run, "B", "C", "local")
    credit(run, "B", "C").local[key] = msgspec.structs.replace(pending, origin=OWN)


def no_source(run: Run) -> None:
    """What B sent on is not pending where it is said to come from."""
    key, pending = first_pending(run, "B", "C", "local")
    credit(run, "B", "C").local[key] = msgspec.structs.replace(pending, origin=From(run.cast.key("C")))


def more_fees(run: Run) -> None:
    """B pays a fee out of its own pocket."""
    change_request(run, left_fees=50)


def other_invoice(run: Run) -> None:
    """B changed the invoice of a request."""
    change_request(run, invoice_id=bytes(32))


def balance(run: Run) -> None:
    """A balance without its mirror."""
    credit(run, "A", "B").balance += 1


def two_tokens(run: Run) -> None:
    """Both hold the token."""
    channel(run, "A", "B").outgoing = channel(run, "B", "A").outgoing = None


def inconsistent(run: Run) -> None:
    """A channel disagrees without a reason."""
    friend = channel(run, "A", "B")
    friend.credits = {}
    friend.local_terms = ResetTerms(bytes(64), 1, ())


def stage_differs(run: Run) -> None:
    """One side knows a response that the other does not."""
    key, pending = first_pending(run, "A", "B", "local")
    credit(run, "A", "B").local[key] = msgspec.structs.replace(pending, response=None)


def not_durable(run: Run) -> None:
    """Who spoke last has not remembered it."""
    for name, other in (("A", "B"), ("B", "A")):
        disk = run.cast.hosts[name].disk
        assert disk is not None
        disk.rows.pop(ChannelKey(run.cast.key(other)))


def forgotten_row(run: Run) -> None:
    """A row that memory has is not in the store."""
    disk = run.cast.hosts["A"].disk
    assert disk is not None
    del disk.written[next(key for key in disk.written if isinstance(key, ConfigKey))]


def overpaid(run: Run) -> None:
    """A seller took more than it asked for."""
    state = run.cast.state("C")
    pending = next(
        pending
        for friend in state.friends.values()
        for credit in friend.channel.credits.values()
        for pending in credit.remote.values()
        if pending.request.invoice_id in state.invoices
    )
    invoice = state.invoices[pending.request.invoice_id]
    less = msgspec.structs.replace(invoice, total_dest_payment=pending.request.dest_payment - 1)
    state.invoices[invoice.invoice_id] = less


def part_is_gone(run: Run) -> None:
    """A seller waits for what is not there."""
    state = run.cast.state("C")
    invoice_id = next(iter(state.invoices))
    request = RequestOp(bytes(16), bytes(32), FriendsRoute(()), 1, 1, invoice_id, 0)
    state.waiting.add(run.cast.key("B"), request)


def miscounted(run: Run) -> None:
    """A buyer counts its parts wrong."""
    state = run.cast.state("A")
    payment = next(item for item in state.payments.values() if item.open_transactions)
    state.payments[payment.payment_id] = msgspec.structs.replace(payment, open_transactions=2)


def transaction_of_nothing(run: Run) -> None:
    """A buyer has a part of no payment."""
    record = TransactionRecord(bytes(16), bytes(16), run.cast.key("B"), 1, 0, None)
    run.cast.state("A").transactions[bytes(16)] = record


def waits_for_absent(run: Run) -> None:
    """A request waits for a friend that is away."""
    friend = run.cast.friend("B", "C")
    assert friend is not None
    op = RequestOp(bytes(16), bytes(32), FriendsRoute(()), 1, 1, bytes(32), 0)
    friend.queues[Queue.FORWARDED][99] = Queued(99, "FST", op, LOST)
    friend.is_online = False


LIES: list[tuple[str, Callable[[Run], None]]] = [
    ("I2", frozen_wrong),
    ("I14", lost_origin),
    ("I14", no_source),
    ("I6", more_fees),
    ("I6", other_invoice),
    ("I1", balance),
    ("I3", two_tokens),
    ("I10", inconsistent),
    ("I1", stage_differs),
    ("I13", not_durable),
    ("restore", forgotten_row),
    ("I9", overpaid),
    ("I9", part_is_gone),
    ("I11", miscounted),
    ("I11", transaction_of_nothing),
    ("queue", waits_for_absent),
]


def test_good_state_passes(run: Run) -> None:
    """An honest network in the middle of a payment breaks no promise."""
    assert credit(run, "B", "C").local
    run.evidence.watcher.all_now()


@pytest.mark.parametrize("rule, lie", LIES, ids=[lie.__name__ for _, lie in LIES])
def test_lie_is_found(run: Run, rule: str, lie: Callable[[Run], None]) -> None:
    """Each lie is found, under the name of the rule that it breaks."""
    lie(run)
    with pytest.raises(Violation) as found:
        run.evidence.watcher.all_now()
    assert found.value.rule == rule, found.value


def test_exposure(run: Run) -> None:
    """I5: what a friend may come to owe beyond its limit is found, unless the limit was lowered meanwhile."""
    friend = run.cast.friend("C", "B")
    assert friend is not None
    before: dict[Any, int] = {}
    checks.exposure("C", friend, before)
    config = friend.configs["FST"]
    friend.configs["FST"] = msgspec.structs.replace(config, remote_max_debt=1)
    checks.exposure("C", friend, before)
    credit(run, "C", "B").balance += 1
    with pytest.raises(Violation, match="I5"):
        checks.exposure("C", friend, before)


def test_turns_that_pile_up() -> None:
    """A node whose turns pile up before the disk is found."""
    most = TURNS_HELD_MAX + checks.TURNS_PER_READ
    checks.turns_held("A", most)
    with pytest.raises(Violation, match="limit"):
        checks.turns_held("A", most + 1)


def test_lost_keys(run: Run) -> None:
    """A friend that hands its balances over, or is revoked, is disabled; and goes once its successor has them."""
    state = run.cast.state("B")
    old, new = run.cast.key("A"), run.cast.key("C")
    checks.lost_keys("B", state)
    state.successors[old] = new
    with pytest.raises(Violation, match="is enabled"):
        checks.lost_keys("B", state)
    state.friends[old].is_enabled = False
    with pytest.raises(Violation, match="count twice"):
        checks.lost_keys("B", state)
    state.friends[new].channel.local_terms = ResetTerms(bytes(64), 1, ())
    checks.lost_keys("B", state)
    state.revoked[new] = RevokedRecord(new, bytes(64))
    with pytest.raises(Violation, match="is revoked"):
        checks.lost_keys("B", state)
