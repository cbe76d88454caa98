"""A caller without manners: it calls a wallet all the time, always as somebody else, and never pays.

It asks for what it does not want, asks for something else under the same id, gives up what it never asked for, and
brings commits that no node has signed. Each of its letters is well formed; what is not is refused by the line.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from msgspec.structs import replace

from offset.base.entropy import new_uid
from offset.base.ids import (
    HASH_BYTES,
    LOCK_BYTES,
    SIGNATURE_BYTES,
    CallId,
    Currency,
    HashedLock,
    HashResult,
    PlainLock,
    Signature,
    Uid,
)
from offset.base.instants import SECOND, Instant, Millis
from offset.core.mailbox import Heard, Reached
from offset.core.mailbox.effects import News
from offset.crypto.identity import Identity
from offset.crypto.signer import Signer
from offset.engine.card_mailbox import CardMailbox
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Effect, Event
from offset.sim.cast.hostile import Mischief
from offset.sim.physics.host import Host
from offset.sim.physics.rng import Rng
from offset.wire.common import Commit
from offset.wire.mailbox import AskInvoice, Body, GiveUp, Invoice, OpenPurpose, Purpose, RequestPurpose
from offset.wire.text_values import MailboxAddress

CALL_EVERY_MS: Millis = SECOND // 10
STAYS_MS: Millis = 5 * SECOND
CALLERS = 5
"""Mailboxes of one rude caller."""


class RudeCaller(Mischief):
    """An engine that calls one mailbox ten times a second, while `calls_until` is to come."""

    def __init__(
        self,
        host: Host,
        address: MailboxAddress,
        currency: Currency,
        requests: list[Uid],
        calls_until: Instant,
    ) -> None:
        """`requests`: whose texts it has seen. `calls_until`: by the clock of its host."""
        self._rng: Rng = host.rng.fork(f"life {host.life}")
        now = host.clock.now()
        key = Identity(self._rng.bytes(32))
        self._loop = Loop(Lines(key, self._rng), now)
        self._mailboxes = [
            CardMailbox(self._loop, key, self._rng, self._make_caller, news=partial(self._hear, place))
            for place in range(CALLERS)
        ]
        """Several, since one makes only so many calls at once."""
        self._timer = Timer(self._call, now)
        self._loop.set_timers(*[mailbox.timer for mailbox in self._mailboxes], self._timer)
        self._calls: deque[tuple[Instant, int, CallId]] = deque()
        """Oldest first: when each was made, and by which mailbox."""
        self._address, self._currency, self._requests = address, currency, requests
        self._calls_until = calls_until
        self._invoices: list[Invoice] = []

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take an event."""
        self._loop.now = now
        self._loop.take(event)
        self._loop.run_due()
        return self._loop.take_effects()

    def deadline(self) -> Instant | None:
        """When it calls again."""
        return self._loop.deadline()

    def _make_caller(self) -> Signer:
        return Identity(self._rng.bytes(32))

    def _call(self) -> None:
        if self.is_quiet or self._loop.now >= self._calls_until:
            self._timer.at = None
            return
        self._timer.at = self._loop.now + CALL_EVERY_MS
        place = self._rng.below(CALLERS)
        call = self._mailboxes[place].call(self._address)
        if call is not None:
            self._calls.append((self._loop.now, place, call))
        # It stays, so that its place is not free, but not for so long that it could call no more.
        while self._calls and self._calls[0][0] <= self._loop.now - STAYS_MS:
            _, place, call = self._calls.popleft()
            self._mailboxes[place].hang_up(call)

    def _hear(self, place: int, news: News) -> None:
        match news:
            case Reached(call):
                for body in self._letters():
                    self._mailboxes[place].say(call, body)
            case Heard(_, letter) if isinstance(letter.body, Invoice):
                self._invoices = [*self._invoices[-9:], letter.body]
            case _:
                pass

    def _letters(self) -> list[Body]:
        ask_id = new_uid(self._rng)
        ask = AskInvoice(ask_id, self._purpose(), "", None)
        match self._rng.below(8):
            case 0:
                other = replace(ask, purpose=OpenPurpose(self._currency, 7, ""))
                return [ask, other]
            case 1:
                return [GiveUp(ask_id)]
            case 2 if self._invoices:
                return [self._forged(self._rng.pick(self._invoices))]
            case 3:
                return [ask, GiveUp(ask_id)]
            case _:
                return [ask]

    def _purpose(self) -> Purpose:
        if self._requests and self._rng.percent(30):
            return RequestPurpose(self._rng.pick(self._requests), None, "")
        return OpenPurpose(self._currency, self._rng.between(1, 1000), "")

    def _forged(self, invoice: Invoice) -> Commit:
        amount = invoice.dest_payment
        return Commit(
            response_hash=HashResult(self._rng.bytes(HASH_BYTES)),
            src_plain_lock=PlainLock(self._rng.bytes(LOCK_BYTES)),
            dest_hashed_lock=HashedLock(self._rng.bytes(LOCK_BYTES)),
            dest_payment=amount,
            total_dest_payment=amount,
            invoice_id=invoice.invoice_id,
            currency=invoice.currency,
            signature=Signature(self._rng.bytes(SIGNATURE_BYTES)),
        )
