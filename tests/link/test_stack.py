"""A whole line: frames, version, handshake, secure channel and keepalive together."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.ends import (
    ALICE,
    BOB,
    CAROL,
    NotedEntropy,
    ScriptedEntropy,
    alice_line,
    bob_line,
    carry,
    cut,
    fixed_padding,
    join,
    joined_lines,
    raw_channel,
)
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.base.limits import (
    FRAME_BYTES_MAX,
    HANDSHAKE_FRAME_BYTES_MAX,
    HANDSHAKE_MS,
    INNER_MESSAGE_BYTES_MAX,
    KEEPALIVE_CLOSE_MS,
    KEEPALIVE_SEND_MS,
    PEER_PADDING_BYTES_MAX,
    REKEY_MS,
)
from offset.crypto.cipher import SEALED_BYTES_MIN
from offset.link.frames import LENGTH_BYTES, frame
from offset.link.stack import Line, sealed_bytes_max
from offset.link.version import VERSION_MESSAGE
from offset.wire.keepalive import KA_MESSAGE, KEEP_ALIVE, Payload

both_kinds = pytest.mark.parametrize("framed", [True, False], ids=["outer", "inner"])


def wrapped(sealed: bytes, framed: bool) -> bytes:
    """A sealed message as it reaches a line of this kind."""
    return frame(sealed) if framed else sealed


# Talk


def test_the_bytes_of_a_line_are_those_of_the_specification() -> None:
    """From the chance of spec 01, 8.2, A's line makes the bytes given there, up to a whole TCP frame (S3 to S7)."""
    nonce_a, nonce_b = bytes(range(0x01, 0x11)), bytes(range(0x21, 0x31))
    secret_a, secret_b = bytes(range(0x10, 0x30)), bytes(range(0x80, 0xA0))
    salt_a, salt_b = bytes(range(0xA0, 0xC0)), bytes(range(0xB0, 0xD0))
    alice = alice_line(ScriptedEntropy(nonce_a, secret_a, salt_a, bytes(256)))
    bob = bob_line(ScriptedEntropy(nonce_b, secret_b, salt_b))
    opening_a, opening_b = alice.outgoing(), bob.outgoing()
    assert [piece.hex() for piece in opening_a] == [
        "000000000000000400000000",
        "000000000000006c"
        "101250010301014108014110014120011002ff080706050403020101100f0e0d0c0b0a091004ffbe10cef3bf07a103"
        "0399c04be718dd701d5f0da59b30d6e467b83155126486dc1d1004ff115509f12fb9432503dc6ddb6983dc6a47a1dd"
        "7819a16536939d55a96c06e14e40",
    ]
    assert opening_b[1][LENGTH_BYTES:].hex() == (
        "100d500103000041080141100100001002ff282726252423222101302f2e2d2c2b2a291004ff115509f12fb9432503"
        "dc6ddb6983dc6a47a1dd7819a16536939d55a96c06e14e40"
    )
    assert alice.receive(b"".join(opening_b), 0) == []
    assert bob.receive(b"".join(opening_a), 0) == []
    (dh_a,) = alice.outgoing()
    assert dh_a[LENGTH_BYTES:].hex() == (
        "101b4004410c01411c014124014134011004ffbe7d4379ad3b9ed80360f404834143f8d9954afe81fec705ff66ff67"
        "93cb04a8771002ff282726252423222101302f2e2d2c2b2a291004ffa7a6a5a4a3a2a1a003afaeadacabaaa9a8b7b6"
        "b5b4b3b2b1b0bfbebdbcbbbab9b81008ffe09e35ed6d32940207c3cb28dfa05e25ecf5096f69a7d816649310f4478d"
        "fb663f9910b1801ef9db60f9e89e5fdddefbc970e79edb08a8f8f30551d7ff20761130"
    )
    carry(bob, alice)
    bob.receive(dh_a, 0)
    alice.send(b"\x01\x02\x03", 0)
    (data,) = alice.outgoing()
    assert data.hex() == (
        "000000000000003c000000000000000000000000c7950c310ae305463ffad00307c795de06eef26e51028b4aa5d2ba"
        "733a6a49bafdd1572d8d68fd3111ee56e6a167f72c"
    )
    assert bob.receive(data, 0) == [b"\x01\x02\x03"]


@both_kinds
def test_two_lines_talk(framed: bool) -> None:
    """Two ends prove their keys to each other and carry messages both ways, in order."""
    alice, bob = joined_lines(framed=framed)
    assert (alice.remote, bob.remote) == (BOB.public_key, ALICE.public_key)
    alice.send(b"one", 0)
    alice.send(b"", 0)
    alice.send(b"three" * 10_000, 0)
    bob.send(b"other way", 0)
    assert carry(alice, bob) == [b"one", b"", b"three" * 10_000]
    assert carry(bob, alice) == [b"other way"]


@both_kinds
def test_a_line_speaks_without_waiting(framed: bool) -> None:
    """The version, on an outer line, and the first message of the handshake go out at once."""
    pieces = alice_line(framed=framed).outgoing()
    assert len(pieces) == (2 if framed else 1)
    assert pieces[:-1] == ([frame(VERSION_MESSAGE)] if framed else [])


def test_what_was_taken_is_gone() -> None:
    """Nothing is handed out twice."""
    alice, _ = joined_lines()
    alice.send(b"once", 0)
    assert len(alice.outgoing()) == 1
    assert alice.outgoing() == []


def test_an_inner_line_runs_in_the_messages_of_an_outer_one() -> None:
    """ALICE and BOB talk end to end over ALICE's line to a relay, which reads none of it."""
    leg = Line(ALICE, SeededEntropy("leg"), 0, expects=CAROL.public_key)
    relay = Line(CAROL, SeededEntropy("relay"), 0, expects=None)
    join(leg, relay)
    alice, bob = alice_line(framed=False), bob_line(framed=False)

    def exchange() -> tuple[list[bytes], list[bytes]]:
        for message in alice.outgoing():
            leg.send(message, 0)
        to_bob = [user for message in carry(leg, relay) for user in bob.receive(message, 0)]
        for message in bob.outgoing():
            relay.send(message, 0)
        return to_bob, [user for message in carry(relay, leg) for user in alice.receive(message, 0)]

    for _ in range(3):
        assert exchange() == ([], [])
    alice.send(b"to bob", 0)
    bob.send(b"to alice", 0)
    assert exchange() == ([b"to bob"], [b"to alice"])


def test_nothing_is_sent_before_the_peer_is_known() -> None:
    """To send before the handshake is done is our own mistake, not the peer's."""
    with pytest.raises(AssertionError):
        alice_line().send(b"too early", 0)


def test_messages_may_come_right_behind_the_handshake() -> None:
    """The last message of the handshake and the first of the talk may come in one piece."""
    alice, bob = alice_line(), bob_line()
    carry(alice, bob)
    carry(bob, alice)
    answer = alice.outgoing()  # BOB does not have it yet, but ALICE knows BOB already
    alice.send(b"first", 0)
    assert bob.remote is None
    assert bob.receive(b"".join(answer + alice.outgoing()), 0) == [b"first"]


@given(
    messages=st.lists(st.binary(max_size=60), max_size=8),
    places=st.lists(st.integers(0, 100_000), max_size=12),
)
def test_the_stream_of_a_line_may_be_cut_anywhere(messages: list[bytes], places: list[int]) -> None:
    """From the version to the last message, however the stream is cut, the same comes out."""
    alice, bob = alice_line(), bob_line()
    opening = alice.outgoing()
    carry(bob, alice)
    stream = b"".join(opening + alice.outgoing())
    bob.receive(stream[: len(frame(VERSION_MESSAGE)) + 60], 0)  # not yet enough for an answer
    bob.receive(stream[len(frame(VERSION_MESSAGE)) + 60 :], 0)
    carry(bob, alice)
    for message in messages:
        alice.send(message, 0)
    stream = b"".join(alice.outgoing())
    assert [message for piece in cut(stream, places) for message in bob.receive(piece, 0)] == messages


# Time


@both_kinds
def test_a_handshake_has_a_limit(framed: bool) -> None:
    """A peer that does not finish the handshake in time is given up, wherever it stopped."""
    for heard in range(4 if framed else 2):
        alice, bob = alice_line(now=100, framed=framed), bob_line(now=100, framed=framed)
        for piece in bob.outgoing()[:heard]:
            alice.receive(piece, 200)
        assert alice.deadline() == 100 + HANDSHAKE_MS
        alice.tick(100 + HANDSHAKE_MS - 1)
        with pytest.raises(PeerFault):
            alice.tick(100 + HANDSHAKE_MS)


def test_a_silent_line_sends_heartbeats_and_nothing_else() -> None:
    """A heartbeat goes out when nothing was sent for a while; the peer takes it for life, not for a message."""
    alice, bob = joined_lines()
    assert alice.deadline() == KEEPALIVE_SEND_MS
    alice.tick(KEEPALIVE_SEND_MS - 1)
    assert alice.outgoing() == []
    alice.tick(KEEPALIVE_SEND_MS)
    assert carry(alice, bob, KEEPALIVE_SEND_MS) == []
    assert alice.deadline() == 2 * KEEPALIVE_SEND_MS
    bob.tick(KEEPALIVE_SEND_MS + KEEPALIVE_CLOSE_MS - 1)
    with pytest.raises(PeerFault):
        bob.tick(KEEPALIVE_SEND_MS + KEEPALIVE_CLOSE_MS)


def test_who_talks_needs_no_heartbeat() -> None:
    """A message sent puts the heartbeat off, a message received puts the hang-up off."""
    alice, bob = joined_lines()
    alice.send(b"hello", 5000)
    assert alice.deadline() == 5000 + KEEPALIVE_SEND_MS
    assert carry(alice, bob, 6000) == [b"hello"]
    bob.tick(6000 + KEEPALIVE_CLOSE_MS - 1)
    with pytest.raises(PeerFault):
        bob.tick(6000 + KEEPALIVE_CLOSE_MS)


def test_the_clocks_of_a_line_start_when_it_is_up() -> None:
    """The time that the handshake took is not counted as silence."""
    alice, bob = alice_line(now=0), bob_line(now=0)
    join(alice, bob, HANDSHAKE_MS - 1)
    assert alice.deadline() == HANDSHAKE_MS - 1 + KEEPALIVE_SEND_MS
    alice.tick(KEEPALIVE_CLOSE_MS)


def test_a_rekey_is_no_proof_of_life() -> None:
    """Only keepalive messages keep a line, as in the reference; a rekey is below them."""
    alice = alice_line()
    bob = raw_channel(alice)
    request = bob.rekey()
    assert request is not None
    alice.receive(frame(request), KEEPALIVE_CLOSE_MS - 1)
    with pytest.raises(PeerFault):
        alice.tick(KEEPALIVE_CLOSE_MS)


def live(alice: Line, bob: Line, until: int, *, together: bool) -> None:
    """Let time pass with every tick on its deadline; what goes out arrives after both have looked at the time."""
    while (now := min(alice.deadline(), bob.deadline())) <= until:
        for line, other in ((alice, bob), (bob, alice)):
            if line.deadline() <= now:
                line.tick(now)
            if not together:
                carry(line, other, now)
        for _ in range(2):
            carry(alice, bob, now)
            carry(bob, alice, now)


@pytest.mark.parametrize("together", [True, False], ids=["crossing", "one after the other"])
def test_a_line_makes_fresh_keys_every_hour(together: bool) -> None:
    """In three hours there are three rekeys, whether the wishes cross or one comes first, and talk goes on."""
    noted = NotedEntropy("alice"), NotedEntropy("bob")
    alice, bob = alice_line(noted[0]), bob_line(noted[1])
    join(alice, bob)
    until = 3 * REKEY_MS + KEEPALIVE_SEND_MS
    live(alice, bob, until, together=together)
    for entropy in noted:
        assert entropy.counts.count(32) == 2 + 2 * 3  # a secret and a salt at the handshake and at each rekey
    alice.send(b"still here", until)
    bob.send(b"me too", until)
    assert carry(alice, bob, until) == [b"still here"]
    assert carry(bob, alice, until) == [b"me too"]


def test_the_rekey_of_the_peer_starts_our_hour_again() -> None:
    """A peer whose clock runs ahead of ours makes the keys of both."""
    entropy = NotedEntropy("bob")
    alice, bob = alice_line(now=0), bob_line(entropy, now=0)
    join(alice, bob, 0)
    live(alice, bob, REKEY_MS - 1, together=True)
    alice.tick(REKEY_MS)
    carry(alice, bob, REKEY_MS)
    carry(bob, alice, REKEY_MS)
    live(alice, bob, 2 * REKEY_MS - 1, together=True)
    assert entropy.counts.count(32) == 4


def test_a_rekey_that_is_not_answered_is_not_repeated() -> None:
    """While the peer owes its half we ask for no other, and talk on under the old keys."""
    entropy = NotedEntropy("alice")
    alice = alice_line(entropy)
    bob = raw_channel(alice)
    heartbeat = KA_MESSAGE.encode(KEEP_ALIVE)
    now = 0
    while now < 2 * REKEY_MS + 10_000:
        now = alice.deadline()
        alice.receive(frame(bob.seal(heartbeat)), now)
        alice.tick(now)
        assert alice.deadline() > now
    assert entropy.counts.count(32) == 4


# Faults


@both_kinds
@pytest.mark.parametrize("length", range(SEALED_BYTES_MIN))
def test_01_d1_short_frame_is_refused(length: int, framed: bool) -> None:
    """A message too short to be encrypted ends the line, not the program."""
    alice, _ = joined_lines(framed=framed)
    with pytest.raises(PeerFault):
        alice.receive(wrapped(bytes(length), framed), 0)


def test_01_d8_the_frames_of_a_stranger_are_small() -> None:
    """Before the peer has proved its key its frames are small, and refused by their length field."""
    too_long = frame(bytes(HANDSHAKE_FRAME_BYTES_MAX + 1))[:LENGTH_BYTES]
    version, opening = bob_line().outgoing()
    for honest in ([], [version], [version, opening]):
        alice = alice_line()
        alice.receive(b"".join(honest), 0)
        with pytest.raises(PeerFault):
            alice.receive(too_long, 0)
    for honest in ([version], [version, opening]):
        alice = alice_line()
        as_long = frame(bytes(HANDSHAKE_FRAME_BYTES_MAX))[:LENGTH_BYTES]
        assert alice.receive(b"".join(honest) + as_long, 0) == []


def test_01_d8_the_frames_of_a_peer_have_a_limit() -> None:
    """A frame beyond what the longest message may need is refused by its length field."""
    alice, _ = joined_lines()
    length = sealed_bytes_max(FRAME_BYTES_MAX)
    assert alice.receive(length.to_bytes(LENGTH_BYTES, "big"), 0) == []
    alice, _ = joined_lines()
    with pytest.raises(PeerFault):
        alice.receive((length + 1).to_bytes(LENGTH_BYTES, "big"), 0)


def test_01_d8_the_messages_of_a_tunnel_have_a_limit() -> None:
    """An inner line refuses what is too long, before and after the handshake."""
    with pytest.raises(PeerFault):
        alice_line(framed=False).receive(bytes(HANDSHAKE_FRAME_BYTES_MAX + 1), 0)
    alice, _ = joined_lines(framed=False)
    with pytest.raises(PeerFault):
        alice.receive(bytes(sealed_bytes_max(FRAME_BYTES_MAX) + 1), 0)


@both_kinds
def test_the_longest_message_fits_whatever_packing_makes_of_it(framed: bool) -> None:
    """Words that pack worst, padding as long as that of the reference: a message at the limit is taken."""
    worst = b"\xff" * 8 + b"\xff" * 6 + bytes(2)
    padding = (worst * (PEER_PADDING_BYTES_MAX // 16 + 1))[:PEER_PADDING_BYTES_MAX]
    message = worst * (FRAME_BYTES_MAX // 16)
    alice = alice_line(framed=framed)
    bob = raw_channel(alice, framed=framed, padding=fixed_padding(padding))
    sealed = bob.seal(KA_MESSAGE.encode(Payload(message)))
    assert len(sealed) > (len(message) + len(padding)) * 17 // 16
    assert alice.receive(wrapped(sealed, framed), 0) == [message]


def test_the_longest_inner_message_fits_the_outer_line() -> None:
    """INNER_MESSAGE_BYTES_MAX bytes that pack worst fit, sealed for a friend, into one message for the relay."""
    worst = b"\xff" * 8 + b"\xff" * 6 + bytes(2)
    message = worst * (INNER_MESSAGE_BYTES_MAX // 16)
    alice = alice_line(framed=False)
    bob = raw_channel(alice, framed=False, padding=fixed_padding(bytes(range(1, 256))))
    sealed = bob.seal(KA_MESSAGE.encode(Payload(message)))
    assert alice.receive(sealed, 0) == [message]
    assert len(sealed) <= FRAME_BYTES_MAX
    outer = alice_line()
    relayed = raw_channel(outer)
    assert outer.receive(frame(relayed.seal(KA_MESSAGE.encode(Payload(sealed)))), 0) == [sealed]


def test_the_limit_of_an_inner_line() -> None:
    """A line that takes INNER_MESSAGE_BYTES_MAX takes no byte more, and that costs the sender its line only."""
    for count, is_taken in ((INNER_MESSAGE_BYTES_MAX, True), (INNER_MESSAGE_BYTES_MAX + 1, False)):
        alice = Line(
            ALICE,
            SeededEntropy("inner"),
            0,
            expects=BOB.public_key,
            framed=False,
            message_bytes_max=INNER_MESSAGE_BYTES_MAX,
        )
        bob = raw_channel(alice, framed=False)
        sealed = bob.seal(KA_MESSAGE.encode(Payload(bytes(count))))
        if is_taken:
            assert alice.receive(sealed, 0) == [bytes(count)]
        else:
            with pytest.raises(PeerFault, match=f"at most {INNER_MESSAGE_BYTES_MAX}"):
                alice.receive(sealed, 0)


def test_a_message_that_unpacks_beyond_the_limit_is_refused() -> None:
    """Zeros are short on the wire; the limit holds for what comes out."""
    alice = alice_line()
    bob = raw_channel(alice)
    assert alice.receive(frame(bob.seal(KA_MESSAGE.encode(Payload(bytes(FRAME_BYTES_MAX))))), 0) != []
    with pytest.raises(PeerFault):
        alice.receive(frame(bob.seal(KA_MESSAGE.encode(Payload(bytes(FRAME_BYTES_MAX + 1))))), 0)


def test_what_is_no_keepalive_message_is_refused() -> None:
    """Well encrypted nonsense ends the line."""
    alice = alice_line()
    with pytest.raises(PeerFault):
        alice.receive(frame(raw_channel(alice).seal(b"nonsense")), 0)


def test_another_peer_than_expected_is_refused() -> None:
    """A line to CAROL does not become a line to BOB."""
    alice, bob = alice_line(expects=CAROL.public_key), bob_line()
    with pytest.raises(PeerFault):
        carry(bob, alice)
    assert alice.remote is None


@both_kinds
def test_01_d6_a_mirror_is_refused(framed: bool) -> None:
    """Our own first bytes sent back to us do not open a line."""
    alice = alice_line(expects=None, framed=framed)
    with pytest.raises(PeerFault):
        carry(alice, alice)


@given(stage=st.integers(0, 3), pieces=st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_on_an_outer_line_give_a_fault_or_nothing(stage: int, pieces: list[bytes]) -> None:
    """At every stage of a line, whatever a peer sends, the only error is a PeerFault and no message comes out."""
    alice, bob = alice_line(), bob_line()
    carry(alice, bob)
    for piece in bob.outgoing()[:stage]:
        alice.receive(piece, 0)
    with suppress(PeerFault):
        for piece in pieces:
            assert alice.receive(piece, 0) == []
        alice.tick(1)
    alice.outgoing()


@given(stage=st.integers(0, 3), messages=st.lists(st.binary(max_size=60), max_size=3), framed=st.booleans())
def test_any_messages_give_a_fault(stage: int, messages: list[bytes], framed: bool) -> None:
    """At every stage, well framed nonsense is a PeerFault, or a first message of a handshake that proves nothing."""
    alice, bob = alice_line(framed=framed), bob_line(framed=framed)
    carry(alice, bob)
    for piece in bob.outgoing()[:stage]:
        alice.receive(piece, 0)
    with suppress(PeerFault):
        for message in messages:
            assert alice.receive(wrapped(message, framed), 0) == []


@given(payloads=st.lists(st.binary(max_size=60), max_size=3))
def test_any_payload_of_a_proven_peer_gives_a_message_or_a_fault(payloads: list[bytes]) -> None:
    """A peer that passed the handshake and then encrypts nonsense gets a PeerFault, and nothing else."""
    alice = alice_line()
    bob = raw_channel(alice)
    with suppress(PeerFault):
        for payload in payloads:
            assert all(isinstance(message, bytes) for message in alice.receive(frame(bob.seal(payload)), 0))
