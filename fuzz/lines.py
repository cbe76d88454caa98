"""Targets around one line: a stranger before the handshake, a hostile peer after it."""

from __future__ import annotations

from fuzz import script
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.base.limits import FRAME_BYTES_MAX
from offset.crypto.identity import Identity
from offset.link.frames import FrameReader, frame
from offset.link.handshake import Handshake, SessionKeys
from offset.link.secure import Rekeyed, SecureChannel
from offset.link.stack import Line
from offset.link.version import VERSION_MESSAGE
from offset.wire.channel import CHANNEL_MESSAGE, ChannelMessage, User
from offset.wire.keepalive import KA_MESSAGE, KEEP_ALIVE, KeepAlive, Payload

WE = Identity(SeededEntropy("we").bytes(32))
PEER = Identity(SeededEntropy("peer").bytes(32))


def _line(*, framed: bool, expects: PublicKey | None = None) -> Line:
    return Line(WE, SeededEntropy("line"), 0, expects=expects, framed=framed)


def _peer() -> Handshake:
    return Handshake(PEER, SeededEntropy("handshake"), None)


def _first(line: Line, *, framed: bool) -> bytes:
    """Our opening, as the peer reads it."""
    out = line.outgoing()
    return FrameReader(1024).feed(b"".join(out))[1] if framed else out[0]


def honest_opening(*, framed: bool) -> list[bytes]:
    """What an honest peer says first: the same in every run, since chance comes from a seed."""
    line, peer = _line(framed=framed), _peer()
    proof = peer.receive(_first(line, framed=framed))
    assert isinstance(proof, bytes)
    return [peer.opening, proof]


def opening(data: bytes) -> None:
    """Any bytes before the handshake are done end the line with a PeerFault, or not."""
    if not data:
        return
    framed = bool(data[0] & 1)
    line = _line(framed=framed, expects=PEER.public_key if data[0] & 2 else None)
    step = 1 + (data[0] >> 2) * 7
    try:
        if framed:
            for at in range(1, len(data), step):
                line.receive(data[at : at + step], 1)
        else:
            for _, _, message in script.read(data[1:], 1):
                line.receive(message, 1)
        line.tick(line.deadline())
    except PeerFault:
        pass
    assert sum(map(len, line.outgoing())) < 4096
    assert line.remote in (None, PEER.public_key)


# After the handshake

SEALED, WRAPPED, MESSAGE, FRAMED, RAW, TICK, SEND, LISTEN, REKEY, ALIVE = range(10)


class _Hostile:
    """A peer that did its handshake and then says what it likes."""

    def __init__(self) -> None:
        self.line = _line(framed=True)
        peer = _peer()
        proof = peer.receive(_first(self.line, framed=True))
        assert isinstance(proof, bytes)
        self.line.receive(frame(VERSION_MESSAGE) + frame(peer.opening), 0)
        (ours,) = self.line.outgoing()
        session = peer.receive(FrameReader(1024).feed(ours)[0])
        assert isinstance(session, SessionKeys)
        self.channel = SecureChannel(session.keys, SeededEntropy("hostile"))
        self.reader = FrameReader(1 << 21)
        assert self.line.receive(frame(proof), 0) == []
        assert self.line.remote == PEER.public_key
        self.now = 0
        self.heard: list[bytes] = []

    def say(self, sealed: bytes) -> list[bytes]:
        return self.line.receive(frame(sealed), self.now)

    def listen(self) -> None:
        """Read what the line says, and answer its rekeys."""
        for sealed in self.reader.feed(b"".join(self.line.outgoing())):
            payload = self.channel.open(sealed)
            if isinstance(payload, Rekeyed):
                if payload.answer is not None:
                    self.say(payload.answer)
                continue
            message = KA_MESSAGE.decode(payload)
            if not isinstance(message, KeepAlive):
                self.heard.append(message.data)


def session(data: bytes) -> None:
    """A peer with a key may say anything: what it says by the rules arrives, anything else ends its line."""
    hostile = _Hostile()
    line, channel = hostile.line, hostile.channel
    sent: list[bytes] = []
    in_step = True  # until the peer leaves half a frame behind
    try:
        for op, arg, what in script.read(data, 10):
            match op:
                case 0:  # a sealed message of any content
                    line.receive(frame(channel._sealer.seal(what)), hostile.now)
                case 1:
                    hostile.say(channel.seal(what))
                case 2:
                    got = hostile.say(channel.seal(KA_MESSAGE.encode(Payload(what))))
                    assert got == [what] or not in_step
                case 3:
                    hostile.say(what)
                case 4:
                    in_step = False
                    line.receive(what, hostile.now)
                case 5:
                    hostile.now += arg * 1000
                    line.tick(hostile.now)
                case 6:
                    line.send(what, hostile.now)
                    sent.append(what)
                case 7:
                    hostile.listen()
                case 8:
                    hostile.listen()  # who rekeys must have read what was under way
                    rekey = channel.rekey()
                    if rekey is not None:
                        hostile.say(rekey)
                        hostile.listen()
                case 9:
                    hostile.say(channel.seal(KA_MESSAGE.encode(KEEP_ALIVE)))
        hostile.listen()
        assert hostile.heard == sent
    except PeerFault:
        pass


def session_seeds() -> list[bytes]:
    """Talks by the rules, and a little off."""
    alive = KA_MESSAGE.encode(KEEP_ALIVE)
    payload = KA_MESSAGE.encode(Payload(b"hello"))
    plain = CHANNEL_MESSAGE.encode(ChannelMessage(b"pad", User(payload)))
    zeros = KA_MESSAGE.encode(Payload(bytes(FRAME_BYTES_MAX + 1)))  # short on the wire, long in memory
    write = script.write
    return [
        write(
            (MESSAGE, 0, b"hello"),
            (SEND, 0, b"you"),
            (LISTEN, 0, b""),
            (REKEY, 0, b""),
            (MESSAGE, 0, b"again"),
        ),
        write((SEALED, 0, plain), (WRAPPED, 0, payload), (WRAPPED, 0, alive), (ALIVE, 0, b"")),
        write((WRAPPED, 0, zeros)),
        write((FRAMED, 0, bytes(11)), (FRAMED, 0, bytes(28))),
        write((RAW, 0, bytes(8)), (RAW, 0, b"\xff" * 8)),
        write(
            (TICK, 15, b""),
            (ALIVE, 0, b""),
            (TICK, 31, b""),
            (SEND, 0, b"x"),
            (LISTEN, 0, b""),
            (TICK, 40, b""),
        ),
        write(*[(ALIVE, 0, b""), (TICK, 30, b"")] * 8, (REKEY, 0, b""), (REKEY, 0, b""), (SEND, 0, b"x")),
    ]
