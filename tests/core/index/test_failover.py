"""Two nodes with two servers each that share: whatever ends, the other server goes on (spec 04, 5.3)."""

from offset.base.credits import FREE
from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.base.limits import INDEX_CLIENT_BACKOFF_MS_MAX, INDEX_TICK_MS
from offset.core.index.client import Answer, DialServer, IndexClient, SendServer
from offset.core.index.client import Effect as ClientEffect
from offset.core.index.effects import Effect, SendClients, SendPeers
from offset.core.index.server import IndexServer
from offset.crypto.identity import Identity
from offset.crypto.public_keys import is_lower
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import RequestRoutes
from support.payments import key

NODES = [Identity(bytes([i]) * 32) for i in (1, 2)]
ADDRESSES = [NamedIndexServerAddress(key(name), f"{name}:1", name) for name in ("one", "two")]
KEYS = [address.public_key for address in ADDRESSES]
PEER = 1000
HERE = "127.0.0.1:1"


class Talk:
    """Machines that hear each other at once."""

    def __init__(self) -> None:
        self.now = 0
        self.conns = 0
        self.is_up = dict.fromkeys(KEYS, True)
        self.servers = {own: self.server(own) for own in KEYS}
        self.clients = [
            IndexClient(node, SeededEntropy(i), ADDRESSES if i else ADDRESSES[::-1])
            for i, node in enumerate(NODES)
        ]
        self.places: dict[int, tuple[PublicKey, int]] = {}  # client → its server, and the connection
        self.answers: list[Answer] = []
        self.join()
        for i, client in enumerate(self.clients):
            self.run(i, client.start(0))
            friend = NODES[1 - i].public_key
            self.run(i, client.set_published({(friend, "FST"): (10, FREE)}, 0))

    def server(self, own: PublicKey) -> IndexServer:
        return IndexServer(own, dict.fromkeys(KEYS, "x:1"), SeededEntropy(9), self.now)

    def join(self) -> None:
        for own, server in self.servers.items():
            other = KEYS[1 - KEYS.index(own)]
            self.hear(own, server.peer_opened(PEER, other, is_lower(other, own), self.now))

    def stop(self, own: PublicKey) -> None:
        """A server ends; its connections break."""
        self.is_up[own] = False
        for i, (at, _) in list(self.places.items()):
            if at == own:
                del self.places[i]
                self.run(i, self.clients[i].closed(self.now))
        other = KEYS[1 - KEYS.index(own)]
        self.hear(other, self.servers[other].closed(PEER, self.now))

    def run(self, i: int, effects: list[ClientEffect]) -> None:
        for effect in effects:
            if isinstance(effect, DialServer):
                own = effect.server.public_key
                if not self.is_up[own]:
                    self.run(i, self.clients[i].closed(self.now))
                    continue
                self.conns += 1
                self.places[i] = own, self.conns
                self.run(i, self.clients[i].opened(self.now))
                self.hear(own, self.servers[own].client_opened(self.conns, NODES[i].public_key, HERE))
            elif isinstance(effect, SendServer):
                own, conn = self.places[i]
                self.hear(own, self.servers[own].client_message(conn, effect.message))
            elif isinstance(effect, Answer):
                self.answers.append(effect)

    def hear(self, own: PublicKey, effects: list[Effect]) -> None:
        other = KEYS[1 - KEYS.index(own)]
        for effect in effects:
            if isinstance(effect, SendClients):
                for i, place in list(self.places.items()):
                    if place[0] == own and place[1] in effect.conns:
                        self.run(i, self.clients[i].message(effect.message, self.now))
            elif isinstance(effect, SendPeers) and self.is_up[other]:
                self.hear(other, self.servers[other].peer_message(PEER, effect.message))

    def wait(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += INDEX_TICK_MS
            for own in KEYS:
                if self.is_up[own]:
                    self.hear(own, self.servers[own].tick(self.now))
            for i, client in enumerate(self.clients):
                self.run(i, client.tick(self.now))

    def found(self) -> list[bool]:
        """Whether each of the two finds the other."""
        for i, client in enumerate(self.clients):
            ends = NODES[i].public_key, NODES[1 - i].public_key
            self.run(i, client.request_routes(RequestRoutes(bytes(16), "FST", 7, *ends, None), self.now))
        found = [bool(answer.routes) for answer in self.answers]
        self.answers.clear()
        return found


def test_the_other_server_goes_on() -> None:
    """The node whose server ends is at the other one within seconds, and routes are found as before."""
    talk = Talk()
    talk.wait(10)
    assert [own for own, _ in talk.places.values()] == KEYS[::-1], "each has another server"
    assert talk.found() == [True, True]
    talk.stop(KEYS[1])
    assert talk.found() == [False, True]
    talk.wait(5)
    assert [own for own, _ in talk.places.values()] == [KEYS[0], KEYS[0]]
    assert talk.found() == [True, True]


def test_back_after_both_are_gone() -> None:
    """While no server is there a question fails at once; after one is back everybody finds the way to it."""
    talk = Talk()
    talk.wait(10)
    for own in KEYS:
        talk.stop(own)
    talk.wait(200)
    assert talk.found() == [False, False]
    talk.servers[KEYS[0]] = talk.server(KEYS[0])
    talk.is_up[KEYS[0]] = True
    talk.wait(2 * INDEX_CLIENT_BACKOFF_MS_MAX * 5 // 4 // INDEX_TICK_MS + 5)
    assert talk.found() == [True, True]
