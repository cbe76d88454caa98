"""The live report: looking, following, waiting."""

import asyncio
import gc

import pytest

from offset.app import AppError, Disconnected, LiveReport, NoAnswer
from offset.app import reports as reports_module
from offset.testing import FRIEND, FakeNode, connected, node_report, story
from offset.wire.extension import CreditLine, Extra, FriendCreditLines, NetworkStatus, StatusChange
from offset.wire.report import ChangeFriend, FunderMutation, NodeReportMutation, SetLiveness, SetName

BOB = FRIEND.public_key


def _named(name: str) -> NodeReportMutation:
    return FunderMutation(ChangeFriend(BOB, SetName(name)))


def _change(fake: FakeNode, *names: str) -> None:
    fake.do(lambda: fake.change(*[_named(name) for name in names]))


@story
async def test_changes() -> None:
    """A loop over the changes sees each of them, in order, after it was applied."""
    async with connected() as (fake, node):
        changes = node.report.changes()
        _change(fake, "a", "b")
        _change(fake, "c")
        seen = [await anext(changes) for _ in range(3)]
        assert seen == [_named("a"), _named("b"), _named("c")]
        assert node.report.friends[BOB].name == "c"


@story
async def test_two_loops() -> None:
    """Each loop sees all changes since it began."""
    async with connected() as (fake, node):
        first = node.report.changes()
        _change(fake, "a")
        assert await anext(first) == _named("a")
        second = node.report.changes()
        _change(fake, "b")
        assert [await anext(first), await anext(second)] == [_named("b")] * 2


@story
async def test_end_of_the_changes() -> None:
    """A loop hands out what came before the connection was lost, then says that it is lost."""
    async with connected() as (fake, node):
        changes = node.report.changes()
        fake.do(lambda: (fake.change(_named("a")), fake.hangup(next(iter(fake.conns)))))
        assert await anext(changes) == _named("a")
        with pytest.raises(Disconnected):
            await anext(changes)


@story
async def test_slow_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that does not keep up ends with an error; it does not fill the memory."""
    monkeypatch.setattr(reports_module, "SDK_CHANGES_MAX", 2)
    async with connected() as (fake, node):
        changes = node.report.changes()
        _change(fake, "a", "b")
        _change(fake, "c")
        await node.report.wait_until(lambda report: report.friends[BOB].name == "c", 20)
        assert [await anext(changes), await anext(changes)] == [_named("a"), _named("b")]
        with pytest.raises(AppError, match="more than 2 changes"):
            await anext(changes)


@story
async def test_loop_that_was_left() -> None:
    """A loop that was left is forgotten."""
    async with connected() as (fake, node):
        for name in ("a", "b"):
            _change(fake, name)
            async for change in node.report.changes():
                assert change == _named(name)
                break
        gc.collect()
        assert len(node.report._loops) == 0


@story
async def test_wait_until() -> None:
    """A wait ends with the change that fulfils it, or at once when it is fulfilled already."""
    async with connected() as (fake, node):
        report = node.report
        await report.wait_until(lambda report: report.friends[BOB].liveness, 20)
        waiting = asyncio.create_task(report.wait_until(lambda report: not report.friends[BOB].liveness, 20))
        await asyncio.sleep(0)
        fake.do(lambda: fake.change_friend(BOB, SetName("x"), SetLiveness(False)))
        await waiting
        assert not report.friends[BOB].liveness


@story
async def test_wait_in_vain() -> None:
    """A wait has a limit, and leaves nothing behind when it is over."""
    async with connected() as (_, node):
        with pytest.raises(NoAnswer, match=r"within 0\.05 s"):
            await node.report.wait_until(lambda report: False, 0.05)
        assert node.report._conditions == {}


@story
async def test_condition_that_fails() -> None:
    """A condition that raises is the trouble of who waits for it, and of nobody else."""

    def bad(report: LiveReport) -> bool:
        return report.friends[BOB].name == "x" and 1 // 0 == 1

    async with connected() as (fake, node):
        waiting = asyncio.create_task(node.report.wait_until(bad, 20))
        await asyncio.sleep(0)
        _change(fake, "x")
        with pytest.raises(ZeroDivisionError):
            await waiting
        await node.friends.rename("x", "y")


@story
async def test_before_and_after() -> None:
    """What was taken from the report stays as it was."""
    async with connected() as (_, node):
        before, snapshot = node.report.friends[BOB], node.report.snapshot()
        await node.friends.rename("bob", "robert")
        assert before.name == "bob"
        assert snapshot != node.report.snapshot()


@story
async def test_extensions() -> None:
    """The lines of friends and the status are kept as they are told; a node of the reference tells neither."""
    async with connected() as (fake, node):
        assert (dict(node.report.credit_lines), node.report.status) == ({}, None)
        lines, status = (CreditLine("FST", 7, True),), NetworkStatus(5, (), ())
        told = Extra((FriendCreditLines(BOB, lines), FriendCreditLines(bytes(32), lines)), status)
        fake.do(lambda: fake.change(extra=told))
        await node.report.wait_until(lambda report: report.status == status, 5)
        assert dict(node.report.credit_lines) == {BOB: lines}
        fake.do(lambda: fake.change(extra=Extra((FriendCreditLines(BOB, ()),))))
        await node.report.wait_until(lambda report: report.credit_lines[BOB] == (), 5)
        assert node.report.status == status
        assert node.report.snapshot() == fake.view.snapshot()


def test_the_time_of_the_node_goes_on() -> None:
    """From what the node told last, as a whole or as a change, by our own clock; 0 for a node that tells none."""
    times = [70]
    report = LiveReport(node_report(extra=Extra(opt_status=NetworkStatus(1000, (), ()))), lambda: times[0])
    times[0] = 90
    assert report.node_now == 1020
    report.apply((), Extra(refusal="no"))
    assert report.node_now == 1020
    report.apply((), Extra(opt_status_change=StatusChange(1500, (), (), ())))
    times[0] = 95
    assert report.node_now == 1505
    report.restart(node_report(extra=Extra(opt_status=NetworkStatus(7, (), ()))))
    times[0] = 96
    assert report.node_now == 8
    assert LiveReport(node_report(), lambda: 5).node_now == 0
