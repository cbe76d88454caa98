"""Relays, guests and owners that do anything in any order: a mailbox never raises, and keeps its books."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.entropy import SeededEntropy
from offset.base.ids import CallId, PublicKey
from offset.base.limits import ACCEPTS_MAX, CALLERS_WAITING_MAX, CALLS_MAX, GUESTS_MAX, INNER_HANDSHAKES_MAX
from offset.core.mailbox import Arrived, Effect, Ended, Heard, Introduced, Mailbox, Reached
from offset.core.meeting import CloseLine, LineId, OpenLine, SendLine
from offset.crypto.identity import Identity
from offset.testing import identity
from offset.wire.common import RelayAddress
from offset.wire.mailbox import LETTER, NOBODY_ASKED, GiveUp, Invoice, Letter, Refusal, Settled
from offset.wire.relay import INCOMING_CONNECTION, IncomingConnection
from offset.wire.text_values import MailboxAddress
from support.letters import BODIES, REFUSED, newer, unchecked
from support.plain import PlainInner
from support.texts import MAILBOX

ME = identity("mailbox me")
RELAYS = (RelayAddress(b"r" * 32, "relay:1"), RelayAddress(b"s" * 32, "relay:2"))
# One is that of the letters, so that some signatures are right.
KEYS: list[PublicKey] = [bytes([number]) * 32 for number in range(4)] + [MAILBOX.public_key, ME.public_key]
BODIES_OF_ALL = list(BODIES.values())
ODD = [*newer().values(), *map(unchecked, REFUSED.values()), b"", b"\xff" * 9]

STEPS = st.one_of(
    st.tuples(st.just("incoming"), st.integers(0, 8), st.integers(0, len(KEYS) - 1)),
    st.tuples(st.just("open"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("up"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("up"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("shake"), st.integers(0, 30), st.integers(0, 1)),
    st.tuples(st.just("letter"), st.integers(0, 30), st.integers(0, len(BODIES_OF_ALL) + len(ODD) - 1)),
    st.tuples(st.just("garbage"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("close"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("call"), st.integers(0, len(KEYS) - 1), st.integers(1, 2)),
    st.tuples(st.just("say"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("hang up"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([1, 300, 2500, 6000, 30_000, 700_000]), st.just(0)),
    st.tuples(st.just("relays"), st.integers(0, 2), st.just(0)),
)


class World:
    """A mailbox, and all that is known of its lines and calls by what it said."""

    def __init__(self) -> None:
        self.now = 1_000_000
        entropy = SeededEntropy("hostile")
        self.mailbox = Mailbox(
            ME,
            entropy,
            lambda: Identity(entropy.bytes(32)),
            lambda signer, peer, now: PlainInner(signer.public_key, peer, now),
        )
        self.heard = 0
        self.opened: set[LineId] = set()
        """No line opens twice: that much a driver promises."""
        self.lines: dict[LineId, OpenLine] = {}
        self.peers: dict[LineId, PublicKey] = {}
        self.calls: dict[CallId, bool] = {}
        """Those that are on: whether they are up."""
        self.do(self.mailbox.set_relays(RELAYS, self.now))

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case OpenLine(line):
                    assert line not in self.lines
                    self.lines[line] = effect
                case SendLine(line):
                    assert line in self.lines, "said on a line that is over"
                case CloseLine(line):
                    del self.lines[line]
                case Arrived(call):
                    assert call not in self.calls
                    self.calls[call] = True
                case Reached(call):
                    assert self.calls[call] is False
                    self.calls[call] = True
                case Heard(call) | Introduced(call):
                    self.heard += 1
                    assert self.calls[call], "a letter outside of a line"
                case Ended(call):
                    del self.calls[call]

    def line(self, kind: str, number: int) -> LineId | None:
        """One of the lines, of those to which this may well happen."""
        legs = [line for line in self.lines if self.mailbox._listening.leg_of(line) is not None]
        match kind:
            case "incoming":
                lines = legs
            case "up" | "shake" | "letter":
                lines = [line for line in self.lines if line not in legs]
            case _:
                lines = list(self.lines)
        return lines[number % len(lines)] if lines else None

    def letter(self, line: LineId, number: int) -> bytes:
        """A letter that may well be in its place, or one that cannot."""
        if number >= len(BODIES_OF_ALL):
            return ODD[number - len(BODIES_OF_ALL)]
        talk = self.mailbox._by_line.get(line)
        if talk is None:
            return b""
        answers = next(iter(talk.letters._asked), 0)
        body = BODIES_OF_ALL[number]
        answer_to = answers if isinstance(body, Invoice | Settled | Refusal) else 0
        return LETTER.encode(Letter(1, talk.letters.received + 1, answer_to, body))

    def shake(self, line: LineId, part: int) -> None:
        """The other side shows its nonce, or its proof."""
        found = self.mailbox._tunnel_of(line)
        if found is not None:
            message = (b"nonce ", b"proof ")[part] + found[1].peer
            self.do(self.mailbox.line_message(line, message, self.now))

    def step(self, kind: str, a: int, b: int) -> None:
        mailbox, now = self.mailbox, self.now
        line = self.line(kind, a)
        match kind:
            case "incoming" if line is not None:
                self.do(
                    mailbox.line_message(line, INCOMING_CONNECTION.encode(IncomingConnection(KEYS[b])), now)
                )
            case "open" if line is not None and line not in self.opened:
                self.opened.add(line)
                self.do(mailbox.line_opened(line, now))
            case "up" if line is not None:
                if line not in self.opened:
                    self.opened.add(line)
                    self.do(mailbox.line_opened(line, now))
                for part in (0, 1):
                    self.shake(line, part)
            case "shake" if line is not None:
                self.shake(line, b)
            case "letter" if line is not None:
                self.do(mailbox.line_message(line, b"message " + self.letter(line, b), now))
            case "garbage" if line is not None:
                self.do(mailbox.line_message(line, b"\x01garbage", now))
            case "close" if line is not None:
                del self.lines[line]
                self.do(mailbox.line_closed(line, now))
            case "call":
                call, effects = mailbox.call(MailboxAddress(KEYS[a], RELAYS[:b], ""), now)
                if call is not None:
                    self.calls[call] = False
                self.do(effects)
            case "say" if self.calls:
                call = list(self.calls)[a % len(self.calls)]
                self.do(mailbox.say(call, (GiveUp(NOBODY_ASKED), Refusal(3))[a % 2], now))
            case "hang up" if self.calls:
                call = list(self.calls)[a % len(self.calls)]
                del self.calls[call]
                self.do(mailbox.hang_up(call, now))
            case "wait":
                end = now + a
                while (at := mailbox.deadline()) is not None and at <= end:
                    self.now = max(self.now, at)
                    self.do(mailbox.tick(self.now))
                self.now = end
            case "relays":
                self.do(mailbox.set_relays(RELAYS[:a], now))

    def check(self) -> None:
        """What is remembered is what was told, and no limit is passed."""
        mailbox = self.mailbox
        assert {call for call, is_up in self.calls.items() if is_up} == set(mailbox._talks)
        assert {talk.tunnel.line for talk in mailbox._talks.values()} == set(mailbox._by_line)
        assert len(mailbox._guests.talks) <= GUESTS_MAX
        assert len(mailbox._guests._room) <= CALLERS_WAITING_MAX
        assert len(mailbox._guests.accepting) <= max(ACCEPTS_MAX, INNER_HANDSHAKES_MAX)
        ours = set(self.calls) - set(mailbox._guests.talks)
        assert len(ours) <= CALLS_MAX


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_anything_in_any_order(steps: list[tuple[str, int, int]]) -> None:
    """No step raises, no line is used after its end, and each call ends once."""
    world = World()
    for step in steps:
        world.step(*step)
        world.check()
    # Nobody speaks any more: every line of letters comes to its end.
    world.step("wait", 700_000, 0)
    world.check()
    assert world.calls == {}
    assert world.mailbox._calls._attempts == {}


def test_much_is_reached() -> None:
    """The same steps from a seed: guests come in, speak and are heard, and owners answer."""
    entropy = SeededEntropy("steps")
    world = World()
    for _ in world.lines:
        world.step("open", 0, 0)
        world.step("open", 1, 0)
    kinds = ("incoming", "up", "up", "letter", "letter", "letter", "call", "say")
    for _ in range(3000):
        world.step(kinds[entropy.below(8)], entropy.below(6), entropy.below(7) % 6 or 1)
        world.check()
    assert world.heard > 20
