"""What must be true of one node after each of its steps (spec 03, 6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offset.base.credits import Amount
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, RequestId, short
from offset.base.limits import (
    CREDIT_MAX,
    FORWARDED_REQUESTS_PER_FRIEND_MAX,
    FORWARDED_SHARE_DIVISOR,
    INVOICE_FREE_PARTS_MAX,
    PENDING_PER_FRIEND_MAX,
    RELAY_CONNECTIONS_MAX,
    RELAY_HANDSHAKES_MAX,
    TRANSACTIONS_PER_PAYMENT_MAX,
    TURNS_HELD_MAX,
    USER_REQUESTS_PER_FRIEND_MAX,
)
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import OWN, From, Origin, Own, Queue
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.waiting_parts import Payer
from offset.engine.relay import RelayEngine
from offset.sim.physics.violation import claim
from offset.wire.friend import CancelOp, RequestOp

TURNS_PER_READ = 4096
"""How many more turns one read may cause: a clogged connection gives 400 KB at once, a message has 100 bytes."""


def friend(name: str, state: FunderState, them: Friend) -> None:
    """I2, I6, I14, and the limits of queues, for one friend."""
    other = short(them.public_key)
    askers: dict[PublicKey, int] = {}
    for credit in them.channel.credits.values():
        debts(name, other, credit)
        for pending in credit.local.values():
            origin(name, state, credit.currency, pending.request, pending.origin)
            if isinstance(pending.origin, From):
                askers[pending.origin.friend] = askers.get(pending.origin.friend, 0) + 1
    share = PENDING_PER_FRIEND_MAX // FORWARDED_SHARE_DIVISOR
    claim(
        max(askers.values(), default=0) <= share, "jam", f"{name}: one friend has too many slots at {other}"
    )
    for item in (*them.queues[Queue.FORWARDED].values(), *them.queues[Queue.USER].values()):
        claim(them.is_online, "queue", f"{name} keeps a request for {other}, who is away")
        assert isinstance(item.operation, RequestOp)
        origin(name, state, item.currency, item.operation, item.origin)
    claim(
        them.channel.is_consistent or not (them.channel.credits or any(them.queues)),
        "reset",
        f"{name} has credits or queues with {other} after the ledgers disagreed",
    )
    claim(
        len(them.queues[Queue.USER]) <= USER_REQUESTS_PER_FRIEND_MAX,
        "limit",
        f"{name}: too many own requests",
    )
    claim(
        len(them.queues[Queue.FORWARDED]) <= FORWARDED_REQUESTS_PER_FRIEND_MAX,
        "limit",
        f"{name}: too many forwarded requests",
    )


def lost_keys(name: str, state: FunderState) -> None:
    """A revoked friend stays disabled, and so does one whose balances are offered, until its successor has them."""
    for key in state.revoked:
        them = state.friends.get(key)
        claim(
            them is None or not them.is_enabled,
            "revoked",
            f"{name} trusts {short(key)}, whose key is revoked",
        )
    for old, new in state.successors.items():
        who = f"{name}: {short(old)}, who has a new card,"
        claim(not state.friends[old].is_enabled, "succession", f"{who} is enabled")
        is_over = state.friends[new].channel.is_consistent
        claim(not is_over, "succession", f"{who} is still there, and its balances count twice")


def debts(name: str, other: str, credit: MutualCredit) -> None:
    """I2: what is frozen is the sum of what is under way."""
    for what, debt, entries in (
        ("asked", credit.local_debt, credit.local),
        ("was asked for", credit.remote_debt, credit.remote),
    ):
        frozen = sum(pending.frozen for pending in entries.values())
        claim(
            debt == frozen,
            "I2",
            f"{name} {what} {frozen} {credit.currency} with {other}, but froze {debt}",
        )
    claim(len(credit.remote) <= 2 * PENDING_PER_FRIEND_MAX, "limit", f"{name}: too many requests of {other}")


def origin(name: str, state: FunderState, currency: Currency, request: RequestOp, from_: Origin) -> None:
    """I6 and I14: each request that we sent has one origin, and is what came in, less our fee."""
    if isinstance(from_, Own):
        claim(request.request_id in state.transactions, "I14", f"{name} sent a request for nobody")
    if not isinstance(from_, From):
        return
    source = state.friends.get(from_.friend)
    credit = source and source.channel.credits.get(currency)
    found = credit and credit.remote.get(request.request_id)
    if not found:
        claim(False, "I14", f"{name} sent on a request of {short(from_.friend)} that is not pending there")
        return
    received = found.request
    for field in ("src_hashed_lock", "dest_payment", "total_dest_payment", "invoice_id"):
        claim(
            getattr(received, field) == getattr(request, field),
            "I6",
            f"{name} changed {field} of a request it passed on",
        )
    claim(received.route.public_keys[1:] == request.route.public_keys, "I6", f"{name} changed a route")
    claim(received.left_fees >= request.left_fees, "I6", f"{name} pays a fee out of its own pocket")
    claim(
        request.dest_payment + request.left_fees > 0 or not request.route.public_keys,
        "jam",
        f"{name} passed on what freezes nothing, and not to its seller",
    )


def invoices(name: str, state: FunderState) -> None:
    """I9: what waits for an invoice is frozen for it, and of no payer more than it asks; nothing else waits."""
    paid: dict[Payer, Amount] = {}
    free: dict[InvoiceId, int] = {}
    for request in _arrived(state):
        invoice = state.invoices.get(request.invoice_id)
        if invoice is None:
            claim(False, "I9", f"{name} keeps a request for an invoice that is not open")
            return
        total = invoice.total_dest_payment
        claim(request.total_dest_payment == total, "I9", f"{name} took a request that is not for its invoice")
        if request.dest_payment == 0:
            free[request.invoice_id] = free.get(request.invoice_id, 0) + 1
            claim(total == 0, "jam", f"{name} keeps a part of an invoice that is worth nothing")
        payer = (request.invoice_id, request.src_hashed_lock)
        paid[payer] = paid.get(payer, 0) + request.dest_payment
        claim(paid[payer] <= total, "I9", f"{name} took {paid[payer]} for an invoice of {total}")
    waiting = {payer: state.waiting.paid(payer) for payer in state.waiting}
    claim(waiting == paid, "I9", f"{name} waits for parts of invoices that are not pending")
    most = max(free.values(), default=0)
    claim(most <= INVOICE_FREE_PARTS_MAX, "limit", f"{name}: too many parts of an invoice")


def _arrived(state: FunderState) -> Iterator[RequestOp]:
    """The requests of friends that have reached their seller, this node, and are not answered for good."""
    for key, them in state.friends.items():
        for currency, credit in them.channel.credits.items():
            for request_id, pending in credit.remote.items():
                is_open = state.incoming_ids.get((currency, request_id)) == key
                if is_open and not pending.request.route.public_keys:
                    yield pending.request


def turns_held(name: str, held: int) -> None:
    """What waits for the disk cannot grow without end."""
    claim(held <= TURNS_HELD_MAX + TURNS_PER_READ, "limit", f"{name}: {held} turns wait for the disk")


def payments(name: str, state: FunderState) -> None:
    """I11: each part of a payment is under way exactly once."""
    open_parts: dict[PaymentId, int] = {}
    for transaction in state.transactions.values():
        open_parts[transaction.payment_id] = open_parts.get(transaction.payment_id, 0) + 1
    for payment_id, payment in state.payments.items():
        parts = open_parts.pop(payment_id, 0)
        claim(payment.open_transactions == parts, "I11", f"{name} counts its open parts wrong")
        claim(parts <= TRANSACTIONS_PER_PAYMENT_MAX, "limit", f"{name}: too many parts of a payment")
    claim(not open_parts, "I11", f"{name} has parts of a payment that it forgot")
    own: list[RequestId] = []
    for them in state.friends.values():
        own += [item.operation.request_id for item in them.queues[Queue.USER].values()]
        for credit in them.channel.credits.values():
            own += [key for key, pending in credit.local.items() if pending.origin is OWN]
    # Books from a copy tie no queued part to a friend before it has told: it ends, or is found again, when it does.
    untold = {them.public_key for them in state.friends.values() if not them.has_told}
    tied = [key for key, part in state.transactions.items() if part.friend not in untold or key in own]
    claim(sorted(own) == sorted(tied), "I11", f"{name} has a part that is not under way once")


def exposure(name: str, them: Friend, before: dict[tuple[str, bytes, str, int], int]) -> None:
    """I5: what a friend owes, or may come to owe, grows only within its limit; a reset is the owner's choice."""
    resets = them.channel.inconsistency_counter
    leaving = {
        (item.currency, item.operation.request_id)
        for item in them.queues[Queue.BACKWARD].values()
        if isinstance(item.operation, CancelOp)
    }
    for currency, credit in them.channel.credits.items():
        exposed = credit.balance + sum(
            pending.frozen for key, pending in credit.remote.items() if (currency, key) not in leaving
        )
        place = (name, them.public_key, currency, resets)
        limit = min(them.max_debt(currency), CREDIT_MAX)
        last = before.get(place, exposed if resets else 0)
        claim(
            exposed <= max(limit, last, 0),
            "I5",
            f"{name} let {short(them.public_key)} go to {exposed} {currency}; it granted {limit}",
        )
        before[place] = exposed


def relay_limits(name: str, engine: RelayEngine) -> None:
    """A relay keeps its counts within their limits."""
    view = engine.view()
    lines, relay = view.lines, view.relay
    claim(lines.handshakes <= RELAY_HANDSHAKES_MAX, "limit", f"{name} has too many handshakes")
    claim(relay.connections <= RELAY_CONNECTIONS_MAX, "limit", f"{name} has too many connections")
    claim(relay.tunnels * 2 <= relay.connections, "limit", f"{name} has a tunnel without its two legs")


# Rows and memory


def snapshot(state: FunderState) -> dict[str, Any]:
    """All that a state remembers, in a form to compare: what is not stored is left out."""
    return {
        "relays": state.relays,
        "friends": {key: _friend(them) for key, them in state.friends.items()},
        "invoices": state.invoices,
        "payments": state.payments,
        "transactions": state.transactions,
        "incoming ids": state.incoming_ids,
        "waiting": {payer: set(state.waiting.of(payer)) for payer in state.waiting},
        "passed on": {key: set(state.passed_on.of(key)) for key in state.friends},
        "history number": state.history_number,
        "successors": state.successors,
        "revoked": state.revoked,
    }


def _friend(them: Friend) -> dict[str, Any]:
    return {
        "record": them.record(),
        "configs": them.configs,
        "channel": them.channel.record(),
        "credits": {
            name: (credit.record(them.public_key), credit.local, credit.remote)
            for name, credit in them.channel.credits.items()
        },
        "queues": [dict(queue) for queue in them.queues],
    }


def difference(left: dict[Any, Any], right: dict[Any, Any]) -> str:
    """Where two snapshots differ, in a few words."""
    for key in {**left, **right}:
        one, two = left.get(key), right.get(key)
        if one != two:
            word = short(key) if isinstance(key, bytes) else str(key)
            if isinstance(one, dict) and isinstance(two, dict):
                return f"{word} / {difference(one, two)}"
            return f"{word}: {one!r:.200} is not {two!r:.200}"
    return "nothing"
