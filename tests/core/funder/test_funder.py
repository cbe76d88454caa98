"""The funder as a whole: events in, turns out; and what the rows of a turn cost (spec 03, 4.2)."""

from offset.base.credits import Rate
from offset.core.funder.funder import Funder
from offset.core.funder.records import ChannelKey, CreditKey, CreditRecord, QueuedRecord
from offset.wire import app
from offset.wire.friend import FRIEND_MESSAGE, MoveTokenRequest
from support.ledger import FST, World
from support.ledger_checks import snapshot
from support.ledger_peer import Peer


def test_same_seed_same_bytes() -> None:
    """Nothing but events and entropy decides: two runs say the very same."""
    runs = []
    for _ in range(2):
        world = World("abc", "seed")
        world.chain()
        world.pay("abc", 10, 2)
        runs.append([(from_, to, FRIEND_MESSAGE.encode(message)) for from_, to, message in world.messages])
    assert runs[0] == runs[1]


def test_rows_of_a_turn_are_those_it_changed() -> None:
    """A request passed on touches both channels, both balances and both pending requests, however many there are."""
    world = World("m")
    payer, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    for number in range(20):
        payer.say("m", payer.request(number, 1, route=(seller.key,)))
        seller.say("m")
        world.invoice("m", 5)
    turn = payer.say("m", payer.request(99, 1, route=(seller.key,)))
    tables = sorted(record.TABLE for record in turn.changes.values() if record is not None)
    assert tables == ["channels", "channels", "credits", "credits", "pending", "pending"]


def test_balances_that_did_not_change_are_not_written() -> None:
    """A message is about all currencies of a friend; only those with operations have new rows, and news for apps."""
    world = World("ab")
    world.befriend("a", "b", FST, "EUR")
    world.give_token("a", "b")
    payment_id = world.payment("a", "b", world.invoice("b", 5), 5)
    before = world["a"].rows.records()
    world.part(payment_id, "ab", 5)
    written = [record for record in world["a"].rows.records() if record not in before]
    assert [record.currency for record in written if isinstance(record, CreditRecord)] == [FST]
    turn = world.deliver("b", "a")
    assert [key.currency for key in turn.changes if isinstance(key, CreditKey)] == [FST]
    world.settle()
    world.give_token("a", "b")
    world.reconnect("a", "b")
    turn = world.deliver("b", "a")  # an empty message
    assert [type(key) for key in turn.changes] == [ChannelKey]
    assert [type(change.friend_report_mutation).__name__ for change in turn.mutations] == [
        "SetOptLastIncomingMoveToken"
    ]


def test_turn_without_change_has_no_rows() -> None:
    """A copy of an old message, and a request for the token, cost no commit (spec 03, 7.3)."""
    world = World("am")
    world.chain()
    world.give_token("m", "a")
    channel = world["a"].friend(world["m"]).channel
    assert channel.outgoing is not None
    turn = world["m"].funder.friend_message(world["a"].key, MoveTokenRequest(channel.outgoing, False))
    assert (turn.changes, turn.messages) == ({}, [])
    payment_id = world.payment("a", "m", world.invoice("m", 1), 1)
    world.part(payment_id, "am", 1)
    before = snapshot(world["a"].state)
    for rate in (Rate(5, 5), Rate(0, 0)):
        turn = world["a"].funder.control(app.SetFriendCurrencyRate(world["m"].key, "FST", rate))
    assert snapshot(world["a"].state) == before
    assert turn.messages == []


def test_messages_of_strangers_are_not_heard() -> None:
    """Only friends speak to a funder."""
    world = World("ab")
    world.chain()
    channel = world["a"].friend(world["b"]).channel
    outgoing = channel.outgoing or world["b"].friend(world["a"]).channel.outgoing
    assert outgoing is not None
    turn = world["a"].funder.friend_message(bytes(32), MoveTokenRequest(outgoing, True))
    assert (turn.changes, turn.messages, turn.mutations) == ({}, [], [])


def test_fresh_funder() -> None:
    """Without rows there is a node with nothing."""
    node = World("a")["a"]
    funder = Funder(node.identity, node.entropy)
    assert funder.report().friends.list == ()
    assert funder.start().changes == {}


def test_requests_that_waited_at_a_crash_fail_at_the_start() -> None:
    """Everybody is offline after a start, so nothing waits for a token; whoever asked is told."""
    world = World("am")
    world.chain()
    world.give_token("m", "a")
    payment_id = world.payment("a", "m", world.invoice("m", 1), 1)
    request_id = world.part(payment_id, "am", 1)
    node = world["a"]
    rows = node.rows.records()
    assert any(isinstance(record, QueuedRecord) for record in rows)
    reborn = Funder(node.identity, node.entropy, rows)
    turn = reborn.start()
    assert turn.results == [app.TransactionResult(request_id, app.FAILURE)]
    assert reborn.state.transactions == {}


def test_the_newest_message() -> None:
    """What we said last is the newest until the friend answers it, and terms until the ledgers agree again."""
    world = World("m")
    peer = Peer(world, "x", "m")
    node = world["m"]
    peer.get_token("m")
    said = node.friend(peer.key).channel.outgoing
    assert said is not None
    assert node.funder.is_newest(peer.key, MoveTokenRequest(said, True))
    assert not node.funder.is_newest(bytes(32), MoveTokenRequest(said, True))
    peer.say("m")
    assert not node.funder.is_newest(peer.key, MoveTokenRequest(said, True))
    peer.become_inconsistent("m")
    terms = peer.terms["m"]
    assert node.funder.is_newest(peer.key, terms)
    assert not node.funder.is_newest(peer.key, MoveTokenRequest(said, True))
    peer.send("m", peer.accept("m"))
    assert node.friend(peer.key).channel.is_consistent
    assert not node.funder.is_newest(peer.key, terms)
