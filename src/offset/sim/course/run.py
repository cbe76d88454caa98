"""One run of a scenario, from the first handshake until all is settled, and what came of it."""

from __future__ import annotations

from collections import Counter
from functools import partial

import msgspec

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.cast.cast import Cast
from offset.sim.cast.purchase import Purchase
from offset.sim.cast.unprivileged import UnprivilegedApp
from offset.sim.course.acts import carry_out
from offset.sim.judge import final_checks, service
from offset.sim.physics.violation import Violation, claim
from offset.sim.script.scenario import CALM_MS, Scenario
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
        self.cast = Cast(scenario)
        self.rng = self.cast.world.rng.fork("acts")
        self.purchases: list[Purchase] = []
        self.last_purchases: list[Purchase] = []
        """Those that show that the network still works; not part of the plan."""
        self.counts: dict[str, int] = {}
        self.unprivileged: list[UnprivilegedApp] = []
        self._disagree_since: dict[tuple[str, str], Instant] = {}
        self.settled_ms: Millis | None = None
        for name in scenario.nodes:
            if not self.cast.is_honest(name):
                for other in scenario.neighbours()[name]:
                    self.cast.watcher.disturb(name, other, f"{name} is hostile: {scenario.hostile[name]}")

    def go(self) -> None:
        """Let it happen, use the network once more, and judge. Raises Violation."""
        self.live()
        service.check(self)
        self.judge()

    def live(self) -> None:
        """Carry out the acts, and let the network come to rest. Raises Violation."""
        cast, world = self.cast, self.cast.world
        for act in self.scenario.acts:
            world.at(act.at, partial(carry_out, self, act))
        world.after(OWNERS_LOOK_MS, self._owners_look)
        world.run_to(CALM_MS)
        if not any(not cast.is_honest(name) for name in self.scenario.hostile):
            claim(cast.is_ready(), "liveness", "friends did not find each other in a calm network")
        world.run_to(self.scenario.until)
        self._heal()
        began = world.now
        is_settled = cast.run_until(lambda: final_checks.is_settled(self), SETTLE_MS)
        self.settled_ms = world.now - began
        claim(
            is_settled,
            "liveness",
            f"not at rest {SETTLE_MS // MINUTE} min after faults stopped: " + final_checks.unsettled(self),
        )
        world.run_to(world.now + 5 * SECOND)

    def judge(self) -> None:
        """Everything that must be true of a network at rest. Raises Violation."""
        self._listen()
        self.cast.watcher.all_now()
        final_checks.check(self)

    def _listen(self) -> None:
        """Honest nodes with nothing to say are silent. (Odd ones repeat themselves, which is answered.)"""
        if any(name in self.scenario.nodes for name in self.scenario.hostile):
            return
        before = self.cast.watcher.checked
        self.cast.world.run_to(self.cast.world.now + SILENCE_MS)
        said = self.cast.watcher.checked - before
        claim(not said, "liveness", f"{said} commits in {SILENCE_MS // SECOND} s of a network at rest")

    def _heal(self) -> None:
        """Faults stop; who is down comes back; sellers wait no longer for what did not come."""
        cast = self.cast
        cast.world.note("faults stop")
        cast.network.heal()
        for host in cast.hosts.values():
            if host.disk is not None:
                host.disk.slow_until, host.disk.fault = 0, None
            if hasattr(host.engine, "is_quiet"):
                host.engine.is_quiet = True
        for purchase in self.purchases:
            cast.world.after(max(0, purchase.began_at + 60_000 - cast.world.now), purchase.withdraw)

    @property
    def all_purchases(self) -> list[Purchase]:
        """Those of the plan, and the last ones."""
        return self.purchases + self.last_purchases

    # Excuses

    def disturb(self, left: str, right: str, why: str) -> None:
        """The channel of two friends is given up; payments under way over it may end differently."""
        self.cast.watcher.disturb(left, right, why)
        for purchase in self.purchases:
            if not purchase.is_over and any({left, right} <= {*route} for route in purchase.routes):
                purchase.excuse = purchase.excuse or why

    def excuse_node(self, name: str, why: str) -> None:
        """A node forgets; its own payments under way may end in any way."""
        for purchase in self.purchases:
            if not purchase.is_over and name in (purchase.buyer, purchase.seller):
                purchase.excuse = purchase.excuse or f"{name} {why}"

    # Owners

    def _owners_look(self) -> None:
        """Owners whose friend told other numbers accept them: of each pair the quick one, or the other one after a
        while (terms that count lower than what we know cannot be accepted, D32)."""
        cast = self.cast
        for name in self.scenario.nodes:
            if not (cast.hosts[name].is_alive and cast.is_honest(name)):
                continue
            for friend in cast.state(name).friends.values():
                channel = friend.channel
                other = cast.names[friend.public_key]
                if channel.is_consistent:
                    self._disagree_since.pop((name, other), None)
                if channel.is_consistent or channel.remote_terms is None or channel.reset_wish is not None:
                    continue
                since = self._disagree_since.setdefault((name, other), cast.world.now)
                is_late = cast.world.now - since > LATE_OWNER_MS
                if is_late or not cast.is_honest(other) or self._accepts_first(name, other):
                    request = ResetFriendChannel(friend.public_key, channel.remote_terms.reset_token)
                    cast.clients[name].tell(request)
        cast.world.after(OWNERS_LOOK_MS, self._owners_look)

    def _accepts_first(self, name: str, other: str) -> bool:
        """Which owner of a pair is quick, or both: then their resets cross (D18)."""
        pair = sorted((name, other))
        quick = self.cast.world.rng.fork(f"owners of {pair}").pick(("lower", "higher", "both"))
        return quick == "both" or (quick == "lower") == (name == pair[0])

    def unprivileged_app(self, node: str) -> None:
        """An app without permission comes to a node."""
        self.unprivileged.append(UnprivilegedApp(self.cast, node))

    def outcome(self, violation: Violation | None) -> Outcome:
        """What came of it."""
        world = self.cast.world
        payments: dict[str, int] = {}
        for purchase in self.purchases:
            how = f"{purchase.buyer_end or 'open'} / {purchase.seller_end or 'open'}"
            payments[how] = payments.get(how, 0) + 1
        return Outcome(
            self.scenario.seed,
            None if violation is None else str(violation),
            None if violation is None else violation.rule,
            world.trace(),
            world.now,
            self.settled_ms,
            world.steps,
            self.cast.watcher.checked,
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
