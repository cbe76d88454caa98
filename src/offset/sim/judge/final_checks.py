"""What must be true when faults have stopped and all is at rest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from offset.core.funder.records import HistoryRecord
from offset.core.funder.roles.payments import CANCELED
from offset.sim.judge import leftovers, owners
from offset.sim.physics.violation import claim
from offset.wire.common import RECEIPT
from offset.wire.signing import verify_receipt

if TYPE_CHECKING:
    from offset.sim.cast.purchase import Purchase
    from offset.sim.course.run import Run


def is_settled(run: Run) -> bool:
    """Whether nothing is under way any more."""
    return not unsettled(run)


def unsettled(run: Run) -> str:
    """What is still under way, in words; empty when nothing is."""
    cast = run.cast
    for host in cast.hosts.values():
        if host.is_wanted and not host.is_alive:
            return f"{host.name} is down"
    for purchase in run.all_purchases:
        if not purchase.is_over and is_clean(run, purchase):
            ends = f"buyer: {purchase.buyer_end}, seller: {purchase.seller_end}, {purchase.results}"
            return f"{purchase} has no end ({ends})"
    for client in cast.clients.values():
        if client.asks:
            return f"the app of {client.node} waits for an acknowledgement"
    for name in cast.scenario.nodes:
        host = cast.hosts[name]
        assert host.disk is not None
        if not cast.is_honest(name):
            continue
        if not host.disk.is_idle:
            return f"the disk of {name} is busy"
        for friend in cast.state(name).friends.values():
            other = cast.names[friend.public_key]
            if not cast.is_honest(other):
                continue
            words = f"{name} and {other}"
            if not friend.is_online:
                return f"{words}: not connected"
            if not friend.channel.is_consistent:
                return f"{words}: the ledgers disagree"
            if any(friend.queues):
                return f"{words}: something waits for the token"
            there = cast.friend(other, name)
            if there is None or (there.channel.outgoing is None) == (friend.channel.outgoing is None):
                return f"{words}: a message is under way"
            for credit in friend.channel.credits.values():
                if credit.local or credit.remote:
                    if _excused_pending(run):
                        continue
                    return f"{words}: {len(credit.local) + len(credit.remote)} requests are frozen"
    return leftovers.found(cast) or owners.found(cast)


def is_clean(run: Run, purchase: Purchase) -> bool:
    """Whether only nodes that keep the rules have to do with it."""
    return all(
        run.cast.is_honest(name)
        for route in (*purchase.routes, (purchase.buyer, purchase.seller))
        for name in route
    )


def _excused_pending(run: Run) -> bool:
    """Credits may stay frozen for as long as somebody who breaks the rules holds the answer."""
    return any(not run.cast.is_honest(node) for node in run.scenario.nodes)


def check(run: Run) -> None:
    """I4, I7, the ends of payments, and who lost what."""
    _payments(run)
    _books(run)
    _sums(run)
    _fortunes(run)
    for unprivileged in run.unprivileged:
        claim(
            unprivileged.is_over or not unprivileged.was_ready,
            "permission",
            f"{unprivileged.node} let an app without permission stay",
        )
        claim(
            unprivileged.invoice_id not in run.cast.state(unprivileged.node).invoices,
            "permission",
            f"{unprivileged.node} opened an invoice for an app without permission",
        )


def _payments(run: Run) -> None:
    for purchase in run.all_purchases:
        if purchase.excuse or not is_clean(run, purchase):
            continue
        claim(
            (purchase.buyer_end == "paid") == (purchase.seller_end == "collected"),
            "ends",
            f"{purchase} is {purchase.buyer_end} for the buyer, and {purchase.seller_end} for the seller",
        )
        claim(
            purchase.seller_end != "refused",
            "commit",
            f"{purchase}: the seller held the commit, and got nothing for it",
        )
        claim(
            purchase.buyer_end in ("paid", "canceled", "no route"),
            "ends",
            f"{purchase} is {purchase.buyer_end} for the buyer",
        )


def _books(run: Run) -> None:
    """A node forgets what has ended, but for its history, which tells it right."""
    for purchase in run.all_purchases:
        if purchase.excuse or not is_clean(run, purchase):
            continue
        if purchase.buyer_end != "no route":
            kind = "paid" if purchase.buyer_end == "paid" else "unpaid"
            row = _history(run, purchase.buyer, kind, purchase.payment_id, purchase)
            if kind == "paid" and row is not None:
                receipt = RECEIPT.decode(row.detail)
                key = run.cast.key(purchase.seller)
                # A part whose channel was given up may have been the one that proves the whole.
                is_proof = verify_receipt(receipt, key) and (receipt.is_complete or _is_broken(run, purchase))
                claim(
                    is_proof,
                    "receipt",
                    f"the receipt that {purchase.buyer} keeps of {purchase} does not prove the whole",
                )
        _history(
            run,
            purchase.seller,
            "received" if purchase.seller_end == "collected" else "withdrawn",
            purchase.invoice_id,
            purchase,
        )
        kept = run.cast.state(purchase.buyer).payments.get(purchase.payment_id)
        claim(
            kept is None or (kept.stage == CANCELED and _may_echo(run, purchase.buyer)),
            "leftover",
            f"{purchase.buyer} still keeps {purchase}, which its app knows to have ended",
        )
        is_kept = purchase.invoice_id in run.cast.state(purchase.seller).invoices
        claim(
            not is_kept,
            "leftover",
            f"{purchase.seller} still keeps the invoice of {purchase}, which has ended",
        )


def _may_echo(run: Run, name: str) -> bool:
    """What an app said on a line that it gave up may arrive late, and begin anew what was over; that is cancelled."""
    return run.cast.clients[name].host.life > 1


def _is_broken(run: Run, purchase: Purchase) -> bool:
    """Whether two friends on its way lost their channel, at any time."""
    return any(run.cast.watcher.is_disturbed(*pair) for route in purchase.routes for pair in pairwise(route))


def _history(run: Run, name: str, kind: str, ident: bytes, purchase: Purchase) -> HistoryRecord | None:
    """What the history of a node says of a payment; None if it lost its database."""
    disk = run.cast.hosts[name].disk
    assert disk is not None
    row = disk.rows.get(("history", kind, ident))
    if row is None and name in run.cast.watcher.wiped:
        return None
    echo = "unpaid" if kind == "paid" and _may_echo(run, name) else kind
    claim(
        isinstance(row, HistoryRecord)
        and (kind == "unpaid" or (row.currency, row.amount) == (purchase.currency, purchase.amount))
        and not any(
            ("history", other, ident) in disk.rows
            for other in ("paid", "unpaid", "received", "withdrawn")
            if other not in (kind, echo)
        ),
        "history",
        f"the history of {name} says {row} of {purchase}, which is {kind}",
    )
    assert isinstance(row, HistoryRecord)
    return row


def _sums(run: Run) -> None:
    """I4 and I15: what one owes, the other is owed; also after both started again. I7: nothing is frozen."""
    cast = run.cast
    is_calm = not cast.watcher.disturbed
    for name in filter(cast.is_honest, run.scenario.nodes):
        for friend in cast.state(name).friends.values():
            other = cast.names[friend.public_key]
            mirror = cast.friend(other, name)
            if not cast.is_honest(other) or mirror is None:
                continue
            for currency, credit in friend.channel.credits.items():
                theirs = mirror.channel.credits[currency].balance
                claim(
                    credit.balance + theirs == 0,
                    "I4",
                    f"{name} has {credit.balance} {currency} with {other}, and {other} has {theirs}",
                )
                if is_calm:
                    frozen = credit.local_debt or credit.remote_debt
                    claim(not frozen, "I7", f"{name} has {currency} frozen at the end")


def _fortunes(run: Run) -> None:
    """I7: nobody has less than its own sales and purchases say, but for credit granted to who breaks the rules."""
    cast = run.cast
    for currency in run.scenario.currencies():
        due = dict.fromkeys(run.scenario.nodes, 0)
        for purchase in run.all_purchases:
            if purchase.currency != currency:
                continue
            if purchase.seller_end == "collected":
                due[purchase.seller] += purchase.amount
            if purchase.buyer_end == "paid" or (
                (purchase.excuse or cast.watcher.disturbed) and purchase.parts
            ):
                due[purchase.buyer] -= sum(part.dest_payment + part.fees for part in purchase.parts.values())
        for name in run.scenario.nodes:
            if not cast.is_honest(name):
                continue
            has = granted = 0
            is_reset = False
            for other in run.scenario.nodes:
                friend = cast.friend(name, other)
                credit = friend and friend.channel.credits.get(currency)
                if not cast.is_honest(other):
                    granted += cast.watcher.limits_max.get((name, other, currency), 0)
                else:
                    has += credit.balance if credit else 0
                    is_reset = is_reset or cast.watcher.is_disturbed(name, other)
            claim(
                is_reset or has >= due[name] - granted,
                "I7",
                f"{name} has {has} {currency}, but by its sales and purchases it is due {due[name]},"
                f" and granted {granted} to those who break the rules",
            )
