"""When two ledgers disagree: terms, and starting again from one side's numbers (spec 03, 2.7 and 2.8)."""

from __future__ import annotations

from offset.base.entropy import Entropy, new_reset_token
from offset.base.ids import Currency, PublicKey, RandValue
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, I128_MIN, RESETS_AHEAD_MAX, U64_MAX
from offset.core.funder.ledger.channel import Channel, hashed
from offset.core.funder.ledger.channel_states import ChannelEvent, channel_state, happened
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress
from offset.wire.friend import CurrencyBalance, MoveToken, ResetTerms
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, prefix_hash, verify_move_token


def make_terms(channel: Channel, entropy: Entropy) -> ResetTerms:
    """What we would restart from: our balances plus what the friend has frozen (spec 03, 1.6)."""
    balances = tuple(
        CurrencyBalance(name, channel.credits[name].balance_for_reset()) for name in sorted(channel.credits)
    )
    counter = min(channel.inconsistency_counter + 1, U64_MAX)
    return ResetTerms(new_reset_token(entropy), counter, balances)


def acceptable(channel: Channel, terms: ResetTerms) -> bool:
    """Whether the owner could accept such terms of the friend; others are not even kept (D32).

    Each reset counts up: what was signed for an older count can then never pass for something newer. A count far ahead
    would leave no room for later resets.
    """
    names = [item.currency for item in terms.balance_for_reset]
    return (
        0 < terms.inconsistency_counter - channel.inconsistency_counter <= RESETS_AHEAD_MAX
        and terms.inconsistency_counter < U64_MAX
        and len(names) <= CURRENCIES_PER_FRIEND_MAX
        and len(dict.fromkeys(names)) == len(names)
        and "" not in names
        and all(item.balance > I128_MIN for item in terms.balance_for_reset)
    )


def _token_info(sender: PublicKey, receiver: PublicKey, terms: ResetTerms) -> TokenInfo:
    """What a reset by these terms says: the terms of the receiver, negated, in their order."""
    balances = tuple(
        CurrencyBalanceInfo(item.currency, BalanceInfo(-item.balance, 0, 0))
        for item in terms.balance_for_reset
    )
    return TokenInfo(McInfo(sender, receiver, balances), CountersInfo(terms.inconsistency_counter, 0))


def _restart(channel: Channel, terms: ResetTerms, sign: int) -> tuple[Currency, ...]:
    names = tuple(item.currency for item in terms.balance_for_reset)
    channel.credits = {
        item.currency: MutualCredit(item.currency, sign * item.balance) for item in terms.balance_for_reset
    }
    channel.local_currencies = channel.remote_currencies = names
    channel.inconsistency_counter, channel.move_token_counter = terms.inconsistency_counter, 0
    channel.local_terms = channel.remote_terms = channel.reset_wish = None
    return names


def accept_terms(
    channel: Channel, signer: Signer, rand_nonce: RandValue, relays: tuple[RelayAddress, ...]
) -> MoveToken:
    """Start again from the friend's numbers: makes the reset message and changes the channel."""
    terms = channel.remote_terms
    assert terms is not None
    assert channel.local_terms is not None
    before = channel_state(channel)
    info = info_hash(_token_info(channel.local, channel.remote, terms))
    signature = signer.sign(
        move_token_buffer(prefix_hash(terms.reset_token, (), relays, None), info, rand_nonce)
    )
    message = MoveToken(terms.reset_token, (), relays, None, info, rand_nonce, signature)
    channel.former_terms = channel.local_terms
    _restart(channel, terms, -1)
    channel.outgoing = message
    happened(channel, before, ChannelEvent.RESET_SAID)
    return message


def is_reset_by(channel: Channel, message: MoveToken, terms: ResetTerms | None) -> bool:
    """Whether this message of the friend accepts these terms of ours."""
    return (
        terms is not None
        and message.old_token == terms.reset_token
        and not message.currencies_operations
        and message.info_hash == info_hash(_token_info(channel.remote, channel.local, terms))
        and verify_move_token(message, channel.remote)
    )


def take_reset(channel: Channel, message: MoveToken, terms: ResetTerms) -> None:
    """The friend accepted our terms: start again from our numbers, holding the token."""
    before = channel_state(channel)
    channel.incoming = hashed(message, _token_info(channel.remote, channel.local, terms))
    _restart(channel, terms, 1)
    channel.outgoing = None
    channel.former_terms = None
    happened(channel, before, ChannelEvent.RESET_CAME)
