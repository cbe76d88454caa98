"""Engines at one moment, for whoever judges or counts them: nobody needs to reach into one."""

from __future__ import annotations

import msgspec

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, PublicKey
from offset.core.funder.state.state import FunderState
from offset.core.index.server import IndexServerView
from offset.core.relay import RelayView
from offset.engine.lines import LinesView


class NodeView(msgspec.Struct, frozen=True):
    """A node."""

    state: FunderState
    """What its funder remembers: the very state, to be read and never to be changed."""
    lines_needed: int
    """Connections that it has a use for: of relays, of apps, and of the index server."""
    turns_held: int
    """Turns that are not said yet, because their rows are not durable."""
    requests_pending: int
    """Different questions that apps wait to have answered."""
    copies_said: int
    """How often a friend was told once more what it had been told on the same connection, since the start."""


class RelayEngineView(msgspec.Struct, frozen=True):
    """A relay: counts of its lines, and of what it carries."""

    lines: LinesView
    relay: RelayView


class IndexEngineView(msgspec.Struct, frozen=True):
    """An index server: counts of its lines, and of what it knows."""

    lines: LinesView
    server: IndexServerView


class StatedCapacity(msgspec.Struct, frozen=True):
    """What an index server was told by `node`: `friend` can push so much to it, at this rate."""

    node: PublicKey
    friend: PublicKey
    currency: Currency
    capacity: Amount
    rate: Rate
