"""What must be true of funders after every turn, and when their lines are quiet (spec 03, 6.1)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import OWN, From, Origin, Own, Queue
from offset.core.funder.state.state import Friend, FunderState
from offset.wire import report
from offset.wire.friend import RequestOp
from offset.wire.signing import flip

if TYPE_CHECKING:
    from support.ledger import Node, World


def snapshot(state: FunderState) -> dict[str, Any]:
    """All that a state remembers, in a form to compare: what is not stored is left out."""
    return {
        "relays": state.relays,
        "friends": {key: _snapshot_friend(friend) for key, friend in state.friends.items()},
        "invoices": state.invoices,
        "payments": state.payments,
        "transactions": state.transactions,
        "incoming_ids": state.incoming_ids,
        "waiting": {payer: set(state.waiting.of(payer)) for payer in state.waiting},
        "passed_on": {key: set(state.passed_on.of(key)) for key in state.friends},
        "used": set(state.used),
        "history_number": state.history_number,
        "node": state.node,
        "strays": state.strays,
        "successors": state.successors,
        "revoked": state.revoked,
    }


def _snapshot_friend(friend: Friend) -> Any:
    credits = {
        name: (credit.record(friend.public_key), credit.local, credit.remote)
        for name, credit in friend.channel.credits.items()
    }
    queues = [list(queue.items()) for queue in friend.queues]
    assert all(number < friend.next_number for queue in friend.queues for number in queue)
    return friend.record(), friend.configs, friend.channel.record(), credits, queues


# Always


def check_always(state: FunderState) -> None:
    """I2, I5 (its second half), I6, I9 and I14, whatever is under way."""
    for friend in state.friends.values():
        for credit in friend.channel.credits.values():
            _check_debts(credit)
            for pending in credit.local.values():
                _check_origin(state, credit.currency, pending.request, pending.origin)
        for item in (*friend.queues[Queue.FORWARDED].values(), *friend.queues[Queue.USER].values()):
            assert friend.is_online, "nothing waits for a friend that is away"
            _check_origin(state, item.currency, item.operation, item.origin)
        assert friend.channel.is_consistent or not (friend.channel.credits or any(friend.queues))
    _check_invoices(state)
    _check_payments(state)
    for old, new in state.successors.items():
        assert not state.friends[old].is_enabled
        assert not state.friends[new].channel.is_consistent, "it has accepted, so the old one is gone"
    assert not any(state.friends[key].is_enabled for key in state.revoked if key in state.friends)


def _check_debts(credit: MutualCredit) -> None:
    assert credit.local_debt == sum(pending.frozen for pending in credit.local.values())
    assert credit.remote_debt == sum(pending.frozen for pending in credit.remote.values())


def _check_origin(state: FunderState, currency: str, request: RequestOp, origin: Origin) -> None:
    if isinstance(origin, Own):
        assert request.request_id in state.transactions
    elif isinstance(origin, From):
        received = state.friends[origin.friend].channel.credits[currency].remote[request.request_id].request
        for field in ("src_hashed_lock", "dest_payment", "total_dest_payment", "invoice_id"):
            assert getattr(received, field) == getattr(request, field)
        assert received.route.public_keys[1:] == request.route.public_keys
        assert received.left_fees >= request.left_fees


def _check_invoices(state: FunderState) -> None:
    for invoice in state.invoices.values():
        for payer in state.waiting.payers_of(invoice.invoice_id):
            parts = [
                state.friends[key].channel.credits[invoice.currency].remote[request_id]
                for key, request_id in state.waiting.of(payer)
            ]
            paid = sum(part.request.dest_payment for part in parts)
            assert 0 <= paid == state.waiting.paid(payer) <= invoice.total_dest_payment
            assert all(part.request.src_hashed_lock == payer[1] for part in parts)
            assert all(part.request.total_dest_payment == invoice.total_dest_payment for part in parts)
    assert all(invoice_id in state.invoices for invoice_id, _ in state.waiting)


def _check_payments(state: FunderState) -> None:
    open_parts = [transaction.payment_id for transaction in state.transactions.values()]
    for payment_id, payment in state.payments.items():
        assert payment.open_transactions == open_parts.count(payment_id)
    assert set(open_parts) <= set(state.payments)
    own = [
        pending.request.request_id
        for friend in state.friends.values()
        for credit in friend.channel.credits.values()
        for pending in credit.local.values()
        if pending.origin is OWN
    ]
    own += [
        item.operation.request_id
        for friend in state.friends.values()
        for item in friend.queues[Queue.USER].values()
    ]
    silent = {key for key, friend in state.friends.items() if not friend.has_told}
    unknown = [
        ident for ident, part in state.transactions.items() if part.friend in silent and ident not in own
    ]
    assert sorted(own + unknown) == sorted(state.transactions), "each transaction of ours is under way, once"


def check_report(
    before: report.FunderReport, mutations: Iterable[Any], after: report.FunderReport
) -> report.FunderReport:
    """The changes told to apps lead from the old report to the new one."""
    for mutation in mutations:
        before = _apply(before, mutation)
    assert _sorted(before) == _sorted(after), "apps were told less than what changed"
    return after


def _sorted(funder: report.FunderReport) -> Any:
    return (
        funder.relays,
        {entry.friend_public_key: entry.friend_report for entry in funder.friends.list},
    )


def _apply(funder: report.FunderReport, mutation: Any) -> report.FunderReport:
    friends = {entry.friend_public_key: entry.friend_report for entry in funder.friends.list}
    relays = {relay.public_key: relay for relay in funder.relays}
    match mutation:
        case report.AddRelayMutation(relay):
            relays.pop(relay.public_key, None)
            relays[relay.public_key] = relay
        case report.RemoveRelayMutation(key):
            del relays[key]
        case report.AddFriendReport(key, name, friend_relays, token, status):
            friends[key] = report.FriendReport(name, friend_relays, (), token, False, status, False)
        case report.RemoveFriendMutation(key):
            del friends[key]
        case report.ChangeFriend(key, change):
            friends[key] = _change(friends[key], change)
        case _:
            raise AssertionError(mutation)
    entries = tuple(report.PkFriendReport(key, friend) for key, friend in friends.items())
    return report.FunderReport(
        funder.local_public_key, tuple(relays.values()), report.PkFriendReportList(entries)
    )


def _change(friend: report.FriendReport, change: Any) -> report.FriendReport:
    configs = {config.currency: config for config in friend.currency_configs}
    match change:
        case report.UpdateCurrencyConfig(config):
            configs[config.currency] = config
        case report.RemoveCurrencyConfig(currency):
            del configs[currency]
        case report.SetRemoteRelays(relays):
            return msgspec.structs.replace(friend, remote_relays=relays)
        case report.SetName(name):
            return msgspec.structs.replace(friend, name=name)
        case report.SetChannelStatus(status):
            return msgspec.structs.replace(friend, channel_status=status)
        case report.SetStatus(status):
            return msgspec.structs.replace(friend, status=status)
        case report.SetOptLastIncomingMoveToken(token):
            return msgspec.structs.replace(friend, opt_last_incoming_move_token=token)
        case report.SetLiveness(liveness):
            return msgspec.structs.replace(friend, liveness=liveness)
        case _:
            raise AssertionError(change)
    ordered = tuple(configs[name] for name in sorted(configs))
    return msgspec.structs.replace(friend, currency_configs=ordered)


# When lines are quiet


def check_quiet(world: "World") -> None:
    """I1, I3 and I4 for every pair of friends that are both consistent."""
    for name, node in world.nodes.items():
        for other in world.nodes.values():
            if name < other.name and other.key in node.state.friends and node.key in other.state.friends:
                check_mirror(node, other)


def check_mirror(left: "Node", right: "Node") -> None:
    """What one friend is owed the other owes, request by request; and one of the two holds the token."""
    ours, theirs = left.friend(right).channel, right.friend(left).channel
    if not (ours.is_consistent and theirs.is_consistent):
        return
    assert (ours.outgoing is None) != (theirs.outgoing is None)
    assert ours.token_info() == flip(theirs.token_info())
    assert set(ours.local_currencies) == set(theirs.remote_currencies)
    assert set(ours.remote_currencies) == set(theirs.local_currencies)
    for name, credit in ours.credits.items():
        mirror = theirs.credits[name]
        assert credit.balance == -mirror.balance
        for sent, taken in ((credit.local, mirror.remote), (mirror.local, credit.remote)):
            assert {key: (item.request, item.response) for key, item in sent.items()} == {
                key: (item.request, item.response) for key, item in taken.items()
            }


def check_nothing_waits(world: "World") -> None:
    """No operation waits for a token that never comes: between friends with a line the queues are empty."""
    for node in world.nodes.values():
        for friend in node.state.friends.values():
            if friend.is_online:
                assert not any(friend.queues)


def check_nothing_frozen(world: "World") -> None:
    """I7: when everything ended nothing is frozen."""
    for node in world.nodes.values():
        assert not node.state.transactions
        assert not node.state.incoming_ids
        for friend in node.state.friends.values():
            for credit in friend.channel.credits.values():
                assert (credit.local_debt, credit.remote_debt) == (0, 0)
                assert not credit.local
                assert not credit.remote
            assert not friend.queues[Queue.BACKWARD]
