"""What must be true when faults have stopped and all is at rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord
from offset.sim.cast.cast import Cast
from offset.sim.cast.purchase import Purchase
from offset.sim.judge import leftovers, owners
from offset.sim.judge.evidence import Evidence
from offset.sim.physics.disk import history_of
from offset.sim.physics.violation import claim
from offset.wire.common import RECEIPT
from offset.wire.signing import verify_receipt


def is_settled(evidence: Evidence) -> bool:
    """Whether nothing is under way any more."""
    return not unsettled(evidence)


def unsettled(evidence: Evidence, left: Callable[[Cast], str] = leftovers.found) -> str:
    """What is still under way, in words; empty when nothing is. `left` says what nodes and servers keep in vain."""
    cast = evidence.cast
    for host in cast.hosts.values():
        if host.is_wanted and not host.is_alive:
            return f"{host.name} is down"
    for purchase in evidence.all_purchases:
        if not purchase.is_over and is_clean(evidence, purchase):
            ends = f"buyer: {purchase.buyer_end}, seller: {purchase.seller_end}, {purchase.results}"
            return f"{purchase} has no end ({ends})"
    for errand in evidence.errands:
        if not errand.is_over:
            return f"{errand} has no end ({errand.stage})"
    for purse in evidence.purses.values():
        if (left_open := purse.under_way()) != "":
            return f"{purse.name}: {left_open}"
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
                    if _excused_pending(evidence):
                        continue
                    return f"{words}: {len(credit.local) + len(credit.remote)} requests are frozen"
    return left(cast) or owners.found(cast)


def unsettled_but_for_tables(evidence: Evidence) -> str:
    """What is under way beside what index servers have to learn or forget."""
    return unsettled(evidence, leftovers.found_but_for_tables)


def is_clean(evidence: Evidence, purchase: Purchase) -> bool:
    """Whether only nodes that keep the rules have to do with it."""
    return all(
        evidence.cast.is_honest(name)
        for route in (*purchase.routes, (purchase.buyer, purchase.seller))
        for name in route
    )


def _excused_pending(evidence: Evidence) -> bool:
    """Credits may stay frozen for as long as somebody who breaks the rules holds the answer."""
    return any(not evidence.cast.is_honest(node) for node in evidence.scenario.nodes)


def check(evidence: Evidence) -> None:
    """I4, I7, the ends of payments, and who lost what."""
    _payments(evidence)
    _books(evidence)
    _sums(evidence)
    _profits(evidence)
    for unprivileged in evidence.unprivileged:
        claim(
            unprivileged.is_over or not unprivileged.was_ready,
            "permission",
            f"{unprivileged.node} let an app without permission stay",
        )
        claim(
            unprivileged.invoice_id not in evidence.cast.state(unprivileged.node).invoices,
            "permission",
            f"{unprivileged.node} opened an invoice for an app without permission",
        )


def _payments(evidence: Evidence) -> None:
    for purchase in evidence.all_purchases:
        is_bought = is_clean(evidence, purchase) and purchase.buyer not in evidence.cast.wiped
        if is_bought and not _is_broken_beyond(evidence, purchase):
            # Also when a channel of the buyer was given up: canceled is only said where that is proved.
            claim(
                purchase.seller_end != "collected" or purchase.buyer_end != "canceled",
                "truth",
                f"{purchase} is canceled for the buyer, and the seller collected it",
            )
        if purchase.excuse or not is_clean(evidence, purchase):
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


def _books(evidence: Evidence) -> None:
    """A node forgets what has ended, but for its history, which tells it right."""
    for purchase in evidence.all_purchases:
        if purchase.excuse or not is_clean(evidence, purchase):
            continue
        if purchase.buyer_end != "no route":
            kind = HistoryKind.PAID if purchase.buyer_end == "paid" else HistoryKind.UNPAID
            rows = _history(evidence, purchase.buyer, kind, purchase.payment_id, purchase)
            if kind is HistoryKind.PAID and rows:
                receipt = RECEIPT.decode(rows[-1].detail)
                key = evidence.cast.key(purchase.seller)
                # A part whose channel was given up may have been the one that proves the whole.
                is_proof = verify_receipt(receipt, key) and (
                    receipt.is_complete or _is_broken(evidence, purchase)
                )
                claim(
                    is_proof,
                    "receipt",
                    f"the receipt that {purchase.buyer} keeps of {purchase} does not prove the whole",
                )
        _history(
            evidence,
            purchase.seller,
            HistoryKind.RECEIVED if purchase.seller_end == "collected" else HistoryKind.WITHDRAWN,
            purchase.invoice_id,
            purchase,
        )
        kept = evidence.cast.state(purchase.buyer).payments.get(purchase.payment_id)
        claim(
            kept is None or purchase.buyer in evidence.cast.wiped,
            "leftover",
            f"{purchase.buyer} still keeps {purchase}, which its app knows to have ended",
        )
        is_kept = purchase.invoice_id in evidence.cast.state(purchase.seller).invoices
        # An old copy has it open again, although its app knows that it has ended.
        claim(
            not is_kept or purchase.seller in evidence.cast.wiped,
            "leftover",
            f"{purchase.seller} still keeps the invoice of {purchase}, which has ended",
        )


def _is_broken(evidence: Evidence, purchase: Purchase) -> bool:
    """Whether two friends on its way lost their channel, at any time."""
    return any(evidence.excuses.is_disturbed(*pair) for route in purchase.routes for pair in pairwise(route))


def _is_broken_beyond(evidence: Evidence, purchase: Purchase) -> bool:
    """Whether a channel between others was given up: a mediator bears the loss, and the buyer pays nothing."""
    return any(
        purchase.buyer not in pair and evidence.excuses.is_disturbed(*pair)
        for route in purchase.routes
        for pair in pairwise(route)
    )


def _history(
    evidence: Evidence, name: str, kind: HistoryKind, ident: bytes, purchase: Purchase
) -> list[HistoryRecord]:
    """What the history of a node says of a payment; nothing if it lost its database."""
    disk = evidence.cast.hosts[name].disk
    assert disk is not None
    rows = history_of(disk.rows, ident)
    if name in evidence.cast.wiped and kind not in [row.kind for row in rows]:
        return []
    if kind is HistoryKind.WITHDRAWN and not rows:
        # Nothing was ever promised for it, as the judge of histories has seen.
        return []
    # Once, and nothing else; a later receipt adds nothing to what was paid.
    ends = [row for row in rows if row.kind is not HistoryKind.PROOF]
    claim(
        [row.kind for row in ends] == [kind]
        # A payment that was begun with a wrong amount or currency ends unpaid in that one.
        and (kind is HistoryKind.UNPAID or _is_of(ends[0], purchase))
        and not any(row.amount for row in rows if row not in ends),
        "history",
        f"the history of {name} says {rows} of {purchase}, which is {kind}",
    )
    return rows


def _is_of(row: HistoryRecord, purchase: Purchase) -> bool:
    return (row.currency, row.amount) == (purchase.currency, purchase.amount)


def _sums(evidence: Evidence) -> None:
    """I4 and I15: what one owes, the other is owed; also after both started again. I7: nothing is frozen."""
    cast = evidence.cast
    is_calm = not evidence.excuses.disturbed
    for name in filter(cast.is_honest, evidence.scenario.nodes):
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


def _profits(evidence: Evidence) -> None:
    """I7: nobody has less than its own sales and purchases say, but for credit granted to rule breakers."""
    cast = evidence.cast
    for currency in evidence.scenario.currencies():
        due = dict.fromkeys(evidence.scenario.nodes, 0)
        for purchase in evidence.all_purchases:
            if purchase.currency != currency:
                continue
            if purchase.seller_end == "collected":
                due[purchase.seller] += purchase.amount
            if purchase.buyer_end == "paid" or (
                (purchase.excuse or evidence.excuses.disturbed) and purchase.parts
            ):
                due[purchase.buyer] -= sum(part.dest_payment + part.fees for part in purchase.parts.values())
        for name in evidence.scenario.nodes:
            if not cast.is_honest(name):
                continue
            has = granted = 0
            is_reset = False
            for other in evidence.scenario.nodes:
                friend = cast.friend(name, other)
                credit = friend and friend.channel.credits.get(currency)
                if not cast.is_honest(other):
                    granted += cast.limits_max.get((name, other, currency), 0)
                else:
                    has += credit.balance if credit else 0
                    is_reset = is_reset or evidence.excuses.is_disturbed(name, other)
            claim(
                is_reset or has >= due[name] - granted,
                "I7",
                f"{name} has {has} {currency}, but by its sales and purchases it is due {due[name]},"
                f" and granted {granted} to those who break the rules",
            )
