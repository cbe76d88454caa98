"""The other index servers: who connects to whom, when, and who is there (spec 04, 1.5 and 1.6).

Of two servers the one with the lower key (in the order of hashes) listens, the other one dials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from offset.base.backoff import Backoff
from offset.base.entropy import Entropy
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant, earliest
from offset.base.limits import BACKOFF_MS_MIN, INDEX_SERVER_BACKOFF_MS_MAX, INDEX_SHORT_SESSION_MS
from offset.core.index.effects import DialPeer
from offset.crypto.public_keys import is_lower


class PeerListening(msgspec.Struct, frozen=True, gc=False):
    """We wait for the peer to connect."""


class PeerWaiting(msgspec.Struct, frozen=True, gc=False):
    """We dial at this instant."""

    until: Instant


class PeerDialing(msgspec.Struct, frozen=True, gc=False):
    """An attempt of ours is under way."""


class PeerConnected(msgspec.Struct, frozen=True, gc=False):
    """Messages can pass."""

    conn: Conn
    since: Instant


PeerState = PeerListening | PeerWaiting | PeerDialing | PeerConnected


class Peer:
    """A server we trust, and where we stand with it."""

    __slots__ = ("address", "backoff", "is_dialed", "state")

    def __init__(self, address: str, is_dialed: bool, now: Instant) -> None:
        self.address = address
        self.is_dialed = is_dialed
        """Whether it is us who connects."""
        self.state: PeerListening | PeerWaiting | PeerDialing | PeerConnected = (
            PeerWaiting(now) if is_dialed else PeerListening()
        )
        self.backoff = Backoff(BACKOFF_MS_MIN, INDEX_SERVER_BACKOFF_MS_MAX)

    def rest(self, now: Instant, wait_ms: int) -> None:
        """There is no connection any more."""
        self.state = PeerWaiting(now + wait_ms) if self.is_dialed else PeerListening()


class Federation:
    """The trusted servers by key. Our own key among them is left out (R9)."""

    __slots__ = ("_congested", "_conns", "_entropy", "_peers")

    def __init__(
        self, own: PublicKey, trusted: Mapping[PublicKey, str], entropy: Entropy, now: Instant
    ) -> None:
        self._entropy = entropy
        self._peers = {
            key: Peer(address, is_lower(key, own), now) for key, address in trusted.items() if key != own
        }
        self._conns: dict[Conn, PublicKey] = {}
        self._congested: dict[Conn, None] = {}

    # What happened

    def dial(self, now: Instant) -> list[DialPeer]:
        """The attempts that are due."""
        dials: list[DialPeer] = []
        for key, peer in self._peers.items():
            if isinstance(peer.state, PeerWaiting) and peer.state.until <= now:
                peer.state = PeerDialing()
                dials.append(DialPeer(key, peer.address))
        return dials

    def opened(self, conn: Conn, key: PublicKey, dialed: bool, now: Instant) -> tuple[bool, Conn | None]:
        """A connection was authenticated: whether to keep it, and which older one it replaces (R7).

        It is kept when the key is trusted and the side that should dial has dialed.
        """
        peer = self._peers.get(key)
        if peer is None or peer.is_dialed != dialed:
            return False, None
        replaced = None
        if isinstance(peer.state, PeerConnected):
            replaced = peer.state.conn
            self._forget(replaced)
        peer.state = PeerConnected(conn, now)
        self._conns[conn] = key
        return True, replaced

    def closed(self, conn: Conn, now: Instant) -> PublicKey | None:
        """A connection is over; whose it was, if it was kept.

        After a session that was long enough to be of use the next attempt is made at once. After a short one it
        waits: a peer that takes us in and throws us out again must not make us spin (R9).
        """
        key = self._forget(conn)
        if key is None:
            return None
        peer = self._peers[key]
        assert isinstance(peer.state, PeerConnected)
        if now - peer.state.since >= INDEX_SHORT_SESSION_MS:
            peer.backoff.reset()
            peer.rest(now, 0)
        else:
            peer.rest(now, peer.backoff.next_ms(self._entropy))
        return key

    def dial_failed(self, key: PublicKey, now: Instant) -> None:
        """An attempt of ours led to no authenticated connection."""
        peer = self._peers.get(key)
        if peer is not None and isinstance(peer.state, PeerDialing):
            peer.rest(now, peer.backoff.next_ms(self._entropy))

    def congested(self, conn: Conn) -> None:
        """A peer does not keep up with what it is sent."""
        if conn in self._conns:
            self._congested[conn] = None

    def drained(self, conn: Conn) -> None:
        """It does again."""
        self._congested.pop(conn, None)

    # Questions

    def key_of(self, conn: Conn) -> PublicKey | None:
        """Whose connection it is; None when it is not one we keep."""
        return self._conns.get(conn)

    def conns(self) -> tuple[Conn, ...]:
        """All connected servers."""
        return tuple(self._conns)

    def conns_with_room(self, but: Conn | None) -> tuple[Conn, ...]:
        """Those that keep up, without the one where something came from."""
        return tuple(conn for conn in self._conns if conn != but and conn not in self._congested)

    def deadline(self) -> Instant | None:
        """When `dial` has something to do."""
        return earliest(*self._dials_at())

    def _dials_at(self) -> Iterable[Instant]:
        return (peer.state.until for peer in self._peers.values() if isinstance(peer.state, PeerWaiting))

    def _forget(self, conn: Conn) -> PublicKey | None:
        self._congested.pop(conn, None)
        return self._conns.pop(conn, None)
