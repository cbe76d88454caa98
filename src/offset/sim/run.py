"""One run of a scenario, from the first handshake until all is settled, and what came of it."""

from __future__ import annotations

from collections import Counter
from functools import partial

import msgspec

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim import ends, service
from offset.sim.acts import carry_out
from offset.sim.deal import Deal
from offset.sim.poor import PoorApp
from offset.sim.scenario import CALM_MS, Scenario
from offset.sim.town import Town
from offset.sim.violation import Violation, claim
from offset.wire.app import ResetFriendChannel

SETTLE_MS: Millis = 30 * MINUTE
"""Once faults stop, everything must come to rest within this time."""
OWNERS_LOOK_MS: Millis = 5 * SECOND
"""How often owners look whether a friend's ledger disagrees."""
SILENCE_MS: Millis = 5 * SECOND
"""A network at rest is listened to for so long."""
LATE_OWNER_MS: Millis = MINUTE
"""After this the other owner of a pair accepts, if the first one has not."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run."""

    seed: int
    violation: str | None
    rule: str | None
    trace: str
    virtual_ms: Instant
    settled_ms: Millis | None
    steps: int
    commits: int
    counts: dict[str, int]
    """How often each kind of act happened."""
    payments: dict[str, int]
    """How payments ended: buyer / seller."""
    hostile: dict[str, int] = {}
    """How many bodies of each kind that is not an honest one."""
    last: tuple[str, ...] = ()
    """What happened last, in words."""


class Run:
    """A scenario that happens."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.town = Town(scenario)
        self.chance = self.town.world.chance.fork("acts")
        self.deals: list[Deal] = []
        self.last_deals: list[Deal] = []
        """Those that show that the network still works; not part of the plan."""
        self.counts: dict[str, int] = {}
        self.poor: list[PoorApp] = []
        self._disagree_since: dict[tuple[str, str], Instant] = {}
        self.settled_ms: Millis | None = None
        for name in scenario.nodes:
            if not self.town.is_honest(name):
                for other in scenario.neighbours()[name]:
                    self.town.watcher.disturb(name, other, f"{name} is hostile: {scenario.hostile[name]}")

    def go(self) -> None:
        """Let it happen, use the network once more, and judge. Raises Violation."""
        self.live()
        service.check(self)
        self.judge()

    def live(self) -> None:
        """Carry out the acts, and let the network come to rest. Raises Violation."""
        town, world = self.town, self.town.world
        for act in self.scenario.acts:
            world.at(act.at, partial(carry_out, self, act))
        world.after(OWNERS_LOOK_MS, self._owners_look)
        world.run_to(CALM_MS)
        if not any(not town.is_honest(name) for name in self.scenario.hostile):
            claim(town.is_ready(), "liveness", "friends did not find each other in a calm network")
        world.run_to(self.scenario.until)
        self._heal()
        began = world.now
        is_settled = town.run_until(lambda: ends.is_settled(self), SETTLE_MS)
        self.settled_ms = world.now - began
        claim(
            is_settled,
            "liveness",
            f"not at rest {SETTLE_MS // MINUTE} min after faults stopped: " + ends.unsettled(self),
        )
        world.run_to(world.now + 5 * SECOND)

    def judge(self) -> None:
        """Everything that must be true of a network at rest. Raises Violation."""
        self._listen()
        self.town.watcher.all_now()
        ends.check(self)

    def _listen(self) -> None:
        """Honest nodes with nothing to say are silent. (Odd ones repeat themselves, which is answered.)"""
        if any(name in self.scenario.nodes for name in self.scenario.hostile):
            return
        before = self.town.watcher.checked
        self.town.world.run_to(self.town.world.now + SILENCE_MS)
        said = self.town.watcher.checked - before
        claim(not said, "liveness", f"{said} commits in {SILENCE_MS // SECOND} s of a network at rest")

    def _heal(self) -> None:
        """Faults stop; who is down comes back; sellers wait no longer for what did not come."""
        town = self.town
        town.world.note("faults stop")
        town.network.heal()
        for host in town.hosts.values():
            if host.disk is not None:
                host.disk.slow_until, host.disk.fault = 0, None
            if hasattr(host.engine, "is_quiet"):
                host.engine.is_quiet = True
        for deal in self.deals:
            town.world.after(max(0, deal.began_at + 60_000 - town.world.now), deal.withdraw)

    @property
    def all_deals(self) -> list[Deal]:
        """Those of the plan, and the last ones."""
        return self.deals + self.last_deals

    # Excuses

    def disturb(self, left: str, right: str, why: str) -> None:
        """The channel of two friends is given up; payments under way over it may end differently."""
        self.town.watcher.disturb(left, right, why)
        for deal in self.deals:
            if not deal.is_over and any({left, right} <= {*route} for route in deal.routes):
                deal.excuse = deal.excuse or why

    def excuse_node(self, name: str, why: str) -> None:
        """A node forgets; its own payments under way may end in any way."""
        for deal in self.deals:
            if not deal.is_over and name in (deal.buyer, deal.seller):
                deal.excuse = deal.excuse or f"{name} {why}"

    # Owners

    def _owners_look(self) -> None:
        """Owners whose friend told other numbers accept them: of each pair the quick one, or the other one after a
        while (terms that count lower than what we know cannot be accepted, D32)."""
        town = self.town
        for name in self.scenario.nodes:
            if not (town.hosts[name].is_alive and town.is_honest(name)):
                continue
            for friend in town.state(name).friends.values():
                channel = friend.channel
                other = town.names[friend.public_key]
                if channel.is_consistent:
                    self._disagree_since.pop((name, other), None)
                if channel.is_consistent or channel.remote_terms is None or channel.reset_wish is not None:
                    continue
                since = self._disagree_since.setdefault((name, other), town.world.now)
                is_late = town.world.now - since > LATE_OWNER_MS
                if is_late or not town.is_honest(other) or self._accepts_first(name, other):
                    request = ResetFriendChannel(friend.public_key, channel.remote_terms.reset_token)
                    town.clients[name].tell(request)
        town.world.after(OWNERS_LOOK_MS, self._owners_look)

    def _accepts_first(self, name: str, other: str) -> bool:
        """Which owner of a pair is quick, or both: then their resets cross (D18)."""
        pair = sorted((name, other))
        quick = self.town.world.chance.fork(f"owners of {pair}").pick(("lower", "higher", "both"))
        return quick == "both" or (quick == "lower") == (name == pair[0])

    def poor_app(self, node: str) -> None:
        """An app without permission comes to a node."""
        self.poor.append(PoorApp(self.town, node))

    def outcome(self, violation: Violation | None) -> Outcome:
        """What came of it."""
        world = self.town.world
        payments: dict[str, int] = {}
        for deal in self.deals:
            how = f"{deal.buyer_end or 'open'} / {deal.seller_end or 'open'}"
            payments[how] = payments.get(how, 0) + 1
        return Outcome(
            self.scenario.seed,
            None if violation is None else str(violation),
            None if violation is None else violation.rule,
            world.trace(),
            world.now,
            self.settled_ms,
            world.steps,
            self.town.watcher.checked,
            self.counts,
            payments,
            dict(Counter(self.scenario.hostile.values())),
            tuple(world.recent),
        )


def simulate(scenario: Scenario) -> Outcome:
    """Run a scenario to its end, or to the first broken promise."""
    run = Run(scenario)
    try:
        run.go()
    except Violation as violation:
        return run.outcome(violation)
    return run.outcome(None)
