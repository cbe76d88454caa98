"""How a node stands with its index servers, and why not better: told to apps (docs/WIRE.md)."""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.base.instants import SECOND, Instant
from offset.base.limits import CONNECT_MS, HANDSHAKE_MS, INDEX_FIRST_HASH_MS
from offset.core.index.client import (
    ClientConnected,
    ClientDialing,
    ClientGreeting,
    ClientState,
    ClientWaiting,
    IndexClient,
)
from offset.wire.extension import (
    IndexServerConnected,
    IndexServerConnecting,
    IndexServerState,
    IndexServerStatus,
    IndexServerUnused,
    IndexServerWaiting,
)

_SILENCE = {
    ClientDialing: f"no answer within {(CONNECT_MS + HANDSHAKE_MS) // SECOND} s",
    ClientGreeting: f"it told no time within {INDEX_FIRST_HASH_MS // SECOND} s; is it an index server for nodes?",
    ClientConnected: "it told no time any more, or left too many questions without an answer",
}
"""Why a server is left that says nothing, by how far it had come."""


class IndexStanding:
    """Since when an index server is in use, and why each other one was lost last."""

    __slots__ = ("_client", "_since", "_used", "_why")

    def __init__(self, client: IndexClient) -> None:
        self._client = client
        self._why: dict[PublicKey, str] = {}
        self._used: PublicKey | None = None
        """The server that was in use when somebody looked last."""
        self._since: Instant = 0
        """Since when."""

    def lost(self, server: PublicKey, why: str) -> None:
        """A connection to this server, or an attempt, came to this end."""
        self._why[server] = why

    def left(self, state: ClientState) -> None:
        """The client gave up the connection that it had in this state."""
        if not isinstance(state, ClientWaiting):
            self._why[state.server] = _SILENCE[type(state)]

    def status(self, now: Instant) -> tuple[IndexServerStatus, ...]:
        """All configured servers, in their order. Look after each step: a change that nobody sees begins later."""
        if self._client.connected_server != self._used:
            self._used, self._since = self._client.connected_server, now
        # What is known of a server goes with it.
        self._why = {
            server.public_key: self._why[server.public_key]
            for server in self._client.servers
            if server.public_key in self._why and server.public_key != self._client.connected_server
        }
        return tuple(
            IndexServerStatus(
                server.public_key,
                self._state(server.public_key),
                self._why.get(server.public_key, ""),
                self._since if server.public_key == self._used else 0,
            )
            for server in self._client.servers
        )

    def _state(self, server: PublicKey) -> IndexServerState:
        state, fresh, turns = self._client.course
        if server == self._client.connected_server:
            return IndexServerConnected()
        if fresh is not None and server == fresh.server:
            return IndexServerConnecting()
        if isinstance(state, ClientWaiting):
            return IndexServerWaiting(state.until) if turns and server == turns[0] else IndexServerUnused()
        return IndexServerConnecting() if server == state.server else IndexServerUnused()
