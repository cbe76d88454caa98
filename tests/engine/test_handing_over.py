"""A handover fits one message, with the newest collects that have room, or a notice takes its place."""

import random

import msgspec

from offset.base.limits import HANDOVER_REQUESTS_MAX, INNER_MESSAGE_BYTES_MAX, KEPT_COLLECTS_MAX
from offset.core.funder.collects import CollectRecord
from offset.engine.handing_over import encoded, promises_in
from offset.wire.aside import Aside, HandedCredit, HandedRequest, Handover, Notice, NoticeKind
from offset.wire.aside import decode_friend_message as decode
from offset.wire.friend import CollectOp, FriendsRoute, RequestOp, ResponseOp
from support.asides import HANDOVER, PROMISE

CHANCE = random.Random(7)
KEY = bytes(32)


def request() -> HandedRequest:
    """One with real ids, locks and a promise."""
    rand = CHANCE.randbytes
    op = RequestOp(rand(16), rand(32), FriendsRoute((rand(32),)), 1000, 1000, rand(32), 5)
    return HandedRequest(op, ResponseOp(rand(16), rand(32), True, rand(16), rand(64)))


def collects(count: int) -> list[CollectRecord]:
    rand = CHANCE.randbytes
    return [
        CollectRecord(KEY, number, number, "FST", CollectOp(rand(16), rand(32), rand(32)), PROMISE)
        for number in range(count)
    ]


def with_requests(count: int) -> Handover:
    credit = HandedCredit("FST", 5, (), tuple(request() for _ in range(count)))
    return msgspec.structs.replace(HANDOVER, credits=(credit,), collects=())


def read(data: bytes) -> Handover | Notice:
    assert len(data) <= INNER_MESSAGE_BYTES_MAX
    message = decode(data)
    assert isinstance(message, Aside)
    assert isinstance(message.body, Handover | Notice)
    return message.body


def test_all_of_it() -> None:
    """Most handovers are short."""
    rows = collects(5)
    found = read(encoded(with_requests(3), rows))
    assert isinstance(found, Handover)
    assert [kept.collect for kept in found.collects] == [row.collect for row in rows]
    assert all(kept.opt_response == PROMISE for kept in found.collects)
    assert promises_in(found) == 3


def test_the_newest_collects_have_room() -> None:
    """Requests under way come first, and the oldest collects are left out."""
    rows = collects(KEPT_COLLECTS_MAX)
    handover = with_requests(2300)
    found = read(encoded(handover, rows))
    assert isinstance(found, Handover)
    assert found.credits == handover.credits
    assert 0 < len(found.collects) < KEPT_COLLECTS_MAX
    assert found.collects[-1].collect == rows[-1].collect
    assert [kept.collect for kept in found.collects] == [row.collect for row in rows[-len(found.collects) :]]


def test_too_much_under_way() -> None:
    """More than one message holds, or than a friend reads: it is told how much."""
    assert read(encoded(with_requests(2800), [])) == Notice(NoticeKind.TOO_LONG, 2800)
    one = with_requests(1)
    (credit,) = one.credits
    many = msgspec.structs.replace(credit, taken=credit.taken * (HANDOVER_REQUESTS_MAX + 1))
    found = read(encoded(msgspec.structs.replace(one, credits=(many,)), []))
    assert found == Notice(NoticeKind.TOO_LONG, HANDOVER_REQUESTS_MAX + 1)
