"""Moves add up to the ledgers whatever happened; what explains them is said where it is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.ids import Currency, PublicKey
from offset.store.card.rows import Move, PartRow
from offset.testing import consistent, friend_report
from offset.wallet.moves import Expectations, Expected, Ledgers
from offset.wire.friend import CurrencyBalance
from offset.wire.report import ChannelConsistent, ChannelInconsistent, ChannelStatus, FriendReport

FST, EUR = Currency("FST"), Currency("EUR")
DANA, EMIL = PublicKey(b"d" * 32), PublicKey(b"e" * 32)
AT = 1000


def report(name: str = "Dana", **balances: tuple[int, int, int]) -> FriendReport:
    return friend_report(name, consistent(**balances))


def ledgers(expected: Expectations | None = None, *, is_first: bool = False, **known: int) -> Ledgers:
    """Those of Dana, with what was written down."""
    before = {(DANA, Currency(currency)): balance for currency, balance in known.items()}
    return Ledgers(before, expected or Expectations(), is_first=is_first)


def told(moves: list[Move]) -> list[tuple[str, int, int, int, str | None]]:
    return [(move.cause, move.delta, move.balance, move.total, move.purchase or move.sale) for move in moves]


def test_the_first_look() -> None:
    """What stands there when a card is met is the beginning of its history."""
    moves = ledgers(is_first=True).whole({DANA: report(FST=(5, 0, 0)), EMIL: report(FST=(0, 0, 0))}, AT)
    assert told(moves) == [("begin", 5, 5, 5, None)]
    assert moves[0].friend_name == "Dana"


def test_while_nobody_looked() -> None:
    """One move closes the gap for each friend and currency, also of friends that are gone."""
    books = Ledgers({(DANA, FST): 5, (EMIL, FST): 7, (DANA, EUR): 1}, Expectations(), is_first=False)
    moves = books.whole({DANA: report(FST=(2, 0, 0), EUR=(1, 0, 0))}, AT)
    assert told(moves) == [("away", -7, 0, 5, None), ("away", -3, 2, 2, None)]
    assert books.totals == {FST: 2, EUR: 1}
    assert books.balances([(EMIL, FST), (DANA, FST)]) == {(EMIL, FST): None, (DANA, FST): 2}


def test_a_purchase_explains_its_part() -> None:
    """What was frozen for it leaves over the friend over whom it was sent; the rest only passes."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", FST, parts=[PartRow(DANA, 20, 1), PartRow(EMIL, 5, 0)])
    books = ledgers(expected, FST=0)
    books.whole({DANA: report(FST=(0, 0, 0))}, AT)
    assert books.friend(DANA, "Dana", consistent(FST=(0, 24, 0)), AT) == []
    moves = books.friend(DANA, "Dana", consistent(FST=(-24, 0, 0)), AT)
    assert told(moves) == [("passing", -21, -21, -21, "p"), ("passing", -3, -24, -24, None)]
    assert moves[0].fees == 1
    assert [part.friend for part in expected.purchases["p"].parts] == [EMIL]


def test_payments_that_hid_each_other() -> None:
    """What is called paid and was not seen gets a row, and what passed one that is so much the other way."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", FST, parts=[PartRow(DANA, 20, 1)], amount=20)
    expected.sales["s"] = Expected("s", FST, to_come=8)
    books = ledgers(expected, FST=0)
    books.whole({DANA: report(FST=(0, 21, 8))}, AT)
    assert books.settle("s", AT) == []
    expected.sales["s"] = Expected("s", FST, to_come=8)
    # Both were collected, and as much was frozen anew: neither can be seen.
    moves = books.friend(DANA, "Dana", consistent(FST=(-13, 21, 3)), AT)
    assert told(moves) == [("passing", -13, -13, -13, None)]
    assert told(books.settle("p", AT)) == [("passing", -21, -34, -34, "p"), ("passing", 21, -13, -13, None)]
    assert told(books.settle("s", AT)) == [("passing", 8, -5, -5, "s"), ("passing", -8, -13, -13, None)]
    assert books.settle("p", AT) == books.settle("s", AT) == []


def test_parts_that_came_back_are_not_called_paid() -> None:
    """Another was sent in the place of one of them, and nobody tells of which: no row says more than was paid."""
    expected = Expectations()
    parts = [PartRow(DANA, 12, 1), PartRow(EMIL, 8, 0), PartRow(DANA, 8, 2)]
    expected.purchases["p"] = Expected("p", FST, parts=parts, amount=20)
    books = ledgers(expected, FST=0)
    books.whole({DANA: report(FST=(0, 0, 0)), EMIL: report("Emil", FST=(0, 0, 0))}, AT)
    assert books.settle("p", AT) == []


def test_what_was_not_frozen_is_not_ours() -> None:
    """A payment of others of the same size is not taken for ours."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", FST, parts=[PartRow(DANA, 20, 1)])
    books = ledgers(expected)
    books.whole({DANA: report(FST=(0, 30, 0))}, AT)
    moves = books.friend(DANA, "Dana", consistent(FST=(-21, 30, 0)), AT)
    assert told(moves) == [("passing", -21, -21, -21, None)]


def test_a_sale_explains_what_came() -> None:
    """Over several friends, up to its amount."""
    expected = Expectations()
    expected.sales["s"] = Expected("s", FST, to_come=20)
    books = ledgers(expected)
    books.whole({DANA: report(FST=(0, 0, 8)), EMIL: report("Emil", FST=(0, 0, 15))}, AT)
    moves = books.friend(DANA, "Dana", consistent(FST=(8, 0, 0)), AT)
    moves += books.friend(EMIL, "Emil", consistent(FST=(15, 0, 0)), AT)
    assert [(move.delta, move.sale) for move in moves] == [(8, "s"), (12, "s"), (3, None)]
    assert expected.sales["s"].to_come == 0


def waiting(back: int = 20) -> tuple[Expectations, Ledgers]:
    """A sale over 20 waits for its credits, of which Dana holds all."""
    expected = Expectations()
    books = ledgers(expected)
    books.whole({DANA: report(FST=(0, 0, back)), EMIL: report("Emil", FST=(0, 0, 0))}, AT)
    expected.sales["s"] = Expected("s", FST, to_come=20)
    return expected, books


def test_what_is_still_frozen_has_not_come() -> None:
    """Payments of others that pass meanwhile do not pay a sale, seen while they were frozen or not."""
    expected, books = waiting()
    moves = books.friend(DANA, "Dana", consistent(FST=(30, 0, 20)), AT)
    assert books.friend(DANA, "Dana", consistent(FST=(30, 0, 45)), AT) == []
    moves += books.friend(DANA, "Dana", consistent(FST=(55, 0, 20)), AT)
    moves += books.friend(EMIL, "Emil", consistent(FST=(9, 0, 0)), AT)
    assert [(move.delta, move.sale) for move in moves] == [(30, None), (25, None), (9, None)]
    assert expected.sales["s"].to_come == expected.frozen_in(FST) == 20
    moves = books.friend(DANA, "Dana", consistent(FST=(75, 0, 0)), AT)
    assert [(move.delta, move.sale) for move in moves] == [(20, "s")]
    assert expected.sales["s"].to_come == expected.frozen_in(FST) == 0


def test_what_is_frozen_after_nobody_looked_has_not_come() -> None:
    """It may be the sale's own; what came over another friend was of others."""
    expected = Expectations()
    expected.sales["s"] = Expected("s", FST, to_come=20)
    books = ledgers(expected, FST=5)
    moves = books.whole({EMIL: report("Emil", FST=(30, 0, 0)), DANA: report(FST=(5, 0, 20))}, AT)
    assert [(move.delta, move.sale) for move in moves] == [(30, None)]
    assert expected.sales["s"].to_come == 20


@pytest.mark.parametrize("how", ["differs", "removed", "currency", "away", "gone-away"])
def test_a_channel_that_held_credits_of_a_sale_is_lost(how: str) -> None:
    """The sale knows with whom, and nothing that comes later is taken for it."""
    expected, books = waiting()
    apart = ChannelInconsistent((CurrencyBalance(FST, 20),), None)
    match how:
        case "differs":
            books.friend(DANA, "Dana", apart, AT)
        case "removed":
            books.removed(DANA, AT)
        case "currency":
            books.friend(DANA, "Dana", consistent(EUR=(0, 0, 0)), AT)
        case "away":
            books.whole({DANA: friend_report("Dana", apart)}, AT)
        case _:
            books.whole({EMIL: report("Emil", FST=(0, 0, 0))}, AT)
    assert expected.sales["s"].lost_with == DANA
    assert expected.frozen_in(FST) == 0
    moves = books.whole({DANA: report(FST=(50, 0, 0))}, AT)
    assert all(move.sale is None for move in moves)


def test_a_channel_that_held_nothing_is_lost() -> None:
    """Sales do not depend on it; nor do those in other currencies, nor those of which all has come."""
    expected, books = waiting()
    expected.sales["e"] = Expected("e", EUR, to_come=7)
    books.removed(EMIL, AT)
    books.friend(DANA, "Dana", consistent(FST=(20, 0, 0)), AT)
    books.removed(DANA, AT)
    assert [sale.lost_with for sale in expected.sales.values()] == [None, None]


def test_collected_while_the_wallet_was_closed() -> None:
    """The gap is explained by what was open; the history calls it paid once the node says so."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", FST, parts=[PartRow(DANA, 20, 1)])
    moves = ledgers(expected, FST=30).whole({DANA: report(FST=(4, 0, 0))}, AT)
    assert told(moves) == [("away", -21, 9, 9, "p"), ("away", -5, 4, 4, None)]


def test_another_currency_explains_nothing() -> None:
    """Nor does another friend."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", EUR, parts=[PartRow(DANA, 20, 1)])
    expected.purchases["q"] = Expected("q", FST, parts=[PartRow(EMIL, 20, 1)])
    moves = ledgers(expected, FST=0).whole({DANA: report(FST=(-21, 0, 0))}, AT)
    assert told(moves) == [("away", -21, -21, -21, None)]


def test_books_that_differ() -> None:
    """Claims, and numbers of a friend that were accepted, are no payments."""
    books = ledgers(FST=50)
    books.whole({DANA: report(FST=(50, 0, 0))}, AT)
    apart = ChannelInconsistent((CurrencyBalance(FST, 50),), None)
    assert books.friend(DANA, "Dana", apart, AT) == []
    assert told(books.friend(DANA, "Dana", consistent(FST=(38, 0, 0)), AT)) == [("reset", -12, 38, 38, None)]


def test_a_friend_is_removed() -> None:
    """With what it owed."""
    books = ledgers(FST=50)
    books.whole({DANA: report(FST=(50, 0, 0))}, AT)
    assert told(books.removed(DANA, AT)) == [("removed", -50, 0, 0, None)]
    assert books.removed(DANA, AT) == []


def test_a_currency_is_gone() -> None:
    """What a friend owed in a currency that is not used any more is no payment either."""
    books = ledgers()
    books.whole({DANA: report(FST=(5, 0, 0), EUR=(1, 0, 0))}, AT)
    assert told(books.friend(DANA, "Dana", consistent(EUR=(1, 0, 0)), AT)) == [("reset", -5, 0, 0, None)]


statuses = st.one_of(
    st.dictionaries(
        st.sampled_from(["FST", "EUR"]),
        st.tuples(st.integers(-60, 60), st.integers(0, 60), st.integers(0, 60)),
    ).map(lambda balances: consistent(**balances)),
    st.lists(st.integers(-60, 60), max_size=1).map(
        lambda balances: ChannelInconsistent(tuple(CurrencyBalance(FST, one) for one in balances), None)
    ),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("friend"), st.sampled_from([DANA, EMIL]), statuses),
        st.tuples(st.just("whole"), st.sampled_from([DANA, EMIL]), statuses),
        st.tuples(st.just("removed"), st.sampled_from([DANA, EMIL]), statuses),
    ),
    max_size=12,
)


def claims(status: ChannelStatus) -> dict[Currency, int]:
    if isinstance(status, ChannelConsistent):
        return {one.currency: one.balance.balance for one in status.currency_reports}
    return {terms.currency: terms.balance for terms in status.local_reset_terms}


@given(steps)
def test_moves_add_up_to_the_ledgers(steps: list[tuple[str, PublicKey, ChannelStatus]]) -> None:
    """Whatever is reported, in whatever order, and whatever is expected meanwhile."""
    expected = Expectations()
    expected.purchases["p"] = Expected("p", FST, parts=[PartRow(DANA, 20, 1), PartRow(EMIL, 7, 0)])
    expected.sales["s"] = Expected("s", FST, to_come=40)
    books = Ledgers({(DANA, FST): 3}, expected, is_first=False)
    sums = {(DANA, FST): 3}
    truth: dict[PublicKey, ChannelStatus] = {DANA: consistent(FST=(3, 0, 0))}
    for what, friend, status in steps:
        if what == "removed":
            truth.pop(friend, None)
            moves = books.removed(friend, AT)
        else:
            truth[friend] = status
            if what == "friend":
                moves = books.friend(friend, "x", status, AT)
            else:
                moves = books.whole({key: friend_report("x", one) for key, one in truth.items()}, AT)
        for move in moves:
            key = move.friend, move.currency
            sums[key] = sums.get(key, 0) + move.delta
            assert move.balance == sums[key]
            assert move.total == sum(one for (_, currency), one in sums.items() if currency == move.currency)
    now = {(key, currency): one for key, status in truth.items() for currency, one in claims(status).items()}
    assert {key: one for key, one in sums.items() if one} == {key: one for key, one in now.items() if one}
