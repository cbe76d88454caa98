"""Messages of friends (spec 03, 3.3)."""

import msgspec

from offset.base.limits import FRIEND_RELAYS_MAX
from offset.wire.common import RelayAddress
from offset.wire.friend import CancelOp, CollectOp, MoveTokenRequest, ResetTerms, ResponseOp
from support.ledger import FST, World, bare
from support.ledger_peer import Peer


def pair() -> tuple[World, Peer]:
    world = World("m")
    return world, Peer(world, "x", "m")


def test_token_is_returned_to_who_asks() -> None:
    """With a duplicate as with a new message; without a wish nothing is said."""
    _, peer = pair()
    token = peer.make("m")
    assert peer.send("m", MoveTokenRequest(token, False)).messages == []
    ((key, answer),) = peer.send("m", MoveTokenRequest(token, True)).messages
    assert key == peer.key
    assert answer.move_token.currencies_operations == ()
    assert not answer.token_wanted
    assert len(peer.say("m", wanted=True).messages) == 1


def test_copy_of_an_older_message_is_answered_once_per_line() -> None:
    """What was said on this line arrives; on a new line the friend may have missed it (2.5, D26)."""
    _, peer = pair()
    token = MoveTokenRequest(peer.make("m"), True)
    ((_, ours),) = peer.send("m", token).messages
    assert peer.send("m", token).messages == []
    peer.offline("m")
    for turn in (peer.online("m"), peer.send("m", token)):
        ((key, again),) = turn.messages
        assert (key, bare(again)) == (peer.key, bare(ours))


def test_mismatch_makes_the_channel_inconsistent() -> None:
    """The friend is told our terms, at once and again."""
    world, peer = pair()
    wrong = MoveTokenRequest(msgspec.structs.replace(peer.make("m"), rand_nonce=bytes(16)), False)
    ((_, terms),) = peer.send("m", wrong).messages
    assert isinstance(terms, ResetTerms)
    assert terms == world["m"].friend(peer.key).channel.local_terms
    assert peer.send("m", wrong).messages == [(peer.key, terms)]


def test_refused_message_changes_nothing_but_the_consistency() -> None:
    """A good operation before a bad one is not carried out."""
    world, peer = pair()
    seller = Peer(world, "s", "m")
    good = peer.request(1, 10, route=(seller.key,))
    peer.say("m", good, CancelOp(bytes(16)))
    assert not world["m"].friend(peer.key).channel.is_consistent
    assert world["m"].credit(seller.key).local == {}
    assert world["m"].state.incoming_ids == {}


def test_too_many_relays_are_cut() -> None:
    """A friend may announce any number; we keep some."""
    world, peer = pair()
    relays = tuple(RelayAddress(bytes([number]) * 32, "relay:1") for number in range(FRIEND_RELAYS_MAX + 3))
    peer.say("m", relays=relays)
    assert world["m"].friend(peer.key).remote_relays == relays[:FRIEND_RELAYS_MAX]
    assert world["m"].friend(peer.key).channel.is_consistent


def test_answers_go_back_to_who_asked() -> None:
    """Response and collect take the way of the request, also when the id is used with two friends at once."""
    world = World("m")
    first, second, seller = (Peer(world, name, "m") for name in "xys")
    requests = [peer.request(number, 10, route=(seller.key,)) for number, peer in enumerate((first, second))]
    for peer, request in zip((first, second), requests, strict=True):
        peer.say("m", request)
        seller.say("m")
    seller.say("m", seller.response(requests[1]), seller.response(requests[0]))
    for peer, request in zip((first, second), requests, strict=True):
        peer.get_token("m")
        assert peer.answers() == {request.request_id: ResponseOp}
        peer.say("m")
    seller.get_token("m")
    seller.say("m", CollectOp(requests[1].request_id, bytes(32), bytes(32)))
    second.hear()
    assert second.answers() == {requests[1].request_id: CollectOp}
    assert world["m"].credit(second.key, FST).balance == 10
    assert world["m"].credit(first.key, FST).balance == 0


def test_answers_in_one_message_come_in_order() -> None:
    """A response and its collect may come together."""
    world = World("m")
    payer, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    request = payer.request(1, 10, route=(seller.key,))
    payer.say("m", request)
    turn = seller.say("m", seller.response(request), CollectOp(request.request_id, bytes(32), bytes(32)))
    assert world["m"].friend(seller.key).channel.is_consistent
    assert world["m"].credit(seller.key).balance == -10
    payer.get_token("m")
    assert world["m"].credit(payer.key).balance == 10
    assert turn.results == []
