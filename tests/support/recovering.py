"""What is left of a card, for tests of recovering."""

from __future__ import annotations

from offset.base.credits import Rate
from offset.store.schema.kits import FORMAT, Kit, KitContent, KitCurrency, KitFriend
from offset.testing import NODE
from offset.wire.common import NamedRelayAddress, RelayAddress

MADE = 1_796_000_000
RELAY = RelayAddress(b"\x05" * 32, "relay:1")
BOB = KitFriend(b"\x01" * 32, "bob", True, (RELAY,), (KitCurrency("FST", Rate(0, 1), 100, True),), None)


def kit(generation: int = 7) -> Kit:
    """A kit with one friend."""
    relay = NamedRelayAddress(RELAY.public_key, RELAY.address, "home")
    content = KitContent(NODE.public_key, (relay,), (), (BOB,), ())
    return Kit(FORMAT, generation, MADE * 1000, content)
