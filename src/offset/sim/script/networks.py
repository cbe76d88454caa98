"""The kinds of networks that are drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable

from offset.sim.script.errands import draw_with_wallets
from offset.sim.script.losses import draw_with_losses
from offset.sim.script.plan import draw
from offset.sim.script.scenario import Scenario

PLAIN, WALLETS, LOSSES = "plain", "wallets", "losses"
NETWORKS: dict[str, Callable[[int], Scenario]] = {
    PLAIN: draw,
    WALLETS: draw_with_wallets,
    LOSSES: draw_with_losses,
}
