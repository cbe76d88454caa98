"""What is said to a friend at the end of a turn (spec 03, 3.4)."""

from offset.base.credits import Rate
from offset.base.limits import OPERATIONS_PER_BATCH_MAX
from offset.core.funder.records import Queue
from offset.wire import app
from offset.wire.common import NamedRelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    MoveTokenRequest,
    RequestOp,
    ResponseOp,
)
from support.ledger import FST, World, bare
from support.ledger_peer import Peer

RELAY = NamedRelayAddress(bytes(32), "relay:1", "mine")


def said(world: World, name: str, other: str) -> list[MoveTokenRequest]:
    """What a node has said to another since the last look, without credit lines."""
    found = [bare(message) for from_, to, message in world.messages if (from_, to) == (name, other)]
    world.messages.clear()
    assert all(isinstance(message, MoveTokenRequest) for message in found)
    return found  # type: ignore[return-value]


def operations(message: MoveTokenRequest) -> list[type]:
    return [type(op) for group in message.move_token.currencies_operations for op in group.operations]


def two() -> World:
    """Two friends; a holds the token."""
    world = World("ab")
    world.chain()
    world.give_token("a", "b")
    world.messages.clear()
    return world


def test_holder_speaks_at_once() -> None:
    """With the token here a request goes out in the same turn, and nothing asks for the token."""
    world = two()
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "ab", 10)
    (message,) = said(world, "a", "b")
    assert operations(message) == [RequestOp]
    assert not message.token_wanted


def test_without_the_token_the_last_message_asks_for_it() -> None:
    """The last message again, asking for the token; the answer may be empty, then our request follows."""
    world = two()
    world.give_token("b", "a")
    last = said(world, "a", "b")[-1]
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "ab", 10)
    assert said(world, "a", "b") == [MoveTokenRequest(last.move_token, True)]
    world.round()
    (answer,) = said(world, "b", "a")
    assert operations(answer) == []
    world.round()
    (message,) = said(world, "a", "b")
    assert operations(message) == [RequestOp]


def test_nothing_to_say_is_not_said() -> None:
    """A turn that gives the friend nothing to know sends nothing."""
    world = two()
    world.control("a", app.SetFriendName(world["b"].key, "bob"))
    world.control("a", app.SetFriendCurrencyRate(world["b"].key, FST, Rate(5, 5)))
    assert said(world, "a", "b") == []


def test_response_asks_for_the_token() -> None:
    """So the collect finds it here (spec 03, 7.4)."""
    world = two()
    world.promise("ab", 10)
    (response, *_) = said(world, "b", "a")
    assert operations(response) == [ResponseOp]
    assert response.token_wanted
    assert world["b"].friend(world["a"]).channel.outgoing is None


def test_repeated_response_still_asks_for_the_token() -> None:
    """The repetition on a new line may be the only copy that arrives."""
    world = two()
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "ab", 10)
    world.deliver("b", "a")
    first = said(world, "b", "a")
    world.reconnect("a", "b")
    assert said(world, "b", "a") == first


def test_asking_is_repeated_on_a_new_line_only() -> None:
    """One token request per message and line (D26)."""
    world = two()
    world.give_token("b", "a")
    said(world, "a", "b")
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    for _ in range(3):
        world.part(payment_id, "ab", 1)
    assert len(said(world, "a", "b")) == 1
    world.control("a", app.AddRelay(RELAY))
    world.reconnect("a", "b")
    (again,) = said(world, "a", "b")
    assert again.token_wanted


def test_answers_go_first_then_the_requests_of_others_then_ours() -> None:
    """A batch is filled in this order; what is left asks for the token."""
    world = World("m")
    world["m"].state.operations_max = world["m"].state.operations_with_cancels_max = 2
    payer, other = Peer(world, "x", "m"), Peer(world, "y", "m")
    other.get_token("m")
    world.control("m", app.CreatePayment(bytes(16), bytes(32), FST, 9, other.key))
    keys = app.FriendsRoute((world["m"].key, other.key))
    world.control("m", app.CreateTransaction(bytes(16), bytes(16), keys, 1, 0))
    payer.say("m", payer.request(1, 1, route=(other.key,)))
    turn = other.say("m", other.request(2, 1), other.request(3, 1))  # of no invoice: two cancels
    (message,) = [message for key, message in turn.messages if key == other.key]
    assert operations(message) == [CancelOp, CancelOp]
    assert message.token_wanted
    turn = other.say("m")
    (message,) = [message for key, message in turn.messages if key == other.key]
    ours, theirs = bytes(16), (1).to_bytes(16, "big")
    assert [op.request_id for op in message.move_token.currencies_operations[0].operations] == [theirs, ours]
    assert not message.token_wanted


def test_full_batch_leaves_the_rest() -> None:
    """Not more than a batch in one message; the rest follows when the token is back."""
    world = two()
    world.give_token("b", "a")
    count = OPERATIONS_PER_BATCH_MAX + 5
    payments = [world.payment("a", "b", world.invoice("b", 64), 64) for _ in range(3)]
    for number in range(count):
        world.part(payments[number % 3], "ab", 1)
    said(world, "a", "b")
    world.round()
    world.round()
    (message,) = said(world, "a", "b")
    assert len(operations(message)) == OPERATIONS_PER_BATCH_MAX
    assert message.token_wanted
    assert len(world["a"].friend(world["b"]).queues[Queue.USER]) == 5
    world.settle()
    assert world["b"].credit(world["a"]).remote_debt == count


def test_load_asks_for_the_token_early() -> None:
    """What piled up while the token was away makes our message ask for it at once, without a further copy."""
    world = two()
    world.give_token("b", "a")
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    for number in (1, 2):
        for _ in range(number):
            world.part(payment_id, "ab", 1)
        said(world, "a", "b")
        world.round()
        world.round()
        (message,) = said(world, "a", "b")
        assert len(operations(message)) == number
        assert message.token_wanted == (number > 1)
        world.settle()
        world.give_token("b", "a")


def test_operations_of_one_currency_stay_in_order() -> None:
    """Groups by currency, each in the order in which its operations were queued."""
    world = World("m")
    peer = Peer(world, "x", "m")
    invoice_id = world.invoice("m", 3)
    requests = [peer.request(number, 1, invoice_id=invoice_id, total=3) for number in range(3)]
    turn = peer.say("m", *requests)
    (message,) = [message for key, message in turn.messages if key == peer.key]
    (group,) = message.move_token.currencies_operations
    assert [op.request_id for op in group.operations] == [request.request_id for request in requests]


def test_queued_request_that_became_impossible_is_cancelled() -> None:
    """A request for an id that is pending already is not sent: whoever asked learns that it failed (D2)."""
    world = World("m")
    payer, other = Peer(world, "x", "m"), Peer(world, "y", "m")
    request = payer.request(1, 1, route=(other.key,))
    payer.say("m", request)
    world.control("m", app.RemoveFriend(payer.key))
    again = Peer(world, "z", "m")
    again.say("m", again.request(1, 1, route=(other.key,)))
    other.get_token("m")
    other.say("m")
    again.get_token("m")
    assert again.answers() == {request.request_id: CancelOp}


def test_offline_friends_are_not_spoken_to() -> None:
    """What is due waits; on a new line it is said."""
    world = two()
    _, request_id, commit = world.promise("ab", 10)
    world.disconnect("a", "b")
    world.messages.clear()
    world.control("b", app.CommitInvoice(commit))
    assert said(world, "b", "a") == []
    world.connect("a", "b")
    world.settle()
    collects = [message for message in said(world, "b", "a") if CollectOp in operations(message)]
    assert len(collects) == 1
    assert world["a"].credit(world["b"]).balance == -10
    assert request_id not in world["a"].state.transactions


def test_wish_that_is_gone_is_not_repeated() -> None:
    """The request that wanted the token failed with the line; on the next one nobody asks for it."""
    world = two()
    world.give_token("b", "a")
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "ab", 10)
    assert said(world, "a", "b")[-1].token_wanted
    world.reconnect("a", "b")
    assert [message.token_wanted for message in said(world, "a", "b")] == [False]


def test_cancels_leave_as_fast_as_requests_come() -> None:
    """A friend without credit asks a thousand times in each message; all is cancelled at once, and nothing piles up."""
    world = World("m")
    beggar = Peer(world, "x", "m", limit=10)
    count = 8 * OPERATIONS_PER_BATCH_MAX
    for number in range(3):
        beggar.get_token("m")
        ids = range(number * count, (number + 1) * count)
        turn = beggar.say("m", *[beggar.request(request_id, 11) for request_id in ids], wanted=True)
        (message,) = [message for key, message in turn.messages if key == beggar.key]
        assert operations(message) == [CancelOp] * count
        assert not world["m"].credit(beggar.key).remote
        assert not any(world["m"].friend(beggar.key).queues)
