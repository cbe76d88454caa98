"""Two friends who talk by move tokens, one of whom will be shown what it signed; and lies of the other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.handovers import hand_over
from offset.core.funder.ledger.mutual_credit import Draft, response_buffer_of
from offset.core.funder.ledger.token_channel import Next, apply_next, draft_to_send, make, receive
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.crypto.lives import LifeCipher
from offset.crypto.locks import hash_lock
from offset.crypto.public_keys import key_rank
from offset.wire.aside import HandedCredit, HandedRequest, Handover
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    Operation,
    RequestOp,
    ResponseOp,
)
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, prefix_hash
from support.ledger import FST

NOW = 1_796_000_000
LIFE = NOW - 10_000
ENTROPY = SeededEntropy("handed over")
# Ours is the lowest key, so that we have "sent" the first token of all.
US, FRIEND, SELLER, BUYER = sorted(
    [Identity(ENTROPY.bytes(32)) for _ in range(4)], key=lambda identity: key_rank(identity.public_key)
)
CIPHER = LifeCipher(US)
replace = msgspec.structs.replace


def lock(name: str) -> bytes:
    """A secret of 32 bytes."""
    return sha512_256(name.encode())


def request(name: str, amount: int, *route: PublicKey, fees: int = 1) -> RequestOp:
    """A request for so much, to whoever is last of the route or receives it."""
    return RequestOp(
        sha512_256(name.encode())[:16],
        hash_lock(lock(f"src {name}")),
        FriendsRoute(route),
        amount,
        amount,
        lock(f"invoice {name}"),
        fees,
    )


def promise(op: RequestOp, name: str, seller: Identity) -> ResponseOp:
    """The seller's promise for it."""
    unsigned = ResponseOp(op.request_id, hash_lock(lock(f"dest {name}")), True, bytes(16), bytes(64))
    return replace(unsigned, signature=seller.sign(response_buffer_of(unsigned, op, FST)))


def collect(op: RequestOp, name: str) -> CollectOp:
    """The locks that open it."""
    return CollectOp(op.request_id, lock(f"src {name}"), lock(f"dest {name}"))


class Talk:
    """Both sides of one channel; ours signs in a life."""

    def __init__(self, life: int = LIFE) -> None:
        self.life, self.at = life, life
        self.ours = Channel(US.public_key, FRIEND.public_key)
        self.theirs = Channel(FRIEND.public_key, US.public_key)
        if self.theirs.outgoing is not None:
            self.we_say()
        for say in (self.they_say, self.we_say, self.they_say, self.we_say):
            say(currencies=(FST,))

    def we_say(self, *ops: Operation, currencies: tuple[str, ...] | None = None) -> MoveToken:
        """Our next message, which the friend takes."""
        self.at += 1
        nonce = CIPHER.seal(self.life, self.at, ENTROPY.bytes(16))
        return _say(self.ours, self.theirs, US, nonce, ops, currencies)

    def they_say(self, *ops: Operation, currencies: tuple[str, ...] | None = None) -> MoveToken:
        """The friend's next message, which we take."""
        return _say(self.theirs, self.ours, FRIEND, ENTROPY.bytes(16), ops, currencies)

    def handed(self) -> Handover:
        """What the friend hands over."""
        found = hand_over(self.theirs)
        assert found is not None
        return found


def _say(
    speaker: Channel,
    listener: Channel,
    identity: Identity,
    nonce: bytes,
    ops: tuple[Operation, ...],
    currencies: tuple[str, ...] | None,
) -> MoveToken:
    drafts = draft_to_send(speaker, currencies)
    for op in ops:
        _put(drafts[FST], op)
    groups = (CurrencyOperations(FST, ops),) if ops else ()
    message = make(speaker, identity, nonce, drafts, groups, None, currencies)
    found = receive(listener, message, lambda _: 10**9)
    assert isinstance(found, Next), found
    apply_next(listener, found)
    return message


def _put(draft: Draft, op: Operation) -> None:
    match op:
        case RequestOp():
            draft.send_request(op, "own")  # type: ignore[arg-type]
        case ResponseOp():
            draft.send_response(op)
        case CancelOp():
            draft.send_cancel(op)
        case CollectOp():
            draft.send_collect(op)


A1, A2, A3, A4 = [
    request(name, amount, SELLER.public_key)
    for name, amount in (("a1", 50), ("a2", 7), ("a3", 30), ("a4", 11))
]
"""Requests of ours over the friend."""
B1, B2, B3 = request("b1", 20, BUYER.public_key), request("b2", 9), request("b3", 4, BUYER.public_key)
"""Requests of the friend: over us, to us, and a last one."""


def rich_talk(life: int = LIFE) -> Talk:
    """A talk whose last message of the friend has one of each: a request, a promise, a cancel, a collect."""
    talk = Talk(life)
    talk.they_say(B1, B2)
    talk.we_say(A1, A2, A3, A4, promise(B2, "b2", US))
    talk.they_say(promise(A3, "a3", SELLER), promise(A2, "a2", SELLER))
    talk.we_say()
    talk.they_say(B3, promise(A1, "a1", SELLER), collect(A3, "a3"), CancelOp(A4.request_id))
    return talk


# Lies


def resigned(
    handover: Handover,
    credits: tuple[HandedCredit, ...],
    ops: tuple[Operation, ...] | None = None,
) -> Handover:
    """The same with other credits, and a message of the friend that signs them."""
    message = handover.outgoing
    groups = (
        message.currencies_operations if ops is None else ((CurrencyOperations(FST, ops),) if ops else ())
    )
    counters = handover.incoming.token_info.counters
    info = TokenInfo(
        McInfo(
            FRIEND.public_key,
            US.public_key,
            tuple(
                CurrencyBalanceInfo(
                    credit.currency, BalanceInfo(credit.balance, frozen(credit.asked), frozen(credit.taken))
                )
                for credit in sorted(credits, key=lambda credit: credit.currency)
            ),
        ),
        CountersInfo(counters.inconsistency_counter, counters.move_token_counter + 1),
    )
    prefix = prefix_hash(message.old_token, groups, message.opt_local_relays, message.opt_active_currencies)
    signature = FRIEND.sign(move_token_buffer(prefix, info_hash(info), message.rand_nonce))
    outgoing = replace(message, currencies_operations=groups, info_hash=info_hash(info), new_token=signature)
    return replace(handover, credits=credits, outgoing=outgoing)


def frozen(side: tuple[HandedRequest, ...]) -> int:
    """What these freeze."""
    return sum(item.request.dest_payment + item.request.left_fees for item in side)


def lies(handover: Handover) -> Iterator[tuple[str, Handover]]:
    """Each value that the friend can alter and sign anew, one after another."""
    (credit,) = handover.credits
    said = handover.outgoing.currencies_operations[0].operations

    def told(new: HandedCredit, ops: tuple[Operation, ...] | None = None) -> Handover:
        return resigned(handover, (new,), ops)

    for more in (-1000, -31, -30, -1, 1, 30, 31, 1000):
        yield f"balance {more:+}", told(replace(credit, balance=credit.balance + more))
    for place, item in enumerate(credit.taken):
        rest = (*credit.taken[:place], *credit.taken[place + 1 :])
        amount = frozen((item,))
        ident = item.request.request_id
        yield f"ours {place} left out", told(replace(credit, taken=rest))
        yield f"ours {place} canceled", told(replace(credit, taken=rest), (*said, CancelOp(ident)))
        for paid in (amount, amount + 1, 2 * amount):
            yield (
                f"ours {place} collected for {paid} of {amount}",
                told(
                    replace(credit, taken=rest, balance=credit.balance + paid),
                    (*said, CollectOp(ident, bytes(32), bytes(32))),
                ),
            )
        for more in (-1, 1, 100):
            grown = replace(
                item, request=replace(item.request, left_fees=max(0, item.request.left_fees + more))
            )
            yield f"ours {place} with fees {more:+}", told(replace(credit, taken=(*rest, grown)))
    for place, item in enumerate(credit.asked):
        rest = (*credit.asked[:place], *credit.asked[place + 1 :])
        yield f"its own {place} left out", told(replace(credit, asked=rest))
        yield f"its own {place} doubled", told(replace(credit, asked=(*credit.asked, item)))
        grown = replace(item, request=replace(item.request, left_fees=item.request.left_fees + 5))
        yield f"its own {place} grown", told(replace(credit, asked=(*rest, grown)))
    for place in range(len(said)):
        yield f"operation {place} unsaid", told(credit, (*said[:place], *said[place + 1 :]))
    yield "nothing said", told(credit, ())
    yield "a currency more", resigned(handover, (credit, HandedCredit("EUR", 5, (), ())))
    yield "no currency", resigned(handover, ())
