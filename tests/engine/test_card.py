"""The engine of a card: rows before words, one thing after the other, and calls that find their questions."""

from __future__ import annotations

from typing import Any

from offset.base.entropy import SeededEntropy
from offset.base.limits import HEARD_MS, LISTEN_CONFIRM_MS
from offset.core.dealings.effects import Changed, Refused
from offset.core.dealings.records import GuestStage, OwnAsk
from offset.engine.card import CLOCK_SLIP_MS, TOPIC, CardEngine, rows_of
from offset.engine.surface import Closed, Dial, Effect, NetworkChanged, Persist, Persisted, Tell, Woken
from offset.sim.physics.host import Host
from offset.wire.mailbox import OpenPurpose
from support.dealings import ASK, NOW, REQUEST, UNIX, owner_at
from support.letters import ASK_ID, CALL, REQUEST_ID
from support.mailboxes import Street
from support.texts import ADDRESS, MAILBOX

ROW = owner_at(GuestStage.ISSUED).books.guests[ASK_ID]


class Clock:
    def __init__(self) -> None:
        self.unix = UNIX


def engine_of(clock: Clock | None = None, rows: list[Any] | None = None) -> CardEngine:
    time = clock or Clock()
    engine = CardEngine(
        MAILBOX, SeededEntropy(1), lambda: CALL, rows or [], NOW, lambda: time.unix, allow_private_relays=True
    )
    assert not [effect for effect in engine.start(NOW) if isinstance(effect, Persist)]
    return engine


def told(effects: list[Effect]) -> list[Any]:
    return [effect.detail for effect in effects if isinstance(effect, Tell) and effect.topic == TOPIC]


def ask(engine: CardEngine) -> list[Effect]:
    purpose = OpenPurpose("FST", 2000, "Lunch")
    return engine.do(lambda machine, now: machine.ask(ASK_ID, ADDRESS, purpose, now, ask_ms=60_000), NOW)


def test_nobody_is_called_before_the_question_is_durable() -> None:
    """The row leaves first; the call, and what is told, come with its Persisted."""
    engine = engine_of()
    (persist,) = ask(engine)
    assert isinstance(persist, Persist)
    ((key, row),) = persist.changes.items()
    assert (key, type(row)) == (("own_asks", ASK_ID), OwnAsk)
    effects = engine.handle(Persisted(persist.number), NOW + 5)
    assert [type(effect) for effect in effects] == [Dial]


def test_a_question_is_gone_on_with_after_a_start() -> None:
    """Its row is all that is needed: it is called at once."""
    (persist,) = ask(engine_of())
    assert isinstance(persist, Persist)
    engine = CardEngine(MAILBOX, SeededEntropy(1), lambda: CALL, persist.changes.values(), NOW, lambda: UNIX)
    assert [type(effect) for effect in engine.start(NOW)] == [Dial]


def test_a_call_that_fails_is_made_again() -> None:
    """What became of the call is told of its question, also when it could not be made at all."""
    engine = engine_of()
    (persist,) = ask(engine)
    assert isinstance(persist, Persist)
    (dial,) = engine.handle(Persisted(persist.number), NOW)
    assert isinstance(dial, Dial)
    assert "is_closed=True" in str(told(engine.handle(Closed(dial.conn, "refused"), NOW)))
    again = engine.deadline()
    assert again is not None
    assert again > NOW
    (second,) = engine.handle(Woken(), again)
    assert isinstance(second, Dial)
    assert second.conn != dial.conn


def test_a_question_without_a_usable_relay() -> None:
    """The call ends before it has begun; the question waits, and is given up at its time."""
    now = NOW
    engine = CardEngine(
        MAILBOX, SeededEntropy(1), lambda: CALL, [], NOW, lambda: UNIX + now - NOW, allow_private_relays=False
    )
    engine.start(NOW)
    address = ADDRESS.__class__(
        ADDRESS.mailbox, (ADDRESS.relays[0].__class__(ADDRESS.relays[0].public_key, "127.0.0.1:1"),), ""
    )
    purpose = OpenPurpose("FST", 2000, "Lunch")
    (persist,) = engine.do(lambda machine, now: machine.ask(ASK_ID, address, purpose, now, ask_ms=5_000), NOW)
    assert isinstance(persist, Persist)
    assert "is_closed=True" in str(told(engine.handle(Persisted(persist.number), NOW)))
    refused = False
    while not refused:
        now = engine.deadline() or now
        effects = engine.handle(Woken(), now)
        for effect in effects:
            if isinstance(effect, Persist):
                refused = any(
                    isinstance(news, Refused) for news in told(engine.handle(Persisted(effect.number), now))
                )
    assert now == NOW + 5_000


def test_news_of_the_owner_come_in_order() -> None:
    """Two steps that wait for the disk are told one after the other, once both are durable."""
    engine = engine_of()
    (first,) = engine.do(lambda machine, _: machine.add_request(REQUEST), NOW)
    (second,) = engine.do(lambda machine, now: machine.close_request(REQUEST_ID, now), NOW)
    assert isinstance(first, Persist)
    assert isinstance(second, Persist)
    assert told(engine.handle(Persisted(second.number), NOW)) == [Changed(None, REQUEST_ID)] * 2
    assert engine.dealings.requests() == []


def test_a_clock_that_is_set() -> None:
    """The time of rows follows the clock of the day, at the next look or when the machine slept."""
    for event in (Woken(), NetworkChanged()):
        clock = Clock()
        engine = engine_of(clock)
        clock.unix += CLOCK_SLIP_MS + 1
        engine.handle(event, NOW)
        (persist,) = ask(engine)
        assert isinstance(persist, Persist)
        (row,) = persist.changes.values()
        assert row.ask_until == clock.unix + 60_000


def test_a_clock_that_is_set_back() -> None:
    """The rows of what is asked are written anew, so that it ends when it was to."""
    clock = Clock()
    engine = engine_of(clock)
    ask(engine)
    clock.unix -= 10 * CLOCK_SLIP_MS
    (persist,) = [one for one in engine.handle(Woken(), NOW) if isinstance(one, Persist)]
    (row,) = persist.changes.values()
    assert isinstance(row, OwnAsk)
    assert row.ask_until == clock.unix + 60_000


def test_no_time_ends_a_question_while_no_relay_is_reached() -> None:
    """The dealings are told when a leg is up, and when the last one is lost."""
    street = Street()

    def make(host: Host) -> CardEngine:
        clock = host.clock
        return CardEngine(
            MAILBOX, SeededEntropy(1), lambda: CALL, [ROW], clock.now(), lambda: UNIX + clock.now()
        )

    host = street.world.add("card", make)
    engine = host.engine
    assert isinstance(engine, CardEngine)
    host.carry_out(engine.set_relays(street.relays, host.clock.now()))
    host.feed(Woken())
    desk = engine.dealings._desk
    assert (desk.listens_since, desk.alarms.first()) == (None, None)
    street.world.run_for(LISTEN_CONFIRM_MS + 1000)
    assert desk.listens_since is not None
    assert desk.alarms.first() == desk.listens_since + HEARD_MS
    street.world.kill("relay0")
    street.world.run_for(2 * HEARD_MS)
    assert (desk.listens_since, desk.alarms.first()) == (None, None)
    assert [row.stage for row in engine.dealings.guest_asks()] == [GuestStage.ISSUED]


def test_rows_by_table() -> None:
    """Three kinds of rows never meet under one key."""
    engine = engine_of()
    step = engine.dealings.add_request(REQUEST)
    assert rows_of(step.changes) == {("requests", REQUEST_ID): REQUEST}
    assert ASK.ask_id == ASK_ID
