"""Selling: invoices, and collecting what buyers have frozen for them. Permission: seller.

    create_invoice ──► the invoice goes to the buyer, out of band
    wait_for_commit ◄── the buyer's commit comes back
    commit ──► the credits move

    settle: the last two with a limit of time, after which the invoice is withdrawn

A node of ours says so when it does not take a commit. One of the reference does not (spec 05, D-4), but its report
shows the credits: what was frozen for us before, and what friends owe us after. Only with such a node does `commit`
compare them, and other payments that move meanwhile can mislead it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from offset.app.errors import Disconnected, NoAnswer, NotOffered, Refused
from offset.app.listings import invoices
from offset.app.reports import LiveReport
from offset.app.session import Session
from offset.base.credits import Amount, Balance, is_amount
from offset.base.entropy import new_invoice_id
from offset.base.faults import UserFault
from offset.base.ids import Currency, InvoiceId, PublicKey
from offset.base.names import check_currency
from offset.core.apps.reports import balance_of
from offset.shell.files import load
from offset.wire.app import AddInvoice, CancelInvoice, CommitInvoice
from offset.wire.common import Commit
from offset.wire.files import InvoiceFile, parse_commit
from offset.wire.signing import verify_commit

COLLECT_S = 5.0
"""Seconds in which credits arrive after a commit, when the friends are online."""
LOOK_S = 0.2
"""Seconds between two looks whether a file is there."""


class Seller:
    """Invoices of the node."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def create_invoice(
        self, currency: str, amount: Amount, store: Callable[[InvoiceFile], None] | None = None
    ) -> InvoiceFile:
        """Ask for credits. The invoice is for the buyer, and for you: the node cannot list invoices.

        `store` gets it before the node does, so that none is open that nobody knows.
        """
        if not is_amount(amount):
            raise UserFault("the amount of an invoice is a number of at most 128 bits, not below 0")
        invoice = InvoiceFile(
            new_invoice_id(self._session.entropy),
            check_currency(currency),
            self._session.node,
            amount,
        )
        if store is not None:
            store(invoice)
        await self.open_invoice(invoice)
        return invoice

    async def open_invoice(self, invoice: InvoiceFile) -> None:
        """Open an invoice that was made and stored before. Raises Refused."""
        self._check_ours(invoice)
        await self._session.ask(AddInvoice(invoice.invoice_id, invoice.currency, invoice.dest_payment))

    async def cancel(self, invoice: InvoiceFile) -> None:
        """Withdraw an invoice; what buyers have frozen for it goes back to them.

        Raises Refused when it is not open: it was collected or cancelled before. A node of the reference does not
        tell (D-4).
        """
        self._check_ours(invoice)
        await self._session.ask(CancelInvoice(invoice.invoice_id))

    async def release(self, invoice_id: InvoiceId, *, is_forced: bool = False) -> None:
        """Withdraw an invoice of which only the id is known; what buyers have frozen for it goes back to them.

        Raises Refused when it is not open, and, unless `is_forced`, when a commit for it may be in somebody's hands:
        if that is yours you would give away what you can collect. Of a node that does not tell either (NotOffered is
        not raised) it must be forced.
        """
        if not is_forced:
            await self._refuse_promised(invoice_id)
        await self._session.ask(CancelInvoice(invoice_id))

    async def _refuse_promised(self, invoice_id: InvoiceId) -> None:
        # The smallest id above those that are below this one.
        above = (int.from_bytes(invoice_id) - 1).to_bytes(len(invoice_id)) if any(invoice_id) else None
        try:
            rows = await invoices(self._session, None if above is None else InvoiceId(above), 1)
        except NotOffered as error:
            raise Refused(
                f"whether a commit for the invoice may be in somebody's hands is not known: {error}"
            ) from None
        if not rows or rows[0].invoice_id != invoice_id:
            raise Refused(
                "this invoice is not open at this node: it was collected or cancelled before, or is another node's"
            )
        if rows[0].has_commit:
            raise Refused(
                f"a buyer has frozen all {rows[0].amount} {rows[0].currency} of this invoice, so its commit may be in "
                "somebody's hands: whoever has it can collect the credits for you, and if the invoice is withdrawn "
                "they go back to the buyer and the commit is worth nothing; ask the buyer for it, or force this"
            )

    async def wait_for_commit(self, invoice: InvoiceFile, path: Path, timeout_s: float) -> Commit:
        """The commit that somebody puts into a regular file, once it is there and whole.

        Raises NoAnswer, which says what was wrong with the file at last, and UserFault when the commit is not for
        this invoice.
        """
        reason = f"no such file: {path}"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        # In a thread: a disk that hangs, a share say, must not stop the loop.
                        commit = await asyncio.to_thread(load, path, parse_commit, regular=True)
                        break
                    except UserFault as fault:
                        # It is not there, or being written.
                        reason = str(fault)
                        await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise NoAnswer(f"no commit came within {timeout_s:g} s: {reason}") from None
        check_commit(invoice, commit)
        return commit

    async def commit(self, invoice: InvoiceFile, commit: Commit, *, confirm_s: float = COLLECT_S) -> None:
        """Collect. When this returns the node has taken the commit; the credits come when the friends answer.

        Raises UserFault when the commit does not fit, Refused when the node does not take it. Then parts of the
        buyer's payment may still be frozen: `cancel` the invoice, as `settle` does.
        Of a node that does not say whether it took the commit (D-4) the credits are looked for, for `confirm_s`
        seconds: Refused when none came though no friend that holds some is offline.
        """
        self._check_ours(invoice)
        check_commit(invoice, commit)
        session, currency, amount = self._session, invoice.currency, invoice.dest_payment
        before = {} if session.known is None else _balances(session.known, currency)

        def refusal() -> str | None:
            # What the node collects was frozen when it did, and changes of the report come before the
            # acknowledgement. So this much must be frozen now, or have become ours since.
            rise = _rise(session.report, currency, before)
            if rise + frozen(session.report, currency) >= amount:
                return None
            return (
                f"there is nothing to collect for this invoice: no {amount} {currency} are frozen for this node; "
                "it was collected or cancelled before, or a part of the buyer's payment was given back; cancel the "
                "invoice, so that nothing stays frozen for it"
            )

        await session.ask(CommitInvoice(commit), refusal)
        if session.tells_refusals:
            return
        try:
            await session.report.wait_until(
                lambda report: _rise(report, currency, before) >= amount, confirm_s
            )
        except NoAnswer:
            if not offline_debtors(session.report, currency):
                raise Refused(
                    f"the node does not say whether it took the commit, and no credits came within {confirm_s:g} s: "
                    "perhaps it was collected or cancelled before, and what is frozen belongs to other payments"
                ) from None

    async def settle(
        self,
        invoice: InvoiceFile,
        commit: Awaitable[Commit],
        *,
        timeout_s: float,
        confirm_s: float = COLLECT_S,
    ) -> None:
        """Collect with the commit that is awaited, or withdraw the invoice: it is closed when this ends.

        If no commit comes within `timeout_s` seconds, or the node does not take it, what buyers have frozen goes
        back to them at once, instead of staying frozen until somebody remembers. Raises what `commit` raises, what
        the awaited raises, and NoAnswer when the time is over. Only after Disconnected can the invoice still be open:
        cancel it over the next connection.
        """
        try:
            try:
                async with asyncio.timeout(timeout_s):
                    given = await commit
            except TimeoutError:
                raise NoAnswer(f"no commit came within {timeout_s:g} s: the invoice was withdrawn") from None
            await self.commit(invoice, given, confirm_s=confirm_s)
        finally:
            # Not every node tells whether it took the commit (D-4). If it did, this changes nothing.
            with suppress(Disconnected, NoAnswer, Refused):
                await self.cancel(invoice)

    def _check_ours(self, invoice: InvoiceFile) -> None:
        if invoice.dest_public_key != self._session.node:
            raise UserFault("this is an invoice of another node")


def check_commit(invoice: InvoiceFile, commit: Commit) -> None:
    """Raise UserFault unless the commit is a promise of the seller's node for just this invoice (D-20)."""
    if commit.invoice_id != invoice.invoice_id:
        raise UserFault("this is the commit of another invoice")
    if not verify_commit(commit, invoice.dest_public_key):
        raise UserFault("the commit is not signed by the node that the invoice names: it is worth nothing")
    if commit.currency != invoice.currency or commit.total_dest_payment != invoice.dest_payment:
        raise UserFault(
            f"the commit is for {commit.total_dest_payment} {commit.currency}, "
            f"the invoice for {invoice.dest_payment} {invoice.currency}"
        )


def frozen(report: LiveReport, currency: Currency) -> Amount:
    """What friends have frozen towards the node in this currency; it can be collected, or passed on.

    A friend whose books differ from ours counts as 0, whatever it held.
    """
    found = [balance_of(friend, currency) for friend in report.friends.values()]
    return sum(balance.remote_pending_debt for balance in found if balance is not None)


def _balances(report: LiveReport, currency: Currency) -> dict[PublicKey, Balance]:
    found = {key: balance_of(friend, currency) for key, friend in report.friends.items()}
    return {key: balance.balance for key, balance in found.items() if balance is not None}


def _rise(report: LiveReport, currency: Currency, before: dict[PublicKey, Balance]) -> Amount:
    """What friends owe us more than before."""
    now = _balances(report, currency)
    return sum(max(0, now[key] - balance) for key, balance in before.items() if key in now)


def offline_debtors(report: LiveReport, currency: Currency) -> list[str]:
    """Names of friends that hold frozen credits for us and are offline."""
    names = []
    for friend in report.friends.values():
        balance = balance_of(friend, currency)
        if balance is not None and balance.remote_pending_debt and not friend.liveness:
            names.append(friend.name)
    return sorted(names)
