"""Requests that come to nothing (spec 03, 3.6): the table of situations, row by row."""

from collections.abc import Callable

import msgspec
import pytest

from offset.core.funder.records import LOST, OWN, InvoiceKey, Queue
from offset.wire import app
from offset.wire.friend import CancelOp, MoveTokenRequest
from support.ledger import FST, World
from support.ledger_peer import Peer

OWN_QUEUED, OWN_UNDER_WAY = bytes([1]) * 16, bytes([2]) * 16


class Crossing:
    """A mediator with requests towards one friend: of another and its own, under way and waiting."""

    def __init__(self) -> None:
        self.world = World("m")
        self.payer, self.onward = Peer(self.world, "x", "m"), Peer(self.world, "y", "m")
        self.world.control("m", app.CreatePayment(bytes(16), bytes(32), FST, 9, self.onward.key))
        self.under_way = self.payer.request(3, 1, route=(self.onward.key,))
        self.queued = self.payer.request(4, 1, route=(self.onward.key,))
        self.onward.get_token("m")
        self._own(OWN_UNDER_WAY)
        self.payer.say("m", self.under_way)
        self.onward.say("m")  # now both are on their way, and the token is with the friend
        self._own(OWN_QUEUED)
        self.payer.say("m", self.queued)
        self.friend = self.world["m"].friend(self.onward.key)
        assert [len(queue) for queue in self.friend.queues] == [0, 1, 1]
        assert len(self.world["m"].credit(self.onward.key).local) == 2

    def _own(self, request_id: bytes) -> None:
        keys = app.FriendsRoute((self.world["m"].key, self.onward.key))
        self.world.control("m", app.CreateTransaction(bytes(16), request_id, keys, 1, 0))

    def failed(self) -> set[bytes]:
        """Which requests came to nothing, of both kinds."""
        own = {result.request_id for result in self.world["m"].results}
        self.payer.get_token("m")
        assert set(self.payer.answers().values()) <= {CancelOp}
        return own | set(self.payer.answers())

    @property
    def all_queued(self) -> set[bytes]:
        return {OWN_QUEUED, self.queued.request_id}

    @property
    def all_under_way(self) -> set[bytes]:
        return {OWN_UNDER_WAY, self.under_way.request_id}


Trouble = Callable[[Crossing], None]


def go_offline(crossing: Crossing) -> None:
    crossing.onward.offline("m")


def disable(crossing: Crossing) -> None:
    crossing.world.control("m", app.DisableFriend(crossing.onward.key))


def close(crossing: Crossing) -> None:
    crossing.world.control("m", app.CloseFriendCurrency(crossing.onward.key, FST))


def restart(crossing: Crossing) -> None:
    crossing.world.restart("m")
    crossing.payer.online("m")


def remove(crossing: Crossing) -> None:
    crossing.world.control("m", app.RemoveFriend(crossing.onward.key))


def hear_terms(crossing: Crossing) -> None:
    crossing.onward.become_inconsistent("m")


def find_mismatch(crossing: Crossing) -> None:
    token = msgspec.structs.replace(crossing.onward.make("m"), rand_nonce=bytes(16))
    crossing.onward.send("m", MoveTokenRequest(token, False))


@pytest.mark.parametrize("trouble", [go_offline, disable, restart])
def test_a_friend_that_is_away(trouble: Trouble) -> None:
    """What waits for the token fails; what is under way stays."""
    crossing = Crossing()
    trouble(crossing)
    assert crossing.failed() == crossing.all_queued
    assert len(crossing.world["m"].credit(crossing.onward.key).local) == 2


def test_a_currency_that_is_closed() -> None:
    """Requests of others that wait fail; our own do not."""
    crossing = Crossing()
    close(crossing)
    assert crossing.failed() == {crossing.queued.request_id}
    assert len(crossing.friend.queues[Queue.USER]) == 1


def test_closing_concerns_one_currency() -> None:
    """Requests in other currencies go on waiting."""
    crossing = Crossing()
    crossing.world.control("m", app.CloseFriendCurrency(crossing.onward.key, "EUR"))
    assert crossing.failed() == set()
    assert len(crossing.friend.queues[Queue.FORWARDED]) == 1


@pytest.mark.parametrize("trouble", [remove, hear_terms, find_mismatch])
def test_a_friend_that_is_lost(trouble: Trouble) -> None:
    """Everything towards it fails, also what is under way."""
    crossing = Crossing()
    trouble(crossing)
    assert crossing.failed() == crossing.all_queued | crossing.all_under_way
    assert not crossing.world["m"].state.transactions


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_friend_that_asked_is_lost(is_removed: bool) -> None:
    """What it asked stays under way beyond, for nobody; what still waits is dropped (D1)."""
    crossing = Crossing()
    if is_removed:
        crossing.world.control("m", app.RemoveFriend(crossing.payer.key))
    else:
        crossing.payer.become_inconsistent("m")
    local = crossing.world["m"].credit(crossing.onward.key).local
    assert {pending.request.request_id: pending.origin for pending in local.values()} == {
        OWN_UNDER_WAY: OWN,
        crossing.under_way.request_id: LOST,
    }
    assert [len(queue) for queue in crossing.friend.queues] == [0, 0, 1]
    assert crossing.world["m"].results == []
    assert crossing.world["m"].state.incoming_ids == {}


@pytest.mark.parametrize("trouble", [remove, hear_terms, find_mismatch])
def test_both_sides_of_a_request_are_lost(trouble: Trouble) -> None:
    """Nobody is told of a request whose friend is gone as well."""
    crossing = Crossing()
    crossing.world.control("m", app.RemoveFriend(crossing.payer.key))
    trouble(crossing)
    assert {result.request_id for result in crossing.world["m"].results} == {OWN_QUEUED, OWN_UNDER_WAY}


def test_only_what_a_lost_channel_carried_is_struck_off() -> None:
    """Parts for invoices go with the channel that they came through, and no other; the invoices stay as they are."""
    world = World("s")
    first, second = Peer(world, "x", "s"), Peer(world, "y", "s")
    kept, struck = world.invoice("s", 20), world.invoice("s", 20)
    first.say("s", first.request(1, 5, total=20, invoice_id=kept))
    second.say("s", second.request(2, 5, total=20, invoice_id=struck))
    turn = world.control("s", app.RemoveFriend(second.key))
    assert [key for key in turn.changes if isinstance(key, InvoiceKey)] == []
    assert [invoice_id for invoice_id, _ in world["s"].state.waiting] == [kept]
    assert [invoice_id for invoice_id, _ in turn.waiting] == [struck]
