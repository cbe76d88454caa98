"""The handshake: who the peer is, and the keys to talk with."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.ends import ALICE, BOB, CAROL, NotedEntropy, ScriptedEntropy, established, sent, sessions, shake
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.crypto.exchange import dh_public_key
from offset.crypto.identity import Identity
from offset.link.handshake import Handshake, SessionKeys
from offset.wire.channel import EXCHANGE_DH, EXCHANGE_RAND_NONCE, ExchangeDh
from offset.wire.signing import exchange_dh_buffer
from support.signers import CountingSigner
from support.vectors import Case, cases


def opened(case: Case) -> Handshake:
    """The local side of a recorded opening, at the moment when its first message is sent."""
    local_sent = EXCHANGE_RAND_NONCE.decode(bytes.fromhex(case["localSent"]))
    handshake = Handshake(
        Identity(bytes.fromhex(case["localPrivateKey"])),
        ScriptedEntropy(local_sent.rand_nonce, bytes(range(32)), bytes(32)),
        local_sent.opt_dest_public_key,
    )
    assert handshake.opening.hex() == case["localSent"]
    return handshake


def finished(case: Case) -> SessionKeys:
    """Play a recorded opening to its end."""
    handshake = opened(case)
    handshake.receive(bytes.fromhex(case["remoteExchangeRandNonce"]))
    return established(handshake.receive(bytes.fromhex(case["remoteExchangeDh"])))


def opening_cases(*, bettered: bool) -> list[Case]:
    return [case for case in cases("dh", "opening") if is_bettered(case) == bettered]


def is_bettered(case: Case) -> bool:
    return case["what"] == "DH key zero, signed" or case["what"].startswith("reflected")


@pytest.mark.parametrize("case", opening_cases(bettered=False), ids=lambda case: case["what"])
def test_the_verdict_on_an_opening_is_that_of_the_reference(case: Case) -> None:
    """Recorded messages of a peer open a line, or are refused, as they were by the reference."""
    if case["accepted"]:
        remote = EXCHANGE_RAND_NONCE.decode(bytes.fromhex(case["remoteExchangeRandNonce"]))
        assert finished(case).remote == remote.src_public_key
    else:
        with pytest.raises(PeerFault):
            finished(case)


def test_two_sides_agree() -> None:
    """After two messages of each, both know the other's key, and one sends with what the other reads with."""
    alice, bob = sessions()
    assert (alice.remote, bob.remote) == (BOB.public_key, ALICE.public_key)
    assert alice.keys.send == bob.keys.receive
    assert alice.keys.receive == bob.keys.send
    assert alice.keys.send != alice.keys.receive


def test_entropy_is_drawn_in_a_fixed_order() -> None:
    """The nonce is drawn at the start, the DH secret and the salt when the peer's nonce has come."""
    alice, bob = NotedEntropy(1), NotedEntropy(2)
    ours, theirs = Handshake(ALICE, alice, BOB.public_key), Handshake(BOB, bob, None)
    assert alice.counts == bob.counts == [16]
    shake(ours, theirs)
    assert alice.counts == bob.counts == [16, 32, 32]


def test_another_peer_than_expected_is_refused() -> None:
    """A peer with a good key, but not the one we want, is refused before anything is signed for it."""
    entropy = NotedEntropy(1)
    alice = Handshake(ALICE, entropy, BOB.public_key)
    with pytest.raises(PeerFault):
        alice.receive(Handshake(CAROL, SeededEntropy(2), None).opening)
    assert entropy.counts == [16]


def test_nobody_takes_the_place_of_another() -> None:
    """Who names BOB as its key without having BOB's private key does not come through."""
    alice = Handshake(ALICE, SeededEntropy(1), BOB.public_key)
    bob = Handshake(BOB, SeededEntropy(2), None)
    carol = Handshake(CAROL, SeededEntropy(3), None)
    alice.receive(bob.opening)
    with pytest.raises(PeerFault):
        alice.receive(sent(carol.receive(alice.opening)))


def test_an_old_answer_does_not_open_a_new_line() -> None:
    """The second message of an earlier handshake carries the nonce of then, and is refused now."""
    bob = Handshake(BOB, SeededEntropy(2), None)
    old_answer = sent(bob.receive(Handshake(ALICE, SeededEntropy(1), None).opening))
    alice = Handshake(ALICE, SeededEntropy(3), None)
    alice.receive(bob.opening)
    with pytest.raises(PeerFault):
        alice.receive(old_answer)


def test_the_messages_have_an_order() -> None:
    """The second message does not do as the first, nor the first as the second."""
    alice = Handshake(ALICE, SeededEntropy(1), None)
    bob = Handshake(BOB, SeededEntropy(2), None)
    bob_answer = sent(bob.receive(alice.opening))
    with pytest.raises(PeerFault):
        Handshake(ALICE, SeededEntropy(1), BOB.public_key).receive(bob_answer)
    alice.receive(bob.opening)
    with pytest.raises(PeerFault):
        alice.receive(bob.opening)


def test_01_d5_the_destination_key_is_not_checked() -> None:
    """A peer may name anybody as the one it wants: the field is not signed, and the reference ignores it."""
    alice = Handshake(ALICE, SeededEntropy(1), CAROL.public_key)
    bob = Handshake(BOB, SeededEntropy(2), None)
    assert isinstance(bob.receive(alice.opening), bytes)


@pytest.mark.parametrize("expects", [None, ALICE.public_key])
def test_01_d6_our_own_messages_sent_back_are_refused(expects: bytes | None) -> None:
    """A mirror does not prove our own key to us, even if we ask for it (the reference accepts that)."""
    alice = Handshake(ALICE, SeededEntropy(1), expects)
    with pytest.raises(PeerFault):
        alice.receive(alice.opening)


def test_01_d6_a_second_line_under_our_own_key_is_refused() -> None:
    """Two nodes that share a private key by mistake are told apart by nobody, so they do not talk."""
    alice = Handshake(ALICE, SeededEntropy(1), None)
    with pytest.raises(PeerFault):
        alice.receive(Handshake(ALICE, SeededEntropy(2), None).opening)


@pytest.mark.parametrize("case", opening_cases(bettered=True), ids=lambda case: case["what"])
def test_01_d6_d7_what_the_reference_should_have_refused(case: Case) -> None:
    """The recorded reflection and the recorded DH key of zero, which the reference accepted, are refused."""
    assert case["accepted"]
    with pytest.raises(PeerFault):
        finished(case)


def test_01_d7_a_signed_dh_key_of_zero_is_refused() -> None:
    """A peer that proves its key but makes a secret that everybody knows is refused."""
    alice = Handshake(ALICE, SeededEntropy(1), None)
    bob = Handshake(BOB, SeededEntropy(2), None)
    alice.receive(bob.opening)
    nonce = EXCHANGE_RAND_NONCE.decode(alice.opening).rand_nonce
    signature = BOB.sign(exchange_dh_buffer(bytes(32), nonce, bytes(32)))
    with pytest.raises(PeerFault):
        alice.receive(EXCHANGE_DH.encode(ExchangeDh(bytes(32), nonce, bytes(32), signature)))


def test_every_field_of_the_second_message_is_signed() -> None:
    """A changed DH key, nonce, salt or signature is refused."""
    bob = Handshake(BOB, SeededEntropy(2), None)
    good = EXCHANGE_DH.decode(sent(bob.receive(Handshake(ALICE, SeededEntropy(1), None).opening)))
    others = (
        ExchangeDh(dh_public_key(bytes(32)), good.rand_nonce, good.key_salt, good.signature),
        ExchangeDh(good.dh_public_key, bytes(16), good.key_salt, good.signature),
        ExchangeDh(good.dh_public_key, good.rand_nonce, bytes(32), good.signature),
        ExchangeDh(good.dh_public_key, good.rand_nonce, good.key_salt, bytes(64)),
    )
    for other in others:
        alice = Handshake(ALICE, SeededEntropy(1), None)
        alice.receive(bob.opening)
        with pytest.raises(PeerFault):
            alice.receive(EXCHANGE_DH.encode(other))


@given(first=st.binary(max_size=300))
def test_any_bytes_as_the_first_message_give_a_fault(first: bytes) -> None:
    """Bytes by chance are no ExchangeRandNonce; if they decode they are answered, and nothing is proved."""
    alice = Handshake(ALICE, SeededEntropy(1), None)
    with suppress(PeerFault):
        assert isinstance(alice.receive(first), bytes)


@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_second_message_never_makes_other_keys(place: int, value: int, cut: bool) -> None:
    """One byte changed, or the rest cut off: a fault, or the very session that was meant."""
    alice = Handshake(ALICE, SeededEntropy(1), None)
    bob = Handshake(BOB, SeededEntropy(2), None)
    bob_answer = sent(bob.receive(alice.opening))
    bob_session = established(bob.receive(sent(alice.receive(bob.opening))))
    place %= len(bob_answer)
    damaged = bob_answer[:place] + bytes([value]) + (b"" if cut else bob_answer[place + 1 :])
    try:
        session = established(alice.receive(damaged))
    except PeerFault:
        return
    assert session.remote == BOB.public_key
    assert session.keys.receive == bob_session.keys.send


def test_the_key_signs_once() -> None:
    """A handshake asks its signer for one signature, after the peer's nonce has come, and for the public key."""
    signer = CountingSigner(ALICE)
    alice, bob = Handshake(signer, SeededEntropy(1), None), Handshake(BOB, SeededEntropy(2), ALICE.public_key)
    assert signer.signed == []
    session, remote = shake(alice, bob)
    assert (session.remote, remote.remote) == (BOB.public_key, ALICE.public_key)
    assert len(signer.signed) == 1
