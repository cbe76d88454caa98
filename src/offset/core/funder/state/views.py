"""Questions about the state: what apps and the index are told (spec 03, 3.10 and 5)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from offset.base.credits import Amount, Rate, clamp_amount
from offset.base.ids import Currency, PaymentId
from offset.base.limits import LOST_PAYMENTS_TOLD_MAX
from offset.core.funder.records import ConfigRecord, PaymentStage
from offset.core.funder.state.state import Friend, FunderState
from offset.wire.extension import FriendCreditLines, LostCredits, LostPayment
from offset.wire.report import (
    AddFriendReport,
    ChannelConsistent,
    ChannelInconsistent,
    ChannelStatus,
    CurrencyConfigReport,
    CurrencyReport,
    FriendReport,
    FunderReport,
    McBalanceReport,
    PkFriendReport,
    PkFriendReportList,
    ResetTermsReport,
)


def channel_status(friend: Friend) -> ChannelStatus:
    """Balances by currency, sorted; or the terms of both sides."""
    channel = friend.channel
    if channel.local_terms is not None:
        remote = channel.remote_terms
        return ChannelInconsistent(
            channel.local_terms.balance_for_reset,
            None if remote is None else ResetTermsReport(remote.reset_token, remote.balance_for_reset),
        )
    credits = channel.credits
    return ChannelConsistent(
        tuple(
            CurrencyReport(
                name,
                McBalanceReport(credits[name].balance, credits[name].local_debt, credits[name].remote_debt),
            )
            for name in sorted(credits)
        )
    )


def config_report(config: ConfigRecord) -> CurrencyConfigReport:
    """Settings of one currency."""
    return CurrencyConfigReport(config.currency, config.rate, config.remote_max_debt, config.is_open)


def friend_report(friend: Friend) -> FriendReport:
    """All about one friend."""
    return FriendReport(
        friend.name,
        friend.remote_relays,
        tuple(config_report(friend.configs[name]) for name in sorted(friend.configs)),
        friend.channel.incoming,
        friend.is_online,
        channel_status(friend),
        friend.is_enabled,
    )


def add_friend_report(friend: Friend) -> AddFriendReport:
    """A friend that was just added."""
    return AddFriendReport(
        friend.public_key,
        friend.name,
        friend.remote_relays,
        friend.channel.incoming,
        channel_status(friend),
    )


def funder_report(state: FunderState) -> FunderReport:
    """All about this node but its index client."""
    friends = tuple(PkFriendReport(key, friend_report(friend)) for key, friend in state.friends.items())
    return FunderReport(state.local, state.relays, PkFriendReportList(friends))


def credit_lines(state: FunderState) -> tuple[FriendCreditLines, ...]:
    """The lines that friends grant to us, as far as they told them."""
    return tuple(
        FriendCreditLines(key, friend.credit_lines)
        for key, friend in state.friends.items()
        if friend.credit_lines is not None
    )


def lost_payments(state: FunderState, payments: Iterable[PaymentId]) -> tuple[LostPayment, ...]:
    """What is lost of these payments, where anything is; nothing of one that is forgotten, so that apps forget it too.

    At most LOST_PAYMENTS_TOLD_MAX of them: apps can ask for the others (docs/WIRE.md).
    """
    told = (_lost_payment(state, payment_id) for payment_id in payments)
    return tuple(itertools.islice((lost for lost in told if lost is not None), LOST_PAYMENTS_TOLD_MAX))


def _lost_payment(state: FunderState, payment_id: PaymentId) -> LostPayment | None:
    payment = state.payments.get(payment_id)
    if payment is None:
        return LostPayment(payment_id, Currency(""), (), None)
    if not payment.lost and not (payment.is_doubtful and payment.stage is PaymentStage.LOST):
        return None
    return LostPayment(
        payment.payment_id,
        payment.currency,
        tuple(LostCredits(part.friend, part.amount) for part in payment.lost),
        payment.ack_uid if payment.stage is PaymentStage.LOST else None,
    )


def published(friend: Friend) -> dict[Currency, tuple[Amount, Rate]]:
    """What the index may know of this friend: receive capacity and rate by currency (spec 03, 5)."""
    channel = friend.channel
    if not (friend.is_enabled and friend.is_online and channel.is_consistent):
        return {}
    if friend.is_overdue or friend.is_awaited:
        return {}
    capacities: dict[Currency, tuple[Amount, Rate]] = {}
    for name, credit in channel.credits.items():
        config = friend.configs.get(name)
        if config is not None and config.is_open:
            room = config.remote_max_debt - (credit.balance + credit.remote_debt)
            capacities[name] = (clamp_amount(room), config.rate)
    return capacities
