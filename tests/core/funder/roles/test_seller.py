"""Invoices: which requests are promised, which commits are taken (spec 03, 3.8)."""

import pytest

from offset.core.funder.records import HistoryRecord, InvoiceRecord, Record, UsedRecord
from offset.core.funder.roles import seller
from offset.crypto.locks import hash_lock
from offset.wire import app
from offset.wire.common import Commit
from offset.wire.friend import CancelOp, CollectOp, Operation, ResponseOp
from offset.wire.signing import response_hash
from support.ledger import World
from support.ledger_peer import Peer

SRC_LOCK = bytes([5]) * 32


class Shop:
    """A seller with an invoice over 20, and a payer."""

    def __init__(self) -> None:
        self.world = World("s")
        self.payer = Peer(self.world, "x", "s")
        self.invoice_id = self.world.invoice("s", 20)
        self._ids = 0

    @property
    def invoice(self) -> InvoiceRecord:
        return self.world["s"].state.invoices[self.invoice_id]

    def waiting(self, src_lock: bytes) -> list[tuple[bytes, bytes]]:
        """The parts that wait of this payer."""
        return self.world["s"].state.waiting.of((self.invoice_id, hash_lock(src_lock)))

    def ask(self, amount: int, **changes: object) -> Operation:
        """Send one request. Returns the answer."""
        self._ids += 1
        details = {"total": 20, "invoice_id": self.invoice_id, "src_lock": SRC_LOCK, **changes}
        request = self.payer.request(self._ids, amount, **details)
        self.payer.say("s", request)
        self.payer.get_token("s")
        (answer,) = [taken.op for taken in self.payer.taken if taken.op.request_id == request.request_id]
        return answer


def test_parts_up_to_the_total_are_promised() -> None:
    """Each part gets a response; the one that completes the sum says so."""
    shop = Shop()
    answers = [shop.ask(amount) for amount in (5, 10, 5)]
    assert [isinstance(answer, ResponseOp) and answer.is_complete for answer in answers] == [
        False,
        False,
        True,
    ]
    assert all(answer.dest_hashed_lock == hash_lock(shop.invoice.dest_plain_lock) for answer in answers)
    assert len({answer.rand_nonce for answer in answers}) == 3
    assert len(shop.waiting(SRC_LOCK)) == 3


@pytest.mark.parametrize(
    "changes", [{"invoice_id": bytes(32)}, {"total": 21}], ids=["unknown invoice", "other total"]
)
def test_other_requests_are_cancelled(changes: dict[str, object]) -> None:
    """A request must be for an open invoice, and its total."""
    shop = Shop()
    shop.ask(5)
    assert isinstance(shop.ask(5, **changes), CancelOp)
    assert len(shop.waiting(SRC_LOCK)) == 1


def test_more_than_the_total_is_cancelled() -> None:
    """Nobody pays too much."""
    shop = Shop()
    shop.ask(15)
    assert isinstance(shop.ask(6), CancelOp)
    answer = shop.ask(5)
    assert isinstance(answer, ResponseOp)
    assert answer.is_complete


def test_parts_of_nothing_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What freezes nothing is no part of an invoice over something; one over nothing has INVOICE_FREE_PARTS_MAX, of
    which each friend gets an eighth of what is free: whoever fills its share keeps nobody else out.
    """
    monkeypatch.setattr(seller, "INVOICE_FREE_PARTS_MAX", 18)
    shop = Shop()
    assert isinstance(shop.ask(0), CancelOp)
    gift = shop.world.invoice("s", 0)
    answers = [shop.ask(0, total=0, invoice_id=gift, src_lock=bytes([number] * 32)) for number in range(3)]
    assert [type(answer) for answer in answers] == [ResponseOp, ResponseOp, CancelOp]
    other = Peer(shop.world, "y", "s")
    locks = [bytes([9, number]) for number in range(3)]
    other.say("s", *[other.request(90 + n, 0, invoice_id=gift, src_lock=locks[n]) for n in range(3)])
    other.get_token("s")
    answers = [taken.op for taken in other.taken]
    assert sorted(type(answer).__name__ for answer in answers) == ["CancelOp", "ResponseOp", "ResponseOp"]


def test_payers_stand_side_by_side() -> None:
    """Whoever knows an invoice cannot block it: each payer is promised on its own, the one whose commit comes is
    collected, and the others get back what they froze.
    """
    shop = Shop()
    world, squatter = shop.world, Peer(shop.world, "y", "s")
    squatter.say("s", *[squatter.request(90 + n, 1, total=20, invoice_id=shop.invoice_id) for n in range(19)])
    answer = shop.ask(20)
    assert isinstance(answer, ResponseOp)
    assert answer.is_complete
    world.control("s", app.CommitInvoice(commit_for(shop, answer, SRC_LOCK)))
    assert world["s"].refusal is None
    for peer in (squatter, shop.payer):
        peer.say("s")
        peer.get_token("s")
    assert set(squatter.answers().values()) == {CancelOp}
    assert (world["s"].credit(squatter.key).balance, world["s"].credit(squatter.key).remote_debt) == (0, 0)
    assert world["s"].credit(shop.payer.key).balance == 20
    assert list(world["s"].state.waiting) == []


def test_a_copied_lock_blocks_one_attempt_only() -> None:
    """A mediator that copies the lock of a payer takes the room of its last part; with another lock there is room.

    What the mediator has frozen for that is given back when the invoice is collected, and not before its time.
    """
    shop = Shop()
    world, copier = shop.world, Peer(shop.world, "y", "s")
    assert isinstance(shop.ask(10), ResponseOp)
    copier.say("s", copier.request(90, 1, total=20, invoice_id=shop.invoice_id, src_lock=SRC_LOCK))
    assert isinstance(shop.ask(10), CancelOp)
    other_lock = bytes([6]) * 32
    answer = shop.ask(20, src_lock=other_lock)
    assert isinstance(answer, ResponseOp)
    world.control("s", app.CommitInvoice(commit_for(shop, answer, other_lock)))
    assert world["s"].refusal is None
    for peer in (copier, shop.payer):
        peer.say("s")
        peer.get_token("s")
    assert set(copier.answers().values()) == {CancelOp}
    assert world["s"].credit(shop.payer.key).balance == 20


@pytest.mark.parametrize("collected", [0, 1, 2])
def test_each_payer_has_a_lock_of_its_own(collected: int) -> None:
    """What opens for one payer fits no promise to another, so nobody makes a receipt of somebody else's payment; and
    a lock is never promised to two payers, not even when the first has gone.
    """
    shop = Shop()
    locks = [bytes([number] * 32) for number in (1, 2, 3)]
    answers = [shop.ask(20, src_lock=lock) for lock in locks]
    assert len({answer.dest_hashed_lock for answer in answers}) == 3
    shop.world.control("s", app.CommitInvoice(commit_for(shop, answers[collected], locks[collected])))
    assert shop.world["s"].refusal is None
    shop.payer.say("s")
    shop.payer.get_token("s")
    (collect,) = [taken.op for taken in shop.payer.taken if isinstance(taken.op, CollectOp)]
    fits = [hash_lock(collect.dest_plain_lock) == answer.dest_hashed_lock for answer in answers]
    assert fits == [number == collected for number in range(3)]


def test_payers_are_remembered() -> None:
    """A seller that starts again collects from a later payer, with the lock that it promised."""
    shop = Shop()
    shop.ask(5, src_lock=bytes(32))
    answer = shop.ask(20)
    world = shop.world
    world.restart("s")
    world.control("s", app.CommitInvoice(commit_for(shop, answer, SRC_LOCK)))
    assert world["s"].refusal is None
    shop.payer.online("s")
    shop.payer.say("s")
    shop.payer.get_token("s")
    assert world["s"].credit(shop.payer.key).balance == 20


def commit_for(shop: Shop, answer: Operation, src_lock: bytes) -> Commit:
    """The commit of a payer for a whole payment in one part."""
    assert isinstance(answer, ResponseOp)
    hashed = response_hash(answer.request_id, answer.rand_nonce)
    lock = answer.dest_hashed_lock
    return Commit(hashed, src_lock, lock, 20, 20, shop.invoice_id, "FST", answer.signature)


def test_opening_invoices(monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice opens once, with its own secret, as long as there is room."""
    monkeypatch.setattr(seller, "INVOICES_MAX", 2)
    world = World("s")
    first, second = world.invoice("s", 1), world.invoice("s", 1)
    invoices = world["s"].state.invoices
    assert invoices[first].dest_plain_lock != invoices[second].dest_plain_lock
    world.control("s", app.AddInvoice(first, "FST", 1))
    assert world["s"].refusal == "the invoice is open already"
    world.invoice("s", 1)
    assert world["s"].refusal == "there are 2 open invoices already"


def test_cancelling_an_invoice_cancels_its_parts() -> None:
    """A withdrawn invoice gives all frozen credits back."""
    world = World("abs")
    world.chain()
    _, request_id, commit = world.promise("abs", 10)
    world.control("s", app.CancelInvoice(commit.invoice_id))
    world.settle()
    assert app.TransactionResult(request_id, app.FAILURE) in world["a"].results
    assert world["a"].credit(world["b"]).local_debt == 0
    world.control("s", app.CancelInvoice(commit.invoice_id))
    assert world["s"].refusal == "this invoice is not open: it was collected or cancelled before"
    world.control("s", app.CommitInvoice(commit))
    assert "it was collected or cancelled before" in world["s"].refusal


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_invoice_that_nobody_touched_leaves_no_trace(is_restarted: bool) -> None:
    """Neither a row nor a used id: it may be opened again, even as another one. What was cancelled touched nothing."""
    shop = Shop()
    for wrong in ({"total": 21}, {"invoice_id": bytes(32)}):
        assert isinstance(shop.ask(5, **wrong), CancelOp)
    first = shop.invoice
    assert not first.is_touched
    world = shop.world
    world.control("s", app.CancelInvoice(shop.invoice_id))
    assert world["s"].refusal is None
    assert traces(world) == []
    if is_restarted:
        world.restart("s")
    assert shop.invoice_id not in world["s"].state.invoices
    world.control("s", app.CancelInvoice(shop.invoice_id))
    assert world["s"].refusal == "this invoice is not open: it was collected or cancelled before"
    world.control("s", app.AddInvoice(shop.invoice_id, "FST", 30))
    assert world["s"].refusal is None
    assert shop.invoice.dest_plain_lock != first.dest_plain_lock
    assert traces(world) == []


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("gone", ["waits", "timed out", "channel lost"])
def test_an_invoice_that_was_touched_is_remembered(gone: str, is_restarted: bool) -> None:
    """Whatever became of the part: somebody may have had a commit."""
    shop = Shop()
    world = shop.world
    shop.ask(5)
    assert shop.invoice.is_touched
    if gone == "timed out":
        world.took(world["s"], world["s"].funder.cancel_incomplete((shop.invoice_id, hash_lock(SRC_LOCK))))
    elif gone == "channel lost":
        world.control("s", app.RemoveFriend(shop.payer.key))
    assert (shop.waiting(SRC_LOCK) == []) == (gone != "waits")
    if is_restarted:
        world.restart("s")
    world.control("s", app.CancelInvoice(shop.invoice_id))
    assert [type(trace) for trace in traces(world)] == [HistoryRecord, UsedRecord]
    world.control("s", app.AddInvoice(shop.invoice_id, "FST", 20))
    assert world["s"].refusal == "the invoice was used before"


def traces(world: World) -> list[Record]:
    """What s remembers of invoices that are over."""
    return [row for row in world["s"].rows.records() if isinstance(row, HistoryRecord | UsedRecord)]


def test_commit_must_be_ours_and_unlock_what_waits() -> None:
    """Another lock, or another signature, does not collect."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    for wrong, reason in (
        ({"src_plain_lock": bytes(32)}, "the commit does not unlock what waits for this invoice"),
        ({"signature": bytes(64)}, "the commit is not signed by this node"),
        ({"dest_payment": 9}, "the commit is not signed by this node"),
    ):
        changed = {field: getattr(commit, field) for field in commit.__struct_fields__} | wrong
        world.control("s", app.CommitInvoice(type(commit)(**changed)))
        assert world["s"].refusal == reason
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal is None


def test_commit_while_a_response_still_waits() -> None:
    """A part whose response waits for its friend is collected too, after the response."""
    shop = Shop()
    world, payer = shop.world, shop.payer
    other = Peer(world, "y", "s")
    payer.get_token("s")
    payer.offline("s")
    first = payer.request(1, 10, total=20, invoice_id=shop.invoice_id, src_lock=SRC_LOCK)
    payer.say("s", first)
    second = other.request(2, 10, total=20, invoice_id=shop.invoice_id, src_lock=SRC_LOCK)
    other.say("s", second)
    other.get_token("s")
    (response,) = [taken.op for taken in other.taken]
    assert isinstance(response, ResponseOp)
    commit = Commit(
        response_hash(second.request_id, response.rand_nonce),
        SRC_LOCK,
        response.dest_hashed_lock,
        10,
        20,
        shop.invoice_id,
        "FST",
        response.signature,
    )
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal is None
    payer.online("s")
    payer.get_token("s")
    assert [type(taken.op) for taken in payer.taken] == [ResponseOp, CollectOp]
    assert world["s"].credit(payer.key).balance == 10


def test_lock_is_free_again_without_parts() -> None:
    """When all parts of a payment were lost with their channels, another payment may pay the invoice."""
    shop = Shop()
    other = Peer(shop.world, "y", "s")
    shop.ask(5)
    shop.world.control("s", app.RemoveFriend(shop.payer.key))
    request = other.request(9, 20, total=20, invoice_id=shop.invoice_id, src_lock=bytes(32))
    other.say("s", request)
    other.get_token("s")
    assert other.answers() == {request.request_id: ResponseOp}


# Parts whose rest does not come (D23)


def test_d23_parts_without_the_rest_are_given_back() -> None:
    """What waits for an incomplete invoice is cancelled on demand, and the invoice can be paid with another lock."""
    world = World("abs")
    world.chain()
    invoice_id = world.invoice("s", 20)
    payment_id = world.payment("a", "s", invoice_id, 20)
    parts = [world.part(payment_id, "abs", amount) for amount in (5, 10)]
    world.settle()
    (payer,) = world["s"].state.waiting
    assert world["s"].funder.is_incomplete(payer)
    world.took(world["s"], world["s"].funder.cancel_incomplete(payer))
    world.settle()
    assert not world["s"].funder.is_incomplete(payer)
    assert [app.TransactionResult(part, app.FAILURE) in world["a"].results for part in parts] == [True, True]
    assert world["a"].credit(world["b"]).local_debt == 0
    again = world.part(world.payment("a", "s", invoice_id, 20), "abs", 20)
    world.settle()
    (result,) = [result.result for result in world["a"].results if result.request_id == again]
    assert isinstance(result, app.Complete)


@pytest.mark.parametrize("what", ["complete", "nothing", "unknown"])
def test_d23_what_may_be_collected_is_never_given_back(what: str) -> None:
    """A complete payment stays, since its commit may be with the seller; and where nothing waits nothing is done."""
    shop = Shop()
    if what == "complete":
        shop.ask(5)
        shop.ask(15)
    funder = shop.world["s"].funder
    invoice_id = bytes(32) if what == "unknown" else shop.invoice_id
    payer = (invoice_id, hash_lock(SRC_LOCK))
    assert not funder.is_incomplete(payer)
    turn = funder.cancel_incomplete(payer)
    assert (turn.changes, turn.messages) == ({}, [])


def test_d23_a_commit_and_a_cancel_cross() -> None:
    """What was committed is collected, though the invoice is cancelled before anything has left; and not vice versa."""
    for requests, paid in ((("commit", "cancel"), 10), (("cancel", "commit"), 0)):
        world = World("abs")
        world.chain()
        _, _, commit = world.promise("abs", 10)
        asked = {"commit": app.CommitInvoice(commit), "cancel": app.CancelInvoice(commit.invoice_id)}
        for name in requests:
            world.control("s", asked[name])
        world.settle()
        credit = world["s"].credit(world["b"])
        assert (credit.balance, credit.remote_debt) == (paid, 0)
