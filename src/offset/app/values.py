"""A report as JSON values: plain dicts, lists, texts, whole numbers, True, False and None.

What `stctrl info ... --json` prints. Pure functions of a report (`node.report.snapshot()`), for everything that hands
a report to other programs. Credits are texts, as in files: other languages cannot hold so large numbers. Keys are
base64url, times milliseconds from the `now` of the node.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offset.base import base64url
from offset.base.credits import Amount, Balance
from offset.base.ids import Currency, PublicKey
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import (
    CreditLine,
    HeldCredits,
    HistoryRow,
    IndexServerConnected,
    IndexServerConnecting,
    IndexServerStatus,
    IndexServerUnused,
    InvoiceRow,
    LinkDown,
    LinkStatus,
    LinkUp,
    LostCredits,
    LostPayment,
    NetworkStatus,
    PaymentRow,
    RelayConnecting,
    RelayListening,
    RelayStatus,
)
from offset.wire.friend import CurrencyBalance
from offset.wire.recovery import FoundRow, RecoveryRow
from offset.wire.report import (
    ChannelConsistent,
    ChannelInconsistent,
    ChannelStatus,
    FriendReport,
    NodeReport,
)

Value = dict[str, Any]
"""A JSON object."""
Lines = dict[Currency, CreditLine]
"""What a friend grants to the node, by currency."""

# The values


def relays_value(report: NodeReport) -> list[Value]:
    """The relays of the node, last added last, and those it keeps for friends if it tells of them."""
    network = network_status_of(report)
    if network is None:
        return [_server_value(relay) for relay in report.funder_report.relays]
    return [
        {
            **_server_value(relay),
            "standing": None if state is None else _relay_status_value(network, state),
        }
        for relay, state in all_relays(report, network)
    ]


def index_servers_value(report: NodeReport) -> list[Value]:
    """The index servers of the node, last added last, and how it stands with them if it tells."""
    index, network, states = report.index_client_report, network_status_of(report), index_states_of(report)
    values = []
    for server in index.index_servers:
        value = {**_server_value(server), "connected": server.public_key == index.opt_connected_server}
        state = states.get(server.public_key)
        if network is not None and state is not None:
            value["standing"] = _index_status_value(network, state)
        values.append(value)
    return values


def friends_value(report: NodeReport) -> list[Value]:
    """The friends of the node by name, with all that the report says but the last token."""
    lines, links, network = granted_lines(report), links_of(report), network_status_of(report)
    lost, values = lost_credits(report), []
    for key, friend in friends_by_name(report):
        value = _friend_value(key, friend)
        granted, link = lines.get(key), links.get(key)
        value["granted"] = (
            None if granted is None else {name: _line_value(granted[name]) for name in sorted(granted)}
        )
        value["link"] = None if network is None or link is None else _link_value(network, link)
        if key in lost:
            value["lost"] = {name: str(amount) for name, amount in sorted(lost[key].items())}
        values.append(value)
    return values


def balances_value(report: NodeReport) -> dict[Currency, str]:
    """The sum of the balances with all friends, by currency."""
    return {currency: str(balance) for currency, balance in balances(report).items()}


def lost_payments_value(report: NodeReport) -> list[Value]:
    """Payments of which parts are lost with their channel, as far as the report names them."""
    lost = () if report.opt_extra is None else report.opt_extra.lost_payments
    return [lost_payment_value(report, payment) for payment in lost]


def lost_payment_value(report: NodeReport, lost: LostPayment) -> Value:
    """One of them: what was given to whom, and whether nothing of it is under way any more."""
    return {
        "payment_id": base64url.encode(lost.payment_id),
        "currency": lost.currency,
        "parts": credits_value(report, lost.parts),
        "over": lost.opt_ack_uid is not None,
    }


def credits_value(report: NodeReport, parts: Iterable[LostCredits | HeldCredits]) -> list[Value]:
    """Credits, and the friends who hold them; a friend that was removed has no name."""
    names = {entry.friend_public_key: entry.friend_report.name for entry in report.funder_report.friends.list}
    return [
        {
            "name": names.get(part.friend_public_key),
            "public_key": base64url.encode(part.friend_public_key),
            "amount": str(part.amount),
        }
        for part in parts
    ]


def payments_value(report: NodeReport, rows: Iterable[PaymentRow]) -> list[Value]:
    """Payments of the node that are not acknowledged (`Node.payments`)."""
    return [
        {
            "payment_id": base64url.encode(row.payment_id),
            "invoice_id": base64url.encode(row.invoice_id),
            "currency": row.currency,
            "amount": str(row.amount),
            "seller": base64url.encode(row.seller),
            "stage": row.stage,
            "commit": row.has_commit,
            "held": credits_value(report, row.held),
            "lost": credits_value(report, row.lost),
        }
        for row in rows
    ]


def found_value(rows: Iterable[FoundRow]) -> list[Value]:
    """Friends that were found and are not taken (`Node.found`); balances as this node sees them."""
    return [
        {
            "public_key": base64url.encode(row.public_key),
            "signed_at": row.signed_at or None,
            "balances": [
                {
                    "currency": item.currency,
                    "balance": str(item.balance),
                    "frozen_here": str(item.frozen_here),
                    "frozen_there": str(item.frozen_there),
                }
                for item in row.balances
            ],
        }
        for row in rows
    ]


def recovery_value(report: NodeReport, rows: Iterable[RecoveryRow]) -> list[Value]:
    """Whether friends have told after a loss, and what waits for whose word (`Node.recovery`)."""
    names = {entry.friend_public_key: entry.friend_report.name for entry in report.funder_report.friends.list}
    return [
        {
            "name": names.get(row.public_key),
            "public_key": base64url.encode(row.public_key),
            "state": row.state,
            "known_at": row.known_at or None,
            "waiting": [{"currency": stake.currency, "amount": str(stake.amount)} for stake in row.stakes],
        }
        for row in rows
    ]


def invoices_value(rows: Iterable[InvoiceRow]) -> list[Value]:
    """Open invoices of the node (`Node.invoices`)."""
    return [
        {
            "invoice_id": base64url.encode(row.invoice_id),
            "currency": row.currency,
            "amount": str(row.amount),
            "frozen": str(row.frozen),
            "commit": row.has_commit,
        }
        for row in rows
    ]


def history_value(rows: Iterable[HistoryRow]) -> list[Value]:
    """What ended (`Node.history`); `time_ms` since 1970 (UTC), None if it is not known."""
    return [
        {
            "number": row.number,
            "time_ms": row.time or None,
            "kind": row.kind,
            "id": base64url.encode(row.id),
            "currency": row.currency,
            "amount": str(row.amount),
            "peer": base64url.encode(row.peer),
            "detail": base64url.encode(row.detail),
        }
        for row in rows
    ]


def public_key_value(report: NodeReport) -> dict[str, str]:
    """The public key of the node."""
    return {"public_key": base64url.encode(report.funder_report.local_public_key)}


# Looks at a report, for values and for tables


def network_status_of(report: NodeReport) -> NetworkStatus | None:
    """How the node stands with relays and friends, if it tells."""
    return None if report.opt_extra is None else report.opt_extra.opt_status


def all_relays(
    report: NodeReport, network: NetworkStatus
) -> list[tuple[NamedRelayAddress, RelayStatus | None]]:
    """The relays of the node, then those it keeps for friends."""
    states = {state.relay.public_key: state for state in network.relays}
    own = [(relay, states.get(relay.public_key)) for relay in report.funder_report.relays]
    kept = [
        (NamedRelayAddress(state.relay.public_key, state.relay.address, ""), state)
        for state in network.relays
        if not state.is_own
    ]
    return [*own, *kept]


def friends_by_name(report: NodeReport) -> list[tuple[PublicKey, FriendReport]]:
    """Friends in the order of their names; the reference shows them in any order (D-11)."""
    friends = [(entry.friend_public_key, entry.friend_report) for entry in report.funder_report.friends.list]
    return sorted(friends, key=lambda entry: (entry[1].name, entry[0]))


def granted_lines(report: NodeReport) -> dict[PublicKey, Lines]:
    """The credit lines that friends grant, of those that told them."""
    extra = report.opt_extra
    told = () if extra is None else extra.credit_lines
    return {
        friend.friend_public_key: {line.currency: line for line in friend.credit_lines} for friend in told
    }


def links_of(report: NodeReport) -> dict[PublicKey, LinkStatus]:
    """How the link to each friend is, of those of which the node tells it."""
    network = network_status_of(report)
    return {} if network is None else {link.friend_public_key: link for link in network.links}


def lost_credits(report: NodeReport) -> dict[PublicKey, dict[Currency, Amount]]:
    """What each friend may claim of payments whose parts were lost with the channel to it, by currency."""
    sums: dict[PublicKey, dict[Currency, Amount]] = {}
    for payment in () if report.opt_extra is None else report.opt_extra.lost_payments:
        for part in payment.parts:
            found = sums.setdefault(part.friend_public_key, {})
            found[payment.currency] = found.get(payment.currency, 0) + part.amount
    return sums


def index_states_of(report: NodeReport) -> dict[PublicKey, IndexServerStatus]:
    """How the node stands with each index server, if it tells."""
    network = network_status_of(report)
    return {} if network is None else {status.server: status for status in network.index_servers}


def balances(report: NodeReport) -> dict[Currency, Balance]:
    """The sum over all friends, by currency; where a channel is inconsistent, what we claim (spec 05, 6.2)."""
    sums: dict[Currency, Balance] = {}
    for entry in report.funder_report.friends.list:
        for currency, balance in _owed(entry.friend_report.channel_status):
            sums[currency] = sums.get(currency, 0) + balance
    return dict(sorted(sums.items()))


def reset_costs(status: ChannelInconsistent) -> dict[Currency, Balance]:
    """What we would have less, by currency, than we claim, if we accepted the friend's terms (spec 03, D36).

    What we had frozen for the friend is in it: it may have been collected, and what came of it is not known.
    """
    costs = {term.currency: term.balance for term in status.local_reset_terms}
    remote = status.opt_remote_reset_terms
    for term in () if remote is None else remote.balance_for_reset:
        costs[term.currency] = costs.get(term.currency, 0) + term.balance
    return dict(sorted(costs.items()))


# Parts of values


def _owed(status: ChannelStatus) -> list[tuple[Currency, Balance]]:
    if isinstance(status, ChannelConsistent):
        return [(report.currency, report.balance.balance) for report in status.currency_reports]
    return [(term.currency, term.balance) for term in status.local_reset_terms]


def _server_value(server: NamedRelayAddress | NamedIndexServerAddress) -> Value:
    return {
        "name": server.name,
        "public_key": base64url.encode(server.public_key),
        "address": server.address,
    }


def _relay_value(relay: RelayAddress) -> Value:
    return {"public_key": base64url.encode(relay.public_key), "address": relay.address}


def _relay_status_value(network: NetworkStatus, relay: RelayStatus) -> Value:
    value: Value = {
        "state": "waiting",
        "own": relay.is_own,
        "for_ms": network.now - relay.since,
        "last_error": relay.last_error or None,
        "next_attempt_ms": None,
    }
    match relay.state:
        case RelayListening():
            value["state"] = "listening"
        case RelayConnecting():
            value["state"] = "connecting"
        case waiting:
            value["next_attempt_ms"] = max(0, waiting.until - network.now)
    return value


def _index_status_value(network: NetworkStatus, status: IndexServerStatus) -> Value:
    value: Value = {"last_error": status.last_error or None, "next_attempt_ms": None}
    match status.state:
        case IndexServerConnected():
            return value | {"state": "connected"}
        case IndexServerConnecting():
            return value | {"state": "connecting"}
        case IndexServerUnused():
            return value | {"state": "unused"}
        case waiting:
            return value | {"state": "waiting", "next_attempt_ms": max(0, waiting.until - network.now)}


def _link_value(network: NetworkStatus, link: LinkStatus) -> Value:
    value: Value = {"for_ms": network.now - link.since}
    match link.state:
        case LinkUp() as linked:
            value |= {
                "state": "linked",
                "relay": _relay_value(linked.relay),
                "made_by_us": linked.is_ours,
            }
        case LinkDown() as apart:
            then = apart.opt_next_attempt
            due = None if then is None else max(0, then - network.now)
            value |= {"state": "apart", "why": apart.why, "next_attempt_ms": due}
        case trying:
            value |= {"state": "trying", "relays": [relay.address for relay in trying.relays]}
    return value


def _line_value(line: CreditLine) -> Value:
    return {"open": line.is_open, "max_debt": str(line.max_debt)}


def _friend_value(key: PublicKey, friend: FriendReport) -> Value:
    status = friend.channel_status
    value: Value = {
        "name": friend.name,
        "public_key": base64url.encode(key),
        "enabled": friend.status,
        "online": friend.liveness,
        "relays": [_relay_value(relay) for relay in friend.remote_relays],
        "settings": {
            config.currency: {
                "open": config.is_open,
                "max_debt": str(config.remote_max_debt),
                "mul": config.rate.mul,
                "add": config.rate.add,
            }
            for config in sorted(friend.currency_configs, key=lambda config: config.currency)
        },
        "consistent": isinstance(status, ChannelConsistent),
    }
    if isinstance(status, ChannelConsistent):
        return value | {"balances": _balances_value(status)}
    remote = status.opt_remote_reset_terms
    return value | {
        "local_reset_terms": _terms_value(status.local_reset_terms),
        "remote_reset_terms": None if remote is None else _terms_value(remote.balance_for_reset),
        "cost_of_reset": (
            None if remote is None else {name: str(cost) for name, cost in reset_costs(status).items()}
        ),
    }


def _balances_value(status: ChannelConsistent) -> Value:
    return {
        report.currency: {
            "balance": str(report.balance.balance),
            "local_pending_debt": str(report.balance.local_pending_debt),
            "remote_pending_debt": str(report.balance.remote_pending_debt),
        }
        for report in sorted(status.currency_reports, key=lambda report: report.currency)
    }


def _terms_value(terms: Iterable[CurrencyBalance]) -> dict[Currency, str]:
    return {term.currency: str(term.balance) for term in sorted(terms, key=lambda term: term.currency)}
