"""Orders for the sales of guests: one at a time for each question, and for each invoice of a text, until answered."""

from __future__ import annotations

from offset.base.ids import InvoiceId, Uid
from offset.base.limits import TEXT_ORDERS_MAX
from offset.core.dealings.desk import Desk
from offset.core.dealings.effects import Collect, OpenInvoice, Order, OrderId, Withdraw
from offset.core.dealings.records import GuestAsk, GuestStage
from offset.wire.common import Commit
from offset.wire.mailbox import NOBODY_ASKED, Invoice


class Orders:
    """Those that were not answered yet."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._orders: dict[OrderId, Order] = {}
        self._of: dict[Uid, OrderId] = {}
        """The newest order of each question."""
        self._texts: set[InvoiceId] = set()
        """Invoices of texts for which there is an order."""

    def __len__(self) -> int:
        return len(self._orders)

    def give(self, row: GuestAsk) -> None:
        """Have the node do what the stage of this question says, unless it is being done."""
        match row.stage, row.invoice:
            case ((GuestStage.OPENING | GuestStage.CANCELING), None):
                if row.ask_id not in self._of:
                    self._add(_open(self._desk.new_order(), row))
            case GuestStage.COMMITTED, Invoice() as invoice:
                assert row.commit is not None, "a row is committed by its commit"
                self._add(Collect(self._desk.new_order(), row.ask_id, invoice.invoice_id, row.commit))
            case GuestStage.CANCELING, Invoice() as invoice:
                self._add(Withdraw(self._desk.new_order(), row.ask_id, invoice.invoice_id))
            case _:
                pass

    def collect_text(self, commit: Commit) -> bool:
        """Collect for an invoice for which nobody asked by letter, unless that is being done; whether it is now.

        False: TEXT_ORDERS_MAX others wait for the node. Whoever hangs up and calls again adds none.
        """
        if commit.invoice_id in self._texts:
            return True
        if len(self._texts) >= TEXT_ORDERS_MAX:
            return False
        self._texts.add(commit.invoice_id)
        self._add(Collect(self._desk.new_order(), NOBODY_ASKED, commit.invoice_id, commit))
        return True

    def answered(self, id: OrderId) -> Order | None:
        """The order of this number, which is answered; None when there is none, as after a start."""
        order = self._orders.pop(id, None)
        if order is not None and self._of.get(order.ask_id) == id:
            del self._of[order.ask_id]
        if isinstance(order, Collect) and order.ask_id == NOBODY_ASKED:
            self._texts.discard(order.invoice_id)
        return order

    def _add(self, order: Order) -> None:
        self._orders[order.order] = order
        if order.ask_id != NOBODY_ASKED:
            self._of[order.ask_id] = order.order
        self._desk.add(order)


def _open(id: OrderId, row: GuestAsk) -> OpenInvoice:
    return OpenInvoice(
        id,
        row.ask_id,
        row.request_id,
        row.currency,
        row.amount,
        row.note,
        row.decimals,
        row.ask.payer_name,
    )
