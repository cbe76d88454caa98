"""Making one state of what several friends told after a loss: whose each request is, and what became of it.

A request names its next hop. Each is decided when its two friends have told, and never before its next hop has, known
or not: there is no barrier, so payments between friends that have told go on at once, and a friend that stays away
holds up only what runs over it.

    came from X, and went on to B, one key shorter and else alike   one request: X is the origin again
    came from X, and B collected                                    the collect goes on to X, if its locks open X's
    came from X, and B neither holds it nor has collected           cancelled towards X when all have told, and nothing
                                                                    is held or was just collected that nobody asked for:
                                                                    who lies may have rewritten what it asked or holds
    came from X, and B has not told                                 left alone
    came from X, and B collected, but its promise is not known      left alone: the owner decides
    came from X, for us                                             a part of its invoice, if we promised it and can
                                                                    open it; else cancelled
    ours at B, in our books                                         ours again
    ours at B, and nobody asked                                     lost: nobody waits for the answer

What nobody's signature proves is never called unpaid: a part of a payment that ended while we did not look counts as
lost, unless its collect is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from offset.base.credits import Amount
from offset.base.ids import Currency, PublicKey
from offset.base.limits import REGAIN_SEARCHES_MAX
from offset.core.funder.friend.stray_collects import (
    Collects,
    Name,
    drop_stray,
    keep_strays,
    put_stray,
)
from offset.core.funder.ledger.mutual_credit import Pending, signed_by, unlocks
from offset.core.funder.records import LOST, OWN, From, Origin, PaymentStage, Queue, TransactionRecord
from offset.core.funder.roles.buyer import response_came, transaction_collected, transaction_lost
from offset.core.funder.roles.regaining import regain_payment, regain_sale
from offset.core.funder.roles.seller import take_again
from offset.core.funder.state.state import Friend, Queued
from offset.core.funder.state.turn import Turn
from offset.core.funder.strays import StrayKey
from offset.crypto.locks import hash_lock
from offset.wire.friend import CancelOp, CollectOp, Operation, RequestOp, ResponseOp


class _Waiting:
    """What waits in the queues of friends, by name: looked through once, not once for each request."""

    def __init__(self, turn: Turn, without: PublicKey | None = None) -> None:
        """`without`: nobody waits for the word of this friend."""
        self._turn, self._without = turn, without
        self._riddles: dict[Currency, bool] = {}
        self._answers: dict[PublicKey, dict[Name, list[Queued]]] = {}
        self._passed: dict[PublicKey, set[tuple[Name, Origin]]] = {}

    def answers(self, friend: Friend, name: Name) -> list[Queued]:
        """Our answers to this request of the friend."""
        found = self._answers.get(friend.public_key)
        if found is None:
            found = self._answers[friend.public_key] = {}
            for item in friend.queues[Queue.BACKWARD].values():
                found.setdefault((item.currency, item.operation.request_id), []).append(item)
        return found.get(name, [])

    def promise(self, friend: Friend, name: Name) -> ResponseOp | None:
        """The promise among them."""
        for item in self.answers(friend, name):
            if isinstance(item.operation, ResponseOp):
                return item.operation
        return None

    def answer(self, friend: Friend, name: Name, op: Operation) -> None:
        """One more."""
        waiting = self.answers(friend, name)
        self._turn.answer(friend, name[0], op)
        item = friend.queues[Queue.BACKWARD][friend.next_number - 1]
        self._answers[friend.public_key][name] = [*waiting, item]

    def cancel(self, friend: Friend, name: Name) -> None:
        """This request comes to nothing, whatever waited for it."""
        for item in self.answers(friend, name):
            self._turn.dequeue(friend, Queue.BACKWARD, item.number)
        self._answers[friend.public_key].pop(name, None)
        self.answer(friend, name, CancelOp(name[1]))

    def may_cancel(self, currency: Currency) -> bool:
        """Whether nothing is left in this currency that could explain a request which nobody holds."""
        found = self._riddles.get(currency)
        if found is None:
            found = self._riddles[currency] = _has_riddles(self._turn, currency, self._without)
        return not found

    def is_to_be_said(self, onward: Friend, name: Name, origin: Origin) -> bool:
        """Whether a request waits to be passed on to this friend."""
        found = self._passed.get(onward.public_key)
        if found is None:
            found = self._passed[onward.public_key] = {
                ((item.currency, item.operation.request_id), item.origin)
                for item in onward.queues[Queue.FORWARDED].values()
            }
        return (name, origin) in found


# Before anybody has told


def forget_ties(turn: Turn, friend: Friend) -> None:
    """Our books with this friend are perhaps old: nobody's request hangs on them until it has told."""
    key = friend.public_key
    for queue in (Queue.FORWARDED, Queue.USER):
        for number in list(friend.queues[queue]):
            turn.dequeue(friend, queue, number)
    for credit in friend.channel.credits.values():
        for pending in list(credit.local.values()):
            if isinstance(pending.origin, From):
                turn.merge(credit.set_origin(key, pending, LOST))


def doubt_payments(turn: Turn) -> None:
    """What our apps did since these books were written is not known: they may have handed out commits."""
    for payment in list(turn.state.payments.values()):
        if payment.stage in (PaymentStage.NEW, PaymentStage.IN_PROGRESS):
            turn.put_payment(msgspec.structs.replace(payment, is_promised=True, is_doubtful=True))


# One more friend has told


def enter(turn: Turn, friend: Friend, before: Mapping[Name, RequestOp], collects: Collects) -> None:
    """Decide each request whose two friends have told now, since this one has.

    `before`: requests of the friend in our books until now, which answers of ours may wait for. `collects`: those that
    it made or says that it made.
    """
    waiting = _Waiting(turn)
    keep_strays(turn, friend, collects)
    _drop_old_answers(turn, friend, before)
    _take_in(turn, waiting, friend)
    _find_origins(turn, waiting, friend)
    end_own(turn, friend)
    _decide_all(turn, waiting)


def request_ended(turn: Turn) -> None:
    """A request that nobody asked for has ended: perhaps something was left alone because of it."""
    if turn.state.node.is_restored:
        _decide_all(turn, _Waiting(turn))


def given_up(turn: Turn, key: PublicKey) -> None:
    """Nobody will tell for this key: what waits for its word comes to nothing."""
    waiting = _Waiting(turn, key)
    _solve(turn, key)
    for friend, currency, pending in left_alone(turn, key):
        waiting.cancel(friend, (currency, pending.request.request_id))
    if turn.state.node.is_restored:
        _decide_all(turn, waiting)


def _solve(turn: Turn, key: PublicKey) -> None:
    """The owner does not wait for what this friend collected."""
    for stray in list(turn.state.strays.values()):
        if stray.friend == key and stray.is_last:
            put_stray(turn, msgspec.structs.replace(stray, is_last=False))


def left_alone(turn: Turn, key: PublicKey) -> list[tuple[Friend, Currency, Pending]]:
    """What waits for the word of this key: who asked, the currency, and the request."""
    waiting = _Waiting(turn)
    return [
        (friend, name[0], pending)
        for friend in turn.state.friends.values()
        if friend.has_told and friend.public_key != key
        for name, pending in _unanswered(turn, friend)
        if pending.request.route.public_keys[:1] == (key,) and not _is_passed_on(turn, waiting, friend, name)
    ]


def waiting_for_word(turn: Turn) -> Iterator[tuple[PublicKey, Currency, Amount]]:
    """What is not decided yet: for whose word it waits, the currency, and what the asker has frozen."""
    waiting = _Waiting(turn)
    for friend in turn.state.friends.values():
        if friend.has_told:
            for name, pending in _unanswered(turn, friend):
                route = pending.request.route.public_keys
                if route and not _is_passed_on(turn, waiting, friend, name):
                    yield route[0], name[0], pending.frozen


def may_have_gone_on(turn: Turn, asker: Friend, currency: Currency, op: RequestOp) -> bool:
    """A request that we may have taken and passed on before the loss. Returns whether it must not be passed on now.

    Then it is linked, answered, or left alone until its next hop tells.
    """
    onward = turn.state.friends.get(op.route.public_keys[0])
    if onward is None or not onward.has_told:
        return True
    credit = onward.channel.credits.get(currency)
    under_way = None if credit is None else credit.local.get(op.request_id)
    if under_way is None and StrayKey(onward.public_key, currency, op.request_id) not in turn.state.strays:
        return False
    waiting = _Waiting(turn)
    _find_origins(turn, waiting, asker)
    came = asker.channel.credits[currency].remote[op.request_id]
    _decide(turn, waiting, asker, currency, came, may_cancel=False)
    return True


# Answers of ours that waited in the old books


def _drop_old_answers(turn: Turn, friend: Friend, before: Mapping[Name, RequestOp]) -> None:
    """Only answers to requests that are the same in every field still fit; a false one would stop us at every start."""
    promised: dict[Name, ResponseOp] = {}
    for item in list(friend.queues[Queue.BACKWARD].values()):
        name = item.currency, item.operation.request_id
        if not _fits(friend, item, before.get(name), promised.get(name)):
            turn.dequeue(friend, Queue.BACKWARD, item.number)
        elif isinstance(item.operation, ResponseOp):
            promised[name] = item.operation


def _fits(friend: Friend, item: Queued, old: RequestOp | None, promise: ResponseOp | None) -> bool:
    credit = friend.channel.credits.get(item.currency)
    pending = None if credit is None else credit.remote.get(item.operation.request_id)
    if pending is None:
        return False
    if isinstance(item.operation, CollectOp):
        # Its locks say what it is for, also where it comes from a kit, which has no requests.
        return unlocks(item.operation, Pending(pending.request, pending.response or promise))
    is_same = pending.request == old
    return is_same and not (isinstance(item.operation, ResponseOp) and pending.response is not None)


# Requests of the friend


def _take_in(turn: Turn, waiting: _Waiting, friend: Friend) -> None:
    """The requests of the friend that we have not answered for good are known by their ids again."""
    final = _final(friend)
    for name, credit in friend.channel.credits.items():
        for request_id in list(credit.remote):
            if (name, request_id) not in final:
                known = turn.state.incoming_ids.setdefault((name, request_id), friend.public_key)
                if known != friend.public_key:
                    _settle_name(turn, waiting, turn.state.friends[known], friend, (name, request_id))


def _settle_name(turn: Turn, waiting: _Waiting, first: Friend, second: Friend, name: Name) -> None:
    """Two friends have asked with one id, of which we have passed on one at most: the one that is worth more."""
    credits = [friend.channel.credits[name[0]].remote[name[1]] for friend in (first, second)]
    is_linked = bool(credits[0].request.route.public_keys) and _is_passed_on(turn, waiting, first, name)
    if is_linked or credits[0].frozen >= credits[1].frozen:
        waiting.cancel(second, name)
    else:
        waiting.cancel(first, name)
        turn.state.incoming_ids[name] = second.public_key


def _final(friend: Friend) -> set[Name]:
    return {
        (item.currency, item.operation.request_id)
        for item in friend.queues[Queue.BACKWARD].values()
        if not isinstance(item.operation, ResponseOp)
    }


def _unanswered(turn: Turn, friend: Friend) -> list[tuple[Name, Pending]]:
    ids = turn.state.incoming_ids
    return [
        ((name, request_id), pending)
        for name, credit in friend.channel.credits.items()
        for request_id, pending in credit.remote.items()
        if ids.get((name, request_id)) == friend.public_key
    ]


def _decide_all(turn: Turn, waiting: _Waiting) -> None:
    """All requests of friends that have told, as far as they are not passed on, answered, or parts of invoices."""
    for is_last in (False, True):
        for asker in turn.state.friends.values():
            if asker.has_told:
                for (currency, _), pending in _unanswered(turn, asker):
                    if not turn.state.waiting.has(asker.public_key, pending.request):
                        _decide(turn, waiting, asker, currency, pending, may_cancel=is_last)


def _decide(
    turn: Turn, waiting: _Waiting, asker: Friend, currency: Currency, pending: Pending, *, may_cancel: bool
) -> None:
    request = pending.request
    name = currency, request.request_id
    route = request.route.public_keys
    promise = pending.response or waiting.promise(asker, name)
    if not route:
        again = Pending(request, promise)
        is_part = take_again(turn, asker, currency, again) or _regain_sale(turn, asker, currency, again)
        if not is_part and may_cancel and waiting.may_cancel(currency):
            waiting.cancel(asker, name)
        return
    if _is_passed_on(turn, waiting, asker, name):
        return
    stray = turn.state.strays.get(StrayKey(route[0], *name))
    if stray is not None:
        known = promise or stray.response
        is_good = known is not None and signed_by(known, request, currency, route[-1])
        if known is not None and is_good and unlocks(stray.collect, Pending(request, known)):
            if promise is None:
                waiting.answer(asker, name, known)
            waiting.answer(asker, name, stray.collect)
            drop_stray(turn, stray)
            return
        if hash_lock(stray.collect.src_plain_lock) == request.src_hashed_lock:
            # It was collected, and only the promise is missing: we have paid, so the owner decides (`given_up`).
            return
    onward = turn.state.friends.get(route[0])
    if onward is None or not onward.has_told:
        # It may have collected already, whoever it is.
        return
    if may_cancel and waiting.may_cancel(currency):
        waiting.cancel(asker, name)


def _has_riddles(turn: Turn, currency: Currency, without: PublicKey | None) -> bool:
    """Whether somebody is still to tell, holds requests of ours that nobody asked for, or has just collected some."""
    others = [friend for friend in turn.state.friends.values() if friend.public_key != without]
    if any(not friend.has_told or _holds_unasked(friend, currency) for friend in others):
        return True
    return any(stray.is_last and stray.currency == currency for stray in turn.state.strays.values())


def _holds_unasked(friend: Friend, currency: Currency) -> bool:
    credit = friend.channel.credits.get(currency)
    local = () if credit is None else credit.local.values()
    return any(pending.origin == LOST and pending.frozen for pending in local)


def is_waited_for(turn: Turn, key: PublicKey) -> bool:
    """Whether something that friends asked for waits for what this key tells, holds or has just collected."""
    if left_alone(turn, key):
        return True
    friend = turn.state.friends.get(key)
    if not turn.state.node.is_restored or friend is None:
        return False
    is_riddle = any(stray.is_last and stray.friend == key for stray in turn.state.strays.values())
    holds = any(_holds_unasked(friend, currency) for currency in friend.channel.credits)
    return is_riddle or holds or not friend.has_told


def _regain_sale(turn: Turn, asker: Friend, currency: Currency, pending: Pending) -> bool:
    """The invoice is lost, too; our key may make it again. Never for more than it was about."""
    request = pending.request
    paid = turn.state.waiting.paid((request.invoice_id, request.src_hashed_lock))
    is_within = paid + request.dest_payment <= request.total_dest_payment
    return is_within and regain_sale(turn, asker, currency, pending)


# Requests of ours


def is_passed_on_as(came: RequestOp, went: RequestOp, to: PublicKey) -> bool:
    """Whether the second is the first, passed on to this friend: what one friend tells must fit what another tells."""
    return (
        came.route.public_keys == (to, *went.route.public_keys)
        and came.src_hashed_lock == went.src_hashed_lock
        and came.dest_payment == went.dest_payment
        and came.total_dest_payment == went.total_dest_payment
        and came.invoice_id == went.invoice_id
        and came.left_fees >= went.left_fees
    )


def is_own(turn: Turn, friend: Friend, currency: Currency, went: RequestOp) -> bool:
    """Whether our books say that we asked this friend for it ourselves."""
    transaction = turn.state.transactions.get(went.request_id)
    if transaction is None or transaction.friend != friend.public_key:
        return False
    payment = turn.state.payments[transaction.payment_id]
    return (
        payment.currency == currency
        and payment.invoice_id == went.invoice_id
        and payment.total_dest_payment == went.total_dest_payment
        and transaction.dest_payment == went.dest_payment
        and transaction.fees == went.left_fees
        and hash_lock(payment.src_plain_lock) == went.src_hashed_lock
    )


def _find_origins(turn: Turn, waiting: _Waiting, friend: Friend) -> None:
    """Of what we asked this friend for, and of what we asked others for that came from it."""
    searches = 0
    for onward in list(turn.state.friends.values()):
        if not onward.has_told:
            continue
        for currency, credit in onward.channel.credits.items():
            for pending in list(credit.local.values()):
                if onward is friend or pending.origin == LOST:
                    origin = _origin_of(turn, onward, currency, pending)
                    if origin == LOST and onward is friend and searches < REGAIN_SEARCHES_MAX:
                        searches += 1
                        origin = OWN if regain_payment(turn, friend, currency, pending) else LOST
                    if origin != pending.origin or onward is friend:
                        turn.merge(credit.set_origin(onward.public_key, pending, origin))
                        _found(turn, waiting, onward, currency, credit.local[pending.request.request_id])


def _origin_of(turn: Turn, onward: Friend, currency: Currency, pending: Pending) -> Origin:
    request = pending.request
    asker = turn.state.friends.get(
        turn.state.incoming_ids.get((currency, request.request_id), onward.public_key)
    )
    if asker is not None and asker is not onward:
        came = asker.channel.credits[currency].remote[request.request_id]
        if is_passed_on_as(came.request, request, onward.public_key):
            return From(asker.public_key)
    return OWN if is_own(turn, onward, currency, request) else LOST


def _found(turn: Turn, waiting: _Waiting, onward: Friend, currency: Currency, pending: Pending) -> None:
    """This request of ours has an origin: it may have missed the promise."""
    request, promise = pending.request, pending.response
    if pending.origin == OWN:
        if promise is not None and turn.state.transactions[request.request_id].response is None:
            response_came(turn, promise)
    elif isinstance(pending.origin, From):
        turn.state.passed_on.add(pending.origin.friend, onward.public_key, currency, request)
        asker = turn.state.friends[pending.origin.friend]
        came = asker.channel.credits[currency].remote[request.request_id]
        name = currency, request.request_id
        if promise is not None and not (came.response or waiting.promise(asker, name)):
            waiting.answer(asker, name, promise)


def _is_passed_on(turn: Turn, waiting: _Waiting, asker: Friend, name: Name) -> bool:
    """Whether this request is under way to the next hop."""
    request = asker.channel.credits[name[0]].remote[name[1]].request
    onward = turn.state.friends.get(request.route.public_keys[0])
    if onward is None:
        return False
    credit = onward.channel.credits.get(name[0])
    pending = None if credit is None else credit.local.get(name[1])
    if pending is not None and pending.origin == From(asker.public_key):
        return True
    return waiting.is_to_be_said(onward, name, From(asker.public_key))


def end_own(turn: Turn, friend: Friend) -> None:
    """Parts of payments of ours that are not under way any more ended while we did not look."""
    for transaction in list(turn.state.transactions.values()):
        if transaction.friend != friend.public_key or _is_under_way(turn, friend, transaction):
            continue
        payment = turn.state.payments[transaction.payment_id]
        stray = turn.state.strays.get(StrayKey(friend.public_key, payment.currency, transaction.request_id))
        promise = transaction.response
        if (
            stray is not None
            and promise is not None
            and stray.collect.src_plain_lock == payment.src_plain_lock
            and hash_lock(stray.collect.dest_plain_lock) == promise.dest_hashed_lock
        ):
            transaction_collected(turn, stray.collect)
            drop_stray(turn, stray)
        else:
            transaction_lost(turn, transaction.request_id)


def _is_under_way(turn: Turn, friend: Friend, part: TransactionRecord) -> bool:
    credit = friend.channel.credits.get(turn.state.payments[part.payment_id].currency)
    pending = None if credit is None else credit.local.get(part.request_id)
    if pending is not None and pending.origin == OWN:
        return True
    return any(item.operation.request_id == part.request_id for item in friend.queues[Queue.USER].values())
