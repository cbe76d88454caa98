"""Our channels, friends and states in the form of the vectors (tests/vectors/README.md)."""

from typing import Any

from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import MutualCredit, Pending
from offset.core.funder.records import (
    InvoiceRecord,
    PaymentRecord,
    PaymentStage,
    Queue,
    SentRelays,
    TransactionRecord,
)
from offset.core.funder.state.state import Friend, FunderState
from offset.wire.friend import CancelOp, CollectOp, ResetTerms, ResponseOp
from offset.wire.report import MoveTokenHashedReport, TokenInfo
from offset.wire.signing import info_hash, move_token_prefix_hash
from support.fields import to_fields

Json = Any

_OPERATIONS = {ResponseOp: "response", CancelOp: "cancel", CollectOp: "collect"}


def _info(info: TokenInfo) -> Json:
    return to_fields("report.capnp", "TokenInfo", info)


def _pending(pending: Pending) -> Json:
    fields = to_fields("funder.capnp", "RequestSendFundsOp", pending.request)
    response = pending.response
    fields["stage"] = (
        {"request": None}
        if response is None
        else {
            "response": {
                "destHashedLock": response.dest_hashed_lock.hex(),
                "isComplete": response.is_complete,
            }
        }
    )
    return fields


def credit_fields(credit: MutualCredit) -> Json:
    return {
        "balance": str(credit.balance),
        "localPendingDebt": str(credit.local_debt),
        "remotePendingDebt": str(credit.remote_debt),
        "balanceForReset": str(credit.balance_for_reset()),
        "local": [_pending(credit.local[key]) for key in sorted(credit.local)],
        "remote": [_pending(credit.remote[key]) for key in sorted(credit.remote)],
    }


def channel_fields(channel: Channel) -> Json:
    """A consistent channel; `token`, `tokenInfo` and hashes belong to its last move token."""
    if channel.outgoing is not None:
        info = channel.token_info()
        fields = {
            "direction": "outgoing",
            "token": channel.outgoing.new_token.hex(),
            "oldToken": channel.outgoing.old_token.hex(),
            "prefixHash": move_token_prefix_hash(channel.outgoing).hex(),
            "previousIncoming": None if channel.incoming is None else channel.incoming.new_token.hex(),
        }
    else:
        assert channel.incoming is not None
        info = channel.incoming.token_info
        fields = {
            "direction": "incoming",
            "token": channel.incoming.new_token.hex(),
            "prefixHash": channel.incoming.prefix_hash.hex(),
        }
    return {
        **fields,
        "tokenInfo": _info(info),
        "infoHash": info_hash(info).hex(),
        "mutualCredits": {name: credit_fields(channel.credits[name]) for name in sorted(channel.credits)},
        "activeCurrencies": {
            "local": sorted(channel.local_currencies),
            "remote": sorted(channel.remote_currencies),
        },
    }


def _hashed(report: MoveTokenHashedReport | None) -> Json:
    return report and {
        "prefixHash": report.prefix_hash.hex(),
        "tokenInfo": _info(report.token_info),
        "infoHash": info_hash(report.token_info).hex(),
        "randNonce": report.rand_nonce.hex(),
        "newToken": report.new_token.hex(),
    }


def _terms(terms: ResetTerms | None) -> Json:
    return terms and to_fields("funder.capnp", "ResetTerms", terms)


def _channel_status(channel: Channel) -> Json:
    if channel.is_consistent:
        return {"consistent": channel_fields(channel)}
    return {
        "inconsistent": {
            "localResetTerms": _terms(channel.local_terms),
            "remoteResetTerms": _terms(channel.remote_terms),
            "lastIncoming": _hashed(channel.incoming),
        }
    }


def _relays(relays: Any) -> Json:
    return [to_fields("common.capnp", type(relay).__name__, relay) for relay in relays]


def _sent_relays(sent: SentRelays) -> Json:
    if sent.last is None:
        return {"neverSent": None}
    if sent.previous is None:
        return {"lastSent": _relays(sent.last)}
    return {"transition": {"last": _relays(sent.last), "beforeLast": _relays(sent.previous)}}


def friend_fields(friend: Friend) -> Json:
    def requests(queue: int) -> Json:
        return [
            {"currency": item.currency, "requestId": item.operation.request_id.hex()}
            for item in friend.queues[queue].values()
        ]

    fields = {
        "name": friend.name,
        "status": "enabled" if friend.is_enabled else "disabled",
        "remoteRelays": _relays(friend.remote_relays),
        "currencyConfigs": {
            name: {
                "rate": to_fields("common.capnp", "Rate", config.rate),
                "remoteMaxDebt": str(config.remote_max_debt),
                "isOpen": config.is_open,
            }
            for name, config in friend.configs.items()
        },
        "sentLocalRelays": _sent_relays(friend.sent_relays),
        "channel": _channel_status(friend.channel),
    }
    if friend.channel.is_consistent:
        fields["pendingBackwardsOps"] = [
            {
                "currency": item.currency,
                "op": _OPERATIONS[type(item.operation)],
                "requestId": item.operation.request_id.hex(),
            }
            for item in friend.queues[Queue.BACKWARD].values()
        ]
        fields["pendingRequests"] = requests(Queue.FORWARDED)
        fields["pendingUserRequests"] = requests(Queue.USER)
    return fields


def _invoice(state: FunderState, invoice: InvoiceRecord) -> Json:
    payers = state.waiting.payers_of(invoice.invoice_id)
    return {
        "currency": invoice.currency,
        "totalDestPayment": str(invoice.total_dest_payment),
        "destPlainLock": invoice.dest_plain_lock.hex(),
        "srcHashedLock": invoice.src_hashed_lock and invoice.src_hashed_lock.hex(),
        "incomingTransactions": [
            request_id.hex() for payer in payers for _, request_id in state.waiting.of(payer)
        ],
    }


def _transaction(transaction: TransactionRecord) -> Json:
    response = transaction.response
    return {
        "paymentId": transaction.payment_id.hex(),
        "response": response and to_fields("funder.capnp", "ResponseSendFundsOp", response),
    }


def _payment(payment: PaymentRecord) -> Json:
    count = str(payment.open_transactions)
    stages = {
        PaymentStage.NEW: lambda: {
            "newTransactions": {
                "numTransactions": count,
                "invoiceId": payment.invoice_id.hex(),
                "currency": payment.currency,
                "totalDestPayment": str(payment.total_dest_payment),
                "destPublicKey": payment.dest_public_key.hex(),
            }
        },
        PaymentStage.IN_PROGRESS: lambda: {"inProgress": count},
        PaymentStage.SUCCEEDED: lambda: {
            "success": {
                "numTransactions": count,
                "receipt": to_fields("common.capnp", "Receipt", payment.receipt),
                "ackUid": payment.ack_uid.hex(),
            }
        },
        PaymentStage.CANCELED: lambda: {"canceled": payment.ack_uid.hex()},
        # The reference calls it cancelled, though its commit was made (spec 03, 3.7).
        PaymentStage.LOST: lambda: {"canceled": payment.ack_uid.hex()},
        PaymentStage.ACKNOWLEDGED: lambda: {"afterSuccessAck": count},
    }
    return {"srcPlainLock": payment.src_plain_lock.hex(), "stage": stages[payment.stage]()}


def state_fields(state: FunderState, names: dict[bytes, str]) -> Json:
    """A whole state; `names`: what the vectors call each node."""
    return {
        "friends": {names[key]: friend_fields(friend) for key, friend in state.friends.items()},
        "relays": _relays(state.relays),
        "openInvoices": {key.hex(): _invoice(state, invoice) for key, invoice in state.invoices.items()},
        "openTransactions": {key.hex(): _transaction(item) for key, item in state.transactions.items()},
        "payments": {key.hex(): _payment(payment) for key, payment in state.payments.items()},
    }
