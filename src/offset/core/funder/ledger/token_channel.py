"""The ordered talk of two friends: who may speak, and what both agree on (spec 03, 2).

Exactly one side holds the token. `make` turns what we have to say into the next move token and gives the token away;
`receive` judges a message of the friend. Nothing changes before the whole message is found right: `Next` carries the
outcome, and `apply_next` makes it true.

    we hold the token      --make-->      the friend holds it
    the friend holds it    --Next-->      we hold the token
    any                    --Mismatch-->  inconsistent, see reset.py

Why two books stay equal although links break at any moment and either machine may die:

- Each move token names the one before it (`old_token`) and signs the balances that follow from it (`info_hash`). Who
  takes it has computed the same balances from its own book, so there is no state in which both agree on a signature
  and not on the numbers.
- Whoever gave the token away keeps its message (`outgoing`) and can say it again, byte for byte, until the friend's
  next one arrives. A repeated message is recognized (`Duplicate`) and changes nothing.
- So at each moment the two books differ by at most one move token, and the side that is ahead holds its bytes. That
  is why a message must be durable before it leaves (the outbox), and why one slot for each friend is queue enough.
- `Missed` says that the friend repeats what ours has answered already: it is one message behind, and gets ours again.
- Everything else is a `Mismatch`: a book was lost, or the friend lies. No book is corrected silently; the owners
  decide by reset terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from offset.base.credits import Amount
from offset.base.faults import PeerFault
from offset.base.ids import Currency, RandValue
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, OPERATIONS_PER_MESSAGE_MAX, U128_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.channel_states import ChannelEvent, channel_state, happened
from offset.core.funder.ledger.mutual_credit import Draft, MutualCredit, Pending, Verdict
from offset.crypto.public_keys import verify
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    MoveToken,
    Operation,
    RequestOp,
    ResponseOp,
)
from offset.wire.report import MoveTokenHashedReport
from offset.wire.signing import flip, info_hash, move_token_buffer, move_token_prefix_hash, prefix_hash


class Taken(msgspec.Struct, frozen=True):
    """How one operation of a message was taken."""

    currency: Currency
    op: Operation
    verdict: Verdict | None
    """Of a request."""
    answered: Pending | None
    """The request of ours that an answer belongs to, as it was."""


class Next(msgspec.Struct, frozen=True):
    """The friend's next move token, found right: we hold the token once it is applied."""

    drafts: dict[Currency, Draft]
    taken: tuple[Taken, ...]
    message: MoveToken
    report: MoveTokenHashedReport


class Duplicate(msgspec.Struct, frozen=True):
    """The last move token again."""


class Missed(msgspec.Struct, frozen=True):
    """The friend missed our last move token: repeat it."""


class Mismatch(msgspec.Struct, frozen=True):
    """The ledgers disagree."""

    reason: str


# Receiving


def receive(
    channel: Channel, message: MoveToken, max_debt: Callable[[Currency], Amount]
) -> Next | Duplicate | Missed | Mismatch:
    """Judge a move token of the friend. `max_debt` gives the limit we granted per currency, in credits.

    Changes nothing.
    """
    if channel.outgoing is None:
        return _receive_holding(channel, message)
    if message.new_token == channel.outgoing.old_token:
        return Missed()
    if message.old_token != channel.outgoing.new_token:
        return Mismatch("the friend answers a message that we did not send")
    try:
        return _judge(channel, message, max_debt)
    except PeerFault as fault:
        return Mismatch(str(fault))


def _receive_holding(channel: Channel, message: MoveToken) -> Duplicate | Mismatch:
    last = channel.incoming
    if (
        last is not None
        and message.new_token == last.new_token
        and message.rand_nonce == last.rand_nonce
        and move_token_prefix_hash(message) == last.prefix_hash
    ):
        # The info hash and the signature play no part: the first message of all is unsigned.
        return Duplicate()
    return Mismatch("the friend speaks while we hold the token")


def _judge(channel: Channel, message: MoveToken, max_debt: Callable[[Currency], Amount]) -> Next:
    prefix = move_token_prefix_hash(message)
    buffer = move_token_buffer(prefix, message.info_hash, message.rand_nonce)
    if not verify(channel.remote, buffer, message.new_token):
        raise PeerFault("a move token that the friend did not sign")
    drafts = _draft_credits(channel, message.opt_active_currencies)
    taken = _take(channel, message.currencies_operations, drafts, max_debt)
    if channel.move_token_counter >= U128_MAX:
        raise PeerFault("too many messages")
    balances = {name: draft.info() for name, draft in drafts.items()}
    theirs = flip(channel.info_with(balances, 1))
    if info_hash(theirs) != message.info_hash:
        raise PeerFault("the friend's balances differ from ours")
    report = MoveTokenHashedReport(prefix, theirs, message.rand_nonce, message.new_token)
    return Next(drafts, taken, message, report)


def _draft_credits(channel: Channel, remote_currencies: tuple[Currency, ...] | None) -> dict[Currency, Draft]:
    """Drafts of all credits, also of those that the friend's list of currencies brings to life."""
    drafts = {name: Draft(credit) for name, credit in channel.credits.items()}
    if remote_currencies is not None:
        if "" in remote_currencies or len(dict.fromkeys(remote_currencies)) != len(remote_currencies):
            # Such lists can hash alike: D24.
            raise PeerFault("an empty or repeated currency")
        if len(remote_currencies) > CURRENCIES_PER_FRIEND_MAX:
            raise PeerFault("too many currencies")
        if any(name not in remote_currencies for name in channel.credits):
            raise PeerFault("the list of currencies lacks an active one")
        for name in remote_currencies:
            if name in channel.local_currencies and name not in drafts:
                drafts[name] = Draft(MutualCredit(name))
    return drafts


def _take(
    channel: Channel,
    groups: tuple[CurrencyOperations, ...],
    drafts: dict[Currency, Draft],
    max_debt: Callable[[Currency], Amount],
) -> tuple[Taken, ...]:
    # Groups without operations are work too.
    if sum([max(len(group.operations), 1) for group in groups]) > OPERATIONS_PER_MESSAGE_MAX:
        raise PeerFault("too many operations")
    pending = sum([len(draft.credit.remote) + len(draft.remote) for draft in drafts.values()])
    taken: list[Taken] = []
    for group in groups:
        draft = drafts.get(group.currency)
        if draft is None:
            raise PeerFault("operations in a currency that is not active")
        limit = max_debt(group.currency)
        changed = len(draft.remote)
        elsewhere = pending - len(draft.credit.remote) - changed
        for op in group.operations:
            verdict, answered = None, None
            match op:
                case RequestOp():
                    verdict = draft.receive_request(op, limit, elsewhere)
                case ResponseOp():
                    answered = draft.receive_response(op, channel.remote)
                case CancelOp():
                    answered = draft.receive_cancel(op)
                case CollectOp():
                    answered = draft.receive_collect(op)
            taken.append(Taken(group.currency, op, verdict, answered))
        pending += len(draft.remote) - changed
    return tuple(taken)


def apply_next(channel: Channel, found: Next) -> None:
    """The friend's message is right: now we hold the token."""
    before = channel_state(channel)
    _adopt(channel, found.drafts)
    if found.message.opt_active_currencies is not None:
        channel.remote_currencies = found.message.opt_active_currencies
    channel.move_token_counter += 1
    channel.incoming = found.report
    channel.outgoing = None
    happened(channel, before, ChannelEvent.NEXT)


def _adopt(channel: Channel, drafts: dict[Currency, Draft]) -> None:
    for name, draft in drafts.items():
        channel.credits.setdefault(name, draft.credit).adopt(draft)


# Sending


def draft_to_send(channel: Channel, currencies: tuple[Currency, ...] | None) -> dict[Currency, Draft]:
    """Drafts to put our operations into. `currencies`: our new list, if it changes."""
    drafts = {name: Draft(credit) for name, credit in channel.credits.items()}
    for name in currencies or ():
        if name in channel.remote_currencies and name not in drafts:
            drafts[name] = Draft(MutualCredit(name))
    return drafts


def make(
    channel: Channel,
    signer: Signer,
    rand_nonce: RandValue,
    drafts: dict[Currency, Draft],
    groups: tuple[CurrencyOperations, ...],
    relays: Iterable[RelayAddress] | None,
    currencies: tuple[Currency, ...] | None,
) -> MoveToken:
    """Say all this and give the token away. The operations of `groups` were put into `drafts` before."""
    before = channel_state(channel)
    assert channel.outgoing is None, "only who holds the token may speak"
    assert channel.incoming is not None
    old_token = channel.incoming.new_token
    listed = None if relays is None else tuple(relays)
    if currencies is not None:
        channel.local_currencies = currencies
    _adopt(channel, drafts)
    channel.move_token_counter = (channel.move_token_counter + 1) & U128_MAX
    info = info_hash(channel.token_info())
    signature = signer.sign(
        move_token_buffer(prefix_hash(old_token, groups, listed, currencies), info, rand_nonce)
    )
    message = MoveToken(old_token, groups, listed, currencies, info, rand_nonce, signature)
    channel.outgoing = message
    happened(channel, before, ChannelEvent.SAID)
    return message
