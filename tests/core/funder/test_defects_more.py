"""Where the reference dies, wastes or misleads, and what ours does instead: D21 to D40 (spec 03, 6.2).

Not here: D27 (limits of a node's start: base/limits.py names each), D30 (index mutations: tests/engine), D34 (rows
instead of whole files: tests/store). By design as the reference: D23 (no timeouts: nobody but buyer and seller may end
what is under way), D36 (a lost channel cancels upstream at once), D37 (cancels give no reason).
"""

import msgspec
import pytest

from offset.base.limits import (
    I128_MAX,
    I128_MIN,
    OPERATIONS_PER_BATCH_MAX,
    OPERATIONS_PER_MESSAGE_MAX,
    U64_MAX,
)
from offset.core.funder.ledger import mutual_credit
from offset.core.funder.records import HistoryKey, HistoryKind, HistoryRecord, Key
from offset.core.funder.state.turn import UpdateFriend
from offset.wire import app
from offset.wire.common import RECEIPT, RelayAddress
from offset.wire.friend import (
    CancelOp,
    CurrencyBalance,
    FriendsRoute,
    MoveTokenRequest,
    ResetTerms,
)
from support.ledger import FST, Node, World
from support.ledger_peer import Peer

RELAY = RelayAddress(bytes(32), "relay:1")


def test_d21_request_beyond_all_balances() -> None:
    """An amount too large for a balance breaks the channel of the reference; ours cancels it."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m", peer.request(1, I128_MAX, fees=1))
    peer.get_token("m")
    assert list(peer.answers().values()) == [CancelOp]
    assert not peer.mismatches


def test_d21_claim_with_a_request_beyond_all_balances() -> None:
    """Our claim stays a number that fits, though the friend froze more than a balance can hold."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.offline("m")  # so that the cancel does not go out
    peer.say("m", peer.request(1, I128_MAX, fees=I128_MAX))
    peer.become_inconsistent("m")
    peer.online("m")
    assert peer.terms["m"].balance_for_reset == (CurrencyBalance(FST, I128_MAX),)


def test_d22_operations_in_one_message() -> None:
    """The reference takes any number; ours takes far more than it sends, but not any number."""
    world = World("m")
    peer = Peer(world, "x", "m", limit=10**6)
    count = OPERATIONS_PER_MESSAGE_MAX
    peer.say("m", *[peer.request(number, 1) for number in range(count)])
    assert world["m"].friend(peer.key).channel.is_consistent
    for _ in range(-(-count // OPERATIONS_PER_BATCH_MAX)):
        peer.get_token("m")
        peer.say("m", wanted=True)
    assert len(peer.answers()) == count
    peer.say("m", *[peer.request(number, 1) for number in range(count + 1)])
    assert not world["m"].friend(peer.key).channel.is_consistent


def test_d22_requests_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of one friend are bounded: beyond the bound they are cancelled, and far beyond it is a fault."""
    monkeypatch.setattr(mutual_credit, "PENDING_PER_FRIEND_MAX", 4)
    world = World("m")
    payer, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    payer.say("m", *[payer.request(number, 1, route=(seller.key,)) for number in range(6)])
    payer.get_token("m")
    assert sorted(payer.answers()) == [number.to_bytes(16, "big") for number in (4, 5)]
    payer.say("m", *[payer.request(number, 1) for number in range(10, 14)])
    assert world["m"].friend(payer.key).channel.is_consistent
    payer.get_token("m")
    payer.say("m", *[payer.request(number, 1) for number in range(20, 25)])
    assert not world["m"].friend(payer.key).channel.is_consistent


@pytest.mark.parametrize("currencies", [(FST, "EUR", "EUR"), (FST, "")])
def test_d24_lists_that_hash_alike(currencies: tuple[str, ...]) -> None:
    """A list with an empty or repeated name can be read in two ways; the reference takes it, ours does not."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", currencies=currencies)
    assert not world["m"].friend(peer.key).channel.is_consistent


def test_d25_new_relays_of_a_friend() -> None:
    """The reference stores the new relays of a friend and goes on dialing the old; ours tells the channeler."""
    world = World("m")
    peer = Peer(world, "x", "m")
    turn = peer.say("m", relays=(RELAY,))
    assert turn.orders == [UpdateFriend(peer.key, (RELAY,), ())]
    assert peer.say("m", relays=(RELAY,)).orders == [], "nothing new"


def test_d26_one_token_request() -> None:
    """Sixteen requests while the token is away make the reference repeat its message 16 times; ours asks once."""
    world = World("am")
    world.chain()
    world.give_token("m", "a")
    payment_id = world.payment("a", "m", world.invoice("m", 16), 16)
    sent = world.sent
    for _ in range(16):
        world.part(payment_id, "am", 1)
    assert world.sent == sent + 1
    world.settle()
    assert world["m"].credit(world["a"]).remote_debt == 16


def messages_under_load(reconnects: int) -> int:
    """How much two friends say while one always has something to pay."""
    world = World("ab")
    world.chain()
    for _ in range(reconnects):
        world.reconnect("a", "b")
    payment_id = world.payment("a", "b", world.invoice("b", 50), 50)
    before = world.sent
    for _ in range(50):
        world.part(payment_id, "ab", 1)
        world.round()
    world.settle()
    return world.sent - before


def test_d26_copies_die_out() -> None:
    """A new line makes copies, which the reference keeps going as long as there is load; ours does not answer them."""
    assert messages_under_load(reconnects=8) <= messages_under_load(reconnects=0) + 2


@pytest.mark.parametrize("order", ["mn", "nm"])
def test_d28_receipt_of_the_whole(order: str) -> None:
    """The receipt of the reference may prove a part only; ours is that of the complete part as soon as it is there."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    payment_id = world.payment("a", "s", world.invoice("s", 20), 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    world.disconnect("a", order[1])
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    early = world["a"].state.payments[payment_id]
    assert early.receipt is not None
    assert early.receipt.is_complete == (order == "nm")
    world.connect("a", order[1])
    world.settle()
    late = world["a"].state.payments[payment_id]
    assert late.receipt is not None
    assert late.receipt.is_complete
    assert late.ack_uid == early.ack_uid


def _detail(node: Node, key: Key) -> bytes:
    (row,) = [row for row in node.rows.records() if row.key() == key]
    assert isinstance(row, HistoryRecord)
    return row.detail


def test_d28_receipt_of_the_whole_after_the_acknowledgement() -> None:
    """An app that is content with the receipt of a part lets the payment be forgotten; the history gets the other."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    payment_id = world.payment("a", "s", world.invoice("s", 20), 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    world.disconnect("a", "n")
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    key = HistoryKey(HistoryKind.PAID, payment_id)
    part = RECEIPT.decode(_detail(world["a"], key))
    assert not part.is_complete
    ack_uid = world["a"].state.payments[payment_id].ack_uid
    assert ack_uid is not None
    world.control("a", app.AckClosePayment(payment_id, ack_uid))
    world["a"].take_results()
    world.connect("a", "n")
    world.settle()
    whole = RECEIPT.decode(_detail(world["a"], key))
    assert whole.is_complete
    assert whole.total_dest_payment == 20
    assert not world["a"].state.payments
    assert not world["a"].results


def test_d29_the_end_of_a_payment_is_kept() -> None:
    """An answer that no app waited for is lost in the reference; ours keeps it until it is acknowledged."""
    world = World("as")
    world.chain()
    payment_id = world.pay("as", 10)
    world.restart("a")
    for _ in range(2):
        world["a"].take_results()
        world.control("a", app.RequestClosePayment(payment_id))
        (result,) = world["a"].results
        assert isinstance(result.status, app.PaymentStatusSuccess)
    world.control("a", app.AckClosePayment(payment_id, result.status.ack_uid))
    assert not world["a"].state.payments


def test_d31_terms_to_the_holder_of_the_token() -> None:
    """The holder of the token ignores an inconsistency in the reference; ours takes it and tells its own terms."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m")
    assert world["m"].friend(peer.key).channel.outgoing is None
    terms = peer.become_inconsistent("m")
    assert world["m"].friend(peer.key).channel.remote_terms == terms
    assert "m" in peer.terms


@pytest.mark.parametrize(
    "changes",
    [
        {"balance_for_reset": (CurrencyBalance(FST, I128_MIN),)},
        {"balance_for_reset": (CurrencyBalance(FST, 1), CurrencyBalance(FST, 2))},
        {"balance_for_reset": (CurrencyBalance("", 1),)},
        {"inconsistency_counter": 0},
        {"inconsistency_counter": U64_MAX},
    ],
    ids=["balance", "repeated", "unnamed", "counter back", "counter at its end"],
)
def test_d32_terms_that_nobody_could_accept(changes: dict[str, object]) -> None:
    """Such terms kill the reference when accepted; ours does not keep them, but the friend can still accept ours."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m", wanted=True)
    good = ResetTerms(bytes([7]) * 64, 1, (CurrencyBalance(FST, 1),))
    peer.send("m", msgspec.structs.replace(good, **changes))
    channel = world["m"].friend(peer.key).channel
    assert not channel.is_consistent
    assert channel.remote_terms is None
    peer.send("m", peer.accept("m"))
    assert channel.is_consistent


def test_d33_oneself_as_a_friend() -> None:
    """A node of the reference can be its own friend."""
    world = World("a")
    world.control("a", app.AddFriend(world["a"].key, (), "me"))
    assert world["a"].refusal == "a node cannot be its own friend"


def test_d33_messages_of_a_disabled_friend() -> None:
    """The reference hears friends that are disabled; ours does not, and hears them again later."""
    world = World("m")
    peer = Peer(world, "x", "m")
    token = peer.make("m", peer.request(1, 10))
    world.control("m", app.DisableFriend(peer.key))
    turn = peer.send("m", MoveTokenRequest(token, False))
    assert not turn.changes
    world.control("m", app.EnableFriend(peer.key))
    peer.online("m")
    peer.send("m", MoveTokenRequest(token, True))
    peer.get_token("m")
    assert list(peer.answers().values()) == [CancelOp]


def test_d35_one_check_of_a_response_at_each_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference checks a response three times at each hop; ours once, when it arrives."""
    checks = []
    verify = mutual_credit.verify

    def counting(*arguments: bytes) -> bool:
        checks.append(arguments)
        return verify(*arguments)

    monkeypatch.setattr(mutual_credit, "verify", counting)
    world = World("amb")
    world.chain()
    world.promise("amb", 10)
    assert len(checks) == 2, "one by m, one by a"


def test_d38_closed_friends_pay_each_other() -> None:
    """Closing a currency stops what passes over a friend, not what the friend itself pays or is paid."""
    world = World("amb")
    world.chain()
    for name, other in ("am", "ma", "mb", "bm"):
        world.control(name, app.CloseFriendCurrency(world[other].key, FST))
    world.pay("am", 10)
    world.pay("mb", 10)
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "amb", 10)
    world.settle()
    assert isinstance(world["a"].results[-1].result, app.Failure)


def test_d39_transaction_of_no_payment() -> None:
    """The reference is silent about a transaction of an unknown or closed payment; ours answers Failure."""
    world = World("as")
    world.chain()
    request_id = world.part(bytes(16), "as", 1)
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    world.control("a", app.RequestClosePayment(payment_id))
    world["a"].results.clear()
    late_id = world.part(payment_id, "as", 10)
    assert world["a"].results == [app.TransactionResult(late_id, app.FAILURE)]
    assert request_id != late_id


def test_d40_one_request_id_in_two_payments() -> None:
    """The reference mixes up two payments with one request id; ours answers Failure."""
    world = World("as")
    world.chain()
    _, request_id, _ = world.promise("as", 10)
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    world["a"].results.clear()
    route = FriendsRoute((world["a"].key, world["s"].key))
    world.control("a", app.CreateTransaction(payment_id, request_id, route, 10, 0))
    assert world["a"].results == [app.TransactionResult(request_id, app.FAILURE)]
    assert request_id in world["a"].state.transactions
