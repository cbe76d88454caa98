"""Bodies that break the rules, each in its own way, made of the engines of honest ones."""

from __future__ import annotations

from offset.engine.index import IndexEngine
from offset.engine.node import NodeEngine
from offset.engine.relay import RelayEngine


class DroppingRelay(RelayEngine):
    """A relay that drops."""


class InventingIndex(IndexEngine):
    """An index server that invents."""


NODES: dict[str, type[NodeEngine]] = {}
