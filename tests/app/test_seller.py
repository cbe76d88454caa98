"""Selling: invoices, and finding out whether the node collected (D-4)."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offset.app import (
    Disconnected,
    InvoiceFile,
    NoAnswer,
    Node,
    Refused,
    UserFault,
    check_commit,
    format_commit,
)
from offset.app.seller import offline_debtors
from offset.base.limits import FILE_BYTES_MAX
from offset.testing import (
    CURRENCY,
    FRIEND,
    NODE,
    FakeNode,
    commit_for,
    connected,
    consistent,
    friend_report,
    hang_up,
    invoice,
    node_report,
    refuse,
    refuse_because,
    story,
)
from offset.wire import app
from offset.wire.report import SetChannelStatus
from support.ours import OURS

BOB = FRIEND.public_key


async def _sold(fake: FakeNode, node: Node, amount: int = 50) -> tuple[InvoiceFile, app.Commit]:
    """An invoice of the node, and what the buyer sent for it; the credits are frozen."""
    asked = await node.seller.create_invoice(CURRENCY, amount)
    fake.do(lambda: fake.freeze(amount))
    return asked, commit_for(asked, NODE)


@story
async def test_invoice() -> None:
    """An invoice has a fresh id, the key of the node, and what was asked for."""
    async with connected() as (fake, node):
        asked = await node.seller.create_invoice(CURRENCY, 2**128 - 1)
        other = await node.seller.create_invoice(CURRENCY, 0)
        assert (asked.currency, asked.dest_payment, asked.dest_public_key) == (
            CURRENCY,
            2**128 - 1,
            NODE.public_key,
        )
        assert asked.invoice_id != other.invoice_id
        assert fake.requests[0] == app.AddInvoice(asked.invoice_id, CURRENCY, 2**128 - 1)


@story
async def test_invoice_is_stored_first() -> None:
    """An invoice is stored before the node opens it, so that none is open that nobody knows."""
    async with connected() as (fake, node):
        stored: list[InvoiceFile] = []
        asked = await node.seller.create_invoice(CURRENCY, 5, stored.append)
        assert stored == [asked]
        with pytest.raises(ZeroDivisionError):
            await node.seller.create_invoice(CURRENCY, 5, lambda invoice: 1 // 0 and None)
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "currency, amount, reason", [("", 5, "needs a name"), ("x" * 17, 5, "16 bytes"), ("FST", -1, "128 bits")]
)
@story
async def test_invoice_that_cannot_be(currency: str, amount: int, reason: str) -> None:
    """An invoice that no node would take is refused with the reason."""
    async with connected() as (fake, node):
        with pytest.raises(UserFault, match=reason):
            await node.seller.create_invoice(currency, amount)
        assert fake.requests == []


@story
async def test_commit() -> None:
    """A commit is passed on, and the credits are seen to arrive."""
    async with connected() as (fake, node):
        asked, commit = await _sold(fake, node)
        await node.seller.commit(asked, commit, confirm_s=20)
        assert fake.requests[-1] == app.CommitInvoice(commit)
        assert node.report.friends[BOB].channel_status == consistent(FST=(50, 0, 0))


@story
async def test_credits_that_come_later() -> None:
    """A node that must wait for the token collects later; that is waited for when it does not say what it did."""

    def take(fake: FakeNode, conn: int, message: Any) -> None:
        fake.ack(message)
        if fake.asked_for(app.CommitInvoice)[1:]:
            fake.change_friend(BOB, SetChannelStatus(consistent(FST=(50, 0, 0))))

    def is_here(node: Node) -> bool:
        return node.report.friends[BOB].channel_status == consistent(FST=(50, 0, 0))

    async with connected() as (fake, node):
        fake.script[app.CommitInvoice] = take
        asked, commit = await _sold(fake, node)
        with pytest.raises(Refused, match=r"no credits came within 0\.05 s"):
            await node.seller.commit(asked, commit, confirm_s=0.05)
        assert not is_here(node)
        await node.seller.commit(asked, commit, confirm_s=20)
        assert is_here(node)


@story
async def test_credits_that_do_not_come() -> None:
    """While a friend is offline its credits do not come; that is no refusal."""
    friend = friend_report(status=consistent(FST=(0, 0, 50)), online=False)
    async with connected(FakeNode(node_report({BOB: friend}))) as (fake, node):
        fake.script[app.CommitInvoice] = refuse
        asked = await node.seller.create_invoice(CURRENCY, 50)
        await node.seller.commit(asked, commit_for(asked, NODE), confirm_s=0.05)
        assert offline_debtors(node.report, CURRENCY) == ["bob"]
        assert offline_debtors(node.report, "EUR") == []


@story
async def test_05_d4_second_commit() -> None:
    """To commit twice is refused: nothing is frozen any more."""
    async with connected() as (fake, node):
        asked, commit = await _sold(fake, node)
        await node.seller.commit(asked, commit)
        with pytest.raises(Refused, match="nothing to collect"):
            await node.seller.commit(asked, commit)
        assert len(fake.asked_for(app.CommitInvoice)) == 2


@story
async def test_05_d4_commit_after_cancel() -> None:
    """To commit a cancelled invoice is refused: what was frozen went back."""
    async with connected() as (fake, node):
        asked, commit = await _sold(fake, node)
        await node.seller.cancel(asked)
        fake.do(lambda: fake.freeze(0))
        with pytest.raises(Refused, match="cancelled before"):
            await node.seller.commit(asked, commit)


@story
async def test_stale_view() -> None:
    """Credits that are frozen and collected before the app has heard of them count all the same."""
    async with connected() as (fake, node):
        asked = await node.seller.create_invoice(CURRENCY, 50)

        def collect(fake: FakeNode, conn: int, message: app.AppToAppServer) -> None:
            fake.freeze(50)
            fake.change_friend(BOB, SetChannelStatus(consistent(FST=(50, 0, 0))), ack=message.app_request_id)

        fake.script[app.CommitInvoice] = collect
        await node.seller.commit(asked, commit_for(asked, NODE), confirm_s=20)


@pytest.mark.parametrize("moved", [(-30, 0, 0), (0, 0, 0), (0, 0, 50)])
@story
async def test_a_commit_that_the_node_took_is_taken(moved: tuple[int, int, int]) -> None:
    """A node of ours is believed: whatever else is paid meanwhile, a commit that it did not refuse was taken."""

    def take(fake: FakeNode, conn: int, message: Any) -> None:
        fake.change_friend(BOB, SetChannelStatus(consistent(FST=moved)))
        fake.ack(message)

    async with connected(FakeNode(node_report(extra=OURS))) as (fake, node):
        fake.script[app.CommitInvoice] = take
        asked, commit = await _sold(fake, node)
        await node.seller.commit(asked, commit, confirm_s=0)


@story
async def test_a_commit_that_the_node_refused_is_refused() -> None:
    """Also when as many credits arrive meanwhile, for another sale."""

    def refuse_and_earn(fake: FakeNode, conn: int, message: Any) -> None:
        fake.change_friend(BOB, SetChannelStatus(consistent(FST=(50, 0, 0))))
        refuse_because("it was collected or cancelled before")(fake, conn, message)

    async with connected(FakeNode(node_report(extra=OURS))) as (fake, node):
        fake.script[app.CommitInvoice] = refuse_and_earn
        asked, commit = await _sold(fake, node)
        with pytest.raises(Refused, match="collected or cancelled before"):
            await node.seller.commit(asked, commit)


@story
async def test_an_invoice_that_is_not_open_cannot_be_cancelled() -> None:
    """Nobody is told that an invoice was withdrawn when it had been collected."""
    async with connected(FakeNode(node_report(extra=OURS))) as (fake, node):
        asked, commit = await _sold(fake, node)
        await node.seller.commit(asked, commit)
        fake.script[app.CancelInvoice] = refuse_because("this invoice is not open")
        with pytest.raises(Refused, match="not open"):
            await node.seller.cancel(asked)


@story
async def test_invoice_of_another_node() -> None:
    """An invoice that another node must collect is refused before anything is sent."""
    async with connected() as (fake, node):
        with pytest.raises(UserFault, match="another node"):
            await node.seller.commit(invoice(), commit_for(invoice()))
        with pytest.raises(UserFault, match="another node"):
            await node.seller.cancel(invoice())
        assert fake.requests == []


@pytest.mark.parametrize(
    "commit, reason",
    [
        (commit_for(invoice(50, name="dinner")), "another invoice"),
        (replace(commit_for(invoice()), signature=bytes(64)), "not signed"),
        (replace(commit_for(invoice()), total_dest_payment=60), "not signed"),
        (commit_for(invoice(), FRIEND), "not signed"),
        (commit_for(invoice(40)), "is for 40 FST, the invoice for 50 FST"),
        (commit_for(replace(invoice(), currency="EUR")), "is for 50 EUR, the invoice for 50 FST"),
    ],
)
def test_05_d20_commit_that_does_not_fit(commit: app.Commit, reason: str) -> None:
    """A commit must be signed by the seller, for this invoice, its amount and its currency."""
    with pytest.raises(UserFault, match=reason):
        check_commit(invoice(), commit)
    check_commit(invoice(), commit_for(invoice()))


@story
async def test_commit_in_a_file(tmp_path: Path) -> None:
    """A commit is taken from a file as soon as it is there, whole, and fits."""
    path = tmp_path / "a.commit"
    text = format_commit(commit_for(invoice()))
    async with connected() as (_, node):
        with pytest.raises(NoAnswer, match=r"no commit came within 0\.5 s: no such file: .*a\.commit"):
            await node.seller.wait_for_commit(invoice(), path, 0.5)
        path.write_text(text[:50])
        waiting = asyncio.create_task(node.seller.wait_for_commit(invoice(), path, 20))
        await asyncio.sleep(0)
        path.write_text(text)
        assert await waiting == commit_for(invoice())
        with pytest.raises(UserFault, match="another invoice"):
            await node.seller.wait_for_commit(invoice(name="dinner"), path, 20)


@pytest.mark.parametrize(
    "kind, reason",
    [
        ("no commit", "is not a commit: response_hash is missing"),
        ("pipe", "is not a regular file"),
        ("folder", "is not a regular file"),
        ("too large", "is too large"),
    ],
)
@story
async def test_what_is_no_commit_is_said(kind: str, reason: str, tmp_path: Path) -> None:
    """When the time is over it is said what was wrong with the file; a pipe does not make the loop wait."""
    path = tmp_path / "a.commit"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "too large":
            path.write_bytes(b" " * (FILE_BYTES_MAX + 1))
        case _:
            path.write_text("{}")
    async with connected() as (_, node):
        beats: list[float] = []
        beating = asyncio.create_task(_beat(beats))
        with pytest.raises(NoAnswer, match=f"no commit came within 0.3 s: .*a.commit {reason}"):
            await node.seller.wait_for_commit(invoice(), path, 0.3)
        beating.cancel()
        assert len(beats) > 5


async def _beat(beats: list[float]) -> None:
    """Note each time that the loop gets round."""
    while True:
        await asyncio.sleep(0.01)
        beats.append(asyncio.get_running_loop().time())


@story
async def test_lost_connection() -> None:
    """A connection that breaks while an invoice is made is told."""
    async with connected() as (fake, node):
        fake.script[app.AddInvoice] = hang_up
        with pytest.raises(Disconnected):
            await node.seller.create_invoice(CURRENCY, 5)


# A sale with a limit of time (D23)


async def _given(commit: app.Commit) -> app.Commit:
    return commit


async def _never() -> app.Commit:
    await asyncio.Event().wait()
    raise AssertionError


@story
async def test_settle() -> None:
    """A commit that comes in time is collected; that the invoice cannot be cancelled afterwards is no failure."""

    async with connected() as (fake, node):
        fake.script[app.CancelInvoice] = refuse_because("this invoice is not open")
        asked, commit = await _sold(fake, node)
        await node.seller.settle(asked, _given(commit), timeout_s=20)
        assert [type(request) for request in fake.requests[1:]] == [app.CommitInvoice, app.CancelInvoice]
        assert node.report.friends[BOB].channel_status == consistent(FST=(50, 0, 0))


@story
async def test_d23_no_commit_in_time() -> None:
    """Without a commit in time the invoice is withdrawn, so that the buyer's credits are free again."""
    async with connected() as (fake, node):
        asked, _ = await _sold(fake, node)
        with pytest.raises(NoAnswer, match=r"within 0\.05 s: the invoice was withdrawn"):
            await node.seller.settle(asked, _never(), timeout_s=0.05)
        assert fake.invoices == {}
        assert fake.asked_for(app.CommitInvoice) == []


@story
async def test_d23_commit_that_the_node_refuses() -> None:
    """When the node does not take the commit, since a part is gone, what is left goes back to the buyer."""
    async with connected() as (fake, node):
        fake.script[app.CommitInvoice] = refuse
        asked, commit = await _sold(fake, node)
        fake.do(lambda: fake.freeze(30))
        with pytest.raises(Refused, match="a part of the buyer's payment was given back"):
            await node.seller.settle(asked, _given(commit), timeout_s=20)
        assert fake.invoices == {}
        asked, commit = await _sold(
            fake, node
        )  # as much is frozen for others: the node's silence tells nothing
        with pytest.raises(Refused, match="does not say whether it took the commit"):
            await node.seller.settle(asked, _given(commit), timeout_s=20, confirm_s=0.05)
        assert fake.invoices == {}


@story
async def test_d23_commit_that_does_not_fit() -> None:
    """A commit for something else ends the sale too."""
    async with connected() as (fake, node):
        asked, _ = await _sold(fake, node)
        with pytest.raises(UserFault, match="another invoice"):
            await node.seller.settle(asked, _given(commit_for(invoice(name="dinner"), NODE)), timeout_s=20)
        assert fake.invoices == {}


@story
async def test_settle_without_connection() -> None:
    """A connection that breaks is told; nobody knows then whether the invoice is open."""
    async with connected() as (fake, node):
        fake.script[app.CommitInvoice] = hang_up
        asked, commit = await _sold(fake, node)
        with pytest.raises(Disconnected):
            await node.seller.settle(asked, _given(commit), timeout_s=20)
