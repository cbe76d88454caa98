"""The act that a network is for: somebody buys something from somebody."""

from __future__ import annotations

from typing import ClassVar, Literal

from offset.base.ids import Currency
from offset.base.instants import MINUTE, Instant, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.changes import Befriend
from offset.sim.script.paths import find_paths
from offset.sim.script.scenario import Scenario

Careless = Literal["", "currency", "total", "twice", "regret"]
"""A careless buyer pays in another currency, another total, or all of it twice; a careless seller regrets that it
collected."""

CARELESS: tuple[Careless, ...] = ("",) * 12 + ("currency", "total", "twice", "regret")
PATIENCE_MS: Millis = MINUTE
"""After this the seller withdraws an invoice that nobody has paid."""
HOPS = 6


class Pay(Act, frozen=True):
    """A purchase."""

    word: ClassVar[str] = "pay"

    buyer: str
    seller: str
    currency: Currency
    amount: int
    routes: tuple[tuple[str, ...], ...] = ()
    """Without any an index server is asked."""
    wait_ms: Millis = 0
    """How long the seller waits before it collects."""
    withdraw_ms: Millis = PATIENCE_MS
    """After how long the seller withdraws the invoice."""
    vanish_ms: Millis = 0
    """When the buyer's app vanishes, counted from the start; 0: it does not."""
    careless: Careless = ""

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario, at: Instant, over: str = "") -> Pay | None:
        """A purchase at that moment; over a node, if one is named. None: there is no way.

        The acts of the scenario so far are newcomers, who make ways of their own.
        """
        buyer, seller = rng.shuffled(scenario.nodes)[:2]
        if rng.percent(5):
            # A cycle.
            seller = buyer
        neighbours = scenario.neighbours()
        for act in scenario.acts:
            if isinstance(act, Befriend) and act.at < at:
                neighbours[act.left].append(act.right)
                neighbours[act.right].append(act.left)
        paths = find_paths(neighbours, buyer, seller, HOPS)
        if over:
            paths = [path for path in paths if over in path]
        if not paths:
            return None
        routes: tuple[tuple[str, ...], ...] = ()
        if over or buyer == seller or not scenario.indexes or rng.percent(40):
            routes = tuple(rng.shuffled(paths)[: rng.pick((1, 1, 1, 2, 3))])
        return cls(
            at,
            buyer,
            seller,
            currency=rng.pick(scenario.currencies()),
            amount=rng.pick((1, 5, 20, 20, 60, 150, 400)),
            routes=routes,
            wait_ms=rng.pick((0, 0, 10, 500, 5000, 30_000)),
            withdraw_ms=rng.pick((PATIENCE_MS,) * 12 + (300, 1000, 5000)),
            vanish_ms=rng.pick((0, 0, 0, 0, 50, 200, 2000)),
            careless=rng.pick(CARELESS),
        )
