"""Making one state of what several friends told after a loss: whose each request is, and what became of it.

A request names its next hop. Each is decided when its two friends have told, and never before its next hop has, known
or not: there is no barrier, so payments between friends that have told go on at once, and a friend that stays away
holds up only what runs over it.

    came from X, and went on to B, one key shorter and else alike   one request: X is the origin again
    came from X, and B collected                                    the collect goes on to X, if its locks open X's
    came from X, and B neither holds it nor has collected           cancelled towards X
    came from X, and B has not told                                 left alone
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
from offset.base.ids import Currency, PublicKey, RequestId
from offset.base.limits import REGAIN_SEARCHES_MAX, STRAYS_MAX
from offset.core.funder.ledger.mutual_credit import Pending, signed_by, unlocks
from offset.core.funder.records import LOST, OWN, From, Origin, PaymentStage, Queue, TransactionRecord
from offset.core.funder.roles.buyer import response_came, transaction_collected, transaction_lost
from offset.core.funder.roles.regaining import regain_payment, regain_sale
from offset.core.funder.roles.seller import take_again
from offset.core.funder.state.state import Friend, Queued
from offset.core.funder.state.turn import Turn
from offset.core.funder.strays import StrayKey, StrayRecord
from offset.crypto.locks import hash_lock
from offset.wire.friend import CancelOp, CollectOp, RequestOp, ResponseOp

Name = tuple[Currency, RequestId]
Collects = Mapping[Name, CollectOp]

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
    _keep_strays(turn, friend, collects)
    _drop_old_answers(turn, friend, before)
    _take_in(turn, friend)
    _find_origins(turn, friend)
    for asker, currency, pending in _undecided(turn, friend):
        _decide(turn, asker, currency, pending)
    _end_own(turn, friend)


def given_up(turn: Turn, key: PublicKey) -> None:
    """Nobody will tell for this key: what waits for its word comes to nothing."""
    for friend in turn.state.friends.values():
        if friend.has_told and friend.public_key != key:
            for name, pending in _unanswered(turn, friend):
                if pending.request.route.public_keys[:1] == (key,) and not _is_passed_on(turn, friend, name):
                    _cancel(turn, friend, name)


def waiting_for_word(turn: Turn) -> Iterator[tuple[PublicKey, Currency, Amount]]:
    """What waits for the word of somebody who has not told: for whose, the currency, and what the asker has frozen."""
    for friend in turn.state.friends.values():
        if not friend.has_told:
            continue
        for name, pending in _unanswered(turn, friend):
            route = pending.request.route.public_keys
            onward = turn.state.friends.get(route[0]) if route else None
            if route and (onward is None or not onward.has_told) and not _is_passed_on(turn, friend, name):
                yield route[0], name[0], pending.frozen


def keep_stray(
    turn: Turn, friend: Friend, currency: Currency, collect: CollectOp, response: ResponseOp | None
) -> bool:
    """A collect whose asker is not known: keep it if somebody may still tell. Returns whether it is kept."""
    if all(other.has_told for other in turn.state.friends.values()):
        return False
    return _put_stray(turn, StrayRecord(friend.public_key, currency, collect.request_id, collect, response))


def _keep_strays(turn: Turn, friend: Friend, collects: Collects) -> None:
    # Later ones are newer; there are never so many that an old one could be needed.
    for (currency, request_id), collect in collects.items():
        _put_stray(turn, StrayRecord(friend.public_key, currency, request_id, collect, None))


def _put_stray(turn: Turn, stray: StrayRecord) -> bool:
    strays = turn.state.strays
    if stray.key() not in strays and len(strays) >= STRAYS_MAX:
        return False
    strays[stray.key()] = stray
    turn.put(stray)
    return True


def _drop_stray(turn: Turn, stray: StrayRecord) -> None:
    del turn.state.strays[stray.key()]
    turn.drop(stray.key())


def drop_strays(turn: Turn, friend: Friend) -> None:
    """The friend goes, and what it said with it."""
    for stray in [stray for stray in turn.state.strays.values() if stray.friend == friend.public_key]:
        _drop_stray(turn, stray)


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
    if pending is None or pending.request != old:
        return False
    match item.operation:
        case ResponseOp():
            return pending.response is None
        case CollectOp():
            return unlocks(item.operation, Pending(pending.request, pending.response or promise))
    return True


# Requests of the friend


def _take_in(turn: Turn, friend: Friend) -> None:
    """The requests of the friend that we have not answered for good are known by their ids again."""
    final = _final(friend)
    for name, credit in friend.channel.credits.items():
        for request_id in list(credit.remote):
            if (name, request_id) not in final:
                known = turn.state.incoming_ids.setdefault((name, request_id), friend.public_key)
                if known != friend.public_key:
                    _cancel(turn, friend, (name, request_id))


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


def _undecided(turn: Turn, friend: Friend) -> list[tuple[Friend, Currency, Pending]]:
    """Requests of this friend, and those of others that go on to it."""
    found = [(friend, name[0], pending) for name, pending in _unanswered(turn, friend)]
    for other in turn.state.friends.values():
        if other.has_told and other is not friend:
            for name, pending in _unanswered(turn, other):
                if pending.request.route.public_keys[:1] == (friend.public_key,):
                    found.append((other, name[0], pending))
    return found


def _decide(turn: Turn, asker: Friend, currency: Currency, pending: Pending) -> None:
    request = pending.request
    name = currency, request.request_id
    route = request.route.public_keys
    promise = pending.response or _waiting_promise(asker, name)
    if not route:
        again = Pending(request, promise)
        if not take_again(turn, asker, currency, again) and not _regain_sale(turn, asker, currency, again):
            _cancel(turn, asker, name)
        return
    onward = turn.state.friends.get(route[0])
    if onward is None or not onward.has_told:
        # It may have collected already, whoever it is.
        return
    if _is_passed_on(turn, asker, name):
        return
    stray = turn.state.strays.get(StrayKey(onward.public_key, *name))
    if stray is not None:
        known = promise or stray.response
        is_good = known is not None and signed_by(known, request, currency, route[-1])
        if known is not None and is_good and unlocks(stray.collect, Pending(request, known)):
            if promise is None:
                turn.answer(asker, currency, known)
            turn.answer(asker, currency, stray.collect)
            _drop_stray(turn, stray)
            return
    _cancel(turn, asker, name)


def _regain_sale(turn: Turn, asker: Friend, currency: Currency, pending: Pending) -> bool:
    """The invoice is lost, too; our key may make it again. Never for more than it was about."""
    request = pending.request
    paid = turn.state.waiting.paid((request.invoice_id, request.src_hashed_lock))
    is_within = paid + request.dest_payment <= request.total_dest_payment
    return is_within and regain_sale(turn, asker, currency, pending)


def _waiting_promise(friend: Friend, name: Name) -> ResponseOp | None:
    for item in friend.queues[Queue.BACKWARD].values():
        if isinstance(item.operation, ResponseOp) and (item.currency, item.operation.request_id) == name:
            return item.operation
    return None


def _cancel(turn: Turn, friend: Friend, name: Name) -> None:
    for item in list(friend.queues[Queue.BACKWARD].values()):
        if (item.currency, item.operation.request_id) == name:
            turn.dequeue(friend, Queue.BACKWARD, item.number)
    turn.answer(friend, name[0], CancelOp(name[1]))


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


def _find_origins(turn: Turn, friend: Friend) -> None:
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
                        _found(turn, onward, currency, credit.local[pending.request.request_id])


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


def _found(turn: Turn, onward: Friend, currency: Currency, pending: Pending) -> None:
    """This request of ours has an origin: it may have missed the promise."""
    request, promise = pending.request, pending.response
    if pending.origin == OWN:
        if promise is not None and turn.state.transactions[request.request_id].response is None:
            response_came(turn, promise)
    elif isinstance(pending.origin, From):
        turn.state.passed_on.add(pending.origin.friend, onward.public_key, currency, request)
        asker = turn.state.friends[pending.origin.friend]
        came = asker.channel.credits[currency].remote[request.request_id]
        is_told = came.response or _waiting_promise(asker, (currency, request.request_id))
        if promise is not None and not is_told:
            turn.answer(asker, currency, promise)


def _is_passed_on(turn: Turn, asker: Friend, name: Name) -> bool:
    """Whether this request is under way to the next hop."""
    request = asker.channel.credits[name[0]].remote[name[1]].request
    onward = turn.state.friends.get(request.route.public_keys[0])
    if onward is None:
        return False
    credit = onward.channel.credits.get(name[0])
    pending = None if credit is None else credit.local.get(name[1])
    if pending is not None and pending.origin == From(asker.public_key):
        return True
    return any(
        item.operation.request_id == name[1]
        and item.currency == name[0]
        and item.origin == From(asker.public_key)
        for item in onward.queues[Queue.FORWARDED].values()
    )


def _end_own(turn: Turn, friend: Friend) -> None:
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
            _drop_stray(turn, stray)
        else:
            transaction_lost(turn, transaction.request_id)


def _is_under_way(turn: Turn, friend: Friend, part: TransactionRecord) -> bool:
    credit = friend.channel.credits.get(turn.state.payments[part.payment_id].currency)
    pending = None if credit is None else credit.local.get(part.request_id)
    if pending is not None and pending.origin == OWN:
        return True
    return any(item.operation.request_id == part.request_id for item in friend.queues[Queue.USER].values())
