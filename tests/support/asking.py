"""A question of ours, come to each of its stages."""

from __future__ import annotations

from offset.core.dealings.buying import NOT_FOR_GOOD
from offset.core.dealings.effects import Effect, Write
from offset.core.dealings.records import OwnStage
from offset.testing import identity
from offset.wire.mailbox import Body, Purpose, RefusalCode, SettledState
from support.dealings import ASK, NOW, RELAY, Desk, commit_of, settled
from support.letters import ASK_ID, invoice
from support.texts import ADDRESS

INVOICE = invoice()
COMMIT = commit_of(INVOICE)
PAYER = identity("dealings payer")
ASKING, PRICED, DELIVERING, DELIVERED, GIVING_UP = OwnStage
COLLECTING, COLLECTED, WITHDRAWN = SettledState
FOR_GOOD = [code for code in RefusalCode if code not in NOT_FOR_GOOD]


def new_desk() -> Desk:
    """A payer who has asked for nothing."""
    return Desk(PAYER, node=PAYER)


def asking(purpose: Purpose = ASK.purpose) -> Desk:
    """A question whose letter is on its way."""
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, purpose, NOW, payer_name="Alice"))
    desk.take(desk.machine.reached(ASK_ID, RELAY))
    return desk


def come_to(stage: OwnStage) -> Desk:
    """A question in this stage, on a line that is up, whose letter waits for an answer if there is one."""
    desk = asking()
    if stage is ASKING:
        return desk
    heard(desk, INVOICE)
    if stage in (DELIVERING, DELIVERED):
        desk.take(desk.machine.deliver(ASK_ID, COMMIT, desk.now))
    if stage is DELIVERED:
        heard(desk, settled(COLLECTING))
    if stage is GIVING_UP:
        desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True))
    assert stage_of(desk) is stage
    return desk


def question_of(desk: Desk) -> Body | None:
    """Our last letter."""
    said = [effect.body for effect in desk.effects if isinstance(effect, Write)]
    return said[-1] if said else None


def heard(desk: Desk, body: Body, *, unasked: bool = False) -> list[Effect]:
    """The owner says this, in answer to our last letter."""
    question = None if unasked else question_of(desk)
    return desk.take(desk.machine.heard(ASK_ID, body, question, desk.now))


def stage_of(desk: Desk) -> OwnStage | None:
    """As it is durable, which must be as it is in memory."""
    row = desk.books.own.get(ASK_ID)
    assert desk.machine.own_ask(ASK_ID) == row
    return None if row is None else row.stage
