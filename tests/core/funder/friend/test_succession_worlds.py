"""Successions amid payments, broken lines and crashes: whatever happens, a balance counts once, and goes over whole."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.core.funder.ledger.channel_states import ChannelState, channel_state
from offset.wire import app
from offset.wire.orders import Succeed
from support.ledger import FST, World
from support.ledger_checks import check_quiet

SEEDS = range(60)
STEPS = 120
MEETING = 20
OFFER = 50
ANSWER_MAX = 4


class Life:
    """a's key is lost. b, its friend, meets the new card n, and offers it what a owed; c pays across b meanwhile."""

    def __init__(self, seed: int) -> None:
        self.world = World("abcn", seed, replacing=seed % 2 == 0)
        self.chance = SeededEntropy(f"life {seed}")
        world = self.world
        world.befriend("a", "b")
        world.befriend("b", "c")
        world.pay("ab" if seed % 3 else "ba", 30 + seed)
        world.pay("cba", 7, 0)
        world._break_lines("a")
        self.owed = world["b"].credit(world["a"]).balance
        self.is_offered = False

    def draw(self, below: int) -> int:
        """A number from 0 on."""
        return int.from_bytes(self.chance.bytes(4)) % below

    def step(self, at: int) -> None:
        """One thing happens."""
        world = self.world
        if at == MEETING:
            for name, other in (("b", "n"), ("n", "b")):
                world.control(name, app.AddFriend(world[other].key, (), other))
                world.control(name, app.EnableFriend(world[other].key))
            return
        if at == OFFER:
            world.control("b", Succeed(world["a"].key, world["n"].key, self.draw(2) == 0))
            assert world["b"].refusal is None
            self.is_offered = True
            return
        waiting = world.under_way()
        match self.draw(8):
            case 0:
                self._flip("b", "c")
            case 1 if at > MEETING:
                self._flip("b", "n")
            case 2:
                world.restart("bcn"[self.draw(3)])
            case 3 if waiting:
                world.crash(*waiting[self.draw(len(waiting))], is_durable=self.draw(2) == 0)
            case 4:
                world.invoice("b", 1 + self.draw(5))
            case 5 if at > OFFER:
                self.answer()
            case _ if waiting:
                world.deliver(*waiting[self.draw(len(waiting))])
            case _:
                pass

    def _flip(self, left: str, right: str) -> None:
        if (left, right) in self.world.lines:
            self.world.disconnect(left, right)
        else:
            self.world.connect(left, right)

    def answer(self) -> None:
        """The owner of n accepts what its node shows, if it shows what a owed; b's owner tries the wrong way round."""
        world = self.world
        for name, other in (("n", "b"), ("b", "n")):
            channel = world[name].friend(world[other]).channel
            if channel.remote_terms is None:
                continue
            offered = {item.currency: item.balance for item in channel.remote_terms.balance_for_reset}
            if name == "b" or offered.get(FST) == self.owed:
                world.control(
                    name, app.ResetFriendChannel(world[other].key, channel.remote_terms.reset_token)
                )
                assert (world[name].refusal is None) == (name == "n")

    def check(self) -> None:
        """What a owed counts once at b: with a, or with n."""
        state = self.world["b"].state
        old, new = (state.friends.get(self.world[name].key) for name in "an")
        if old is not None:
            assert old.channel.credits[FST].balance == self.owed
            assert old.is_enabled != self.is_offered
        if old is None or not self.is_offered:
            assert new is None or new.channel.is_consistent
        counted = 0 if new is None or FST not in new.channel.credits else new.channel.credits[FST].balance
        assert counted == (0 if old is not None else self.owed)

    def finish(self) -> None:
        """All lines are up, and the owner of n accepts."""
        world = self.world
        for pair in (("b", "c"), ("b", "n")):
            if pair not in world.lines:
                world.connect(*pair)
        world.settle()
        for _ in range(ANSWER_MAX):
            if world["a"].key not in world["b"].state.friends:
                break
            self.answer()
            world.settle()
            world.reconnect("b", "n")
            world.settle()
        self.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_succession_amid_everything(seed: int) -> None:
    """Both sides agree in the end on what a owed, the old friend is gone, and payments pass."""
    life = Life(seed)
    for at in range(STEPS):
        life.step(at)
        life.check()
    life.finish()
    world = life.world
    assert world["a"].key not in world["b"].state.friends
    assert channel_state(world["b"].friend(world["n"]).channel) in (ChannelState.HOLDING, ChannelState.AWAY)
    assert world["n"].credit(world["b"]).balance == -life.owed
    check_quiet(world)
    world.trust("n", "b", 1000)
    world.control("n", app.OpenFriendCurrency(world["b"].key, FST))
    world.settle()
    world.pay("cbn", 3)
    assert world["n"].credit(world["b"]).balance == -life.owed + 3
