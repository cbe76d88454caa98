"""What must be true when faults have stopped and all is at rest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from offset.core.funder.records import HistoryRecord
from offset.core.funder.roles.payments import CANCELED
from offset.sim import leftovers, owners
from offset.sim.violation import claim
from offset.wire.common import RECEIPT
from offset.wire.signing import verify_receipt

if TYPE_CHECKING:
    from offset.sim.deal import Deal
    from offset.sim.run import Run


def is_settled(run: Run) -> bool:
    """Whether nothing is under way any more."""
    return not unsettled(run)


def unsettled(run: Run) -> str:
    """What is still under way, in words; empty when nothing is."""
    town = run.town
    for host in town.hosts.values():
        if host.is_wanted and not host.is_alive:
            return f"{host.name} is down"
    for deal in run.all_deals:
        if not deal.is_over and is_clean(run, deal):
            return f"{deal} has no end (buyer: {deal.buyer_end}, seller: {deal.seller_end}, {deal.results})"
    for client in town.clients.values():
        if client.asks:
            return f"the app of {client.node} waits for an acknowledgement"
    for name in town.scenario.nodes:
        host = town.hosts[name]
        assert host.disk is not None
        if not town.is_honest(name):
            continue
        if not host.disk.is_idle:
            return f"the disk of {name} is busy"
        for friend in town.state(name).friends.values():
            other = town.names[friend.public_key]
            if not town.is_honest(other):
                continue
            words = f"{name} and {other}"
            if not friend.is_online:
                return f"{words}: not connected"
            if not friend.channel.is_consistent:
                return f"{words}: the ledgers disagree"
            if any(friend.queues):
                return f"{words}: something waits for the token"
            there = town.friend(other, name)
            if there is None or (there.channel.outgoing is None) == (friend.channel.outgoing is None):
                return f"{words}: a message is under way"
            for credit in friend.channel.credits.values():
                if credit.local or credit.remote:
                    if _excused_pending(run, name):
                        continue
                    return f"{words}: {len(credit.local) + len(credit.remote)} requests are frozen"
    return leftovers.found(town) or owners.found(town)


def is_clean(run: Run, deal: Deal) -> bool:
    """Whether only nodes that keep the rules have to do with it."""
    return all(
        run.town.is_honest(name) for route in (*deal.routes, (deal.buyer, deal.seller)) for name in route
    )


def _excused_pending(run: Run, name: str) -> bool:
    """Credits may stay frozen for as long as somebody who breaks the rules holds the answer."""
    return any(not run.town.is_honest(node) for node in run.scenario.nodes)


def check(run: Run) -> None:
    """I4, I7, the ends of payments, and who lost what."""
    _payments(run)
    _books(run)
    _sums(run)
    _fortunes(run)
    for poor in run.poor:
        claim(
            poor.is_over or not poor.was_ready,
            "permission",
            f"{poor.node} let an app without permission stay",
        )
        claim(
            poor.invoice_id not in run.town.state(poor.node).invoices,
            "permission",
            f"{poor.node} opened an invoice for an app without permission",
        )


def _payments(run: Run) -> None:
    for deal in run.all_deals:
        if deal.excuse or not is_clean(run, deal):
            continue
        claim(
            (deal.buyer_end == "paid") == (deal.seller_end == "collected"),
            "ends",
            f"{deal} is {deal.buyer_end} for the buyer, and {deal.seller_end} for the seller",
        )
        claim(
            deal.seller_end != "refused",
            "commit",
            f"{deal}: the seller held the commit, and got nothing for it",
        )
        claim(
            deal.buyer_end in ("paid", "canceled", "no route"),
            "ends",
            f"{deal} is {deal.buyer_end} for the buyer",
        )


def _books(run: Run) -> None:
    """A node forgets what has ended, but for its history, which tells it right."""
    for deal in run.all_deals:
        if deal.excuse or not is_clean(run, deal):
            continue
        if deal.buyer_end != "no route":
            kind = "paid" if deal.buyer_end == "paid" else "unpaid"
            row = _history(run, deal.buyer, kind, deal.payment_id, deal)
            if kind == "paid" and row is not None:
                receipt = RECEIPT.decode(row.detail)
                key = run.town.key(deal.seller)
                # A part whose channel was given up may have been the one that proves the whole.
                is_proof = verify_receipt(receipt, key) and (receipt.is_complete or _is_broken(run, deal))
                claim(
                    is_proof,
                    "receipt",
                    f"the receipt that {deal.buyer} keeps of {deal} does not prove the whole",
                )
        _history(
            run,
            deal.seller,
            "received" if deal.seller_end == "collected" else "withdrawn",
            deal.invoice_id,
            deal,
        )
        kept = run.town.state(deal.buyer).payments.get(deal.payment_id)
        claim(
            kept is None or (kept.stage == CANCELED and _may_echo(run, deal.buyer)),
            "leftover",
            f"{deal.buyer} still keeps {deal}, which its app knows to have ended",
        )
        is_kept = deal.invoice_id in run.town.state(deal.seller).invoices
        claim(not is_kept, "leftover", f"{deal.seller} still keeps the invoice of {deal}, which has ended")


def _may_echo(run: Run, name: str) -> bool:
    """What an app said on a line that it gave up may arrive late, and begin anew what was over; that is cancelled."""
    return run.town.clients[name].host.life > 1


def _is_broken(run: Run, deal: Deal) -> bool:
    """Whether two friends on its way lost their channel, at any time."""
    return any(run.town.watcher.is_disturbed(*pair) for route in deal.routes for pair in pairwise(route))


def _history(run: Run, name: str, kind: str, ident: bytes, deal: Deal) -> HistoryRecord | None:
    """What the history of a node says of a payment; None if it lost its database."""
    disk = run.town.hosts[name].disk
    assert disk is not None
    row = disk.rows.get(("history", kind, ident))
    if row is None and name in run.town.watcher.wiped:
        return None
    echo = "unpaid" if kind == "paid" and _may_echo(run, name) else kind
    claim(
        isinstance(row, HistoryRecord)
        and (kind == "unpaid" or (row.currency, row.amount) == (deal.currency, deal.amount))
        and not any(
            ("history", other, ident) in disk.rows
            for other in ("paid", "unpaid", "received", "withdrawn")
            if other not in (kind, echo)
        ),
        "history",
        f"the history of {name} says {row} of {deal}, which is {kind}",
    )
    assert isinstance(row, HistoryRecord)
    return row


def _sums(run: Run) -> None:
    """I4 and I15: what one owes, the other is owed; also after both started again. I7: nothing is frozen."""
    town = run.town
    is_calm = not town.watcher.disturbed
    for name in filter(town.is_honest, run.scenario.nodes):
        for friend in town.state(name).friends.values():
            other = town.names[friend.public_key]
            mirror = town.friend(other, name)
            if not town.is_honest(other) or mirror is None:
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
    town = run.town
    for currency in run.scenario.currencies():
        due = dict.fromkeys(run.scenario.nodes, 0)
        for deal in run.all_deals:
            if deal.currency != currency:
                continue
            if deal.seller_end == "collected":
                due[deal.seller] += deal.amount
            if deal.buyer_end == "paid" or ((deal.excuse or town.watcher.disturbed) and deal.parts):
                due[deal.buyer] -= sum(part.dest_payment + part.fees for part in deal.parts.values())
        for name in run.scenario.nodes:
            if not town.is_honest(name):
                continue
            has = granted = 0
            is_reset = False
            for other in run.scenario.nodes:
                friend = town.friend(name, other)
                credit = friend and friend.channel.credits.get(currency)
                if not town.is_honest(other):
                    granted += town.watcher.limits_max.get((name, other, currency), 0)
                else:
                    has += credit.balance if credit else 0
                    is_reset = is_reset or town.watcher.is_disturbed(name, other)
            claim(
                is_reset or has >= due[name] - granted,
                "I7",
                f"{name} has {has} {currency}, but by its sales and purchases it is due {due[name]},"
                f" and granted {granted} to those who break the rules",
            )
