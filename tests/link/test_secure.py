"""The secure channel: encrypted messages in order, with fresh keys while it runs."""

from collections import deque
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.ends import (
    NotedEntropy,
    ScriptedEntropy,
    established,
    fixed_padding,
    no_padding,
    recorded_padding,
    sent,
    sessions,
)
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.base.limits import PADDING_BYTES_MAX, PEER_PADDING_BYTES_MAX
from offset.crypto.cipher import SEALED_BYTES_MIN, Opener, Sealer, next_nonce
from offset.crypto.identity import Identity
from offset.link.handshake import Handshake
from offset.link.secure import Padding, Rekeyed, SecureChannel, draw_padding
from offset.wire.channel import CHANNEL_MESSAGE, ChannelMessage, Rekey, User
from support.vectors import Case, cases


def channels(padding: Padding = draw_padding) -> tuple[SecureChannel, SecureChannel]:
    """ALICE's and BOB's ends of one channel."""
    alice, bob = sessions()
    return (
        SecureChannel(alice.keys, SeededEntropy("alice channel"), padding),
        SecureChannel(bob.keys, SeededEntropy("bob channel"), padding),
    )


def rekeyed(news: bytes | Rekeyed) -> Rekeyed:
    assert isinstance(news, Rekeyed)
    return news


# The cipher below


@pytest.mark.parametrize("case", cases("dh", "nextNonce"))
def test_the_next_nonce_is_the_recorded_one(case: Case) -> None:
    """Nonces count little-endian, and wrap."""
    assert next_nonce(bytes.fromhex(case["nonce"])).hex() == case["next"]


@pytest.mark.parametrize("case", cases("dh", "encrypt"))
def test_encryption_is_the_recorded_one(case: Case) -> None:
    """The same key and texts give the recorded messages, and these give the texts again."""
    sealer, opener = Sealer(bytes.fromhex(case["key"])), Opener(bytes.fromhex(case["key"]))
    for step in case["steps"]:
        plain, message = bytes.fromhex(step["plain"]), bytes.fromhex(step["message"])
        assert message.hex().startswith(step["nonce"])
        assert sealer.seal(plain) == message
        assert opener.open(message) == plain


@pytest.mark.parametrize("case", cases("dh", "decrypt"))
def test_the_verdict_on_a_message_is_that_of_the_reference(case: Case) -> None:
    """A replay, a gap, a changed byte is refused and changes nothing; the next message is still taken."""
    opener = Opener(bytes.fromhex(case["key"]))
    for step in case["steps"]:
        plain = opener.open(bytes.fromhex(step["message"]))
        assert (plain is not None) == step["accepted"], step["what"]
        assert (plain and plain.hex()) == step["plain"], step["what"]


# Whole recorded channels


@pytest.mark.parametrize("case", cases("dh", "channel"), ids=lambda case: case["name"])
def test_a_channel_runs_as_recorded(case: Case) -> None:
    """From the recorded draws come the recorded messages, byte for byte, and each is read by the other side."""
    Recording(case).play()


class Recording:
    """Both sides of a recorded channel, fed with the chance of the recording."""

    def __init__(self, case: Case) -> None:
        self.steps = case["steps"]
        self.entropy = {"a": ScriptedEntropy(), "b": ScriptedEntropy()}
        self.identity = {side: Identity(bytes.fromhex(case[f"{side}PrivateKey"])) for side in "ab"}
        self.handshakes: dict[str, Handshake] = {}
        self.answers: dict[str, bytes] = {}
        self.channels: dict[str, SecureChannel] = {}
        self.on_the_way: list[tuple[str, bytes]] = []  # rekeys, each with its receiver

    def play(self) -> None:
        for step in self.steps:
            if step["step"] == "keys":
                self.keys(step)
                continue
            side = step["from"]
            self.entropy[side].draws += [bytes.fromhex(drawn) for drawn in step["drawn"]]
            getattr(self, step["step"])(step, side, "b" if side == "a" else "a")
            assert self.entropy[side].draws == []

    def exchangeRandNonce(self, step: Case, side: str, other: str) -> None:  # noqa: N802
        wanted = step["fields"]["optDestPublicKey"].get("publicKey")
        expects = None if wanted is None else bytes.fromhex(wanted)
        self.handshakes[side] = Handshake(self.identity[side], self.entropy[side], expects)
        assert self.handshakes[side].opening.hex() == step["message"]

    def exchangeDh(self, step: Case, side: str, other: str) -> None:  # noqa: N802
        self.answers[side] = sent(self.handshakes[side].receive(self.handshakes[other].opening))
        assert self.answers[side].hex() == step["message"]

    def keys(self, step: Case) -> None:
        if self.channels:  # the messages under the new keys will show that they are right
            for receiver, message in self.on_the_way:
                assert rekeyed(self.channels[receiver].open(message)).answer is None
            self.on_the_way.clear()
            return
        for side, other in ("ab", "ba"):
            session = established(self.handshakes[side].receive(self.answers[other]))
            assert session.remote == self.identity[other].public_key
            assert session.keys.send.hex() == step[f"{side}SendKey"]
            assert session.keys.receive.hex() == step[f"{other}SendKey"]
            self.channels[side] = SecureChannel(session.keys, self.entropy[side], recorded_padding)

    def user(self, step: Case, side: str, other: str) -> None:
        sealed = self.channels[side].seal(bytes.fromhex(step["user"]))
        assert sealed.hex() == step["message"]
        assert self.channels[other].open(sealed) == bytes.fromhex(step["user"])

    def rekey(self, step: Case, side: str, other: str) -> None:
        if step.get("answers"):
            ((receiver, request),) = self.on_the_way
            assert receiver == side
            sealed = rekeyed(self.channels[side].open(request)).answer
            self.on_the_way.clear()
        else:
            sealed = self.channels[side].rekey()
        assert sealed is not None
        assert sealed.hex() == step["message"]
        if step.get("anotherRekeyRefused"):
            assert self.channels[side].rekey() is None
        self.on_the_way.append((other, sealed))


# Messages


def test_messages_arrive_both_ways() -> None:
    """What one end seals the other opens, the empty message too."""
    alice, bob = channels()
    for message in (b"hello", b"", bytes(100_000)):
        assert bob.open(alice.seal(message)) == message
        assert alice.open(bob.seal(message)) == message


@pytest.mark.parametrize("length", [0, 1, 255, 256, 9000, PEER_PADDING_BYTES_MAX])
def test_any_padding_is_taken(length: int) -> None:
    """A peer may pad with as many bytes as the reference does, and they are ignored."""
    alice, bob = channels(fixed_padding(b"\xee" * length))
    assert bob.open(alice.seal(b"hello")) == b"hello"


def test_padding_that_is_not_there_is_taken() -> None:
    """A null pointer in place of the padding is no padding."""
    alice, bob = sessions()
    null_padding = bytes.fromhex("1006400200005001010101" + "11012a1f68656c6c6f")
    assert (
        SecureChannel(bob.keys, SeededEntropy(0)).open(Sealer(alice.keys.send).seal(null_padding)) == b"hello"
    )


def test_01_d12_padding_is_at_most_255_bytes() -> None:
    """Every length from 0 to PADDING_BYTES_MAX is drawn, none beyond; the reference pads up to 64 KiB."""
    for length in range(PADDING_BYTES_MAX + 1):
        rest = bytes(i % 251 for i in range(PADDING_BYTES_MAX))
        assert draw_padding(ScriptedEntropy(bytes([length]) + rest)) == rest[:length]


def test_entropy_is_drawn_in_a_fixed_order() -> None:
    """Padding is one draw; a rekey, asked for or answered, draws DH secret and salt before its padding."""
    alice_session, bob_session = sessions()
    alice, bob = NotedEntropy(1), NotedEntropy(2)
    ours, theirs = SecureChannel(alice_session.keys, alice), SecureChannel(bob_session.keys, bob)
    theirs.open(ours.seal(b""))
    assert alice.counts == [256]
    request = ours.rekey()
    assert request is not None
    theirs.open(request)
    assert alice.counts == [256, 32, 32, 256]
    assert bob.counts == [32, 32, 256]


# Faults


@pytest.mark.parametrize("length", range(SEALED_BYTES_MIN))
def test_01_d1_short_frame_is_refused(length: int) -> None:
    """A message without room for nonce and tag is a fault; the reference loses a thread over each."""
    _, bob = channels()
    with pytest.raises(PeerFault):
        bob.open(bytes(length))


def test_a_replay_or_a_gap_is_refused() -> None:
    """Only the very next message is taken."""
    alice, bob = channels()
    first, second, third = (alice.seal(b"%d" % i) for i in range(3))
    for wrong in (second, third):
        with pytest.raises(PeerFault):
            bob.open(wrong)
    assert bob.open(first) == b"0"
    for wrong in (first, third):
        with pytest.raises(PeerFault):
            bob.open(wrong)
    assert bob.open(second) == b"1"


def test_our_own_message_sent_back_is_refused() -> None:
    """Each direction has its own key."""
    alice, _ = channels()
    with pytest.raises(PeerFault):
        alice.open(alice.seal(b"echo"))


def test_01_d7_a_rekey_that_everybody_knows_is_refused() -> None:
    """A DH key of zero in a rekey is a fault, whether we asked for the rekey or not, and the keys stay."""
    bad = CHANNEL_MESSAGE.encode(ChannelMessage(b"", Rekey(bytes(32), bytes(32))))
    alice, bob_session = sessions()
    for asked in (False, True):
        bob = SecureChannel(bob_session.keys, SeededEntropy(1))
        if asked:
            bob.rekey()
        sealer = Sealer(alice.keys.send)
        with pytest.raises(PeerFault):
            bob.open(sealer.seal(bad))
        assert bob.open(sealer.seal(CHANNEL_MESSAGE.encode(ChannelMessage(b"", User(b"on"))))) == b"on"


@given(sealed=st.binary(max_size=200))
def test_any_bytes_give_a_fault(sealed: bytes) -> None:
    """Bytes by chance are not the next message."""
    _, bob = channels()
    with pytest.raises(PeerFault):
        bob.open(sealed)


@given(plain=st.binary(max_size=200))
def test_any_bytes_under_the_right_key_give_a_message_or_a_fault(plain: bytes) -> None:
    """A peer that encrypts nonsense gets a PeerFault, unless it happens to be a message."""
    alice, bob = sessions()
    with suppress(PeerFault):
        opened = SecureChannel(bob.keys, SeededEntropy(1)).open(Sealer(alice.keys.send).seal(plain))
        assert isinstance(opened, bytes | Rekeyed)


@given(place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_a_damaged_message_is_refused(place: int, value: int) -> None:
    """One changed byte anywhere makes it another message."""
    alice, bob = channels()
    sealed = bytearray(alice.seal(b"hello"))
    sealed[place % len(sealed)] ^= value
    with pytest.raises(PeerFault):
        bob.open(bytes(sealed))


# Rekeys


def test_a_rekey_is_answered_once() -> None:
    """One side asks, the other answers, and the answer is not answered; both talk on under fresh keys."""
    alice, bob = channels()
    request = alice.rekey()
    assert request is not None
    answer = rekeyed(bob.open(request)).answer
    assert answer is not None
    assert rekeyed(alice.open(answer)).answer is None
    assert bob.open(alice.seal(b"to bob")) == b"to bob"
    assert alice.open(bob.seal(b"to alice")) == b"to alice"


def test_a_rekey_changes_both_keys() -> None:
    """After a rekey nothing opens with the keys of before, and the nonces count from zero again."""
    alice_session, bob_session = sessions()
    alice = SecureChannel(alice_session.keys, SeededEntropy(1), no_padding)
    bob = SecureChannel(bob_session.keys, SeededEntropy(2), no_padding)
    request = alice.rekey()
    assert request is not None
    answer = rekeyed(bob.open(request)).answer
    assert answer is not None
    alice.open(answer)
    for channel, keys in ((alice, alice_session.keys), (bob, bob_session.keys)):
        sealed = channel.seal(b"fresh")
        assert sealed[:12] == bytes(12)
        assert Opener(keys.send).open(sealed) is None


def test_there_is_one_own_rekey_at_a_time() -> None:
    """While the peer has not answered, another wish for a rekey does nothing."""
    alice, bob = channels()
    request = alice.rekey()
    assert request is not None
    assert alice.rekey() is None
    answer = rekeyed(bob.open(request)).answer
    assert answer is not None
    alice.open(answer)
    assert alice.rekey() is not None


def test_the_answer_goes_out_under_the_old_key() -> None:
    """What the answering side sealed before, the answer, and what it seals later are read in that order."""
    alice, bob = channels()
    request = alice.rekey()
    assert request is not None
    before = bob.seal(b"before")
    answer = rekeyed(bob.open(request)).answer
    assert answer is not None
    later = bob.seal(b"later")
    assert alice.open(before) == b"before"
    assert rekeyed(alice.open(answer)).answer is None
    assert alice.open(later) == b"later"


def test_messages_under_the_old_key_are_read_until_the_first_under_the_new_one() -> None:
    """What the asking side sends before it has the answer is read; after its first new message, no longer."""
    alice, bob = channels()
    request = alice.rekey()
    assert request is not None
    answer = rekeyed(bob.open(request)).answer
    assert answer is not None
    old = [alice.seal(b"old %d" % i) for i in range(3)]
    alice.open(answer)
    new = alice.seal(b"new")
    assert [bob.open(sealed) for sealed in old[:2]] == [b"old 0", b"old 1"]
    assert bob.open(new) == b"new"
    with pytest.raises(PeerFault):
        bob.open(old[2])


def test_rekeys_that_cross_make_one_set_of_keys() -> None:
    """Both ask at once: neither answers, and both have the same fresh keys."""
    alice, bob = channels()
    from_alice, from_bob = alice.rekey(), bob.rekey()
    assert from_alice is not None
    assert from_bob is not None
    assert rekeyed(bob.open(from_alice)).answer is None
    assert rekeyed(alice.open(from_bob)).answer is None
    assert bob.open(alice.seal(b"to bob")) == b"to bob"
    assert alice.open(bob.seal(b"to alice")) == b"to alice"


@given(st.lists(st.sampled_from(["a speaks", "b speaks", "a rekeys", "b rekeys", "a hears", "b hears"])))
def test_whatever_crosses_all_is_read_in_order(happenings: list[str]) -> None:
    """In any order of speaking, rekeying and hearing, every message arrives, in order, and talk goes on."""
    alice, bob = channels()
    channel = {"a": alice, "b": bob}
    to: dict[str, deque[bytes]] = {"a": deque(), "b": deque()}
    other = {"a": "b", "b": "a"}
    said: dict[str, list[bytes]] = {"a": [], "b": []}
    heard: dict[str, list[bytes]] = {"a": [], "b": []}

    def hear(side: str) -> None:
        news = channel[side].open(to[side].popleft())
        if isinstance(news, bytes):
            heard[side].append(news)
        elif news.answer is not None:
            to[other[side]].append(news.answer)

    for number, happening in enumerate([*happenings, "a speaks", "b speaks"]):
        side, what = happening[0], happening[2:]
        if what == "speaks":
            said[side].append(b"%d" % number)
            to[other[side]].append(channel[side].seal(said[side][-1]))
        elif what == "rekeys":
            request = channel[side].rekey()
            if request is not None:
                to[other[side]].append(request)
        elif to[side]:
            hear(side)
    while to["a"] or to["b"]:
        hear("a" if to["a"] else "b")
    for side in "ab":
        said[side].append(b"after all")
        assert channel[other[side]].open(channel[side].seal(b"after all")) == b"after all"
        heard[other[side]].append(b"after all")
        assert heard[other[side]] == said[side]
    assert isinstance(alice.rekey(), bytes), "no rekey is left unanswered"
