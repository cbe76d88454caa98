"""Towns with nodes that know no asides: their friends must not notice, and they must not be disturbed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offset.base.entropy import SeededEntropy
from offset.base.faults import UnknownVariant
from offset.base.ids import PublicKey
from offset.core.channeler.effects import News, Offline
from offset.core.funder.state.past import RowsPast, present
from offset.engine.node import APPS, NodeEngine
from offset.engine.surface import Engine
from offset.sim.physics.disk import Rows
from offset.sim.physics.host import Host
from offset.wire.codec import Codec
from offset.wire.friend import FriendMessage
from support.nodes import Town

OLD_FRIEND: Codec[FriendMessage] = Codec("friend", "FriendMessage")


class OldNode(NodeEngine):
    """Reads messages of friends by the schema of 0.1.11, says no aside, and speaks first on each line."""

    listens_first = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.dropped = 0
        self.lost_lines = 0
        self._friends._aside = lambda *_: None  # type: ignore[method-assign]
        if not self.listens_first:
            for friend in self._funder.state.friends.values():
                friend.is_awaited = False

    def _hear(self, news: News) -> None:
        self.lost_lines += isinstance(news, Offline)
        super()._hear(news)

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        try:
            OLD_FRIEND.decode(data)
        except UnknownVariant:
            self.dropped += 1
            return
        super()._take_friend(friend, data)


class SilentNode(OldNode):
    """Knows no asides either, but lets each friend speak first after a start."""

    listens_first = True


class MixedTown(Town):
    """A town in which some nodes are of another kind."""

    def __init__(self, names: str, kinds: dict[str, Callable[..., NodeEngine]]) -> None:
        self.kinds = kinds
        super().__init__(names)

    def start_node(self, name: str, rows: Rows | None = None, *, is_restored: bool = False) -> None:
        self._lives += 1
        entropy = SeededEntropy(f"{name} {self._lives}")
        kind = self.kinds.get(name, NodeEngine)

        def make(host: Host) -> Engine:
            assert host.disk is not None
            return kind(
                self.identities[name],
                entropy,
                lambda _: self.trusted,
                present(host.disk.rows),
                host.clock.now(),
                unix=self.world.unix,
                past=RowsPast(host.disk.rows),
                is_restored=is_restored,
            )

        self.world.add(name, make, {APPS: self.address(name)}, rows or {})
