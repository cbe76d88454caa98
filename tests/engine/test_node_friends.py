"""A friend that says much and means little: it waits for itself, others do not, and it is not answered each time."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.base.instants import SECOND
from offset.base.limits import (
    FRIEND_WORK_BURST_MAX,
    FRIEND_WORK_PER_MESSAGE,
    FRIEND_WORK_PER_SECOND,
    REPEAT_MS,
)
from offset.core.funder.state.past import RowsPast, present
from offset.engine.node import APPS, NodeEngine
from offset.engine.surface import Effect, Engine, Pause, Resume, Tell
from offset.sim.physics.disk import Rows
from offset.sim.physics.host import Host
from offset.testing import CURRENCY
from offset.wire.app import PaymentStatusSuccess, SetFriendCurrencyMaxDebt
from offset.wire.friend import FRIEND_MESSAGE, ResetTerms
from support.nodes import Town

GARBAGE = b"\x01\x02\x03"
"""What nobody can read: it is skipped, and told to the log."""


class Flooder(NodeEngine):
    """A node that says what it is told to say."""

    def flood(self, friend: PublicKey, data: bytes, times: int) -> list[Effect]:
        """Say this so many times."""
        for _ in range(times):
            self._channeler.send(friend, data)
        return self._loop.take_effects()


class FloodedTown(Town):
    """a floods b; c is another friend of b."""

    def __init__(self) -> None:
        super().__init__("abc")
        self.skipped = 0
        self.reading: list[Effect] = []
        host = self.host("b")
        host.on_tell = self._told  # type: ignore[method-assign]
        host.watch = lambda _, effects: self.reading.extend(
            effect for effect in effects if isinstance(effect, Pause | Resume)
        )

    def _told(self, effect: Tell) -> None:
        self.skipped += effect.topic == "friend"

    def start_node(self, name: str, rows: Rows | None = None, *, is_restored: bool = False) -> None:
        def make(host: Host) -> Engine:
            assert host.disk is not None
            return Flooder(
                self.identities[name],
                SeededEntropy(name),
                lambda _: self.trusted,
                present(host.disk.rows),
                host.clock.now(),
                unix=self.world.unix,
                past=RowsPast(host.disk.rows),
                is_restored=is_restored,
            )

        self.world.add(name, make, {APPS: self.address(name)}, rows or {})

    def flood(self, data: bytes, times: int) -> None:
        """Let a say this to b."""
        engine = self.engine("a")
        assert isinstance(engine, Flooder)
        self.host("a").carry_out(engine.flood(self.key("b"), data, times))


@pytest.fixture
def town() -> FloodedTown:
    """All is at rest."""
    town = FloodedTown()
    town.world.run_for(5 * SECOND)
    return town


def test_a_friend_beyond_its_share_of_time_waits_and_nobody_else_does(town: FloodedTown) -> None:
    """Of 5000 useless messages b takes as many as the share allows, all in the end; c pays b meanwhile."""
    times = 5000
    town.flood(GARBAGE, times)
    town.world.run_for(100)
    burst = FRIEND_WORK_BURST_MAX // FRIEND_WORK_PER_MESSAGE
    per_second = FRIEND_WORK_PER_SECOND // FRIEND_WORK_PER_MESSAGE
    assert burst <= town.skipped <= burst + per_second // 10 + 2
    assert isinstance(town.reading[0], Pause)
    assert isinstance(town.pay("cb", 10, 0).status, PaymentStatusSuccess)
    assert town.skipped < times / 2
    town.world.run_for((times - burst) * SECOND // per_second + SECOND)
    assert town.skipped == times
    assert isinstance(town.reading[-1], Resume)
    assert isinstance(town.pay("abc", 10, 1).status, PaymentStatusSuccess)


def test_what_waited_is_dropped_with_its_connection_and_the_share_stays_used_up(town: FloodedTown) -> None:
    """Another connection is no way round; the friend that comes back can soon be paid again."""
    town.flood(GARBAGE, 5000)
    town.world.run_for(100)
    town.crash("a")
    town.world.run_until(lambda: town.can_pay("b", "a") and town.can_pay("a", "b"))
    skipped = town.skipped
    assert skipped < 5000
    assert isinstance(town.pay("abc", 10, 1).status, PaymentStatusSuccess)
    assert town.skipped == skipped


def test_a_thousand_questions_for_the_last_message_get_few_answers(town: FloodedTown) -> None:
    """Terms of 88 bytes that are older than b's last message ask for it: b says it once, and once each second."""
    channel = town.friend("b", "a").channel
    if channel.outgoing is None:
        # A new limit is told at once, and a has nothing to say to that.
        town.apps["b"].ask(SetFriendCurrencyMaxDebt(town.key("a"), CURRENCY, 2000))
        town.world.run_for(SECOND)
    assert channel.outgoing is not None
    nag = FRIEND_MESSAGE.encode(ResetTerms(channel.outgoing.old_token, 0, ()))
    before = town.engine("b").view().copies_said
    town.flood(nag, 500)
    town.world.run_for(REPEAT_MS // 2)
    assert town.engine("b").view().copies_said == before + 1
    town.world.run_for(10 * REPEAT_MS)
    assert town.engine("b").view().copies_said == before + 2
    assert channel.is_consistent
    assert isinstance(town.pay("abc", 10, 1).status, PaymentStatusSuccess)
