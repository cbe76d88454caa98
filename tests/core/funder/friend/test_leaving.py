"""Friends that are disabled and removed; what their channels take with them is tested in roles/test_cancelling.py."""

from __future__ import annotations

from offset.core.funder.records import PaymentStage
from offset.wire import app
from support.ledger import World
from support.losses import LossyWorld


def test_a_part_that_waited_in_a_copy_ends_with_its_friend() -> None:
    """Books from a copy are tied to nothing before the friend has told. If it is removed, its part is lost."""
    world = LossyWorld("xab", 1)
    world.befriend("x", "a", limit=1000)
    world.befriend("a", "b", limit=1000)
    x, a = world["x"], world["a"]
    invoice_id = world.invoice("b", 40)
    payment_id = world.payment("x", "b", invoice_id, 40)
    world.give_token("a", "x")
    world.part(payment_id, "xab", 40)
    assert len(x.friend(a).queues[2]) == 1
    world.lose("x", world.copy("x"))
    world.control("x", app.RequestClosePayment(payment_id))
    world.control("x", app.RemoveFriend(a.key))
    payment = x.state.payments[payment_id]
    assert (payment.open_transactions, payment.stage) == (0, PaymentStage.LOST)
    assert x.state.transactions == {}


def test_disabling_and_removing() -> None:
    """A disabled friend stays with all that is owed; a removed one is forgotten."""
    world = World("ab", 1)
    world.chain()
    world.pay("ab", 5)
    key = world["b"].key
    world.control("a", app.DisableFriend(key))
    assert not world.lines
    assert world["a"].credit(world["b"]).balance == -5
    world.control("a", app.RemoveFriend(key))
    assert key not in world["a"].state.friends
    assert not any(key in row.key().__struct_fields__ for row in world["a"].rows.records())
