"""What is judged: everybody and everything that has a part in a run."""

from __future__ import annotations

from offset.sim.cast.cast import Cast
from offset.sim.cast.errand import Errand
from offset.sim.cast.purchase import Purchase
from offset.sim.cast.purse import Purse
from offset.sim.cast.unprivileged import UnprivilegedApp
from offset.sim.judge.excuses import Excuses
from offset.sim.judge.watcher import Watcher
from offset.sim.script.scenario import Scenario


class Evidence:
    """The cast of a scenario with all that it did, and the watcher who looks on from the first moment."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.cast = Cast(scenario)
        self.purchases: list[Purchase] = []
        self.errands: list[Errand] = []
        """Purchases by letter."""
        self.last_purchases: list[Purchase] = []
        """Those that show that the network still works; not part of the plan."""
        self.unprivileged: list[UnprivilegedApp] = []
        self.excuses = Excuses(self.cast.world, self.purchases)
        self.watcher = Watcher(self.cast, self.excuses)
        self.cast.begin(self.watcher)
        self.purses = self.watcher.purses
        for name in scenario.wallets:
            self.purses[name] = Purse(self.cast, name)
            self.cast.add(self.purses[name].host)
        for name in scenario.nodes:
            if not self.cast.is_honest(name):
                for other in scenario.neighbours()[name]:
                    self.excuses.disturb(name, other, f"{name} is hostile: {scenario.hostile[name]}")

    @property
    def all_purchases(self) -> list[Purchase]:
        """Those of the plan, those by letter for which something was sent, and the last ones."""
        return [*self.purchases, *[one for one in self.errands if one.is_sent], *self.last_purchases]
