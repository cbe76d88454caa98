"""What apps and the index are told (spec 03, 3.10 and 5)."""

from typing import Any

import msgspec
import pytest

from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import ConfigRecord, PaymentRecord, PaymentStage
from offset.core.funder.state.state import Friend
from offset.core.funder.state.views import channel_status, friend_report, lost_payments, published
from offset.wire import app
from offset.wire.extension import LostPayment
from offset.wire.friend import CurrencyBalance, MoveTokenRequest, ResetTerms
from offset.wire.report import (
    AddFriendReport,
    ChangeFriend,
    ChannelConsistent,
    ChannelInconsistent,
    CurrencyReport,
    FriendReport,
    McBalanceReport,
    ResetTermsReport,
    SetChannelStatus,
    SetLiveness,
    SetOptLastIncomingMoveToken,
)
from support.fields import from_fields
from support.ledger import FST, World
from support.ledger_peer import Peer
from support.vectors import cases


def friend_of(report: FriendReport) -> Friend:
    """A friend of which this would be reported."""
    key = bytes([1]) * 32
    friend = Friend(bytes(32), key, report.name, report.remote_relays)
    friend.is_enabled, friend.is_online = report.status, report.liveness
    for config in report.currency_configs:
        record = ConfigRecord(key, config.currency, config.rate, config.remote_max_debt, config.is_open)
        friend.configs[config.currency] = record
    if isinstance(report.channel_status, ChannelConsistent):
        for item in report.channel_status.currency_reports:
            credit = MutualCredit(item.currency, item.balance.balance)
            credit.local_debt = item.balance.local_pending_debt
            credit.remote_debt = item.balance.remote_pending_debt
            friend.channel.credits[item.currency] = credit
    else:
        friend.channel.local_terms = ResetTerms(bytes(64), 1, ())
    return friend


@pytest.mark.parametrize("case", cases("index", "reported"), ids=lambda case: case["what"])
def test_published_capacities(case: Any) -> None:
    """The index learns what a friend may still owe, of open currencies of friends that are there."""
    report = from_fields("report.capnp", "FriendReport", case["friendReport"])
    expected = {
        item["currency"]: (int(item["recvCapacity"]), from_fields("common.capnp", "Rate", item["rate"]))
        for item in case["reported"]
    }
    assert published(friend_of(report)) == expected


def test_worked_example() -> None:
    """Limit 200, balance 50, 30 frozen by the friend, 10 by us: 120 can still come in (spec 03, 5)."""
    key = bytes([1]) * 32
    friend = Friend(bytes(32), key, "friend", ())
    friend.is_enabled = friend.is_online = True
    friend.configs[FST] = ConfigRecord(key, FST, remote_max_debt=200, is_open=True)
    credit = friend.channel.credits[FST] = MutualCredit(FST, 50)
    credit.remote_debt, credit.local_debt = 30, 10
    assert published(friend)[FST][0] == 120


def test_channel_status() -> None:
    """Balances by currency; or both sides' terms, as each side states them."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m", peer.request(1, 10))
    friend = world["m"].friend(peer.key)
    peer.get_token("m")
    assert channel_status(friend) == ChannelConsistent((CurrencyReport(FST, McBalanceReport(0, 0, 0)),))
    terms = peer.become_inconsistent("m")
    assert channel_status(friend) == ChannelInconsistent(
        (CurrencyBalance(FST, 0),), ResetTermsReport(terms.reset_token, terms.balance_for_reset)
    )


def test_one_status_per_turn() -> None:
    """However much happens in a turn, apps are told the status of a friend once, and the newest proof."""
    world = World("m")
    peer = Peer(world, "x", "m")
    turn = peer.say("m", *[peer.request(number, 1) for number in range(5)])
    kinds = [type(mutation.friend_report_mutation) for mutation in turn.mutations]
    assert kinds == [SetChannelStatus, SetOptLastIncomingMoveToken]
    assert turn.mutations[0].friend_report_mutation.channel_status == channel_status(
        world["m"].friend(peer.key)
    )


def test_nothing_is_reported_when_nothing_changed_for_apps() -> None:
    """Invoices and payments are no part of the report."""
    world = World("m")
    world.invoice("m", 5)
    turn = world.control("m", app.CreatePayment(bytes(16), bytes(32), FST, 5, bytes(32)))
    assert turn.mutations == []


def test_no_report_without_apps() -> None:
    """Balances are not reported while nobody listens."""
    world = World("m")
    peer = Peer(world, "x", "m")
    funder = world["m"].funder
    funder.is_reporting = False
    token = peer.make("m", peer.request(1, 1))
    turn = funder.friend_message(peer.key, MoveTokenRequest(token, False))
    assert turn.mutations == []


def test_friends_come_with_a_report() -> None:
    """A new friend is reported as it is, later changes one by one."""
    world = World("a")
    key = bytes([1]) * 32
    turn = world.control("a", app.AddFriend(key, (), "friend"))
    friend = world["a"].friend(key)
    assert turn.mutations == [
        AddFriendReport(key, "friend", (), friend.channel.incoming, channel_status(friend))
    ]
    world.control("a", app.EnableFriend(key))
    turn = world["a"].funder.online(key)
    assert turn.mutations[0] == ChangeFriend(key, SetLiveness(True))
    assert friend_report(friend).liveness


def test_a_payment_of_lost_books_is_told() -> None:
    """Nothing of it is known to be lost with a channel, but its app has to hear that nobody can prove its end."""
    world = World("a")
    state = world["a"].state
    payment = PaymentRecord(
        bytes(16), bytes(32), "FST", 5, bytes(32), bytes(32), PaymentStage.LOST, 0, None, bytes(16), True
    )
    state.payments[payment.payment_id] = payment
    assert lost_payments(state, state.payments) == ()
    state.payments[payment.payment_id] = msgspec.structs.replace(payment, is_doubtful=True)
    assert lost_payments(state, state.payments) == (LostPayment(bytes(16), "FST", (), bytes(16)),)
