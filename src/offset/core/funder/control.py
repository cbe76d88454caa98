"""What the owner and apps ask of the funder (spec 03, 3.1). Each handler returns why it refused, or None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from offset.base.faults import PeerFault
from offset.base.ids import Currency
from offset.base.limits import (
    CURRENCIES_PER_FRIEND_MAX,
    FRIEND_CURRENCIES_MAX,
    FRIEND_RELAYS_MAX,
    FRIENDS_MAX,
    NAME_BYTES_MAX,
    NODE_RELAYS_MAX,
)
from offset.core.funder.friend import catching_up, credit_lines, leaving, reconciling, succession
from offset.core.funder.friend.incoming import become_inconsistent
from offset.core.funder.friend.revoking import REVOKED, revoke
from offset.core.funder.friend.settings import set_config
from offset.core.funder.ledger.channel_states import ChannelEvent, channel_state, happened
from offset.core.funder.ledger.proved_terms import unproved
from offset.core.funder.records import ConfigKey, ConfigRecord, Queue, RelaysRecord
from offset.core.funder.roles import buyer, payments, seller
from offset.core.funder.roles.cancelling import cancel_queued
from offset.core.funder.state.lives import begin_life, saw_life
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import SetRelays, Turn
from offset.core.funder.state.views import add_friend_report
from offset.crypto.public_keys import is_lower
from offset.wire.app import (
    AckClosePayment,
    AddFriend,
    AddInvoice,
    AddRelay,
    CancelInvoice,
    CloseFriendCurrency,
    CommitInvoice,
    CreatePayment,
    CreateTransaction,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    RemoveFriend,
    RemoveFriendCurrency,
    RemoveRelay,
    RequestClosePayment,
    ResetFriendChannel,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    SetFriendName,
    SetFriendRelays,
)
from offset.wire.orders import GiveUp, ResetByProof, Revoke, Succeed, TakeFriend
from offset.wire.report import (
    AddRelayMutation,
    RemoveCurrencyConfig,
    RemoveRelayMutation,
    SetName,
    SetRemoteRelays,
    SetStatus,
)
from offset.wire.revocations import read_revocation

UNKNOWN_FRIEND = "there is no such friend"
TOO_MANY_RELAYS = f"a friend has at most {FRIEND_RELAYS_MAX} relays"
NAME_TOO_LONG = f"a name has at most {NAME_BYTES_MAX} bytes"

# Relays


def _set_relays(turn: Turn) -> None:
    turn.put(RelaysRecord(turn.state.relays))
    turn.orders.append(SetRelays(tuple(relay.unnamed() for relay in turn.state.relays)))
    for key in turn.state.friends:
        turn.trying[key] = None


def add_relay(turn: Turn, request: AddRelay) -> str | None:
    """Use a relay; the same key again replaces it."""
    relay = request.relay
    others = tuple(known for known in turn.state.relays if known.public_key != relay.public_key)
    if len(others) >= NODE_RELAYS_MAX:
        return f"there are {NODE_RELAYS_MAX} relays already; remove one first"
    if len(relay.name.encode()) > NAME_BYTES_MAX:
        return NAME_TOO_LONG
    turn.state.relays = (*others, relay)
    turn.mutations.append(AddRelayMutation(relay))
    _set_relays(turn)
    return None


def remove_relay(turn: Turn, request: RemoveRelay) -> str | None:
    """Stop using a relay."""
    relays = turn.state.relays
    turn.state.relays = tuple(known for known in relays if known.public_key != request.public_key)
    if turn.state.relays == relays:
        return "there is no such relay"
    turn.mutations.append(RemoveRelayMutation(request.public_key))
    _set_relays(turn)
    return None


# Friends


def add_friend(turn: Turn, request: AddFriend) -> str | None:
    """A new friend: disabled, without currencies."""
    key = request.friend_public_key
    if key == turn.state.local:
        # See D33.
        return "a node cannot be its own friend"
    if key in turn.state.friends:
        return "this friend is known already"
    if key in turn.state.revoked:
        return REVOKED
    if len(turn.state.friends) >= FRIENDS_MAX:
        return f"there are {FRIENDS_MAX} friends already"
    if len(request.relays) > FRIEND_RELAYS_MAX:
        return TOO_MANY_RELAYS
    if len(request.name.encode()) > NAME_BYTES_MAX:
        return NAME_TOO_LONG
    friend = Friend(turn.state.local, key, request.name, request.relays)
    is_lower_key = is_lower(turn.state.local, key)
    event = ChannelEvent.ADDED_LOWER if is_lower_key else ChannelEvent.ADDED_HIGHER
    happened(friend.channel, None, event)
    # What we ever signed to this key before is of an earlier friendship.
    friend.life = friend.floor = begin_life(turn)
    turn.state.friends[key] = friend
    turn.put(friend.record())
    turn.mutations.append(add_friend_report(friend))
    return None


def _with_friend(handler: Callable[[Turn, Friend, Any], str | None]) -> Callable[[Turn, Any], str | None]:
    """A handler that needs the friend its request names."""

    def handle(turn: Turn, request: Any) -> str | None:
        friend = turn.state.friends.get(request.friend_public_key)
        return UNKNOWN_FRIEND if friend is None else handler(turn, friend, request)

    return handle


def _remove_friend(turn: Turn, friend: Friend, _request: RemoveFriend) -> str | None:
    leaving.remove(turn, friend)
    return None


def _set_friend_relays(turn: Turn, friend: Friend, request: SetFriendRelays) -> str | None:
    if len(request.relays) > FRIEND_RELAYS_MAX:
        return TOO_MANY_RELAYS
    if request.relays == friend.remote_relays:
        return None
    friend.remote_relays = request.relays
    turn.put(friend.record())
    turn.change_friend(friend.public_key, SetRemoteRelays(request.relays))
    turn.reaching[friend.public_key] = None
    return None


def _set_friend_name(turn: Turn, friend: Friend, request: SetFriendName) -> str | None:
    if len(request.name.encode()) > NAME_BYTES_MAX:
        return NAME_TOO_LONG
    if request.name != friend.name:
        friend.name = request.name
        turn.put(friend.record())
        turn.change_friend(friend.public_key, SetName(request.name))
    return None


def _enable_friend(turn: Turn, friend: Friend, _request: EnableFriend) -> str | None:
    if friend.public_key in turn.state.revoked:
        return REVOKED
    successor = turn.state.successors.get(friend.public_key)
    if successor is not None:
        name = turn.state.friends[successor].name
        return f"its balances are offered to {name!r}; if they shall stay here, remove {name!r} first"
    friend.is_enabled = True
    turn.put(friend.record())
    turn.change_friend(friend.public_key, SetStatus(True))
    turn.reaching[friend.public_key] = None
    return None


def _disable_friend(turn: Turn, friend: Friend, _request: DisableFriend) -> str | None:
    leaving.disable(turn, friend)
    return None


def _reset_by_proof(turn: Turn, friend: Friend, request: ResetByProof) -> str | None:
    terms = friend.channel.remote_terms
    if terms is not None:
        reason = unproved(
            friend.channel,
            terms,
            request.token,
            lives=turn.lives,
            floor=friend.floor,
            now=turn.now,
            mark=friend.mark,
            has_told=friend.has_told,
        )
        if reason is not None:
            return reason
    return _reset_friend_channel(
        turn, friend, ResetFriendChannel(request.friend_public_key, request.reset_token)
    )


def _reset_friend_channel(turn: Turn, friend: Friend, request: ResetFriendChannel) -> str | None:
    channel = friend.channel
    if channel.is_consistent:
        return "the channel with this friend is consistent"
    if channel.remote_terms is None:
        return "the friend has not told its terms yet"
    if channel.remote_terms.reset_token != request.reset_token:
        return "the friend has made new terms since; look at them first"
    old = turn.state.predecessor_of(friend.public_key)
    if old is not None:
        name = turn.state.friends[old].name
        return f"it is to take over the balances of {name!r}, which its own terms would wipe out: it must accept yours"
    names = {item.currency for item in channel.remote_terms.balance_for_reset}
    too_many = len(names | set(friend.configs)) - CURRENCIES_PER_FRIEND_MAX
    if too_many > 0:
        return f"there would be too many currencies with this friend; remove {too_many} that are not in its terms"
    before = channel_state(channel)
    # Carried out as soon as the friend is online (D19).
    channel.reset_wish = request.reset_token
    happened(channel, before, ChannelEvent.OWNER_ACCEPTED)
    turn.put(channel.record())
    turn.trying[friend.public_key] = None
    return None


def _take_friend(turn: Turn, request: TakeFriend) -> str | None:
    key = request.friend_public_key
    found = None if turn.state.found is None else turn.state.found.get(key)
    if turn.state.found is None or found is None:
        return "nobody with this key was found; look at stctrl info found"
    relays = found.handover.relays[:FRIEND_RELAYS_MAX]
    saw_life(turn, found.judged.signed.life)
    refusal = add_friend(turn, AddFriend(key, relays, request.name))
    if refusal is not None:
        return refusal
    friend = turn.state.friends[key]
    # We had other books with it, of which nothing is left: whatever it proves is ours, once.
    friend.floor, friend.has_told = 0, False
    _enable_friend(turn, friend, EnableFriend(key))
    catching_up.handed_over(turn, friend, found.handover)
    turn.state.found.drop(key)
    return None


def _give_up(turn: Turn, request: GiveUp) -> str | None:
    if not reconciling.is_waited_for(turn, request.public_key):
        return "nothing waits for the word of this key"
    reconciling.given_up(turn, request.public_key)
    return None


def _succeed(turn: Turn, friend: Friend, request: Succeed) -> str | None:
    successor = turn.state.friends.get(request.successor_public_key)
    if successor is None:
        return "the new card is not a friend yet"
    refusal = succession.why_not(turn, friend, successor, counts_frozen=request.counts_frozen)
    if refusal is None:
        terms = succession.terms_of(turn, friend)
        become_inconsistent(turn, successor, ChannelEvent.SUCCEEDS, local_terms=terms)
        succession.began(turn, friend, successor)
    return refusal


def _revoke(turn: Turn, request: Revoke) -> str | None:
    try:
        revocation = read_revocation(request.revocation)
    except PeerFault as fault:
        return str(fault)
    return revoke(turn, revocation)


# Currencies


def _config(friend: Friend, currency: Currency) -> ConfigRecord:
    return friend.configs.get(currency) or ConfigRecord(friend.public_key, currency)


def _currencies(friend: Friend) -> set[Currency]:
    """The currencies that have settings, or may get some by what the friend says next: it may name what we announced,
    accept our terms, or learn that we accepted its own.
    """
    channel = friend.channel
    names = {*friend.configs, *channel.local_currencies}
    for terms in (channel.local_terms, channel.former_terms, channel.reset_wish and channel.remote_terms):
        if terms:
            names |= {item.currency for item in terms.balance_for_reset}
    return names


def _configure(turn: Turn, friend: Friend, config: ConfigRecord) -> str | None:
    """Set this if it differs; a currency is announced as soon as anything is set."""
    if config.currency not in friend.configs:
        if not config.currency:
            return "a currency needs a name"
        if len(_currencies(friend) | {config.currency}) > CURRENCIES_PER_FRIEND_MAX:
            return f"there are {CURRENCIES_PER_FRIEND_MAX} currencies with this friend already"
        if sum([len(other.configs) for other in turn.state.friends.values()]) >= FRIEND_CURRENCIES_MAX:
            return f"there are {FRIEND_CURRENCIES_MAX} currencies with all friends together already"
    elif friend.configs[config.currency] == config:
        return None
    set_config(turn, friend, config)
    turn.trying[friend.public_key] = None
    return None


def _set_max_debt(turn: Turn, friend: Friend, request: SetFriendCurrencyMaxDebt) -> str | None:
    config = msgspec.structs.replace(
        _config(friend, request.currency), remote_max_debt=request.remote_max_debt
    )
    return _configure(turn, friend, config)


def _set_rate(turn: Turn, friend: Friend, request: SetFriendCurrencyRate) -> str | None:
    config = msgspec.structs.replace(_config(friend, request.currency), rate=request.rate)
    return _configure(turn, friend, config)


def _open_currency(turn: Turn, friend: Friend, request: OpenFriendCurrency) -> str | None:
    config = msgspec.structs.replace(_config(friend, request.currency), is_open=True)
    return _configure(turn, friend, config)


def _close_currency(turn: Turn, friend: Friend, request: CloseFriendCurrency) -> str | None:
    currency = request.currency
    cancel_queued(turn, friend, (Queue.FORWARDED,), lambda item: item.currency == currency)
    config = msgspec.structs.replace(_config(friend, currency), is_open=False)
    return _configure(turn, friend, config)


def _remove_currency(turn: Turn, friend: Friend, request: RemoveFriendCurrency) -> str | None:
    currency = request.currency
    channel = friend.channel
    if currency not in friend.configs:
        return "this currency is not configured"
    if currency in channel.credits or (
        currency in channel.local_currencies and currency in channel.remote_currencies
    ):
        return f"the currency {currency!r} is active, so it stays: close it, or remove the friend"
    del friend.configs[currency]
    turn.drop(ConfigKey(friend.public_key, currency))
    credit_lines.changed(friend)
    turn.change_friend(friend.public_key, RemoveCurrencyConfig(currency))
    turn.trying[friend.public_key] = None
    return None


HANDLERS: dict[type, Callable[[Turn, Any], str | None]] = {
    AddRelay: add_relay,
    RemoveRelay: remove_relay,
    AddFriend: add_friend,
    RemoveFriend: _with_friend(_remove_friend),
    SetFriendRelays: _with_friend(_set_friend_relays),
    SetFriendName: _with_friend(_set_friend_name),
    EnableFriend: _with_friend(_enable_friend),
    DisableFriend: _with_friend(_disable_friend),
    ResetFriendChannel: _with_friend(_reset_friend_channel),
    ResetByProof: _with_friend(_reset_by_proof),
    Succeed: _with_friend(_succeed),
    Revoke: _revoke,
    TakeFriend: _take_friend,
    GiveUp: _give_up,
    SetFriendCurrencyMaxDebt: _with_friend(_set_max_debt),
    SetFriendCurrencyRate: _with_friend(_set_rate),
    OpenFriendCurrency: _with_friend(_open_currency),
    CloseFriendCurrency: _with_friend(_close_currency),
    RemoveFriendCurrency: _with_friend(_remove_currency),
    CreatePayment: payments.create_payment,
    CreateTransaction: buyer.create_transaction,
    RequestClosePayment: payments.request_close_payment,
    AckClosePayment: payments.ack_close_payment,
    AddInvoice: seller.add_invoice,
    CancelInvoice: lambda turn, request: seller.cancel_invoice(turn, request.invoice_id),
    CommitInvoice: lambda turn, request: seller.commit_invoice(turn, request.commit),
}
"""Every request that is the funder's business, and who handles it."""
