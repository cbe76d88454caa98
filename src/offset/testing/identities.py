"""Identities that are the same in every run, so that a failure can be repeated."""

from __future__ import annotations

from offset.base.ids import Currency
from offset.crypto.identity import Identity
from offset.sim.physics.host import identity_seed
from offset.wire.app import AppPermissions
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress

CURRENCY = Currency("FST")
ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)
"""The permissions of an app that may do everything."""


def identity(name: str) -> Identity:
    """The identity of this name, always the same. It is no secret: use it in tests only."""
    return Identity(identity_seed(name))


NODE, APP, STRANGER, FRIEND, SELLER = map(identity, ("node", "app", "stranger", "friend", "seller"))
"""The fake node, the app that it trusts, one that it does not, its friend, and whoever sells to it."""
INDEX_SERVER = NamedIndexServerAddress(identity("index").public_key, "127.0.0.1:9", "index0")
RELAY = NamedRelayAddress(identity("relay").public_key, "127.0.0.1:8", "relay0")
