"""Striking a wallet or its line at an exact moment in the life of one letter, as the steps of its engine show it.

    sender    SAID ── KEPT ── SENT ──────────►  ARRIVED ── TAKEN ── REMEMBERED ── ANSWERED    receiver
              commit  durable written           delivered  commit   durable       carried out

The moments are those of `support.strikes`. A step that does not come fails the test, so no case says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from offset.core.dealings.effects import Changed, Reply, Waiting, Write
from offset.core.mailbox.effects import Heard
from offset.engine.card import CardEngine
from offset.sim.cast.purse import Purse
from offset.sim.course.run import Run
from offset.sim.physics.disk import AFTER, BEFORE
from offset.wire.mailbox import Body
from support.strikes import Moment, Step

IsMeant = Callable[[Body], bool]

_DISK_FAULTS = {
    Moment.SENDER_KILLED_BEFORE_COMMIT: BEFORE,
    Moment.SENDER_KILLED_BEFORE_SENDING: AFTER,
    Moment.RECEIVER_KILLED_BEFORE_COMMIT: BEFORE,
    Moment.RECEIVER_KILLED_BEFORE_SENDING: AFTER,
}
"""How the disk kills a wallet that has just begun to commit."""


class LetterTrap:
    """Waits for the first letter that is meant from one wallet to another, and strikes once."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        run: Run,
        is_meant: IsMeant,
        sender: str,
        receiver: str,
        moment: Moment,
    ) -> None:
        """`sender` and `receiver` are names of nodes."""
        self._run, self._is_meant, self._moment = run, is_meant, moment
        self._sender, self._receiver = run.evidence.purses[sender], run.evidence.purses[receiver]
        self.has_sprung = False
        self._is_taken = False
        """The receiver has taken the letter, and its answer is to come."""
        step, carry_out = CardEngine._step, CardEngine._carry_out

        def watched_step(engine: CardEngine, said: Any) -> None:
            step(engine, said)
            if engine is self._sender.engine and said is not None and self._says(said.effects):
                self._reach(Step.SAID)

        def watched_carry_out(engine: CardEngine, item: Any) -> None:
            if engine is self._sender.engine and self._says([item]):
                self._send(engine, item, carry_out)
            elif engine is self._receiver.engine and self._hears(item):
                self._take(engine, item, carry_out)
            else:
                carry_out(engine, item)
                is_answer = self._is_taken and engine is self._receiver.engine
                if is_answer and not isinstance(item, Changed | Waiting | Heard):
                    self._reach(Step.ANSWERED)

        monkeypatch.setattr(CardEngine, "_step", watched_step)
        monkeypatch.setattr(CardEngine, "_carry_out", watched_carry_out)

    def _says(self, effects: list[Any]) -> bool:
        said = [effect.body for effect in effects if isinstance(effect, Write | Reply)]
        return not self.has_sprung and any(map(self._is_meant, said))

    def _hears(self, item: Any) -> bool:
        return not self.has_sprung and isinstance(item, Heard) and self._is_meant(item.letter.body)

    def _send(self, engine: CardEngine, item: Any, carry_out: Callable[[CardEngine, Any], None]) -> None:
        if self._moment is Moment.SENDER_CUT_BEFORE:
            self._spring(self._sender)
        carry_out(engine, item)
        self._reach(Step.SENT)

    def _take(self, engine: CardEngine, item: Any, carry_out: Callable[[CardEngine, Any], None]) -> None:
        if self._moment is Moment.RECEIVER_CUT_BEFORE:
            # It was on its way when the line was lost.
            self._spring(self._receiver)
            return
        carry_out(engine, item)
        self._is_taken = True
        self._reach(Step.TAKEN)

    def _reach(self, step: Step) -> None:
        if self.has_sprung:
            return
        match self._moment, step:
            case ((Moment.SENDER_KILLED_BEFORE_COMMIT | Moment.SENDER_KILLED_BEFORE_SENDING), Step.SAID):
                self._spring(self._sender)
            case ((Moment.SENDER_KILLED_AFTER_SENDING | Moment.SENDER_CUT_AFTER), Step.SENT):
                self._spring(self._sender)
            case (
                (
                    Moment.RECEIVER_CUT_AFTER
                    | Moment.RECEIVER_KILLED_BEFORE_COMMIT
                    | Moment.RECEIVER_KILLED_BEFORE_SENDING
                ),
                Step.TAKEN,
            ):
                self._spring(self._receiver)
            case Moment.RECEIVER_KILLED_AFTER_SENDING, Step.ANSWERED:
                self._spring(self._receiver)
            case _:
                pass

    def _spring(self, purse: Purse) -> None:
        """Strike: at once, or, where something is still to leave, in the next step of the world."""
        self.has_sprung = True
        world, host = self._run.cast.world, purse.host
        fault = _DISK_FAULTS.get(self._moment)
        if fault is not None:
            assert host.disk is not None
            host.disk.fault = fault
            # Where the letter changed no row there is no commit over which it could die.
            life = host.life
            world.after(100, lambda: self._kill(purse, life))
        elif self._moment.is_cut:
            self._cut(purse)
        else:
            life = host.life
            world.after(0, lambda: self._kill(purse, life))

    def _kill(self, purse: Purse, life: int) -> None:
        if purse.host.life == life:
            purse.host.die("a strike", 500)

    def _cut(self, purse: Purse) -> None:
        for end in list(purse.host.ends.values()):
            self._run.cast.network.reset(end, "a strike")
