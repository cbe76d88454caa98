"""Parts of payments that wait for invoices, payer by payer."""

from offset.core.funder.state.waiting_parts import WaitingParts
from offset.wire.friend import FriendsRoute, RequestOp

INVOICE, LOCKS, FRIEND = bytes(32), (bytes([1] * 32), bytes([2] * 32)), bytes([9] * 32)


def part(number: int, payer: int, amount: int) -> RequestOp:
    """A request that has reached us."""
    return RequestOp(bytes([number] * 16), LOCKS[payer], FriendsRoute(()), amount, 20, INVOICE, 0)


def test_each_payer_is_counted_apart() -> None:
    """Sums and parts belong to a payer, in the order in which they came; what is gone leaves nothing behind."""
    waiting = WaitingParts()
    parts = [part(1, 0, 5), part(2, 1, 7), part(3, 0, 6)]
    for op in parts:
        waiting.add(FRIEND, op)
    assert [waiting.paid(payer) for payer in waiting] == [11, 7]
    assert waiting.of((INVOICE, LOCKS[0])) == [(FRIEND, bytes([1] * 16)), (FRIEND, bytes([3] * 16))]
    assert waiting.count(INVOICE) == waiting.count_from(FRIEND, INVOICE) == 3
    assert waiting.count_from(bytes([7]) * 32, INVOICE) == 0
    assert [waiting.number_of((INVOICE, lock)) for lock in (*LOCKS, bytes([9]) * 32)] == [2, 1, 0]
    assert waiting.payers_of(INVOICE) == [(INVOICE, lock) for lock in LOCKS]
    for op in parts:
        assert waiting.has(FRIEND, op)
        assert waiting.remove(FRIEND, op) == (INVOICE, op.src_hashed_lock)
        assert not waiting.has(FRIEND, op)
    assert waiting == WaitingParts()
    assert list(waiting) == []


def test_what_is_not_there_is_nobodys() -> None:
    """A request that waits elsewhere, or not any more, changes nothing."""
    waiting = WaitingParts()
    assert waiting.remove(FRIEND, part(1, 0, 5)) is None
    assert (waiting.paid((INVOICE, LOCKS[0])), waiting.count(INVOICE)) == (0, 0)
