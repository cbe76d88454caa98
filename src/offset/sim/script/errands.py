"""Acts of wallets: somebody pays an address or a request, a wallet is closed for a while."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from offset.base.ids import Currency
from offset.base.instants import MINUTE, SECOND, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.faults import Crash, Doze, Fault, Partition, ResetConnection, Silence, SlowDisk
from offset.sim.script.paths import find_paths
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS, Scenario

Kind = Literal["address", "once", "always"]
STAGES = ("asking", "priced", "sending", "held", "stopping")
HOPS = 6
FLOOD_MS: Millis = 90 * SECOND
"""Long enough to fill the places of strangers."""
LIARS = ("denies", "lets go")
"""Owners who say that they withdrew what they collect, or that they collect what they withdraw."""


class PayByLetter(Act, frozen=True):
    """A purchase whose invoice and commit go by letter."""

    word: ClassVar[str] = "pay by letter"

    buyer: str
    seller: str
    currency: Currency
    amount: int
    routes: tuple[tuple[str, ...], ...]
    """Without any an index server is asked."""
    to: Kind
    """An address, or a request that is good once or always."""
    request: int = 0
    """Which request of the seller, among those of this run."""
    decides_ms: Millis = 0
    """How long the person thinks before it says yes."""
    stops_at: str = ""
    """At which stage the person stops it; empty: at none."""
    stops_ms: Millis = 0
    """How long after it was reached."""

    @property
    def kind(self) -> str:
        """Each way to be asked is counted by itself."""
        return f"{self.word}: {self.to}"


class CloseWallet(Act, frozen=True):
    """A wallet is closed, and opened after a while; its node goes on."""

    word: ClassVar[str] = "close wallet"

    node: str
    span: Millis


class Flood(Act, frozen=True):
    """Somebody calls a wallet ten times a second for a while, and never pays."""

    word: ClassVar[str] = "flood"

    node: str
    currency: Currency
    span: Millis


def draw_with_wallets(seed: int) -> Scenario:
    """The network of this seed, whose owners have wallets and pay by letter. Nodes are honest, some owners are not."""
    base = draw(seed, nodes_max=5)
    rng = Rng(f"wallets {seed}")
    scenario = msgspec.structs.replace(base, acts=(), hostile={}, wallets=base.nodes)
    acts = [*_errands(scenario, rng.fork("errands")), *_mishaps(scenario, rng.fork("mishaps"))]
    acts += [
        CloseWallet(
            rng.between(CALM_MS, scenario.until),
            rng.pick(scenario.nodes),
            rng.pick((SECOND, 10 * SECOND, 5 * MINUTE, 60 * MINUTE, 240 * MINUTE)),
        )
        for _ in range(rng.pick((0, 1, 3)))
    ]
    if rng.percent(10):
        at = rng.between(CALM_MS, scenario.until - SECOND)
        acts.append(Flood(at, rng.pick(scenario.nodes), rng.pick(scenario.currencies()), FLOOD_MS))
    hostile = {f"purse {rng.pick(scenario.nodes)}": rng.pick(LIARS)} if rng.percent(30) else {}
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(scenario, acts=tuple(acts), hostile=hostile)


def _errands(scenario: Scenario, rng: Rng) -> list[Act]:
    found: list[Act] = []
    # Several buyers of one request come at once.
    for number in range(rng.between(4, 16)):
        buyer, seller = rng.shuffled(scenario.nodes)[:2]
        at = rng.between(CALM_MS, scenario.until - SECOND)
        to: Kind = rng.pick(("address", "address", "once", "always"))
        currency, amount = rng.pick(scenario.currencies()), rng.pick((1, 5, 20, 60, 150))
        buyers = [buyer]
        if to != "address":
            buyers += [rng.pick(scenario.nodes) for _ in range(rng.pick((0, 1, 3)))]
        for one in buyers:
            paths = find_paths(scenario.neighbours(), one, seller, HOPS)
            if one == seller or not paths:
                continue
            is_routed = bool(scenario.indexes) and rng.percent(40)
            found.append(
                PayByLetter(
                    at + rng.below(SECOND),
                    one,
                    seller,
                    currency,
                    amount,
                    () if is_routed else tuple(rng.shuffled(paths)[: rng.pick((1, 1, 2))]),
                    to,
                    number,
                    decides_ms=rng.pick((0, 100, 3000, 30_000)),
                    stops_at=rng.pick((*STAGES, "", "", "", "", "", "")),
                    stops_ms=rng.pick((0, 1, 20, 300, 5000)),
                )
            )
    return found


def _mishaps(scenario: Scenario, rng: Rng) -> list[Act]:
    """What goes wrong with wallets, their lines, and their nodes."""
    found: list[Act] = []
    hosts = [*scenario.nodes, *[f"purse {name}" for name in scenario.nodes]]
    relays = [f"relay{place}" for place in range(scenario.relays)]
    for _ in range(rng.between(0, 20)):
        at, host = rng.between(CALM_MS, scenario.until), rng.pick(hosts)
        purse = f"purse {rng.pick(scenario.nodes)}"
        span = rng.pick((200, 2000, 10_000, 45_000))
        fault: Fault = rng.pick(
            (
                Crash(at, purse, rng.pick(("before", "during", "after", "full", "fsync", "now"))),
                Crash(at, host, rng.pick(("before", "during", "after", "now"))),
                ResetConnection(at, rng.pick((*hosts, *relays))),
                Silence(at, purse),
                Partition(at, purse, rng.pick(relays), span),
                SlowDisk(at, host, span),
                Doze(at, purse, span, is_counted=rng.percent(50)),
            )
        )
        found.append(fault)
    return found
