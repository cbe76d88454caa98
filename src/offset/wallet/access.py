"""What those who keep the books of a card need of it; `Card` has it, and a test may have something smaller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from offset.app.node import Node
from offset.app.reports import LiveReport
from offset.app.updates import Update
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity


class CardAccess(Protocol):
    """An open card."""

    @property
    def id(self) -> str:
        """Names the card in its wallet."""
        ...

    @property
    def folder(self) -> Path:
        """Where its files are."""
        ...

    @property
    def public_key(self) -> PublicKey | None:
        """The key of its node, if it is known yet."""
        ...

    @property
    def owner(self) -> Identity | None:
        """Whose key those of the card's mailboxes follow from: its node, or the app of a remote card.

        None before it has said anything since this start.
        """
        ...

    @property
    def node(self) -> Node:
        """The node, for one thing to do. Raises Refusal: its node cannot be reached."""
        ...

    @property
    def report(self) -> LiveReport:
        """What the node said last. Raises Refusal before it has said anything since this start."""
        ...

    async def until_open(self, timeout_s: float) -> Node:
        """The node as soon as it is there. Raises Refusal after `timeout_s` seconds."""
        ...

    def updates(self) -> AsyncIterator[tuple[int, Update]]:
        """The whole report, and each change."""
        ...
