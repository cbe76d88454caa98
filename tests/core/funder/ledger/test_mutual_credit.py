"""Operations on a mutual credit, from both sides (spec 03, 1)."""

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.base.limits import CREDIT_MAX, I128_MAX, U128_MAX
from offset.core.funder.ledger.mutual_credit import (
    Draft,
    MutualCredit,
    OperationRefused,
    Verdict,
    response_buffer_of,
    signed_by,
)
from offset.core.funder.records import OWN, CreditKey, PendingKey, PendingRecord
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.wire.friend import CancelOp, CollectOp, FriendsRoute, RequestOp, ResponseOp

SELLER = Identity(bytes([1]) * 32)
FRIEND = Identity(bytes([2]) * 32)
SRC_LOCK, DEST_LOCK = bytes([3]) * 32, bytes([4]) * 32
ENTROPY = SeededEntropy("mutual credit")


def request(
    amount: int = 10, fees: int = 2, number: int = 1, route: tuple[bytes, ...] | None = None
) -> RequestOp:
    keys = (SELLER.public_key,) if route is None else route
    return RequestOp(
        number.to_bytes(16, "big"),
        sha512_256(SRC_LOCK),
        FriendsRoute(keys),
        amount,
        max(amount, 20),
        bytes(32),
        fees,
    )


def response(op: RequestOp, signer: Identity = SELLER, currency: str = "FST") -> ResponseOp:
    unsigned = ResponseOp(op.request_id, sha512_256(DEST_LOCK), True, ENTROPY.bytes(16), bytes(64))
    signature = signer.sign(response_buffer_of(unsigned, op, currency))
    return ResponseOp(op.request_id, unsigned.dest_hashed_lock, True, unsigned.rand_nonce, signature)


def collect(op: RequestOp, src_lock: bytes = SRC_LOCK, dest_lock: bytes = DEST_LOCK) -> CollectOp:
    return CollectOp(op.request_id, src_lock, dest_lock)


class Two:
    """A credit seen from both sides; what one says the other takes."""

    def __init__(self) -> None:
        self.ours, self.theirs = MutualCredit("FST"), MutualCredit("FST")

    def drafts(self) -> tuple[Draft, Draft]:
        return Draft(self.ours), Draft(self.theirs)

    def adopt(self, ours: Draft, theirs: Draft) -> None:
        self.ours.adopt(ours)
        self.theirs.adopt(theirs)
        assert self.ours.balance == -self.theirs.balance
        assert self.ours.local_debt == self.theirs.remote_debt
        assert {key: item.response for key, item in self.ours.local.items()} == {
            key: item.response for key, item in self.theirs.remote.items()
        }

    def ask(self, op: RequestOp) -> None:
        ours, theirs = self.drafts()
        ours.send_request(op, OWN)
        assert theirs.receive_request(op, 100) is Verdict.ACCEPTED
        self.adopt(ours, theirs)

    def promise(self, op: RequestOp) -> None:
        ours, theirs = self.drafts()
        answer = response(op)
        theirs.send_response(answer)
        ours.receive_response(answer, FRIEND.public_key)
        self.adopt(ours, theirs)


def test_request_freezes_on_both_sides() -> None:
    """A request freezes amount and fees, and moves nothing."""
    two = Two()
    two.ask(request(10, 2))
    assert (two.ours.local_debt, two.ours.balance) == (12, 0)


def test_cancel_unfreezes_on_both_sides() -> None:
    """A cancelled request gives the frozen credits back, before and after its response."""
    for has_response in (False, True):
        two = Two()
        op = request()
        two.ask(op)
        if has_response:
            two.promise(op)
        ours, theirs = two.drafts()
        theirs.send_cancel(CancelOp(op.request_id))
        ours.receive_cancel(CancelOp(op.request_id))
        two.adopt(ours, theirs)
        assert (two.ours.local, two.ours.local_debt, two.ours.balance) == ({}, 0, 0)


def test_collect_moves_the_frozen_credits() -> None:
    """A collect takes amount and fees from who asked."""
    two = Two()
    op = request(10, 2)
    two.ask(op)
    two.promise(op)
    ours, theirs = two.drafts()
    theirs.send_collect(collect(op))
    ours.receive_collect(collect(op))
    two.adopt(ours, theirs)
    assert (two.ours.local_debt, two.ours.balance) == (0, -12)


def test_draft_alone_changes_nothing() -> None:
    """What is tried on a draft and not adopted never happened."""
    two = Two()
    op = request()
    two.ask(op)
    ours, _ = two.drafts()
    ours.receive_cancel(CancelOp(op.request_id))
    assert two.ours.local_debt == 12
    assert op.request_id in two.ours.local


def test_draft_names_the_rows_it_changes() -> None:
    """The balance, each request that came or changed, and None for each that is gone."""
    two = Two()
    gone, stays = request(number=1), request(number=2)
    two.ask(gone)
    two.ask(stays)
    draft = Draft(two.ours)
    draft.receive_cancel(CancelOp(gone.request_id))
    draft.receive_response(response(stays), FRIEND.public_key)
    changes = draft.changes(FRIEND.public_key)
    lost, answered = (
        PendingKey(FRIEND.public_key, "FST", True, request_id)
        for request_id in (gone.request_id, stays.request_id)
    )
    assert changes.keys() == {CreditKey(FRIEND.public_key, "FST"), lost, answered}
    assert changes[lost] is None
    row = changes[answered]
    assert isinstance(row, PendingRecord)
    assert row.response is not None


def test_request_over_the_limit_is_frozen_all_the_same() -> None:
    """Too much debt is no fault: the request stays pending until our cancel, and counts until then."""
    draft = Draft(MutualCredit("FST"))
    assert draft.receive_request(request(90, 0, number=1), 100) is Verdict.ACCEPTED
    assert draft.receive_request(request(10, 1, number=2), 100) is Verdict.OVER_LIMIT
    assert draft.receive_request(request(1, 0, number=3), 100) is Verdict.OVER_LIMIT
    assert draft.remote_debt == 102


def test_limit_counts_the_balance() -> None:
    """What the friend owes already uses up its limit; what we owe it adds to it."""
    assert Draft(MutualCredit("FST", 95)).receive_request(request(5, 0), 100) is Verdict.ACCEPTED
    assert Draft(MutualCredit("FST", 96)).receive_request(request(5, 0), 100) is Verdict.OVER_LIMIT
    assert Draft(MutualCredit("FST", -50)).receive_request(request(150, 0), 100) is Verdict.ACCEPTED
    assert Draft(MutualCredit("FST")).receive_request(request(0, 0), 0) is Verdict.ACCEPTED


def test_the_highest_limit() -> None:
    """CREDIT_MAX is the most a friend may owe, whatever limit is set: what leads beyond it is to be cancelled."""
    for limit in (CREDIT_MAX, CREDIT_MAX + 1, U128_MAX):
        draft = Draft(MutualCredit("FST", 5))
        assert draft.receive_request(request(CREDIT_MAX - 5, 0), limit) is Verdict.ACCEPTED
        assert draft.receive_request(request(1, 0, number=2), limit) is Verdict.OVER_LIMIT


def received(op: RequestOp) -> None:
    Draft(MutualCredit("FST")).receive_request(op, I128_MAX)


def test_wrong_requests_are_faults() -> None:
    """A request with a wrong route, of more than its invoice, or twice, makes the whole message wrong."""
    with pytest.raises(PeerFault, match="route"):
        received(request(route=(bytes(32), bytes(32))))
    with pytest.raises(PeerFault, match="route"):
        received(request(route=tuple(bytes([key]) * 32 for key in range(32))))
    with pytest.raises(PeerFault, match="invoice"):
        received(RequestOp(bytes(16), bytes(32), FriendsRoute(()), 11, 10, bytes(32), 0))
    draft = Draft(MutualCredit("FST"))
    draft.receive_request(request(), 100)
    with pytest.raises(PeerFault, match="already pending"):
        draft.receive_request(request(), 100)
    with pytest.raises(PeerFault, match="more credits than there are"):
        draft.receive_request(request(U128_MAX, 0, number=2), 100)


def test_wrong_answers_are_faults() -> None:
    """An answer must belong to a request of ours, be signed by its seller, and come in its turn."""
    two = Two()
    op = request()
    two.ask(op)
    draft = Draft(two.ours)
    unknown = request(number=9)
    for answer in (
        lambda: draft.receive_response(response(unknown), FRIEND.public_key),
        lambda: draft.receive_cancel(CancelOp(unknown.request_id)),
        lambda: draft.receive_collect(collect(unknown)),
    ):
        with pytest.raises(PeerFault, match="not pending"):
            answer()
    with pytest.raises(PeerFault, match="before its response"):
        draft.receive_collect(collect(op))
    for wrong in (response(op, FRIEND), response(op, currency="EUR")):
        with pytest.raises(PeerFault, match="did not sign"):
            draft.receive_response(wrong, FRIEND.public_key)
    draft.receive_response(response(op), FRIEND.public_key)
    with pytest.raises(PeerFault, match="second response"):
        draft.receive_response(response(op), FRIEND.public_key)
    for wrong_collect in (collect(op, src_lock=bytes(32)), collect(op, dest_lock=bytes(32))):
        with pytest.raises(PeerFault, match="wrong locks"):
            draft.receive_collect(wrong_collect)


def test_friend_signs_if_it_is_the_seller() -> None:
    """With an empty remaining route the friend itself is the end of it."""
    op = request(route=())
    draft = Draft(MutualCredit("FST"))
    draft.send_request(op, OWN)
    with pytest.raises(PeerFault):
        draft.receive_response(response(op, SELLER), FRIEND.public_key)
    draft.receive_response(response(op, FRIEND), FRIEND.public_key)


def test_refusals_of_our_own_operations() -> None:
    """What would break the ledger of a friend is not sent, and leaves nothing behind."""
    draft = Draft(MutualCredit("FST"))
    draft.send_request(request(), OWN)
    for op in (
        request(),
        request(number=2, route=(bytes(32), bytes(32))),
        request(I128_MAX - 11, 0, number=2),
        RequestOp((2).to_bytes(16, "big"), bytes(32), FriendsRoute(()), 11, 10, bytes(32), 0),
    ):
        with pytest.raises(OperationRefused):
            draft.send_request(op, OWN)
    assert draft.local_debt == 12
    draft.send_request(request(I128_MAX - 12, 0, number=2), OWN)
    for send in (
        lambda: draft.send_response(response(request())),
        lambda: draft.send_cancel(CancelOp(bytes(16))),
        lambda: draft.send_collect(collect(request())),
    ):
        with pytest.raises(OperationRefused, match="not pending"):
            send()


def test_collect_waits_for_our_response() -> None:
    """We collect only what we answered, with the right locks, and answer only once."""
    op = request()
    draft = Draft(MutualCredit("FST"))
    draft.receive_request(op, 100)
    with pytest.raises(OperationRefused, match="nothing to collect"):
        draft.send_collect(collect(op))
    draft.send_response(response(op))
    with pytest.raises(OperationRefused, match="there is a response already"):
        draft.send_response(response(op))
    with pytest.raises(OperationRefused, match="nothing to collect"):
        draft.send_collect(collect(op, src_lock=bytes(32)))
    draft.send_collect(collect(op))
    assert (draft.balance, draft.remote_debt) == (12, 0)


def test_claim_on_reset() -> None:
    """We claim the balance and what the friend froze, not what we froze, and never more than a balance can hold."""
    credit = MutualCredit("FST", 5)
    draft = Draft(credit)
    draft.receive_request(request(10, 2, number=1), 100)
    draft.send_request(request(7, 0, number=2), OWN)
    credit.adopt(draft)
    assert credit.balance_for_reset() == 17
    draft = Draft(credit)
    draft.receive_request(request(I128_MAX, 0, number=3), 100)
    credit.adopt(draft)
    assert credit.balance_for_reset() == I128_MAX


def test_signature_covers_the_request() -> None:
    """The response of another request is not a response to this one."""
    answer = response(request(10))
    assert signed_by(answer, request(10), "FST", SELLER.public_key)
    assert not signed_by(answer, request(11), "FST", SELLER.public_key)
