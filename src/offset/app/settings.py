"""Relays and index servers of the node. Permission: config."""

from __future__ import annotations

from offset.app.errors import Refused
from offset.app.session import Session
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.base.limits import NAME_BYTES_MAX, NODE_RELAYS_MAX
from offset.base.names import check_reachable
from offset.wire.app import AddIndexServer, AddRelay, RemoveIndexServer, RemoveRelay
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress


class Relays:
    """Where friends find the node."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def named(self, name: str) -> NamedRelayAddress:
        """The first relay with this name. Raises UserFault."""
        for relay in self._session.report.relays.values():
            if relay.name == name:
                return relay
        raise UserFault(f"there is no relay named {name!r}")

    async def add(self, public_key: PublicKey, address: str, name: str) -> None:
        """Use a relay; with a known key, its new address and name. Raises Refused."""
        relay = NamedRelayAddress(public_key, check_reachable(address), checked_name(name))
        await self._session.ask(AddRelay(relay), lambda: self._refusal(relay))

    async def remove(self, public_key: PublicKey) -> None:
        """Stop using a relay. Raises Refused."""
        known = self._session.known
        if known is not None and public_key not in known.relays:
            raise Refused("the node has no such relay")
        await self._session.ask(
            RemoveRelay(public_key),
            lambda: "the node kept the relay" if public_key in self._session.report.relays else None,
        )

    def _refusal(self, relay: NamedRelayAddress) -> str | None:
        relays = self._session.report.relays
        if relays.get(relay.public_key) == relay:
            return None
        if len(relays) >= NODE_RELAYS_MAX:
            return f"the node has {len(relays)} relays already: remove one first"
        return "the node did not take the relay"


class IndexServers:
    """Whom the node asks for routes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def named(self, name: str) -> NamedIndexServerAddress:
        """The first index server with this name. Raises UserFault."""
        for server in self._session.report.index_servers.values():
            if server.name == name:
                return server
        raise UserFault(f"there is no index server named {name!r}")

    async def add(self, public_key: PublicKey, address: str, name: str) -> None:
        """Use an index server; with a known key, its new address and name. Raises Refused."""
        server = NamedIndexServerAddress(public_key, check_reachable(address), checked_name(name))
        await self._session.ask(
            AddIndexServer(server),
            lambda: (
                None
                if self._session.report.index_servers.get(public_key) == server
                else "the node did not take the index server"
            ),
        )

    async def remove(self, public_key: PublicKey) -> None:
        """Stop using an index server. Raises Refused."""
        known = self._session.known
        if known is not None and public_key not in known.index_servers:
            raise Refused("the node has no such index server")
        await self._session.ask(
            RemoveIndexServer(public_key),
            lambda: (
                "the node kept the index server" if public_key in self._session.report.index_servers else None
            ),
        )


def checked_name(name: str) -> str:
    """`name` when a node takes it for a friend, relay or index server. Raises UserFault."""
    if not name.strip():
        raise UserFault("a name is not blank")
    if len(name.encode(errors="replace")) > NAME_BYTES_MAX:
        raise UserFault(f"a name has at most {NAME_BYTES_MAX} bytes")
    return name
