"""One channeler alone; the test plays the relays and the friends.

The keys are those of spec 02, A: 01 < 02 < 00 < 03 in the order of keys. We are 02, so 01 is lower (we dial it), and
00 and 03 are higher (they dial us).
"""

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.base.instants import Instant, Millis
from offset.core.channeler import Channeler, Effect, News
from offset.core.meeting import CloseLine, OpenLine, SendLine
from offset.wire.common import RelayAddress
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    InitConnection,
    Listen,
)
from support.plain import PlainInner

ME: PublicKey = b"\x02" * 32
LOW: PublicKey = b"\x01" * 32
HIGH: PublicKey = b"\x00" * 32
HIGH2: PublicKey = b"\x03" * 32


def relay(number: int, address: str = "") -> RelayAddress:
    """A relay; the same number is the same key."""
    return RelayAddress(bytes([100 + number]) * 32, address or f"relay{number}:1")


R1, R2, R3, R4 = map(relay, range(1, 5))


class Script:
    """A channeler, a clock, and all it did."""

    def __init__(
        self, seed: int = 1, *, allow_private_relays: bool = True, admits_strangers: bool = False
    ) -> None:
        self.now: Instant = 1_000_000
        self.channeler = Channeler(
            ME,
            SeededEntropy(f"script {seed}"),
            lambda friend, now: PlainInner(ME, friend, now),
            allow_private_relays=allow_private_relays,
            admits_strangers=admits_strangers,
        )
        self.dialed: dict[int, RelayAddress] = {}
        self.dialed_at: dict[int, Instant] = {}
        self.sent: dict[int, list[bytes]] = {}
        self.closed: list[int] = []
        self.news: list[News] = []

    def do(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case OpenLine(line, address):
                    assert line not in self.dialed
                    self.dialed[line] = address
                    self.dialed_at[line] = self.now
                    self.sent[line] = []
                case SendLine(line, data):
                    assert line not in self.closed
                    self.sent[line].append(data)
                case CloseLine(line):
                    assert line not in self.closed
                    self.closed.append(line)
                case _:
                    self.news.append(effect)
        return effects

    # What the funder orders

    def set_relays(self, *relays: RelayAddress) -> list[Effect]:
        return self.do(self.channeler.set_relays(relays, self.now))

    def befriend(
        self, friend: PublicKey, *at: RelayAddress, kept: tuple[RelayAddress, ...] = ()
    ) -> list[Effect]:
        return self.do(self.channeler.update_friend(friend, at, kept, self.now))

    def remove(self, friend: PublicKey) -> list[Effect]:
        return self.do(self.channeler.remove_friend(friend, self.now))

    def say(self, friend: PublicKey, data: bytes) -> list[Effect]:
        return self.do(self.channeler.send(friend, data, self.now))

    def say_aside(self, friend: PublicKey, data: bytes) -> list[Effect]:
        return self.do(self.channeler.send_aside(friend, data, self.now))

    # What happens on lines

    def open(self, line: int) -> list[Effect]:
        return self.do(self.channeler.line_opened(line, self.now))

    def hear(self, line: int, data: bytes) -> list[Effect]:
        return self.do(self.channeler.line_message(line, data, self.now))

    def close(self, line: int, reason: str = "") -> list[Effect]:
        return self.do(self.channeler.line_closed(line, self.now, reason))

    def congest(self, line: int) -> list[Effect]:
        return self.do(self.channeler.line_congested(line, self.now))

    def drain(self, line: int) -> list[Effect]:
        return self.do(self.channeler.line_drained(line, self.now))

    def incoming(self, line: int, friend: PublicKey) -> list[Effect]:
        """The relay says that `friend` waits."""
        return self.hear(line, INCOMING_CONNECTION.encode(IncomingConnection(friend)))

    def show_nonce(self, line: int, friend: PublicKey) -> list[Effect]:
        return self.hear(line, b"nonce " + friend)

    def link(self, line: int, friend: PublicKey) -> list[Effect]:
        """The friend plays its whole part of the inner handshake."""
        return self.show_nonce(line, friend) + self.hear(line, b"proof " + friend)

    def wait(self, span_ms: Millis) -> list[Effect]:
        """Time passes; the channeler is woken exactly when it asks to be."""
        effects: list[Effect] = []
        end = self.now + span_ms
        while (at := self.channeler.deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            effects += self.do(self.channeler.tick(self.now))
        self.now = end
        return effects

    # What can be asked

    def lines(self, address: RelayAddress | None = None) -> list[int]:
        """The lines dialed so far (to this address), closed or not."""
        return [line for line, to in self.dialed.items() if address in (None, to)]

    def last(self, address: RelayAddress | None = None) -> int:
        """The newest line (to this address)."""
        return self.lines(address)[-1]

    def wish(self, line: int) -> InitConnection:
        """What was asked of the relay through this line."""
        return INIT_CONNECTION.decode(self.sent[line][0])

    def rejected(self, line: int) -> list[PublicKey]:
        """Whom we rejected on a listening leg."""
        return [REJECT_CONNECTION.decode(data).public_key for data in self.sent[line][1:]]

    # Usual beginnings

    def listen(self, address: RelayAddress = R1) -> int:
        """We listen on a relay of ours, and that is confirmed; returns the line of the leg."""
        self.set_relays(address)
        leg = self.last(address)
        self.open(leg)
        assert isinstance(self.wish(leg), Listen)
        self.wait(3000)
        return leg

    def dial(self, friend: PublicKey = LOW, address: RelayAddress = R2) -> int:
        """A friend below us is enabled and its relay reached; returns the line."""
        self.befriend(friend, address)
        line = self.last(address)
        self.open(line)
        assert self.wish(line) == Connect(friend)
        return line

    def accept(self, leg: int, friend: PublicKey = HIGH) -> int:
        """A friend waits and we accept; returns the line, on which the friend has said nothing yet."""
        self.incoming(leg, friend)
        line = self.last()
        self.open(line)
        assert self.wish(line) == Accept(friend)
        return line
