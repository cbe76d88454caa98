"""Ledgers that disagree: terms, and starting again from one side's numbers (spec 03, 2.7 and 2.8)."""

import msgspec
import pytest

from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, I128_MIN, RESETS_AHEAD_MAX, U64_MAX
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.channel import Channel, hashed
from offset.core.funder.ledger.reset import _restart, acceptable, make_terms
from offset.core.funder.records import HistoryRecord, SentRelays
from offset.crypto.public_keys import is_lower
from offset.wire import app
from offset.wire.common import NamedRelayAddress
from offset.wire.friend import CurrencyBalance, MoveTokenRequest, ResetTerms
from offset.wire.signing import flip
from support.ledger import FST, World
from support.ledger_checks import check_quiet
from support.ledger_peer import Peer

RELAY = NamedRelayAddress(bytes(32), "relay:1", "mine")


class Quarrel:
    """A node and an outsider with a balance of 10 and 5 frozen on each side, in disagreement."""

    def __init__(self) -> None:
        self.world = World("m")
        self.peer = Peer(self.world, "x", "m")
        self.node = self.world["m"]
        invoice_id = self.world.invoice("m", 15)
        for number, amount in enumerate((10, 5)):
            self.peer.say("m", self.peer.request(number, amount, total=15, invoice_id=invoice_id))
            self.peer.get_token("m")
        self.theirs = self.peer.become_inconsistent("m")
        self.ours = self.peer.terms["m"]

    @property
    def channel(self) -> Channel:
        return self.node.friend(self.peer.key).channel

    def accept(self) -> None:
        """The owner of the node accepts the terms of the outsider."""
        self.world.control("m", app.ResetFriendChannel(self.peer.key, self.theirs.reset_token))

    def differences(self) -> list[tuple[str, int]]:
        """By how much the history says that resets went against the node's claims, or beyond them."""
        kinds = (HistoryKind.CONCEDED, HistoryKind.GAINED)
        rows = [
            row for row in self.node.rows.records() if isinstance(row, HistoryRecord) and row.kind in kinds
        ]
        assert {row.id for row in rows} <= {self.theirs.reset_token, self.ours.reset_token}
        assert {row.peer for row in rows} <= {self.peer.key}
        return [(row.kind, row.amount) for row in rows]


def test_terms_claim_the_balance_and_what_the_friend_froze() -> None:
    """Each side states its balance and the credits that the other has frozen, one count further."""
    quarrel = Quarrel()
    assert quarrel.ours.balance_for_reset == (CurrencyBalance(FST, 15),)
    assert quarrel.theirs.balance_for_reset == (CurrencyBalance(FST, 0),)
    assert quarrel.ours.inconsistency_counter == 1


def test_becoming_inconsistent_ends_what_is_under_way() -> None:
    """No credits, no queues and no parts of invoices are left of the lost channel."""
    quarrel = Quarrel()
    assert quarrel.channel.credits == {}
    assert list(quarrel.node.state.waiting) == []
    assert len(quarrel.node.state.invoices) == 1
    assert quarrel.node.state.incoming_ids == {}


def test_accepting_their_terms() -> None:
    """The node starts from the outsider's claim, negated, and the outsider recognises its terms."""
    quarrel = Quarrel()
    quarrel.theirs = msgspec.structs.replace(quarrel.theirs, balance_for_reset=(CurrencyBalance(FST, -7),))
    quarrel.peer.send("m", quarrel.theirs)
    quarrel.accept()
    message = quarrel.channel.outgoing
    assert message is not None
    assert message.old_token == quarrel.theirs.reset_token
    assert message.opt_local_relays == ()
    assert message.opt_active_currencies is None
    assert quarrel.channel.credits[FST].balance == 7
    assert quarrel.differences() == [(HistoryKind.CONCEDED, 8)]
    assert (quarrel.channel.inconsistency_counter, quarrel.channel.move_token_counter) == (1, 0)


def test_terms_that_give_us_more() -> None:
    """The history says by how much they are above our claim, also in a currency that we claimed nothing in."""
    quarrel = Quarrel()
    more = (CurrencyBalance(FST, -15), CurrencyBalance("EUR", -3))
    quarrel.theirs = msgspec.structs.replace(quarrel.theirs, balance_for_reset=more)
    quarrel.peer.send("m", quarrel.theirs)
    quarrel.accept()
    assert quarrel.differences() == [(HistoryKind.GAINED, 3)]


def test_they_accept_our_terms() -> None:
    """The node starts from its own claim, and tells its relays at once, asking for the token."""
    quarrel = Quarrel()
    turn = quarrel.peer.send("m", quarrel.peer.accept("m"))
    assert quarrel.channel.credits[FST].balance == 15
    assert quarrel.differences() == []
    ((_, answer),) = turn.messages
    assert isinstance(answer, MoveTokenRequest)
    assert answer.move_token.opt_local_relays == ()
    assert answer.token_wanted
    assert quarrel.peer.channels["m"].credits[FST].balance == -15
    assert quarrel.peer.channels["m"].outgoing is None, "the outsider took the answer"


def test_relays_after_a_reset() -> None:
    """All relays that the friend may know are listened on until it has answered (spec 03, 2.10)."""
    quarrel = Quarrel()
    quarrel.world.control("m", app.AddRelay(RELAY))
    quarrel.peer.send("m", quarrel.peer.accept("m"))
    assert quarrel.node.friend(quarrel.peer.key).sent_relays == SentRelays((RELAY,), ())
    quarrel.peer.say("m")
    assert quarrel.node.friend(quarrel.peer.key).sent_relays == SentRelays((RELAY,))


@pytest.mark.parametrize("field", ["old_token", "info_hash", "new_token"])
def test_wrong_reset_is_answered_with_our_terms(field: str) -> None:
    """Another token, other balances or no signature: we stay inconsistent and tell our terms again."""
    quarrel = Quarrel()
    good = quarrel.peer.accept("m")
    size = len(getattr(good.move_token, field))
    wrong = msgspec.structs.replace(good.move_token, **{field: bytes(size)})
    turn = quarrel.peer.send("m", MoveTokenRequest(wrong, True))
    assert turn.messages == [(quarrel.peer.key, quarrel.ours)]
    assert not quarrel.channel.is_consistent
    quarrel.peer.send("m", good)
    assert quarrel.channel.is_consistent


def test_wrong_token_is_refused() -> None:
    """Only the terms that the owner saw can be accepted, and only while there are any."""
    quarrel = Quarrel()
    for request, reason in (
        (
            app.ResetFriendChannel(quarrel.peer.key, bytes(64)),
            "the friend has made new terms since; look at them first",
        ),
        (app.ResetFriendChannel(bytes(32), bytes(64)), "there is no such friend"),
    ):
        quarrel.world.control("m", request)
        assert quarrel.node.refusal == reason
    quarrel.accept()
    quarrel.accept()
    assert quarrel.node.refusal == "the channel with this friend is consistent"


def test_terms_must_have_been_told() -> None:
    """Before the friend has told its terms there is nothing to accept."""
    world = World("m")
    peer = Peer(world, "x", "m")
    wrong = msgspec.structs.replace(peer.make("m"), rand_nonce=bytes(16))
    peer.send("m", MoveTokenRequest(wrong, False))
    assert world["m"].friend(peer.key).channel.remote_terms is None
    world.control("m", app.ResetFriendChannel(peer.key, bytes(64)))
    assert world["m"].refusal == "the friend has not told its terms yet"


def test_new_terms_replace_old_ones_and_the_decision() -> None:
    """A decision is for the terms that the owner saw; other terms need another decision."""
    quarrel = Quarrel()
    quarrel.peer.offline("m")
    quarrel.accept()
    assert quarrel.channel.reset_wish == quarrel.theirs.reset_token
    newer = msgspec.structs.replace(quarrel.theirs, reset_token=bytes([9]) * 64)
    quarrel.peer.send("m", newer)
    assert quarrel.channel.remote_terms == newer
    assert quarrel.channel.reset_wish is None
    quarrel.peer.online("m")
    assert not quarrel.channel.is_consistent


def test_terms_are_told_on_each_new_line() -> None:
    """The friend may have lost them."""
    quarrel = Quarrel()
    quarrel.world.restart("m")
    assert quarrel.peer.online("m").messages == [(quarrel.peer.key, quarrel.ours)]


def test_terms_that_nobody_could_accept() -> None:
    """Such terms cannot be turned round, cannot be told apart, or count back (D32)."""
    quarrel = Quarrel()
    good = ResetTerms(bytes(64), 5, (CurrencyBalance("A", 1), CurrencyBalance("B", I128_MIN + 1)))
    channel = quarrel.channel
    assert acceptable(channel, good)
    channel.inconsistency_counter = 4
    assert acceptable(channel, good)
    assert not acceptable(channel, msgspec.structs.replace(good, inconsistency_counter=4))
    assert not acceptable(channel, msgspec.structs.replace(good, inconsistency_counter=U64_MAX))
    many = tuple(CurrencyBalance(str(number), 0) for number in range(257))
    assert not acceptable(channel, msgspec.structs.replace(good, balance_for_reset=many))
    most = 4 + RESETS_AHEAD_MAX
    assert acceptable(channel, msgspec.structs.replace(good, inconsistency_counter=most))
    assert not acceptable(channel, msgspec.structs.replace(good, inconsistency_counter=most + 1))


def test_accepting_terms_keeps_the_number_of_currencies() -> None:
    """Terms that would bring more than CURRENCIES_PER_FRIEND_MAX together are accepted after the owner removed some."""
    quarrel = Quarrel()
    theirs = tuple(CurrencyBalance(f"yours{number}", 0) for number in range(CURRENCIES_PER_FRIEND_MAX - 1))
    quarrel.theirs = msgspec.structs.replace(quarrel.theirs, reset_token=bytes(64), balance_for_reset=theirs)
    quarrel.peer.send("m", quarrel.theirs)
    friend = quarrel.node.friend(quarrel.peer.key)
    quarrel.world.control("m", app.OpenFriendCurrency(quarrel.peer.key, "mine"))
    assert len(friend.configs) == 2
    quarrel.accept()
    assert quarrel.node.refusal is not None
    assert "remove 1 that are not in its terms" in quarrel.node.refusal
    quarrel.world.control("m", app.RemoveFriendCurrency(quarrel.peer.key, "mine"))
    quarrel.accept()
    assert quarrel.channel.is_consistent
    assert len(friend.configs) == CURRENCIES_PER_FRIEND_MAX
    quarrel.world.control("m", app.OpenFriendCurrency(quarrel.peer.key, "one more"))
    assert len(friend.configs) == CURRENCIES_PER_FRIEND_MAX


def test_what_the_friend_may_still_bring_counts() -> None:
    """A currency that was announced and removed since may come back by the friend's list: room is kept for it (D13)."""
    world = World("m")
    peer = Peer(world, "x", "m")
    friend = world["m"].friend(peer.key)
    world.control("m", app.OpenFriendCurrency(peer.key, "gone"))
    peer.get_token("m")
    assert friend.channel.local_currencies == (FST, "gone")
    world.control("m", app.RemoveFriendCurrency(peer.key, "gone"))
    for number in range(CURRENCIES_PER_FRIEND_MAX):
        world.control("m", app.OpenFriendCurrency(peer.key, str(number)))
    assert len(friend.configs) == CURRENCIES_PER_FRIEND_MAX - 1
    peer.say("m", currencies=(FST, "gone"))
    assert friend.channel.is_consistent
    assert len(friend.configs) == CURRENCIES_PER_FRIEND_MAX


def test_counter_stays_in_its_bounds() -> None:
    """Terms can be made however often the channel was reset."""
    quarrel = Quarrel()
    quarrel.channel.inconsistency_counter = U64_MAX
    assert make_terms(quarrel.channel, quarrel.node.entropy).inconsistency_counter == U64_MAX


def test_lost_ledger_is_reset_to_nothing_or_to_ours() -> None:
    """A friend that lost everything offers an empty list; accepting ours instead keeps the balances (spec 03, 2.8)."""
    for keeps in (True, False):
        world = World("ab")
        world.chain()
        world.pay("ab", 10)
        world.control("b", app.RemoveFriend(world["a"].key))
        world.control("b", app.AddFriend(world["a"].key, (), "a"))
        world.control("b", app.EnableFriend(world["a"].key))
        world.connect("a", "b")
        world.settle()
        name, other = "ba" if keeps else "ab"
        terms = world[name].friend(world[other]).channel.remote_terms
        assert terms is not None
        world.control(name, app.ResetFriendChannel(world[other].key, terms.reset_token))
        world.settle()
        check_quiet(world)
        credits = world["a"].friend(world["b"]).channel.credits
        assert [credit.balance for credit in credits.values()] == ([-10] if keeps else [])
        config = world["b"].friend(world["a"]).configs.get(FST)
        assert (config is not None) == keeps, "an active currency is configured, closed"


def test_new_balance_is_the_claim_whose_token_was_used() -> None:
    """I15: both sides restart from the claim of the side whose terms were accepted."""
    for accepting, claiming, balance in (("a", "b", 15), ("b", "a", 10)):
        world = World("ab")
        world.chain()
        world.pay("ab", 10)
        world.promise("ab", 5)  # b claims what a has frozen, a does not
        outgoing = world["b"].friend(world["a"]).channel.outgoing
        if outgoing is None:
            world.give_token("a", "b")
            outgoing = world["b"].friend(world["a"]).channel.outgoing
        assert outgoing is not None
        wrong = msgspec.structs.replace(outgoing, rand_nonce=bytes(16))
        node = world["a"]
        world.took(node, node.funder.friend_message(world["b"].key, MoveTokenRequest(wrong, False)))
        world.settle()
        terms = world[accepting].friend(world[claiming]).channel.remote_terms
        assert terms is not None
        world.control(accepting, app.ResetFriendChannel(world[claiming].key, terms.reset_token))
        world.settle()
        check_quiet(world)
        assert world["b"].credit(world["a"]).balance == balance


def test_terms_are_not_told_without_need() -> None:
    """While the friend knows them there is nothing to say to it, whatever the owner changes."""
    quarrel = Quarrel()
    sent = quarrel.world.sent
    quarrel.world.control("m", app.AddRelay(RELAY))
    assert quarrel.world.sent == sent


def test_crossing_reset_takes_a_currency_away() -> None:
    """A request that waits in a currency of the terms that were given up fails (D18)."""
    world = World("m")
    peer = next(
        peer for peer in (Peer(world, name, "m") for name in "abcdefgh") if is_lower(peer.key, world["m"].key)
    )
    terms = peer.become_inconsistent("m")
    made_up = (CurrencyBalance("EUR", 0), CurrencyBalance(FST, 0))
    terms = msgspec.structs.replace(terms, balance_for_reset=made_up)
    peer.send("m", terms)
    world.control("m", app.ResetFriendChannel(peer.key, terms.reset_token))
    world.control("m", app.CreatePayment(bytes(16), bytes(32), "EUR", 5, peer.key))
    keys = app.FriendsRoute((world["m"].key, peer.key))
    world.control("m", app.CreateTransaction(bytes(16), bytes(16), keys, 5, 0))
    assert world["m"].results == [], "it waits for the token"
    peer.send("m", peer.accept("m"))
    channel = world["m"].friend(peer.key).channel
    assert channel.is_consistent
    assert list(channel.credits) == [FST]
    assert world["m"].results == [app.TransactionResult(bytes(16), app.FAILURE)]


def test_terms_given_up_cannot_be_accepted_later() -> None:
    """Once the friend went on from its own terms, its acceptance of ours would roll the ledger back."""
    quarrel = Quarrel()
    late = quarrel.peer.accept("m")
    quarrel.accept()
    reset = quarrel.channel.outgoing
    assert reset is not None
    quarrel.world.took(quarrel.node, quarrel.node.funder.offline(quarrel.peer.key))
    assert quarrel.channel.former_terms == quarrel.ours
    channel = quarrel.peer.channels["m"]
    channel.outgoing, channel.incoming = None, hashed(reset, flip(channel.token_info()))
    _restart(channel, quarrel.theirs, 1)
    quarrel.peer.say("m")
    assert quarrel.channel.former_terms is None
    quarrel.peer.send("m", late)
    assert not quarrel.channel.is_consistent
