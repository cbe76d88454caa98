"""What one client, one node or one address can take of an index server, and what is left for the others."""

import msgspec
import pytest

from core.index.test_server import HERE, NODES, SERVERS, A, B, C, Net
from offset.base.credits import FREE
from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, PublicKey
from offset.base.limits import (
    INDEX_CLIENTS_MAX,
    INDEX_FORWARDED_COST_BURST,
    INDEX_MUTATIONS_MAX,
    INDEX_NODE_TICKS,
    INDEX_RELAYED_NODES_PER_CLIENT_MAX,
    INDEX_REPORT_COST,
    INDEX_REPORTS_COST_BURST,
    INDEX_REPORTS_COST_PER_SECOND,
    INDEX_SWEEP_MS,
    INDEX_SWEPT_RECORDS,
    INDEX_TICK_MS,
)
from offset.core.index.effects import Effect, HangupConn, PauseConn, ResumeConn
from offset.core.index.server import IndexServer
from offset.crypto.identity import Identity
from offset.wire.index import ForwardMutationsUpdate, MutationsUpdate, UpdateFriendCurrency
from offset.wire.signing import mutations_update_buffer
from support.payments import request


def report(node: Identity, time_hash: bytes, counter: int, count: int) -> MutationsUpdate:
    """A good report with so many mutations."""
    mutations = tuple(
        UpdateFriendCurrency(number.to_bytes(32, "big"), "FST", 1, FREE) for number in range(1, count + 1)
    )
    update = MutationsUpdate(node.public_key, mutations, time_hash, b"s" * 16, counter, bytes(16), b"")
    return msgspec.structs.replace(update, signature=node.sign(mutations_update_buffer(update)))


def test_clients_are_bounded() -> None:
    """When all places are taken and nobody has more than a newcomer, it is hung up; a known key may come back."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0, clients_max=1)
    assert server.client_opened(Conn(2), A.public_key, HERE) == []
    assert server.client_opened(Conn(4), B.public_key, HERE) == [HangupConn(Conn(4))]
    assert server.client_opened(Conn(6), A.public_key, HERE) == [HangupConn(Conn(2))]


def test_default_number_of_clients() -> None:
    """INDEX_CLIENTS_MAX nodes may be connected; one more is hung up, but one of them may come again."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0)

    def come(conn: int, key: bytes) -> list[Effect]:
        return server.client_opened(Conn(conn), PublicKey(key), HERE)

    for number in range(INDEX_CLIENTS_MAX):
        assert come(2 + number, number.to_bytes(32, "big")) == []
    assert come(1, b"n" * 32) == [HangupConn(Conn(1))]
    assert come(1, bytes(32)) == [HangupConn(Conn(2))]
    assert server.view().clients == INDEX_CLIENTS_MAX
    server.closed(Conn(1), 0)
    assert come(2, b"n" * 32) == []


def test_one_address_cannot_take_all_places() -> None:
    """The newest client of an address that fills the server is hung up for a node from elsewhere, and hears why not."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0, clients_max=3)
    for conn in (2, 4, 6):
        assert server.client_opened(Conn(conn), PublicKey(bytes([conn]) * 32), "192.0.2.1:9") == []
    assert server.client_opened(Conn(8), A.public_key, "192.0.2.2:9") == [HangupConn(Conn(6))]
    assert server.client_message(Conn(6), request(A.public_key, B.public_key, 1)) == []
    assert len(server.client_message(Conn(8), request(A.public_key, B.public_key, 1))) == 1
    assert server.view().refusals == {"gave way to another address": 1}


def test_a_talkative_client_is_not_read_for_a_while() -> None:
    """Beyond a burst a client is read at its pace; nothing that it says is lost, and others are read as ever."""
    net = Net([])
    server, taken, paused = net.servers[0], 0, list[Effect]()
    cost = INDEX_REPORT_COST + INDEX_MUTATIONS_MAX
    while not paused:
        paused = server.client_message(Conn(1000), report(A, net.hashes[0], taken, INDEX_MUTATIONS_MAX))
        taken += 1
    assert paused == [PauseConn(Conn(1000))]
    assert taken == INDEX_REPORTS_COST_BURST // cost + 1
    assert server.view().reports == taken
    server.client_opened(Conn(7), B.public_key, HERE)
    assert server.client_message(Conn(7), report(B, net.hashes[0], 0, 5)) == []
    waited = 0
    while not (resumed := [one for one in server.tick(waited) if isinstance(one, ResumeConn)]):
        waited += INDEX_TICK_MS
    assert resumed == [ResumeConn(Conn(1000))]
    beyond = taken * cost - INDEX_REPORTS_COST_BURST
    assert waited == -(-beyond // INDEX_REPORTS_COST_PER_SECOND) * INDEX_TICK_MS


def test_a_node_that_others_bring_has_a_pace_too() -> None:
    """Reports that a server passes on count for their node: beyond its pace they are dropped, of others not."""
    net = Net([(0, 1)])
    net.ticks(2)
    server = net.servers[1]
    cost = INDEX_REPORT_COST + INDEX_MUTATIONS_MAX
    fitting = INDEX_FORWARDED_COST_BURST // cost + 1
    for counter in range(fitting + 300):
        update = report(A, net.hashes[1], counter, INDEX_MUTATIONS_MAX)
        server.peer_message(Conn(0), ForwardMutationsUpdate(update, ()))
    view = server.view()
    assert (view.reports, view.reports_dropped) == (fitting, 300)
    server.peer_message(Conn(0), ForwardMutationsUpdate(report(B, net.hashes[1], 0, 1), ()))
    assert server.view().reports == fitting + 1
    net.ticks(5)
    server.peer_message(Conn(0), ForwardMutationsUpdate(report(A, net.hashes[1], 999, 1), ()))
    assert server.view().reports == fitting + 2


def test_forged_reports_use_up_nobody_s_pace() -> None:
    """What a node has not signed does not count against it."""
    net = Net([(0, 1)])
    net.ticks(2)
    server = net.servers[1]
    forged = msgspec.structs.replace(report(A, net.hashes[1], 0, INDEX_MUTATIONS_MAX), signature=bytes(64))
    for _ in range(2 * INDEX_FORWARDED_COST_BURST // INDEX_MUTATIONS_MAX):
        server.peer_message(Conn(0), ForwardMutationsUpdate(forged, ()))
    server.peer_message(Conn(0), ForwardMutationsUpdate(report(A, net.hashes[1], 0, 1), ()))
    assert server.view().reports == 1


def test_a_client_brings_few_other_nodes() -> None:
    """A client may hand in reports of INDEX_RELAYED_NODES_PER_CLIENT_MAX other nodes, and goes on with those."""
    net = Net([])
    server = net.servers[0]
    others = [
        Identity(number.to_bytes(32, "big")) for number in range(1, INDEX_RELAYED_NODES_PER_CLIENT_MAX + 3)
    ]
    for other in others:
        server.client_message(Conn(1000), report(other, net.hashes[0], 0, 1))
    assert server.view().nodes == INDEX_RELAYED_NODES_PER_CLIENT_MAX
    server.client_message(Conn(1000), report(others[0], net.hashes[0], 1, 1))
    server.client_message(Conn(1000), report(NODES[0], net.hashes[0], 0, 1))
    view = server.view()
    assert (view.nodes, view.reports_dropped) == (INDEX_RELAYED_NODES_PER_CLIENT_MAX + 1, 2)


def test_a_large_node_that_falls_silent_holds_nobody_up() -> None:
    """The records of a silent node go in slices, each in a call of its own, until none is left."""
    net = Net([])
    server = net.servers[0]
    for start in range(0, 3 * INDEX_SWEPT_RECORDS, INDEX_SWEPT_RECORDS):
        mutations = tuple(
            UpdateFriendCurrency((start + number + 1).to_bytes(32, "big"), "FST", 1, FREE)
            for number in range(INDEX_SWEPT_RECORDS)
        )
        net.say(0, A, *mutations)
    sizes = [server.view().records]
    net.ticks(INDEX_NODE_TICKS)
    for _ in range(10):
        sizes.append(server.view().records)
        deadline = server.deadline()
        assert deadline is not None
        if sizes[-1]:
            assert deadline - net.now <= INDEX_SWEEP_MS * len(sizes)
        server.tick(deadline)
    assert sizes[:4] == [INDEX_SWEPT_RECORDS * slices for slices in (3, 2, 1, 0)]


def test_skipped_messages_are_counted_and_cost() -> None:
    """A message with a name that is too long is counted; whoever sends many of them is read at its pace."""
    net = Net([])
    server = net.servers[0]
    assert server.skipped(Conn(1000), 100) == []
    assert server.view().messages_skipped == 1
    assert server.skipped(Conn(1000), 64 * INDEX_REPORTS_COST_BURST) == [PauseConn(Conn(1000))]
    assert server.skipped(Conn(7), 2**30) == [], "a server's is only counted"
    assert server.view().messages_skipped == 3


@pytest.mark.parametrize("who", [B, C])
def test_places_are_kept_for_nodes_that_report_themselves(who: Identity) -> None:
    """When nodes that others brought have filled the server, a connected node still gets in with its own reports."""
    net = Net([])
    server = net.servers[0]
    ratchets = server._verifier.ratchets
    ratchets._nodes_max = INDEX_CLIENTS_MAX + 1
    server.client_message(Conn(1000), report(NODES[3], net.hashes[0], 0, 1))
    assert server.view().nodes == 1
    server.client_message(Conn(1000), report(who, net.hashes[0], 0, 1))
    assert server.view().nodes == 1, "a place that was not kept is needed"
    server.client_opened(Conn(8), who.public_key, HERE)
    server.client_message(Conn(8), report(who, net.hashes[0], 0, 1))
    assert server.view().nodes == 2
