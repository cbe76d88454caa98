"""Two ends that talk to each other, and chance as a script: what the tests of links share."""

from collections.abc import Callable, Iterable
from itertools import pairwise

from offset.base.entropy import Entropy, SeededEntropy
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.link.frames import FrameReader, frame
from offset.link.handshake import Handshake, SessionKeys
from offset.link.secure import Padding, SecureChannel, draw_padding
from offset.link.stack import Line
from offset.link.version import VERSION_MESSAGE

ALICE = Identity(bytes(range(32)))  # ALICE and BOB are A and B of spec 01, 8
BOB = Identity(bytes(range(64, 96)))
CAROL = Identity(bytes(range(96, 128)))


class ScriptedEntropy:
    """Gives the draws of a script, each of exactly the length asked for."""

    def __init__(self, *draws: bytes) -> None:
        self.draws = list(draws)

    def bytes(self, count: int) -> bytes:
        drawn = self.draws.pop(0)
        assert len(drawn) == count, f"{count} bytes are drawn, the script has {len(drawn)}"
        return drawn


class NotedEntropy:
    """Seeded, and remembers how many bytes each draw asked for."""

    def __init__(self, seed: int | str) -> None:
        self._source = SeededEntropy(seed)
        self.counts: list[int] = []

    def bytes(self, count: int) -> bytes:
        self.counts.append(count)
        return self._source.bytes(count)


def established(step: bytes | SessionKeys) -> SessionKeys:
    """The session that a step of a handshake must have given."""
    assert isinstance(step, SessionKeys)
    return step


def sent(step: bytes | SessionKeys) -> bytes:
    """The message that a step of a handshake must have given."""
    assert isinstance(step, bytes)
    return step


def shake(alice: Handshake, bob: Handshake) -> tuple[SessionKeys, SessionKeys]:
    """Carry a whole handshake."""
    from_alice = sent(alice.receive(bob.opening))
    from_bob = sent(bob.receive(alice.opening))
    return established(alice.receive(from_bob)), established(bob.receive(from_alice))


def sessions(seed: int | str = 0) -> tuple[SessionKeys, SessionKeys]:
    """What ALICE and BOB have after a handshake."""
    alice = Handshake(ALICE, SeededEntropy(f"alice {seed}"), BOB.public_key)
    bob = Handshake(BOB, SeededEntropy(f"bob {seed}"), None)
    return shake(alice, bob)


def alice_line(
    entropy: Entropy | None = None,
    now: int = 0,
    *,
    expects: PublicKey | None = BOB.public_key,
    framed: bool = True,
) -> Line:
    """ALICE's end of a line to BOB, nothing received yet."""
    return Line(ALICE, entropy or SeededEntropy("alice"), now, expects=expects, framed=framed)


def bob_line(entropy: Entropy | None = None, now: int = 0, *, framed: bool = True) -> Line:
    """BOB's end of a line to anybody, nothing received yet."""
    return Line(BOB, entropy or SeededEntropy("bob"), now, expects=None, framed=framed)


def carry(sender: Line, receiver: Line, now: int = 0) -> list[bytes]:
    """Deliver all that waits at one end to the other; the user messages that came out there."""
    return [message for piece in sender.outgoing() for message in receiver.receive(piece, now)]


def join(alice: Line, bob: Line, now: int = 0) -> None:
    """Carry pieces both ways until both ends know each other."""
    while alice.remote is None or bob.remote is None:
        carry(alice, bob, now)
        carry(bob, alice, now)


def joined_lines(*, framed: bool = True, now: int = 0) -> tuple[Line, Line]:
    """ALICE and BOB with the handshake behind them and nothing on the way."""
    alice, bob = alice_line(now=now, framed=framed), bob_line(now=now, framed=framed)
    join(alice, bob, now)
    return alice, bob


def raw_channel(line: Line, *, framed: bool = True, padding: Padding = draw_padding) -> SecureChannel:
    """BOB's end of the secure channel to `line` and nothing above it, to say what no honest line says."""
    entropy = SeededEntropy("raw")
    bob = Handshake(BOB, entropy, None)
    opening = line.outgoing()
    if framed:
        opening = FrameReader(1024).feed(b"".join(opening))[1:]  # after the version
        line.receive(frame(VERSION_MESSAGE), 0)
    wrap = frame if framed else bytes
    answer = sent(bob.receive(opening[0]))
    line.receive(wrap(bob.opening), 0)
    (line_answer,) = line.outgoing()
    session = established(bob.receive(line_answer[8:] if framed else line_answer))
    line.receive(wrap(answer), 0)
    assert line.remote == BOB.public_key
    return SecureChannel(session.keys, entropy, padding)


def no_padding(_: Entropy) -> bytes:
    return b""


def recorded_padding(entropy: Entropy) -> bytes:
    """Padding as the reference draws it: a big-endian length of two bytes, then the bytes."""
    return entropy.bytes(int.from_bytes(entropy.bytes(2), "big"))


def fixed_padding(padding: bytes) -> Callable[[Entropy], bytes]:
    return lambda _: padding


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """`data` in pieces, cut at these places (beyond the end: no cut)."""
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(marks)]
