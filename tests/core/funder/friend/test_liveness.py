"""Friends come and go (spec 03, 3.2 and 3.5)."""

from offset.core.funder.funder import Funder
from offset.core.funder.records import Queue
from offset.wire import app
from offset.wire.friend import MoveTokenRequest
from support.ledger import World
from support.ledger_checks import check_quiet
from support.ledger_peer import Peer


def test_first_contact() -> None:
    """Both tell their relays, and then the token rests (spec 03, 3.5)."""
    world = World("ab")
    for name, other in ("ab", "ba"):
        relay = app.NamedRelayAddress(world[name].key, f"{name}:1", "relay")
        world.control(name, app.AddRelay(relay))
        world.control(name, app.AddFriend(world[other].key, (), other))
        world.control(name, app.EnableFriend(world[other].key))
    world.connect("a", "b")
    world.settle()
    check_quiet(world)
    for name, other in ("ab", "ba"):
        friend = world[name].friend(world[other])
        assert [relay.address for relay in friend.remote_relays] == [f"{other}:1"]
        assert friend.sent_relays.last == world[name].state.relays
        assert friend.sent_relays.previous is None or friend.channel.outgoing is not None
    assert world["a"].friend(world["b"]).channel.move_token_counter == 3


def test_new_line_moves_the_token_once() -> None:
    """The holder speaks, even if it has nothing to say; the other repeats its last message."""
    world = World("ab")
    world.chain()
    counter = world["a"].friend(world["b"]).channel.move_token_counter
    for more in (1, 2, 3):
        world.reconnect("a", "b")
        world.settle()
        check_quiet(world)
        assert world["a"].friend(world["b"]).channel.move_token_counter == counter + more


def test_second_online_is_ignored() -> None:
    """Nothing is repeated without an offline between."""
    world = World("ab")
    world.chain()
    turn = world["a"].funder.online(world["b"].key)
    assert (turn.messages, turn.mutations, turn.changes) == ([], [], {})


def test_strangers_and_disabled_friends_are_not_online() -> None:
    """Liveness concerns enabled friends only."""
    world = World("a")
    key = bytes([1]) * 32
    for _ in range(2):
        turn = world["a"].funder.online(key)
        assert (turn.messages, turn.mutations) == ([], [])
        turn = world["a"].funder.offline(key)
        assert (turn.messages, turn.mutations) == ([], [])
        world.control("a", app.AddFriend(key, (), "friend"))


def test_going_offline_cancels_requests_that_wait() -> None:
    """Requests of others and of our own that wait for the token fail; answers and what is under way stay."""
    world = World("m")
    payer, other = Peer(world, "x", "m"), Peer(world, "y", "m")
    under_way = payer.request(1, 1, route=(other.key,))
    payer.say("m", under_way)
    world.control("m", app.CreatePayment(bytes(16), bytes(32), "FST", 9, other.key))
    keys = app.FriendsRoute((world["m"].key, other.key))
    world.control("m", app.CreateTransaction(bytes(16), bytes(16), keys, 1, 0))
    waiting = payer.request(2, 1, route=(other.key,))
    payer.say("m", waiting)
    friend = world["m"].friend(other.key)
    assert [len(queue) for queue in friend.queues] == [0, 1, 1]
    other.offline("m")
    assert [len(friend.queues[queue]) for queue in (Queue.BACKWARD, Queue.FORWARDED, Queue.USER)] == [0, 0, 0]
    assert world["m"].results == [app.TransactionResult(bytes(16), app.FAILURE)]
    payer.get_token("m")
    assert list(payer.answers()) == [waiting.request_id]
    assert list(world["m"].credit(other.key).local) == [under_way.request_id]


def test_answers_wait_for_a_friend_that_is_away() -> None:
    """A response for a friend that is away goes out when it is back."""
    world = World("m")
    payer, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    request = payer.request(1, 1, route=(seller.key,))
    payer.say("m", request)
    payer.offline("m")
    seller.say("m", seller.response(request))
    assert len(world["m"].friend(payer.key).queues[Queue.BACKWARD]) == 1
    world.restart("m")
    payer.online("m")
    payer.get_token("m")
    assert list(payer.answers()) == [request.request_id]


def test_disabling_says_nothing_more() -> None:
    """A disabled friend counts as offline at once: its line is about to be dropped."""
    world = World("am")
    world.chain()
    world.control("a", app.DisableFriend(world["m"].key))
    friend = world["a"].friend(world["m"])
    assert not friend.is_online
    assert not friend.is_enabled
    payment_id = world.payment("a", "m", bytes(32), 10)
    world.part(payment_id, "am", 10)
    assert world["a"].results[-1].result == app.FAILURE
    world.control("a", app.EnableFriend(world["m"].key))
    world.connect("a", "m")
    world.settle()
    check_quiet(world)
    world.pay("am", 10)


def test_lost_message_is_repeated() -> None:
    """A message that was lost with its line is said again on the next one, and taken once."""
    world = World("ab")
    world.chain()
    world.give_token("a", "b")
    invoice_id = world.invoice("b", 10)
    payment_id = world.payment("a", "b", invoice_id, 10)
    world.part(payment_id, "ab", 10)
    world.reconnect("a", "b")
    ((_, _, message), *_) = [
        sent for sent in world.messages[::-1] if sent[0] == "a" and isinstance(sent[2], MoveTokenRequest)
    ]
    assert message.move_token.currencies_operations
    world.settle()
    assert world["b"].credit(world["a"]).remote_debt == 10


def restored(world: World, name: str) -> None:
    """A node stops, and its rows are started as those of a copy."""
    for other in world.nodes:
        if other != name:
            world.disconnect(name, other)
    node = world[name]
    node.funder = Funder(node.identity, node.entropy, node.rows.records(), is_restored=True)
    node.report = node.funder.report()
    world.took(node, node.funder.start())


def test_a_restored_node_lets_its_friend_speak_first() -> None:
    """Whoever holds the token: it says nothing, not even what its owner wants, before a message came."""
    for moves in (0, 1):
        world = World("ab", moves)
        world.chain()
        for _ in range(moves):
            world.reconnect("a", "b")
            world.settle()
        restored(world, "a")
        turn = world.took(world["a"], world["a"].funder.online(world["b"].key))
        assert turn.messages == []
        turn = world.control("a", app.SetFriendCurrencyMaxDebt(world["b"].key, "FST", 77))
        assert turn.messages == []
        world.took(world["a"], world["a"].funder.offline(world["b"].key))
        world.connect("a", "b")
        world.settle()
        assert not world["a"].friend(world["b"]).is_awaited
        check_quiet(world)


def test_a_restored_node_takes_no_payment_over_a_silent_friend() -> None:
    """What could not be said yet is refused at once, with the reason."""
    world = World("ab")
    world.chain()
    restored(world, "a")
    world.took(world["a"], world["a"].funder.online(world["b"].key))
    payment = app.CreatePayment(world.fresh(16), bytes(32), "FST", 10, world["b"].key)
    world.control("a", payment)
    route = app.FriendsRoute((world["a"].key, world["b"].key))
    world.control("a", app.CreateTransaction(payment.payment_id, world.fresh(16), route, 10, 0))
    assert world["a"].refusal == "the first friend of the route has not spoken yet since this node started"


def test_a_silent_friend_is_spoken_to_in_the_end() -> None:
    """It has nothing to say, so the restored node speaks as any other one; a second time nothing happens."""
    world = World("ab")
    world.chain()
    restored(world, "a")
    world.took(world["a"], world["a"].funder.online(world["b"].key))
    assert len(world["a"].funder.silent(world["b"].key).messages) == 1
    assert world["a"].funder.silent(world["b"].key).messages == []
    assert world["a"].funder.silent(bytes(32)).messages == []


def test_friends_that_are_made_later_are_not_awaited() -> None:
    """Of a friendship that began after the restoration nobody knows more."""
    world = World("ab")
    restored(world, "a")
    world.control("a", app.AddFriend(world["b"].key, (), "b"))
    assert not world["a"].funder.is_awaited(world["b"].key)
