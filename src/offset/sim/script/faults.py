"""Acts of nature: what goes wrong with machines, disks, connections and programs."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from offset.base.instants import Instant, Millis
from offset.sim.physics.disk import FAULTS as DISK_FAULTS
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.scenario import CALM_MS, Scenario

NOW = "now"
"""A crash at any moment, with no regard to commits."""


class Mishap(msgspec.Struct, frozen=True):
    """What is drawn of a fault before it is known which one it is."""

    at: Instant
    node: str
    span: Millis
    sites: tuple[str, ...]
    """All machines: nodes and servers."""
    servers: tuple[str, ...]
    """Relays and index servers."""


class Fault(Act, frozen=True):
    """Nobody wants it."""


class Crash(Fault, frozen=True):
    """A node dies: now, or over its next commit."""

    word: ClassVar[str] = "crash"

    node: str
    how: str
    """NOW, or one of the faults of a disk."""

    @property
    def kind(self) -> str:
        """Each way to crash is counted by itself."""
        return f"{self.word} {self.how}"

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Crash:
        """In any way."""
        return cls(mishap.at, mishap.node, rng.pick((*DISK_FAULTS, NOW)))


class Wipe(Fault, frozen=True):
    """A node loses its database; its owner sets it up again."""

    word: ClassVar[str] = "wipe"

    node: str

    @classmethod
    def draw(cls, rng: Rng, scenario: Scenario) -> Wipe:
        """Of any node."""
        return cls(rng.between(CALM_MS, scenario.until), rng.pick(scenario.nodes))


class CloseApp(Fault, frozen=True):
    """The app of a node vanishes."""

    word: ClassVar[str] = "app"

    node: str

    @classmethod
    def draw(cls, _: Rng, mishap: Mishap) -> CloseApp:
        """That of the node that was drawn."""
        return cls(mishap.at, mishap.node)


class ResetConnection(Fault, frozen=True):
    """A machine loses one of its connections."""

    word: ClassVar[str] = "reset"

    site: str

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> ResetConnection:
        """Of any machine."""
        return cls(mishap.at, rng.pick(mishap.sites))


class Silence(Fault, frozen=True):
    """One of the connections of a machine is half open from now on."""

    word: ClassVar[str] = "silence"

    site: str

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Silence:
        """Of any machine."""
        return cls(mishap.at, rng.pick(mishap.sites))


class Clog(Fault, frozen=True):
    """Nothing arrives at or leaves a machine for a while."""

    word: ClassVar[str] = "clog"

    site: str
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Clog:
        """Any machine."""
        return cls(mishap.at, rng.pick(mishap.sites), mishap.span)


class ReadSlowly(Fault, frozen=True):
    """A machine reads slowly for a while."""

    word: ClassVar[str] = "slow"

    site: str
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> ReadSlowly:
        """Any machine."""
        return cls(mishap.at, rng.pick(mishap.sites), mishap.span)


class Swizzle(Fault, frozen=True):
    """Some machines are clogged one after another, and let go in another order."""

    word: ClassVar[str] = "swizzle"

    sites: tuple[str, ...]
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Swizzle:
        """Some machines, or all."""
        sites = rng.shuffled(mishap.sites)[: rng.between(1, len(mishap.sites))]
        return cls(mishap.at, tuple(sites), mishap.span)


class Partition(Fault, frozen=True):
    """Two machines cannot reach each other for a while."""

    word: ClassVar[str] = "part"

    left: str
    right: str
    span: Millis

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Partition:
        """Any two."""
        left, right = rng.shuffled(mishap.sites)[:2]
        return cls(mishap.at, left, right, mishap.span)


class SlowDisk(Fault, frozen=True):
    """The disk of a node takes its time for a while."""

    word: ClassVar[str] = "disk"

    node: str
    span: Millis

    @classmethod
    def draw(cls, _: Rng, mishap: Mishap) -> SlowDisk:
        """That of the node that was drawn."""
        return cls(mishap.at, mishap.node, mishap.span)


class KillServer(Fault, frozen=True):
    """A relay or an index server dies."""

    word: ClassVar[str] = "server"

    server: str

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> KillServer:
        """Any of them."""
        return cls(mishap.at, rng.pick(mishap.servers))


class Doze(Fault, frozen=True):
    """A machine sleeps for a while; the clock of some counts it, that of others does not."""

    word: ClassVar[str] = "doze"

    site: str
    span: Millis
    is_counted: bool

    @classmethod
    def draw(cls, rng: Rng, mishap: Mishap) -> Doze:
        """Any machine."""
        return cls(mishap.at, rng.pick(mishap.sites), mishap.span, rng.percent(50))


FAULTS: tuple[type[Fault], ...] = (
    Crash,
    Wipe,
    CloseApp,
    ResetConnection,
    Silence,
    Clog,
    ReadSlowly,
    Swizzle,
    Partition,
    SlowDisk,
    KillServer,
    Doze,
)
