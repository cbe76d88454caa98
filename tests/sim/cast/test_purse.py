"""The wallet of an owner in the simulator: what it does again after a start."""

from __future__ import annotations

from offset.core.dealings.records import GuestAsk, GuestStage
from offset.sim.cast.purse import DiskPast
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.script.scenario import CALM_MS
from support.wallet_runs import by_letter, run_of, scenario


def test_what_has_ended_is_found_on_the_disk() -> None:
    run = run_of(by_letter(to="once"))
    purse = run.evidence.purses["C"]
    assert purse.host.disk is not None
    past = DiskPast(purse.host.disk)
    (sale,) = [row for row in purse.rows.values() if isinstance(row, GuestAsk)]
    assert sale.invoice_id is not None
    assert past.guest_ask(sale.ask_id) == past.guest_invoice(sale.invoice_id) == sale
    assert past.guest_invoice(sale.invoice_id[::-1]) is None  # type: ignore[arg-type]
    (request,) = purse.requests.values()
    found = past.request(request.request_id)
    assert found is not None
    assert found.taken_by == sale.ask_id
    assert purse.under_way() == ""


def test_an_order_is_carried_out_again_after_a_start() -> None:
    """The wallet dies while its node opens the invoice: the next life has the same one."""
    run = Run(scenario())
    world, purse = run.cast.world, run.evidence.purses["C"]
    world.run_to(CALM_MS)
    carry_out(run, by_letter())
    world.run_until(lambda: bool(purse.opened))
    before = dict(purse.opened)
    purse.host.die("a test", 1000)
    world.run_until(lambda: GuestStage.ISSUED in _stages(run), 60_000)
    assert purse.opened == before


def test_a_wallet_that_is_closed_starts_only_when_it_is_opened() -> None:
    run = Run(scenario())
    run.cast.world.run_to(CALM_MS)
    purse = run.evidence.purses["A"]
    purse.close(60_000)
    run.cast.world.run_for(59_999)
    assert not purse.host.is_alive
    run.cast.world.run_for(1)
    assert purse.host.is_alive


def _stages(run: Run) -> list[GuestStage]:
    return [row.stage for row in run.evidence.purses["C"].rows.values() if isinstance(row, GuestAsk)]
