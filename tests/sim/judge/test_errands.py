"""What has come of purchases by letter is judged: rules L2, L3, L4, L6."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from offset.core.dealings.records import GuestAsk, GuestStage
from offset.sim.course.run import Run
from offset.sim.judge import errands
from offset.sim.physics.violation import Violation
from support.wallet_runs import by_letter, run_of


def held(run: Run) -> None:
    run.evidence.errands[0].stage = "held"


def paid_for_nothing(run: Run) -> None:
    run.evidence.purses["C"].ends.clear()


def paid_twice(run: Run) -> None:
    run.evidence.errands.append(run.evidence.errands[0])


def traced(run: Run) -> None:
    purse = run.evidence.purses["C"]
    ((key, sale),) = [(key, row) for key, row in purse.rows.items() if isinstance(row, GuestAsk)]
    purse.rows[key] = replace(sale, stage=GuestStage.CANCELED, commit=None)


def judge(run: Run) -> None:
    errands.nothing_is_held(run.evidence)
    errands.check(run.evidence)


@pytest.mark.parametrize(
    "spoil, rule", [(held, "L4"), (paid_for_nothing, "L3"), (paid_twice, "L2"), (traced, "L6")]
)
def test_each_rule(spoil: Callable[[Run], None], rule: str) -> None:
    run = run_of(by_letter(to="once"))
    judge(run)
    spoil(run)
    with pytest.raises(Violation) as found:
        judge(run)
    assert found.value.rule == rule
