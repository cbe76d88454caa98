"""What we may take over from a friend: one altered value a test, and the bound of what any lie can cost."""

from __future__ import annotations

import pytest

from offset.core.funder.ledger.channel import Channel, hashed
from offset.core.funder.ledger.handovers import hand_over
from offset.core.funder.ledger.judge import SUMS_BELOW, Check, Judged, Refused, Standing, judge
from offset.core.funder.ledger.mutual_credit import Pending
from offset.wire.aside import HandedCredit, HandedRequest, Handover
from offset.wire.friend import CancelOp, CollectOp, FriendsRoute
from offset.wire.signing import initial_move_token, initial_token_info
from support.handed import (
    A1,
    A3,
    B2,
    CIPHER,
    FRIEND,
    LIFE,
    NOW,
    SELLER,
    US,
    Talk,
    frozen,
    lies,
    promise,
    replace,
    resigned,
    rich_talk,
)
from support.ledger import FST

HANDED = rich_talk().handed()
CREDIT = HANDED.credits[0]


def judged(handover: Handover, ours: Standing = Standing()) -> Judged | Refused:  # noqa: B008
    """Our judgement of what the friend hands over."""
    return judge(US.public_key, FRIEND.public_key, handover, ours, CIPHER, NOW)


def why_not(handover: Handover, ours: Standing = Standing()) -> Check:  # noqa: B008
    """By which check it is refused."""
    found = judged(handover, ours)
    assert isinstance(found, Refused), "it was taken"
    return found.check


def test_what_is_true_is_taken() -> None:
    """Our books are what they would be if the friend's message had come in the usual way."""
    talk = rich_talk()
    found = judged(talk.handed())
    assert isinstance(found, Judged)
    assert (found.signed.life, found.message) == (LIFE, talk.theirs.outgoing)
    ours, true = found.channel, talk.ours
    assert ours.record() == true.record()
    assert ours.token_info() == true.token_info()
    for name, credit in true.credits.items():
        assert ours.credits[name].remote == credit.remote
        assert {key: (item.request, item.response) for key, item in ours.credits[name].local.items()} == {
            key: (item.request, item.response) for key, item in credit.local.items()
        }


def test_who_is_asked_for_it() -> None:
    """Nothing is handed over by a side that holds the token, or whose ledger disagrees."""
    talk = rich_talk()
    assert hand_over(talk.ours) is None
    assert hand_over(Channel(US.public_key, FRIEND.public_key)) is None
    assert hand_over(Channel(FRIEND.public_key, US.public_key)) is None


# V1


def test_the_signature_is_ours() -> None:
    token = HANDED.incoming
    assert why_not(replace(HANDED, incoming=replace(token, new_token=bytes(64)))) is Check.OURS
    info = replace(token.token_info, counters=replace(token.token_info.counters, move_token_counter=99))
    assert why_not(replace(HANDED, incoming=replace(token, token_info=info))) is Check.OURS
    others = judge(US.public_key, SELLER.public_key, HANDED, Standing(), CIPHER, NOW)
    assert isinstance(others, Refused)
    assert others.check is Check.OURS
    mirrored = judge(FRIEND.public_key, US.public_key, HANDED, Standing(), CIPHER, NOW)
    assert isinstance(mirrored, Refused)
    assert mirrored.check is Check.OURS


def test_the_first_token_of_all() -> None:
    """Nobody signs it. It is built on only where our books begin with this friend, and never without books."""
    talk = Talk.__new__(Talk)
    talk.ours, talk.theirs = (
        Channel(US.public_key, FRIEND.public_key),
        Channel(FRIEND.public_key, US.public_key),
    )
    talk.they_say(currencies=(FST,))
    handed = talk.handed()
    first = initial_move_token(US.public_key, FRIEND.public_key)
    assert handed.incoming == hashed(first, initial_token_info(US.public_key, FRIEND.public_key))
    assert isinstance(judged(handed, Standing(knows_first=True)), Judged)
    assert why_not(handed) is Check.OURS
    assert why_not(handed, Standing(knows_first=True, move_token_counter=1)) is Check.OURS
    changed = replace(handed.incoming, rand_nonce=bytes(16))
    assert why_not(replace(handed, incoming=changed), Standing(knows_first=True)) is Check.OURS


# V2


def test_nothing_of_an_earlier_life() -> None:
    """Whatever its number is."""
    assert isinstance(judged(HANDED, Standing(life=LIFE, floor=LIFE)), Judged)
    assert why_not(HANDED, Standing(life=LIFE + 1, floor=LIFE + 1)) is Check.NEWER


def test_nothing_that_we_know() -> None:
    counters = HANDED.incoming.token_info.counters
    number = counters.move_token_counter + 1
    assert isinstance(judged(HANDED, Standing(LIFE, 0, number - 1, LIFE)), Judged)
    assert why_not(HANDED, Standing(LIFE, 0, number, LIFE)) is Check.NEWER
    assert why_not(HANDED, Standing(LIFE, 1, 0, LIFE)) is Check.NEWER
    # In a later life numbers may be lower, for the friendship began anew.
    assert isinstance(judged(HANDED, Standing(LIFE - 5, 3, number + 100, LIFE - 5)), Judged)


def test_nothing_below_the_mark() -> None:
    """Once a kit is known in which the friend's message had a higher number, it cannot show an older one."""
    number = HANDED.incoming.token_info.counters.move_token_counter + 1
    assert isinstance(judged(HANDED, Standing(floor=LIFE, mark=(0, number))), Judged)
    assert why_not(HANDED, Standing(floor=LIFE, mark=(0, number + 1))) is Check.NEWER
    assert why_not(HANDED, Standing(floor=LIFE, mark=(1, 0))) is Check.NEWER
    # A kit of an earlier friendship with higher numbers refuses nothing.
    assert isinstance(judged(HANDED, Standing(floor=LIFE - 1, mark=(0, number + 1))), Judged)


def test_the_signing_time_is_told_also_with_a_refusal() -> None:
    found = judged(HANDED, Standing(life=LIFE, move_token_counter=1000, floor=LIFE))
    assert isinstance(found, Refused)
    assert found.signed is not None
    assert found.signed.life == LIFE < found.signed.at
    forged = judged(replace(HANDED, incoming=replace(HANDED.incoming, new_token=bytes(64))))
    assert isinstance(forged, Refused)
    assert forged.signed is None


# V3


def test_the_message_follows_and_is_the_friends() -> None:
    message = HANDED.outgoing
    for changed in (
        replace(message, old_token=bytes(64)),
        replace(message, new_token=bytes(64)),
        replace(message, rand_nonce=bytes(16)),
        replace(message, info_hash=bytes(32)),
        replace(message, currencies_operations=()),
    ):
        assert why_not(replace(HANDED, outgoing=changed)) is Check.ANSWERED


# V4


@pytest.mark.parametrize(
    "changed",
    [
        replace(CREDIT, balance=CREDIT.balance - 1),
        replace(CREDIT, taken=CREDIT.taken[1:]),
        replace(CREDIT, asked=CREDIT.asked[1:]),
        replace(CREDIT, taken=CREDIT.asked, asked=CREDIT.taken),
    ],
    ids=["balance", "taken", "asked", "mirrored"],
)
def test_the_sums_are_what_the_friend_signed(changed: HandedCredit) -> None:
    assert why_not(replace(HANDED, credits=(changed,))) is Check.SUMS


def test_no_credit_and_no_list_is_left_out() -> None:
    assert why_not(replace(HANDED, credits=())) is Check.SUMS
    talk = Talk()
    message = talk.they_say(currencies=(FST, "EUR"))
    assert message.opt_active_currencies == (FST, "EUR")
    handed = talk.handed()
    assert isinstance(judged(handed), Judged)
    assert why_not(replace(handed, local_currencies=(FST,))) is Check.SUMS


# V5


def test_the_message_leads_from_what_we_signed() -> None:
    """Whatever else the friend signs, it may not freeze, pay or free what its message does not say.

    It may say that more of what we had frozen ended: nobody can tell a cancel from a collect of what is gone, but not
    one credit beyond that is paid.
    """
    found = {name: judged(lie) for name, lie in lies(HANDED)}
    refused = {name: each.check for name, each in found.items() if isinstance(each, Refused)}
    signed = HANDED.incoming.token_info.mc.balances[0].balance_info
    worst = signed.balance - signed.local_pending_debt
    for name, each in found.items():
        if isinstance(each, Judged):
            ours = each.channel.credits[FST]
            assert ours.balance - ours.local_debt >= worst, name
    assert refused["balance +1000"] is refused["balance -1000"] is Check.MOVED
    assert refused["nothing said"] is refused["no currency"] is Check.MOVED
    assert refused["a currency more"] is Check.LIMITS
    for place in range(len(CREDIT.taken)):
        assert refused[f"ours {place} with fees +100"] is Check.MOVED
    for place in range(len(CREDIT.asked)):
        assert refused[f"its own {place} left out"] is refused[f"its own {place} grown"] is Check.MOVED
        assert refused[f"its own {place} doubled"] is Check.LIMITS
    # All but the promise, which may have come before.
    for place in (0, 2, 3):
        assert refused[f"operation {place} unsaid"] is Check.MOVED
    assert len(refused) > len(found) // 2


def test_a_cancel_may_be_invented_but_not_more() -> None:
    """A friend that lets go of what was frozen harms itself; it cannot take more than was frozen."""
    talk = Talk()
    talk.they_say()
    talk.we_say(A1, A3)
    talk.they_say()
    handed = talk.handed()
    taken = 0
    (credit,) = handed.credits
    signed = handed.incoming.token_info.mc.balances[0].balance_info
    for _, lie in _lies_of_silence(handed):
        found = judged(lie)
        if isinstance(found, Refused):
            continue
        taken += 1
        ours = found.channel.credits[FST]
        assert ours.balance - ours.local_debt >= signed.balance - signed.local_pending_debt
    assert taken > 0
    assert credit.balance == 0


def _lies_of_silence(handed: Handover) -> list[tuple[str, Handover]]:
    """Lies about a message that says nothing."""
    (credit,) = handed.credits
    found = []
    for keep in range(len(credit.taken)):
        gone = credit.taken[keep:]
        for paid in (0, 1, frozen(gone) - 1, frozen(gone), frozen(gone) + 1, 10 * frozen(gone)):
            for ops in (
                (),
                tuple(CancelOp(item.request.request_id) for item in gone),
                tuple(CollectOp(item.request.request_id, bytes(32), bytes(32)) for item in gone),
                tuple(CollectOp(item.request.request_id, bytes(32), bytes(32)) for item in gone[:1])
                + tuple(CancelOp(item.request.request_id) for item in gone[1:]),
            ):
                new = replace(credit, taken=credit.taken[:keep], balance=credit.balance + paid)
                found.append((f"{keep} {paid}", resigned(handed, (new,), ops)))
    return found


# V6


def test_promises_are_of_the_seller() -> None:
    """Also of our own, for what the friend asked us for."""
    for side in ("taken", "asked"):
        items = getattr(CREDIT, side)
        place = next(at for at, item in enumerate(items) if item.opt_response is not None)
        for altered in (
            replace(items[place], opt_response=replace(items[place].opt_response, signature=bytes(64))),
            replace(
                items[place], opt_response=replace(items[place].opt_response, dest_hashed_lock=bytes(32))
            ),
            replace(items[place], opt_response=promise(items[place].request, "other", FRIEND)),
        ):
            new = replace(CREDIT, **{side: (*items[:place], altered, *items[place + 1 :])})
            assert why_not(resigned(HANDED, (new,))) in (Check.PROMISES, Check.MOVED)
    forged = HandedRequest(B2, promise(B2, "b2", FRIEND))
    asked = tuple(forged if item.request == B2 else item for item in CREDIT.asked)
    assert why_not(resigned(HANDED, (replace(CREDIT, asked=asked),))) is Check.PROMISES


# V7


def test_limits() -> None:
    """Names, routes, doubles, and sums beyond what a balance holds."""
    empty = HandedCredit("", 0, (), ())
    long = HandedCredit("x" * 17, 0, (), ())
    for credits in ((CREDIT, CREDIT), (CREDIT, empty), (CREDIT, long)):
        assert why_not(resigned(HANDED, credits)) is Check.LIMITS
    assert why_not(replace(HANDED, local_currencies=(FST, FST))) is Check.LIMITS
    assert why_not(replace(HANDED, remote_currencies=())) is Check.LIMITS
    item = CREDIT.taken[0]
    for request in (
        replace(item.request, route=FriendsRoute((SELLER.public_key,) * 2)),
        replace(item.request, total_dest_payment=item.request.dest_payment - 1),
    ):
        wrong = replace(CREDIT, taken=(replace(item, request=request), *CREDIT.taken[1:]))
        assert why_not(resigned(HANDED, (wrong,))) is Check.LIMITS
    for balance in (SUMS_BELOW - 1, -SUMS_BELOW + 1):
        assert why_not(replace(HANDED, credits=(replace(CREDIT, balance=balance),))) is Check.LIMITS


def test_requests_have_no_origin_yet() -> None:
    """Whose they are is found out when their other friends have told."""
    found = judged(HANDED)
    assert isinstance(found, Judged)
    mine = found.channel.credits[FST].local
    assert mine[A1.request_id] == Pending(A1, mine[A1.request_id].response)
