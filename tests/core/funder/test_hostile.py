"""Friends that say anything: nothing they say stops a node, or makes it forget or lose what others owe it (I12)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from offset.base.entropy import SeededEntropy
from offset.base.limits import I128_MAX, U128_MAX
from offset.wire import app
from offset.wire.common import NamedRelayAddress
from offset.wire.friend import CancelOp, CollectOp, MoveTokenRequest, Operation, RequestOp
from support.ledger import FST, World
from support.ledger_peer import Peer

AMOUNTS = (0, 1, 5, 10, 1000, I128_MAX, U128_MAX)
LOCKS = (bytes(32), bytes([1]) * 32)


class Siege:
    """One node among three friends without manners."""

    def __init__(self, seed: int) -> None:
        self.chance = SeededEntropy(f"siege {seed}")
        self.world = World("m", seed)
        self.peers = [Peer(self.world, name, "m") for name in "xyz"]
        self.online = dict.fromkeys(peer.key for peer in self.peers)
        self.requests: dict[bytes, RequestOp] = {}
        self.invoices = [self.world.invoice("m", amount) for amount in (5, 10)]

    def choose(self, items: Any) -> Any:
        return items[self.chance.below(len(items))]

    def step(self) -> None:
        """Something happens."""
        peer = self.choose(self.peers)
        channel = self.world["m"].friend(peer.key).channel
        if self.chance.below(12) == 0:
            self.disturb(peer)
        elif peer.key not in self.online:
            peer.online("m")
            self.online[peer.key] = None
        elif channel.is_consistent:
            self.attack(peer)
        else:
            self.make_up(peer)

    def attack(self, peer: Peer) -> None:
        ops = [self.operation(peer) for _ in range(1 + self.chance.below(3))]
        peer.say("m", *ops, wanted=self.chance.below(2) == 0)

    def operation(self, peer: Peer) -> Operation:
        request_id = self.chance.below(8).to_bytes(16, "big")
        known = self.requests.get(request_id)
        kind = self.chance.below(8)
        if kind < 4 or known is None:
            return self.request(peer, request_id)
        if kind < 6:
            return peer.response(known, dest_lock=self.choose(LOCKS), is_complete=self.chance.below(2) == 0)
        return self.choose(
            (CancelOp(request_id), CollectOp(request_id, self.choose(LOCKS), self.choose(LOCKS)))
        )

    def request(self, peer: Peer, request_id: bytes) -> RequestOp:
        other = self.choose(self.peers).key
        routes = [(), (), (other,), (other,), (other, bytes(32)), (self.world["m"].key,), (other, other)]
        amount = self.choose(AMOUNTS[: 4 + self.chance.below(4)])
        request = peer.request(
            request_id,
            amount,
            route=self.choose(routes),
            invoice_id=self.choose(self.invoices),
            total=self.choose((amount, 5, 10)),
            src_lock=self.choose(LOCKS),
        )
        return self.requests.setdefault(request_id, request) if self.chance.below(2) else request

    def make_up(self, peer: Peer) -> None:
        """Come to terms again, or make it worse."""
        match self.chance.below(4):
            case 0:
                peer.become_inconsistent("m")
            case 1:
                peer.say_anything("m")
            case _:
                if "m" in peer.terms:
                    peer.send("m", peer.accept("m"))

    def disturb(self, peer: Peer) -> None:
        """The owner, the lines and the machine have their own life."""
        node = self.world["m"]
        match self.chance.below(6):
            case 0:
                peer.offline("m")
                self.online.pop(peer.key, None)
            case 1:
                self.world.restart("m")
                self.online.clear()
            case 2:
                self.world.control("m", app.CancelInvoice(self.choose(self.invoices)))
                self.invoices.append(self.world.invoice("m", 10))
            case 3:
                relay = NamedRelayAddress(self.chance.bytes(32), "relay:1", "")
                self.world.control("m", app.AddRelay(relay))
            case 4:
                payment_id = self.world.fresh(16)
                self.world.control("m", app.CreatePayment(payment_id, bytes(32), FST, 10, peer.key))
                keys = app.FriendsRoute((node.key, peer.key))
                request_id = self.chance.below(8).to_bytes(16, "big")
                self.world.control("m", app.CreateTransaction(payment_id, request_id, keys, 5, 0))
            case 5:
                terms = node.friend(peer.key).channel.remote_terms
                if terms is not None and peer.key in self.online:
                    peer.take_reset("m", terms)


@given(seed=st.integers(0, 2**32))
def test_nothing_stops_a_node(seed: int) -> None:
    """Wrong, repeated and huge operations, broken lines and crashes: every turn ends and leaves a sound state."""
    siege = Siege(seed)
    for _ in range(80):
        siege.step()


def test_garbage_while_inconsistent() -> None:
    """Whatever is no reset is answered with our terms."""
    world = World("m")
    peer = Peer(world, "x", "m")
    token = peer.make("m", CancelOp(bytes(16)))
    for _ in range(3):
        turn = peer.send("m", MoveTokenRequest(token, True))
        assert turn.messages == [(peer.key, world["m"].friend(peer.key).channel.local_terms)]
