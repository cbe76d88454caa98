"""Whether we may take over what a friend hands over: by our own signature, and the friend's. Changes nothing.

Our books are older than the friend's, after a loss. The friend holds our last move token, which signs all balances
(`incoming`), and its own next one (`outgoing`). So whatever it hands over is bounded by what we signed:

    balance - frozen by us, after  >=  the same, in what we signed

for a balance falls only by what we had frozen, and no more is frozen by us than before. Whatever the friend invents of
requests, we end no lower than if all were collected that we had frozen when we signed. The checks are those of the
design, V1 to V7; each refusal names its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

import msgspec

from offset.base.credits import Amount, Balance
from offset.base.ids import Currency, PublicKey, RequestId
from offset.base.limits import CURRENCY_BYTES_MAX, PENDING_PER_FRIEND_MAX, U128_MAX
from offset.base.route_rules import valid_remaining_route
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import MutualCredit, Pending, signed_by
from offset.crypto.lives import LifeCipher, Signed
from offset.wire.aside import HandedCredit, HandedRequest, Handover
from offset.wire.friend import CancelOp, CollectOp, MoveToken, Operation, RequestOp, ResponseOp
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)
from offset.wire.signing import (
    info_hash,
    initial_move_token,
    initial_token_info,
    move_token_prefix_hash,
    verify_move_token,
    verify_move_token_hashed,
)

SUMS_BELOW: Balance = 2**127
"""What stands with a friend in a currency, and all that is frozen there, stays below it."""


class Check(enum.Enum):
    """What was not as it must be."""

    OURS = "V1"
    """No signature of ours, or not for this friend."""
    NEWER = "V2"
    """Of an earlier life, or not newer than what we know."""
    ANSWERED = "V3"
    """The friend's message does not follow, or is not signed by it."""
    SUMS = "V4"
    """What is handed over is not what the friend signed."""
    MOVED = "V5"
    """The friend's message does not lead from what we signed to what it signed."""
    PROMISES = "V6"
    """A promise that no seller signed."""
    LIMITS = "V7"
    """Beyond the limits of what two friends can agree on."""


class Standing(msgspec.Struct, frozen=True):
    """How far our own books are with a friend. That of a friend whom they do not know is `Standing()`."""

    life: int = 0
    """Of our last message that they know."""
    inconsistency_counter: int = 0
    move_token_counter: int = 0
    floor: int = 0
    """What we signed in lower lives is of no account."""
    mark: tuple[int, int] = (0, 0)
    """Inconsistency counter and number of the friend's last message that we held when a kit was made, in the life of
    the floor."""
    knows_first: bool = False
    """Whether the first token of all, which nobody signs, may be built on: our books begin with this friend."""


class Judged(msgspec.Struct, frozen=True):
    """What we may take over."""

    channel: Channel
    """As it is when the friend's message has been taken; we hold the token. All our requests have no origin yet."""
    signed: Signed
    """When our signature was made, and in which life."""
    message: MoveToken
    """The friend's last one, with its collects."""


class Refused(msgspec.Struct, frozen=True):
    """What we must not take over."""

    check: Check
    why: str
    signed: Signed | None = None
    """When our signature was made, if it is ours."""


class _Fault(Exception):
    def __init__(self, check: Check, why: str) -> None:
        super().__init__(why)
        self.check, self.why = check, why


def judge(
    local: PublicKey, remote: PublicKey, handover: Handover, ours: Standing, lives: LifeCipher, now: int
) -> Judged | Refused:
    """What `remote` hands over to us, `local`. `now` in seconds since 1970."""
    signed: Signed | None = None
    try:
        _ours(local, remote, handover.incoming, ours)
        signed = lives.open(handover.incoming.rand_nonce, now)
        _newer(handover.incoming, signed, ours)
        _answered(remote, handover)
        _limits(handover)
        info = _sums(local, remote, handover)
        _moved(handover)
        _promises(local, remote, handover)
    except _Fault as fault:
        return Refused(fault.check, fault.why, signed)
    return Judged(_channel(local, remote, handover, info), signed, handover.outgoing)


def _ours(local: PublicKey, remote: PublicKey, token: MoveTokenHashedReport, ours: Standing) -> None:
    mc = token.token_info.mc
    if (mc.local_public_key, mc.remote_public_key) != (local, remote):
        raise _Fault(Check.OURS, "the token is of others")
    if verify_move_token_hashed(token):
        return
    is_first = ours.knows_first and (ours.inconsistency_counter, ours.move_token_counter) == (0, 0)
    if not (is_first and _is_first(local, remote, token)):
        raise _Fault(Check.OURS, "we did not sign it")


def _is_first(local: PublicKey, remote: PublicKey, token: MoveTokenHashedReport) -> bool:
    """Whether it is the token that both sides of a new channel know."""
    first, info = initial_move_token(local, remote), initial_token_info(local, remote)
    return (token.prefix_hash, token.token_info, token.rand_nonce, token.new_token) == (
        move_token_prefix_hash(first),
        info,
        first.rand_nonce,
        first.new_token,
    )


def _newer(token: MoveTokenHashedReport, signed: Signed, ours: Standing) -> None:
    counters = token.token_info.counters
    reached = counters.inconsistency_counter, counters.move_token_counter + 1
    if signed.life < ours.floor:
        raise _Fault(Check.NEWER, "we signed it in an earlier life")
    if (signed.life, *reached) <= (ours.life, ours.inconsistency_counter, ours.move_token_counter):
        raise _Fault(Check.NEWER, "it is not newer than what we know")
    # In a later life the numbers may have begun anew.
    if (signed.life, *reached) < (ours.floor, *ours.mark):
        raise _Fault(Check.NEWER, "we once held a newer message of this friend")


def _answered(remote: PublicKey, handover: Handover) -> None:
    message = handover.outgoing
    if message.old_token != handover.incoming.new_token:
        raise _Fault(Check.ANSWERED, "the friend's message does not follow our token")
    if not verify_move_token(message, remote):
        raise _Fault(Check.ANSWERED, "the friend did not sign its message")
    if handover.incoming.token_info.counters.move_token_counter >= U128_MAX:
        raise _Fault(Check.ANSWERED, "there were too many messages")


def _limits(handover: Handover) -> None:
    """The shape of lists and requests, before anything is computed of them."""
    names = [credit.currency for credit in handover.credits]
    for listed in (handover.local_currencies, handover.remote_currencies, tuple(names)):
        if len(set(listed)) != len(listed) or not all(
            0 < len(name.encode()) <= CURRENCY_BYTES_MAX for name in listed
        ):
            raise _Fault(Check.LIMITS, "an empty, long or repeated currency")
    for listed in (handover.local_currencies, handover.remote_currencies):
        if not set(names) <= set(listed):
            raise _Fault(Check.LIMITS, "an active currency that is not in both lists")
    counts = [(len(credit.asked), len(credit.taken)) for credit in handover.credits]
    # Beyond its share a friend's request is only cancelled (spec 03, D21); it is under way until then.
    if sum(asked for asked, _ in counts) > 2 * PENDING_PER_FRIEND_MAX:
        raise _Fault(Check.LIMITS, "too many requests of the friend")
    if sum(taken for _, taken in counts) > 2 * PENDING_PER_FRIEND_MAX:
        raise _Fault(Check.LIMITS, "too many requests of ours")
    for credit in handover.credits:
        for side in (credit.asked, credit.taken):
            if len({item.request.request_id for item in side}) != len(side):
                raise _Fault(Check.LIMITS, "a request twice")
            for item in side:
                _request(item)
        if abs(credit.balance) + _frozen(credit.asked) + _frozen(credit.taken) >= SUMS_BELOW:
            raise _Fault(Check.LIMITS, "more credits than there are")


def _request(item: HandedRequest) -> None:
    request = item.request
    if not valid_remaining_route(request.route.public_keys):
        raise _Fault(Check.LIMITS, "a request with a wrong route")
    if request.dest_payment > request.total_dest_payment:
        raise _Fault(Check.LIMITS, "a request for more than its invoice")


def _sums(local: PublicKey, remote: PublicKey, handover: Handover) -> TokenInfo:
    """What the friend signed, as it sees it."""
    balances = tuple(
        CurrencyBalanceInfo(
            credit.currency, BalanceInfo(credit.balance, _frozen(credit.asked), _frozen(credit.taken))
        )
        for credit in sorted(handover.credits, key=lambda credit: credit.currency)
    )
    counters = handover.incoming.token_info.counters
    info = TokenInfo(
        McInfo(remote, local, balances),
        CountersInfo(counters.inconsistency_counter, counters.move_token_counter + 1),
    )
    if info_hash(info) != handover.outgoing.info_hash:
        raise _Fault(Check.SUMS, "the balances and requests are not those that the friend signed")
    listed = handover.outgoing.opt_active_currencies
    if listed is not None and listed != handover.local_currencies:
        raise _Fault(Check.SUMS, "the list of currencies is not the one that the friend signed")
    return info


def _moved(handover: Handover) -> None:
    before = {item.currency: item.balance_info for item in handover.incoming.token_info.mc.balances}
    after = {credit.currency: credit for credit in handover.credits}
    said: dict[Currency, list[Operation]] = {}
    for group in handover.outgoing.currencies_operations:
        said.setdefault(group.currency, []).extend(group.operations)
    for name in dict.fromkeys([*before, *said]):
        if name not in after:
            raise _Fault(Check.MOVED, "an active currency is missing")
    for name, credit in after.items():
        _moved_in(before.get(name, BalanceInfo(0, 0, 0)), credit, said.get(name, []))


def _moved_in(before: BalanceInfo, credit: HandedCredit, said: list[Operation]) -> None:
    """From what we signed (`before`, as we saw it) to what the friend signed, by its message."""
    asked = sum(op.dest_payment + op.left_fees for op in said if isinstance(op, RequestOp))
    if _frozen(credit.asked) != before.remote_pending_debt + asked:
        raise _Fault(Check.MOVED, "the friend froze more or less than its message says")
    paid = before.balance + credit.balance
    let = before.local_pending_debt - _frozen(credit.taken)
    if not 0 <= paid <= let:
        raise _Fault(Check.MOVED, "we would pay what we had not frozen")
    if paid and not any(isinstance(op, CollectOp) for op in said):
        raise _Fault(Check.MOVED, "we would pay without a collect")
    if paid != let and not any(isinstance(op, CancelOp) for op in said):
        raise _Fault(Check.MOVED, "credits come back without a cancel")
    _follows(said, _by_id(credit.asked), _by_id(credit.taken))


def _follows(
    said: list[Operation],
    asked: Mapping[RequestId, HandedRequest],
    taken: Mapping[RequestId, HandedRequest],
) -> None:
    """Each request is as the friend's message left it."""
    ended = {op.request_id for op in said if isinstance(op, CancelOp | CollectOp)}
    for op in said:
        item = (asked if isinstance(op, RequestOp) else taken).get(op.request_id)
        match op:
            case RequestOp():
                is_so = item is not None and (item.request, item.opt_response) == (op, None)
            case ResponseOp():
                is_so = op.request_id in ended or (item is not None and item.opt_response == op)
            case _:
                is_so = item is None
        if not is_so:
            raise _Fault(Check.MOVED, "a request is not as the friend's message left it")


def _promises(local: PublicKey, remote: PublicKey, handover: Handover) -> None:
    for credit in handover.credits:
        for side, next_hop in ((credit.asked, local), (credit.taken, remote)):
            for item in side:
                if item.opt_response is None:
                    continue
                route = item.request.route.public_keys
                seller = route[-1] if route else next_hop
                if not signed_by(item.opt_response, item.request, credit.currency, seller):
                    raise _Fault(Check.PROMISES, "a promise that its seller did not sign")


def _channel(local: PublicKey, remote: PublicKey, handover: Handover, info: TokenInfo) -> Channel:
    channel = Channel(local, remote)
    for credit in handover.credits:
        mine = channel.credits[credit.currency] = MutualCredit(credit.currency, -credit.balance)
        mine.local = dict(_pending(credit.taken))
        mine.remote = dict(_pending(credit.asked))
        mine.local_debt, mine.remote_debt = _frozen(credit.taken), _frozen(credit.asked)
    channel.local_currencies = handover.remote_currencies
    channel.remote_currencies = handover.local_currencies
    channel.inconsistency_counter = info.counters.inconsistency_counter
    channel.move_token_counter = info.counters.move_token_counter
    message = handover.outgoing
    channel.incoming = MoveTokenHashedReport(
        move_token_prefix_hash(message), info, message.rand_nonce, message.new_token
    )
    channel.outgoing = None
    return channel


def _pending(side: tuple[HandedRequest, ...]) -> Iterator[tuple[RequestId, Pending]]:
    return ((item.request.request_id, Pending(item.request, item.opt_response)) for item in side)


def _by_id(side: tuple[HandedRequest, ...]) -> dict[RequestId, HandedRequest]:
    return {item.request.request_id: item for item in side}


def _frozen(side: tuple[HandedRequest, ...]) -> Amount:
    return sum(item.request.dest_payment + item.request.left_fees for item in side)
