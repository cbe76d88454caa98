"""Index clients as the tests want them, and what they said."""

from collections.abc import Iterator

from offset.base.credits import FREE
from offset.base.entropy import SeededEntropy
from offset.core.index.client import (
    Effect,
    IndexClient,
    SendServer,
)
from offset.core.index.publication import Key, Published
from offset.crypto.identity import Identity
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import (
    MutationsUpdate,
    RequestRoutes,
    TimeHash,
)
from support.payments import key

NODE = Identity(b"\x07" * 32)
ONE = NamedIndexServerAddress(key("one"), "one:1", "first")
TWO = NamedIndexServerAddress(key("two"), "two:2", "second")
HASH = TimeHash(b"h" * 32)
FRIEND: Key = (key("friend"), "FST")
OTHER: Key = (key("other"), "FST")


def client(*servers: NamedIndexServerAddress, seed: int = 1) -> IndexClient:
    """A client of these servers that was not started."""
    return IndexClient(NODE, SeededEntropy(seed), servers)


def connected(*servers: NamedIndexServerAddress, now: int = 0) -> IndexClient:
    """A client that has had its first time hash at `now`."""
    one = client(*(servers or (ONE,)))
    one.start(now)
    one.opened(now)
    one.message(HASH, now)
    return one


def updates(effects: list[Effect]) -> list[MutationsUpdate]:
    """The reports among some effects."""
    return [
        effect.message
        for effect in effects
        if isinstance(effect, SendServer) and isinstance(effect.message, MutationsUpdate)
    ]


def question(id: int = 1) -> RequestRoutes:
    """A question for routes."""
    return RequestRoutes(id.to_bytes(16, "big"), "FST", 5, NODE.public_key, key("seller"), None)


def ticks(one: IndexClient, until: int) -> Iterator[tuple[int, list[Effect]]]:
    """Wake the client whenever it asks to be woken; its server, if it has one, tells the time again and again."""
    while (now := one.deadline()) is not None and now <= until:
        if one.connected_server is not None:
            one.message(HASH, now)
        yield now, one.tick(now)


def pairs(count: int) -> dict[Key, Published | None]:
    """Changes of so many friends."""
    return {(key(i), "FST"): (i, FREE) for i in range(count)}
