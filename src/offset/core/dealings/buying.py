"""Questions of ours, and what is said for them until the owner has answered (docs/MAILBOX.md, "The payer").

    ASKING ──invoice──► PRICED ──deliver──► DELIVERING ──settled──► DELIVERED ──► (the wallet forgets it)
       │                  │                     │ ▲                    │
       └── give_up ───────┴─────────────────────┴─┴──withdrawn─────────┴──► GIVING_UP

What our node does about credits is not known here: the wallet says when there is a commit to hand over, when to give
up, and when all is over. An owner's word moves a question, and ends nothing that was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from offset.base.backoff import Backoff
from offset.base.faults import UserFault
from offset.base.ids import PublicKey, Uid
from offset.base.instants import Instant, Millis
from offset.base.limits import (
    ASK_PAUSE_MS_MAX,
    ASK_PAUSE_MS_MIN,
    DELIVERY_PAUSE_MS_MAX,
    DELIVERY_PAUSE_MS_MIN,
    OWN_ASKS_MAX,
    PAY_GRACE_MS,
    PAY_WITHIN_MS,
)
from offset.core.dealings import effects
from offset.core.dealings.desk import Alarm, Desk
from offset.core.dealings.effects import GaveUp, HangUp, Place, Priced, Refused, Waiting, Write
from offset.core.dealings.records import OwnAsk, OwnStage
from offset.wire.common import Commit, RelayAddress
from offset.wire.mailbox import (
    AskInvoice,
    Body,
    GiveUp,
    Invoice,
    OpenPurpose,
    Purpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
    Settled,
    SettledState,
    fault_of,
)
from offset.wire.text_values import MailboxAddress

NOT_FOR_GOOD = (
    RefusalCode.BUSY,
    RefusalCode.NOT_NOW,
    RefusalCode.NOTHING_FROZEN,
    RefusalCode.WRONG_COMMIT,
)
"""Refusals after which the same letter is sent again."""
NO_ANSWER = 0
"""In the place of a code: nobody answered in time, or the owner withdrew its invoice."""

_HAS_COMMIT = (OwnStage.DELIVERING, OwnStage.DELIVERED)


@dataclass(slots=True, eq=False)
class _Talk:
    """The calls because of one question."""

    relays: list[RelayAddress]
    """Where it was reached last comes first."""
    backoff: Backoff
    is_placed: bool = False
    """There is a call, or an attempt to make one."""
    is_up: bool = False
    asked: type[Body] | None = None
    """What waits for an answer on this line."""
    is_answered: bool = False
    """The owner has heard that we give up."""
    told: set[bool] = field(default_factory=set)
    """The kinds of waiting that the wallet was told of since it last went on."""


class Buying:
    """The questions of ours that are open."""

    def __init__(self, desk: Desk, rows: Iterable[OwnAsk]) -> None:
        self._desk = desk
        self._node: PublicKey | None = None
        self.rows: dict[Uid, OwnAsk] = {row.ask_id: row for row in rows}
        self._talks: dict[Uid, _Talk] = {}
        for row in self.rows.values():
            self._talks[row.ask_id] = _Talk(list(row.address.relays), _backoff(row.stage))

    def start(self) -> None:
        """Go on with all of them, and tell again what the wallet may not have written down."""
        for row in self.rows.values():
            self._tell_again(row)
            self._speak(row.ask_id)

    def plan(self, now: Instant) -> None:
        """Watch the time, by a clock that was just set."""
        for row in self.rows.values():
            self._plan(row, now)

    def set_back(self, by: Millis) -> None:
        """The clock was set back: what was to end in a minute must not go on for a year.

        One that is set forward cannot be told from a machine that slept; then it ends early, which costs a question.
        """
        for row in list(self.rows.values()):
            until = None if row.give_up_until is None else row.give_up_until - by
            self._put(replace(row, ask_until=row.ask_until - by, give_up_until=until))

    def set_node(self, node: PublicKey | None) -> None:
        """Our own node is this one: we do not pay it."""
        self._node = node

    # What the wallet wants

    def ask(
        self,
        ask_id: Uid,
        address: MailboxAddress,
        purpose: Purpose,
        now: Instant,
        payer_name: str,
        reply_to: MailboxAddress | None,
        ask_ms: Millis,
    ) -> None:
        """Ask for an invoice; one that is asked already goes on. Raises UserFault, also where it fits no letter."""
        if ask_id in self.rows:
            return
        if fault := fault_of(AskInvoice(ask_id, purpose, payer_name, reply_to)):
            raise UserFault(fault)
        self._begin(
            OwnAsk(
                ask_id=ask_id,
                address=address,
                purpose=purpose,
                payer_name=payer_name,
                opt_reply_to=reply_to,
                stage=OwnStage.ASKING,
                ask_until=self._desk.unix(now) + ask_ms,
            ),
            now,
        )

    def deliver_text(self, ask_id: Uid, address: MailboxAddress, commit: Commit, now: Instant) -> None:
        """Hand over the commit for an invoice that stood in a text. Raises UserFault."""
        if ask_id in self.rows:
            self.deliver(ask_id, commit, now)
            return
        self._begin(
            OwnAsk(
                ask_id=ask_id,
                address=address,
                purpose=None,
                payer_name="",
                opt_reply_to=None,
                stage=OwnStage.DELIVERING,
                ask_until=self._desk.unix(now),
                commit=commit,
            ),
            now,
        )

    def deliver(self, ask_id: Uid, commit: Commit, now: Instant) -> None:
        """Our node has the commit: hand it over, also after it was given up. A second time changes nothing."""
        row = self.rows.get(ask_id)
        if row is None or row.stage in _HAS_COMMIT or row.stage is OwnStage.ASKING:
            return
        row = replace(row, stage=OwnStage.DELIVERING, commit=commit, give_up_until=None, refused=None, why="")
        self._go_on(row, now)

    def give_up(self, ask_id: Uid, now: Instant, *, is_sent: bool) -> None:
        """We do not want to pay. `is_sent`: credits may be frozen, so it is said until the owner answers."""
        row = self.rows.get(ask_id)
        if row is None or (row.stage is OwnStage.DELIVERED and is_sent):
            return
        if row.purpose is None or row.stage is OwnStage.DELIVERED:
            # Nobody was asked, or the owner has the commit and our node says that it is worth nothing any more.
            self._end(row)
            return
        until = None if is_sent else self._desk.unix(now) + PAY_WITHIN_MS + PAY_GRACE_MS
        if row.stage is not OwnStage.GIVING_UP:
            self._go_on(replace(row, stage=OwnStage.GIVING_UP, give_up_until=until), now)
        elif self._talks[ask_id].is_answered and not is_sent:
            self._end(row)
        elif (row.give_up_until is None) != is_sent:
            row = replace(row, give_up_until=until)
            self._put(row)
            self._plan(row, now)

    def forget(self, ask_id: Uid) -> None:
        """Our own node says how it ended, or nothing was sent: no more letters."""
        if (row := self.rows.get(ask_id)) is not None:
            self._end(row)

    # News of calls

    def reached(self, ask_id: Uid, relay: RelayAddress) -> None:
        """The owner has proved its key."""
        if (talk := self._talks.get(ask_id)) is None or not talk.is_placed:
            return
        talk.is_up = True
        talk.relays = [relay, *[other for other in talk.relays if other != relay]]
        self._speak(ask_id)

    def lost(self, ask_id: Uid, now: Instant, *, is_closed: bool) -> None:
        """The call is over. `is_closed`: the mailbox could be reached at none of its relays."""
        if (talk := self._talks.get(ask_id)) is None:
            return
        talk.is_placed = talk.is_up = False
        talk.asked = None
        if self._letter(self.rows[ask_id]) is not None:
            self._wait(ask_id, talk, now, is_closed=is_closed)

    def no_line(self, ask_id: Uid, now: Instant) -> None:
        """Too many calls are made: one on which nothing is to be said ends, and this one is made again soon."""
        if (talk := self._talks.get(ask_id)) is None:
            return
        talk.is_placed = False
        for other, theirs in self._talks.items():
            if theirs.is_placed and self._letter(self.rows[other]) is None:
                self._hang_up(other)
                break
        self._desk.alarms.set((Alarm.SPEAK, ask_id), now + talk.backoff.next_ms(self._desk.entropy))

    def heard(self, ask_id: Uid, body: Body, question: Body | None, now: Instant) -> None:
        """A letter of the owner, and ours that it answers. What fits no state changes nothing."""
        row, talk = self.rows.get(ask_id), self._talks.get(ask_id)
        if row is None or talk is None:
            return
        if question is not None and type(question) is talk.asked:
            talk.asked = None
        match body:
            case Invoice() if row.stage is OwnStage.ASKING:
                self._invoice(row, body, now)
            case Settled():
                self._settled(row, body, now)
            case Refusal() if question is not None and isinstance(question, type(self._letter(row))):
                self._refusal(row, talk, body, now)
            case _:
                pass

    def wake(self, alarm: Alarm, ask_id: Uid) -> None:
        """The time has come to call again, or to ask no more."""
        if alarm is Alarm.SPEAK:
            self._speak(ask_id)
            return
        row = self.rows[ask_id]
        self._end(row)
        if row.stage is OwnStage.ASKING:
            self._desk.add(Refused(ask_id, NO_ANSWER, "", None))

    # What an owner says

    def _invoice(self, row: OwnAsk, invoice: Invoice, now: Instant) -> None:
        assert row.purpose is not None, "only questions are asked"
        if not _fits(invoice, row.purpose) or invoice.dest_public_key == self._node:
            # It would be asked again for as long as it is answered so.
            self._end(row)
            self._desk.add(Refused(row.ask_id, RefusalCode.CHANGED, "", None))
            return
        self._go_on(replace(row, stage=OwnStage.PRICED, invoice=invoice), now)
        self._desk.add(Priced(row.ask_id, invoice))

    def _settled(self, row: OwnAsk, settled: Settled, now: Instant) -> None:
        if not _is_about(settled, row):
            return
        if settled.state == SettledState.WITHDRAWN:
            self._withdrawn(row, now)
            return
        if row.stage in (OwnStage.ASKING, OwnStage.PRICED):
            # Nothing was sent by letter; what others do with our commit our node tells.
            return
        if row.stage is OwnStage.GIVING_UP and row.give_up_until is not None:
            # Nothing was sent, so there is nothing that it could collect.
            self._given_up(row)
            return
        is_collected = row.is_collected or settled.state == SettledState.COLLECTED
        if row.stage is OwnStage.DELIVERED and is_collected == row.is_collected:
            return
        row = replace(
            row, stage=OwnStage.DELIVERED, is_collected=is_collected, give_up_until=None, refused=None, why=""
        )
        self._go_on(row, now)
        self._desk.add(effects.Settled(row.ask_id, is_collected))

    def _withdrawn(self, row: OwnAsk, now: Instant) -> None:
        match row.stage:
            case OwnStage.ASKING:
                self._end(row)
                self._desk.add(Refused(row.ask_id, NO_ANSWER, "", None))
            case OwnStage.GIVING_UP:
                self._given_up(row)
            case OwnStage.PRICED | OwnStage.DELIVERING | OwnStage.DELIVERED:
                # It knows, so it need not be told.
                self._refused_later(row, Refusal(NO_ANSWER), now, is_answered=True)

    def _refusal(self, row: OwnAsk, talk: _Talk, refusal: Refusal, now: Instant) -> None:
        if refusal.code in NOT_FOR_GOOD:
            self._wait(row.ask_id, talk, now, is_closed=False)
        elif row.stage is OwnStage.ASKING:
            self._end(row)
            self._desk.add(Refused(row.ask_id, refusal.code, refusal.text, refusal.opt_most))
        elif row.stage is OwnStage.GIVING_UP:
            # It knows nothing of it, or does not read that: there is no other answer to come.
            self._given_up(row)
        else:
            self._refused_later(row, refusal, now)

    def _refused_later(
        self, row: OwnAsk, refusal: Refusal, now: Instant, *, is_answered: bool = False
    ) -> None:
        """Something may be frozen for it: it is given up until our own node says how it ends."""
        if row.purpose is None:
            self._end(row)
        else:
            stage, code, why = OwnStage.GIVING_UP, refusal.code, refusal.text
            row = replace(row, stage=stage, give_up_until=None, refused=code, why=why)
            self._go_on(row, now, is_answered=is_answered)
        self._desk.add(Refused(row.ask_id, refusal.code, refusal.text, refusal.opt_most))

    def _given_up(self, row: OwnAsk) -> None:
        self._talks[row.ask_id].is_answered = True
        if row.give_up_until is not None:
            self._end(row)
        else:
            self._hang_up(row.ask_id)
        self._desk.add(GaveUp(row.ask_id))

    # Speaking

    def _letter(self, row: OwnAsk) -> Body | None:
        """What is to be said, until it is answered."""
        match row.stage:
            case OwnStage.ASKING if row.purpose is not None:
                return AskInvoice(row.ask_id, row.purpose, row.payer_name, row.opt_reply_to)
            case OwnStage.DELIVERING:
                return row.commit
            case OwnStage.GIVING_UP if not self._talks[row.ask_id].is_answered:
                return GiveUp(row.ask_id)
            case _:
                return None

    def _speak(self, ask_id: Uid) -> None:
        row, talk = self.rows[ask_id], self._talks[ask_id]
        letter = self._letter(row)
        if letter is None:
            return
        if not talk.is_placed:
            talk.is_placed = True
            address = row.address
            self._desk.add(Place(ask_id, MailboxAddress(address.mailbox, tuple(talk.relays), address.label)))
        elif talk.is_up and talk.asked is not type(letter):
            talk.asked = type(letter)
            self._desk.add(Write(ask_id, letter))

    def _wait(self, ask_id: Uid, talk: _Talk, now: Instant, *, is_closed: bool) -> None:
        """Say it again later."""
        self._desk.alarms.set((Alarm.SPEAK, ask_id), now + talk.backoff.next_ms(self._desk.entropy))
        if is_closed not in talk.told:
            talk.told = {is_closed}
            self._desk.add(Waiting(ask_id, is_closed))

    # Rows

    def _begin(self, row: OwnAsk, now: Instant) -> None:
        if len(self.rows) >= OWN_ASKS_MAX:
            raise UserFault(
                f"{OWN_ASKS_MAX} payments wait for wallets of others: wait until some have ended, or stop them"
            )
        self._talks[row.ask_id] = _Talk(list(row.address.relays), _backoff(row.stage))
        self._put(row)
        self._plan(row, now)
        self._speak(row.ask_id)

    def _go_on(self, row: OwnAsk, now: Instant, *, is_answered: bool = False) -> None:
        """The row has come to another stage."""
        talk = self._talks[row.ask_id]
        talk.backoff, talk.is_answered, talk.told = _backoff(row.stage), is_answered, set()
        self._desk.alarms.stop((Alarm.SPEAK, row.ask_id))
        self._put(row)
        self._plan(row, now)
        self._speak(row.ask_id)

    def _put(self, row: OwnAsk) -> None:
        self.rows[row.ask_id] = row
        self._desk.changes.own_asks[row.ask_id] = row

    def _end(self, row: OwnAsk) -> None:
        self._hang_up(row.ask_id)
        del self.rows[row.ask_id], self._talks[row.ask_id]
        self._desk.changes.own_asks[row.ask_id] = None
        self._desk.alarms.stop((Alarm.SPEAK, row.ask_id))
        self._desk.alarms.stop((Alarm.GIVE_OUT, row.ask_id))

    def _hang_up(self, ask_id: Uid) -> None:
        talk = self._talks[ask_id]
        if talk.is_placed:
            self._desk.add(HangUp(ask_id))
        talk.is_placed = talk.is_up = False
        talk.asked = None

    def _plan(self, row: OwnAsk, now: Instant) -> None:
        """When it ends by itself."""
        until = {OwnStage.ASKING: row.ask_until, OwnStage.GIVING_UP: row.give_up_until}.get(row.stage)
        if until is None:
            self._desk.alarms.stop((Alarm.GIVE_OUT, row.ask_id))
        else:
            self._desk.alarms.set((Alarm.GIVE_OUT, row.ask_id), max(now, self._desk.instant(until)))

    def _tell_again(self, row: OwnAsk) -> None:
        if row.stage is OwnStage.PRICED and row.invoice is not None:
            self._desk.add(Priced(row.ask_id, row.invoice))
        elif row.stage is OwnStage.DELIVERED:
            self._desk.add(effects.Settled(row.ask_id, row.is_collected))
        elif row.refused is not None:
            self._desk.add(Refused(row.ask_id, row.refused, row.why, None))


def _backoff(stage: OwnStage) -> Backoff:
    if stage is OwnStage.ASKING:
        return Backoff(ASK_PAUSE_MS_MIN, ASK_PAUSE_MS_MAX)
    return Backoff(DELIVERY_PAUSE_MS_MIN, DELIVERY_PAUSE_MS_MAX)


def _fits(invoice: Invoice, purpose: Purpose) -> bool:
    """Whether this is what was asked for; where the payer left something open the person decides."""
    match purpose:
        case OpenPurpose():
            return (invoice.currency, invoice.dest_payment) == (purpose.currency, purpose.amount)
        case RequestPurpose():
            return invoice.request_id == purpose.request_id and purpose.opt_amount in (
                None,
                invoice.dest_payment,
            )


def _is_about(settled: Settled, row: OwnAsk) -> bool:
    """Whether this is said of our question, or of the invoice of our commit."""
    if row.purpose is not None:
        return settled.ask_id == row.ask_id
    return row.commit is not None and settled.invoice_id == row.commit.invoice_id
