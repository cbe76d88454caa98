"""Requests that were passed on, by who asked."""

import pytest

from offset.base.limits import FORWARDED_KEY_BYTES, FORWARDED_REQUEST_BYTES
from offset.core.funder.state import passed_on
from offset.core.funder.state.passed_on import PassedOn, is_within_share, size_of
from offset.wire.friend import FriendsRoute, RequestOp

ANN, BOB, CAT = (bytes([number] * 32) for number in (1, 2, 3))


def request(number: int, keys: int = 1) -> RequestOp:
    """A request with so many keys left in its route."""
    return RequestOp(bytes([number] * 16), bytes(32), FriendsRoute((CAT,) * keys), 1, 1, bytes(32), 0)


def test_requests_are_found_by_who_asked() -> None:
    """By asker and by who must answer; an id may be under way in two currencies; what ended leaves nothing behind."""
    known = PassedOn()
    for asker, currency in ((ANN, "FST"), (ANN, "EUR"), (BOB, "USD")):
        known.add(asker, CAT, currency, request(1))
    assert list(known.of(ANN)) == [(CAT, "FST", bytes([1] * 16)), (CAT, "EUR", bytes([1] * 16))]
    assert [known.count(asker, CAT) for asker in (ANN, BOB, CAT)] == [2, 1, 0]
    for currency in ("FST", "EUR", "USD", "never passed on"):
        known.ended(currency, bytes([1] * 16))
    assert [list(known.of(asker)) for asker in (ANN, BOB)] == [[], []]
    assert vars(known) == vars(PassedOn())


def test_a_share_is_an_eighth_of_what_is_free() -> None:
    """Alone one gets a ninth of the whole; and whoever has nothing yet gets something as long as anything is free."""
    assert max(taken for taken in range(91) if is_within_share(taken - 1, 90 - (taken - 1))) == 10
    assert [is_within_share(0, free) for free in (0, 1)] == [False, True]


def test_memory_is_shared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one friend has taken of FORWARDED_BYTES_MAX keeps only that friend from more."""
    size = FORWARDED_REQUEST_BYTES + 30 * FORWARDED_KEY_BYTES
    monkeypatch.setattr(passed_on, "FORWARDED_BYTES_MAX", 9 * size)
    assert size_of(request(1, 30)) == size
    known = PassedOn()
    known.add(ANN, CAT, "FST", request(1, 30))
    assert [known.has_memory(asker) for asker in (ANN, BOB)] == [False, True]
    known.ended("FST", bytes([1] * 16))
    assert known.has_memory(ANN)
