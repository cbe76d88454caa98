"""The engines of the run, honest ones and those of hostile or odd peers (hostile.py)."""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.engine.index import IndexEngine
from offset.engine.node import NodeEngine
from offset.engine.relay import RelayEngine
from offset.engine.surface import Engine
from offset.sim.cast import hostile
from offset.sim.physics.host import Host, Make


def relay(kind: str | None, identity: Identity) -> Make:
    """Makes a relay."""
    body = hostile.DroppingRelay if kind == "drops" else RelayEngine

    def make(host: Host) -> Engine:
        return body(identity, host.rng.fork(f"life {host.life}"), host.clock.now())

    return make


def index(kind: str | None, identity: Identity, trusted: Mapping[PublicKey, str]) -> Make:
    """Makes an index server."""
    body = IndexEngine if kind is None else hostile.INDEXES[kind]

    def make(host: Host) -> Engine:
        return body(identity, host.rng.fork(f"life {host.life}"), trusted, host.clock.now())

    return make


def node(kind: str | None) -> type[NodeEngine]:
    """The class of a node."""
    if kind is None:
        return NodeEngine
    return hostile.NODES[kind]
