"""Mailboxes in a virtual network of real relays: each a host with encrypted lines, a clock and a reader of letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from offset.base.entropy import SeededEntropy
from offset.base.ids import UNSIGNED, CallId
from offset.base.instants import Instant
from offset.core.mailbox import Heard, Mailbox, Reached
from offset.core.mailbox.effects import News
from offset.core.relay import Quotas
from offset.crypto.identity import Identity
from offset.crypto.signer import Signer
from offset.engine.card_mailbox import CardMailbox
from offset.engine.lines import Lines
from offset.engine.loop import Loop
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import Effect, Engine, Event, Woken
from offset.sim.physics.host import Host
from offset.testing import identity
from offset.testing.calm import CalmWorld
from offset.wire.common import RelayAddress
from offset.wire.letters_signing import caller_buffer
from offset.wire.mailbox import (
    NOBODY_ASKED,
    AskInvoice,
    Body,
    Commit,
    GiveUp,
    Introduce,
    Invoice,
    OpenPurpose,
    Settled,
    SettledState,
)
from offset.wire.text_values import MailboxAddress
from support.letters import signed_by

N = TypeVar("N")
Order = Callable[[CardMailbox], object]


class MailboxEngine:
    """A mailbox and its lines, and nothing else."""

    def __init__(
        self, key: Identity, entropy: SeededEntropy, now: Instant, news: Callable[[News], None]
    ) -> None:
        self._entropy = entropy
        self.callers: list[Identity] = []
        """The keys of its calls, oldest first."""
        self._loop = Loop(Lines(key, entropy), now)
        self.called: list[bool] = []
        """Whether anybody can call it, as often as that changed."""
        self.part = CardMailbox(
            self._loop, key, entropy, self._make_caller, news=news, called=self.called.append
        )
        self._loop.set_timers(self.part.timer)
        self.orders: list[Order] = []

    @property
    def mailbox(self) -> Mailbox:
        """The machine inside."""
        return self.part._mailbox

    def _make_caller(self) -> Signer:
        self.callers.append(Identity(self._entropy.bytes(32)))
        return self.callers[-1]

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        self._loop.now = now
        while self.orders:
            self.orders.pop(0)(self.part)
        self._loop.take(event)
        self._loop.run_due()
        return self._loop.take_effects()

    def deadline(self) -> Instant | None:
        return self._loop.deadline()


class Post:
    """One mailbox, what it was told, and what its reader says by itself."""

    def __init__(self, world: CalmWorld, name: str, relays: tuple[RelayAddress, ...] = ()) -> None:
        self.world, self.name = world, name
        self.key = identity(f"mailbox {name}")
        self.address = MailboxAddress(self.key.public_key, relays, name)
        self.news: list[News] = []
        self.reader: Callable[[Post, News], None] = lambda _post, _news: None
        self._lives = 0
        self.start()

    def start(self) -> None:
        """Begin to listen, perhaps again."""
        self._lives += 1
        entropy = SeededEntropy(f"{self.name} {self._lives}")

        def make(host: Host) -> Engine:
            self.engine = MailboxEngine(self.key, entropy, host.clock.now(), self._take)
            return self.engine

        self.host = self.world.add(f"mailbox {self.name}", make)
        if self.address.relays:
            self.order(lambda mailbox: mailbox.set_relays(self.address.relays))

    def _take(self, news: News) -> None:
        self.news.append(news)
        self.reader(self, news)

    def order(self, act: Order) -> None:
        """Have something done in the next step, which is now, unless this is part of a step."""
        self.engine.orders.append(act)
        self.world.after(0, lambda: self.host.feed(Woken()))

    def call(self, address: MailboxAddress) -> list[CallId | None]:
        """Call a mailbox; the id of the call stands in the list once the step is done."""
        made: list[CallId | None] = []
        self.order(lambda mailbox: made.append(mailbox.call(address)))
        return made

    def reach(self, address: MailboxAddress) -> CallId:
        """Call a mailbox, and wait until it is reached."""
        made = self.call(address)
        self.world.run_until(lambda: any(item.call in made for item in self.heard(Reached)))
        (call,) = made
        assert call is not None
        return call

    def say(self, call: CallId, body: Body, answer_to: int = 0) -> None:
        self.order(lambda mailbox: mailbox.say(call, body, answer_to))

    def hang_up(self, call: CallId) -> None:
        self.order(lambda mailbox: mailbox.hang_up(call))

    def heard(self, kind: type[N]) -> list[N]:
        """All news of this kind, oldest first."""
        return [item for item in self.news if isinstance(item, kind)]

    def bodies(self, call: CallId | None = None) -> list[Body]:
        """What was said to it, in one call or in all."""
        return [item.letter.body for item in self.heard(Heard) if call is None or item.call == call]

    def wait_for(self, kind: type[N], call: CallId) -> N:
        """Wait for news of this kind of one call; the first one."""

        def found() -> list[N]:
            return [item for item in self.heard(kind) if item.call == call]  # type: ignore[attr-defined]

        self.world.run_until(lambda: bool(found()))
        return found()[0]

    def introduction(self, owner: MailboxAddress) -> Introduce:
        """Who calls, in its last call."""
        buffer = caller_buffer(self.engine.callers[-1].public_key, owner.mailbox)
        return Introduce(self.address, self.key.sign(buffer))


class Street:
    """Relays and mailboxes in one virtual world."""

    def __init__(self, relays: int = 1) -> None:
        self.world = CalmWorld()
        self.relays = tuple(self.start_relay(number) for number in range(relays))

    def start_relay(self, number: int) -> RelayAddress:
        """Start a relay, perhaps again."""
        key, name = identity(f"relay {number}"), f"relay{number}"
        # All callers of this world come from one address, which no real flood would be kept to.
        quotas = Quotas(connections_per_address=10_000, connect_burst_per_address=10_000)

        def make(host: Host) -> Engine:
            return RelayEngine(
                key, SeededEntropy(name), host.clock.now(), quotas=quotas, handshakes_per_address_max=10_000
            )

        self.world.add(name, make, {LISTENER: f"{name}:1"})
        return RelayAddress(key.public_key, f"{name}:1")

    def post(self, name: str, *relays: RelayAddress) -> Post:
        """A mailbox that listens at these relays, which takes LISTEN_CONFIRM_MS."""
        post = Post(self.world, name, relays)
        if relays:
            self.world.run_for(3000)
        return post


def shop(post: Post, news: News) -> None:
    """A reader that asks for what it is asked, and takes every commit."""
    if not isinstance(news, Heard):
        return
    letter = news.letter
    match letter.body:
        case AskInvoice(purpose=OpenPurpose() as purpose):
            answer: Body = Invoice(
                letter.body.ask_id, NOBODY_ASKED, b"i" * 32, purpose.currency, post.key.public_key,
                purpose.amount, purpose.note, None, 1000, 900_000, UNSIGNED,
            )  # fmt: skip
        case Commit():
            answer = Settled(NOBODY_ASKED, letter.body.invoice_id, SettledState.COLLECTING, 1, UNSIGNED)
        case GiveUp():
            answer = Settled(letter.body.ask_id, bytes(32), SettledState.WITHDRAWN, 1, UNSIGNED)
        case _:
            return
    post.say(news.call, signed_by(post.key, answer), letter.number)
