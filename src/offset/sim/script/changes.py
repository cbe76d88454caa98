"""Acts of people who change their mind: about limits, rates, currencies, friends and relays."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from offset.base.ids import Currency
from offset.base.instants import Instant, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.scenario import CALM_MS, Scenario

SPANS_MS: tuple[Millis, ...] = (100, 5000, 20_000)
"""After how long people think better of it."""


class Occasion(msgspec.Struct, frozen=True):
    """What is drawn of a change before it is known which one it is: `left` changes something about `right`."""

    scenario: Scenario
    at: Instant
    left: str
    right: str
    currency: Currency


class Change(Act, frozen=True):
    """No fault: somebody wants it so."""


class Befriend(Change, frozen=True):
    """Two meet in the midst of the run."""

    word: ClassVar[str] = "befriend"

    left: str
    right: str
    ours: int
    """What `right` may owe `left`."""
    theirs: int
    """What `left` may owe `right`."""

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario) -> Befriend | None:
        """Two of the nodes; None if they are friends already."""
        left, right = rng.shuffled(scenario.nodes)[:2]
        if right in scenario.neighbours()[left]:
            return None
        return cls(rng.between(CALM_MS, scenario.until), left, right, draw_limit(rng), draw_limit(rng))


class ChangeLimit(Change, frozen=True):
    """From now on `other` may owe `name` so much."""

    word: ClassVar[str] = "limit"

    name: str
    other: str
    currency: Currency
    limit: int

    @classmethod
    def draw(cls, rng: Rng, occasion: Occasion) -> ChangeLimit:
        """Any limit."""
        return cls(occasion.at, occasion.left, occasion.right, occasion.currency, draw_limit(rng))


class ChangeRate(Change, frozen=True):
    """`name` charges another rate for what `other` sends."""

    word: ClassVar[str] = "rate"

    name: str
    other: str
    currency: Currency
    rate: int

    @classmethod
    def draw(cls, rng: Rng, occasion: Occasion) -> ChangeRate:
        """A low rate."""
        return cls(occasion.at, occasion.left, occasion.right, occasion.currency, rng.below(5))


class ShutCurrency(Change, frozen=True):
    """`name` closes a currency with `other`, and opens it again after a while."""

    word: ClassVar[str] = "shut"

    name: str
    other: str
    currency: Currency
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, occasion: Occasion) -> ShutCurrency:
        """For a shorter or longer while."""
        return cls(occasion.at, occasion.left, occasion.right, occasion.currency, rng.pick(SPANS_MS))


class PauseFriend(Change, frozen=True):
    """`name` disables `other` for a while."""

    word: ClassVar[str] = "sleep"

    name: str
    other: str
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, occasion: Occasion) -> PauseFriend:
        """For a shorter or longer while."""
        return cls(occasion.at, occasion.left, occasion.right, rng.pick(SPANS_MS))


class MoveRelay(Change, frozen=True):
    """A relay gets another address, and people tell their nodes and each other."""

    word: ClassVar[str] = "move"

    relay: str

    @classmethod
    def draw(cls, rng: Rng, occasion: Occasion) -> MoveRelay:
        """Any relay."""
        return cls(occasion.at, f"relay{rng.below(occasion.scenario.relays)}")


class Unfriend(Change, frozen=True):
    """`name` removes `other`, and thinks better of it."""

    word: ClassVar[str] = "unfriend"

    name: str
    other: str
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario) -> Unfriend:
        """One of the friends of the beginning."""
        friendship = rng.pick(scenario.friendships)
        span = rng.pick(SPANS_MS)
        return cls(rng.between(CALM_MS, scenario.until), friendship.left, friendship.right, span)


class PartForGood(Change, frozen=True):
    """Two remove each other, and stay apart."""

    word: ClassVar[str] = "leave"

    left: str
    right: str

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario) -> PartForGood:
        """Two of the friends of the beginning."""
        friendship = rng.pick(scenario.friendships)
        return cls(rng.between(CALM_MS, scenario.until), friendship.left, friendship.right)


class TryUnprivileged(Change, frozen=True):
    """An app without permission comes to a node."""

    word: ClassVar[str] = "poor app"

    node: str

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario) -> TryUnprivileged:
        """At any node."""
        return cls(rng.between(CALM_MS, scenario.until), rng.pick(scenario.nodes))


CHANGES: tuple[type[Change], ...] = (
    Befriend,
    ChangeLimit,
    ChangeRate,
    ShutCurrency,
    PauseFriend,
    MoveRelay,
    Unfriend,
    PartForGood,
    TryUnprivileged,
)


def draw_limit(rng: Rng) -> int:
    """What one grants another: nothing, little, or much."""
    return rng.pick((0, 100, 100, 1000, 1000, 2000, 2000, 2000, 10_000, 10_000, 10_000, 10_000))
