"""What is excused, and for how long."""

from offset.sim.cast.purchase import Purchase
from offset.sim.course.run import Run
from offset.sim.script.payments import Pay


def test_purchases_over_a_channel_that_is_given_up(run: Run) -> None:
    """Those under way over both friends are excused; those that are over, go another way, or come later are not."""
    over, waiting = run.evidence.purchases
    assert over.is_over
    assert not waiting.is_over
    excuses = run.evidence.excuses
    excuses.disturb("C", "D", "a reason")
    assert (over.excuse, waiting.excuse) == ("", "")
    excuses.disturb("C", "B", "another reason")
    assert (over.excuse, waiting.excuse) == ("", "another reason")
    assert excuses.is_disturbed("B", "C")
    assert excuses.is_disturbed("D", "C")
    assert not excuses.is_disturbed("A", "B")
    excuses.disturb("B", "C", "a third reason")
    assert excuses.disturbed["B", "C"] == "another reason"
    later = Purchase(run.cast, 2, Pay(0, "A", "C", "FST", 1, (("A", "B", "C"),)))
    run.evidence.purchases.append(later)
    assert later.excuse == ""


def test_purchases_of_a_node_that_forgets(run: Run) -> None:
    """Its own are excused, those that it passes on are not."""
    _, waiting = run.evidence.purchases
    run.evidence.excuses.excuse_node("B", "lost its database")
    assert waiting.excuse == ""
    run.evidence.excuses.excuse_node("C", "lost its database")
    assert waiting.excuse == "C lost its database"
