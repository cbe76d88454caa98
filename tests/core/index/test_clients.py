"""Which clients an index server takes in, which give way, and which it does not read for a while."""

from offset.base.ids import Conn
from offset.base.instants import SECOND
from offset.base.limits import (
    INDEX_CLIENTS_MAX,
    INDEX_CLIENTS_PER_ADDRESS_MAX,
    INDEX_REPORTS_COST_BURST,
    INDEX_REPORTS_COST_PER_SECOND,
)
from offset.core.index.clients import Client, Clients
from offset.core.index.effects import HangupConn, PauseConn, ResumeConn
from support.payments import key

ONE, OTHER = "192.0.2.1:7", "192.0.2.2:7"
HERE = "127.0.0.1:7"


def come(clients: Clients, conn: int, address: str) -> list[int]:
    """A node with a key of its own connects; who is hung up."""
    return [effect.conn for effect in clients.opened(Conn(conn), key(conn), address)]


def test_one_address_has_its_quota() -> None:
    """One address holds INDEX_CLIENTS_PER_ADDRESS_MAX places, whatever its port; another one still gets in."""
    clients = Clients()
    for conn in range(INDEX_CLIENTS_PER_ADDRESS_MAX):
        assert come(clients, conn, f"192.0.2.1:{conn}") == []
    assert come(clients, 1000, ONE) == [1000]
    assert clients.refusals == {"clients per address": 1}
    assert come(clients, 1001, OTHER) == []
    clients.forget(Conn(5))
    assert come(clients, 1002, ONE) == []


def test_an_ipv6_network_is_one_address() -> None:
    """All addresses of one /64 share a quota: the rest is its owner's choice."""
    clients = Clients(per_address_max=2)
    assert [come(clients, conn, f"[2001:db8::{conn}]:1") for conn in (1, 2, 3)] == [[], [], [3]]
    assert come(clients, 4, "[2001:db8:0:1::1]:1") == []


def test_this_machine_has_no_quota() -> None:
    """Programs on the same machine are not counted by address, as at a relay."""
    clients = Clients(per_address_max=1)
    assert [come(clients, conn, HERE) for conn in (1, 2, 3)] == [[], [], []]


def test_when_full_the_fullest_address_gives_way() -> None:
    """A newcomer from another address takes the newest place of the one that has most; from the same, it is refused."""
    clients = Clients(clients_max=4)
    for conn, address in enumerate((ONE, ONE, ONE, OTHER)):
        assert come(clients, conn, address) == []
    assert come(clients, 4, ONE) == [4]
    assert come(clients, 5, "192.0.2.3:1") == [2]
    assert come(clients, 6, "192.0.2.3:1") == [6], "nobody has much more than this address has now"
    assert come(clients, 7, HERE) == [1]
    assert clients.refusals == {"clients": 2, "gave way to another address": 2}
    assert len(clients) == 4
    assert clients.get(Conn(0)) is not None


def test_nobody_gives_way_among_equals() -> None:
    """When each address has one place, the newcomer is refused; so it is when all are programs on this machine."""
    for addresses in ((ONE, OTHER), (HERE, HERE)):
        clients = Clients(clients_max=2)
        for conn, address in enumerate(addresses):
            assert come(clients, conn, address) == []
        assert come(clients, 9, "192.0.2.9:1") == [9]


def test_r7_a_key_replaces_itself_and_counts_once() -> None:
    """R7: who comes again takes the place of its older connection, at the old address or at a new one."""
    clients = Clients(clients_max=2, per_address_max=1)
    assert come(clients, 1, ONE) == []
    assert clients.opened(Conn(2), key(1), ONE) == [HangupConn(Conn(1))]
    assert clients.opened(Conn(3), key(1), OTHER) == [HangupConn(Conn(2))]
    assert come(clients, 4, ONE) == []
    assert clients.opened(Conn(5), key(1), ONE) == [HangupConn(Conn(3)), HangupConn(Conn(5))], "no way around"
    assert clients.conns() == (4,)
    assert not clients.forget(Conn(3))


def test_default_numbers() -> None:
    """INDEX_CLIENTS_MAX places; filled by those who may have most, each newcomer from elsewhere gets one."""
    clients = Clients()
    for conn in range(INDEX_CLIENTS_MAX):
        place = conn // INDEX_CLIENTS_PER_ADDRESS_MAX
        assert come(clients, conn, f"192.0.2.{place}:1") == []
    for number in range(1, 200):
        (left,) = come(clients, INDEX_CLIENTS_MAX + number, f"198.51.100.{number}:1")
        assert left < INDEX_CLIENTS_MAX
    assert len(clients) == INDEX_CLIENTS_MAX


def test_beyond_its_pace_a_client_is_not_read() -> None:
    """After a burst a client that says too much is paused until its pace allows more; others are not."""
    clients = Clients()
    come(clients, 1, ONE)
    client = clients.get(Conn(1))
    assert isinstance(client, Client)
    assert clients.spend(client, INDEX_REPORTS_COST_BURST, 0) == []
    assert clients.spend(client, INDEX_REPORTS_COST_PER_SECOND, 0) == [PauseConn(Conn(1))]
    assert clients.spend(client, INDEX_REPORTS_COST_PER_SECOND, 0) == [], "what came with it"
    assert clients.tick(2 * SECOND - 1) == []
    assert clients.tick(2 * SECOND) == [ResumeConn(Conn(1))]
    assert clients.tick(9 * SECOND) == []


def test_reading_goes_on_when_both_reasons_are_gone() -> None:
    """A client that says too much and does not take its answers is read again only when it does neither."""
    clients = Clients()
    come(clients, 1, ONE)
    client = clients.get(Conn(1))
    assert client is not None
    assert clients.congested(Conn(1), True) == [PauseConn(Conn(1))]
    assert clients.spend(client, INDEX_REPORTS_COST_BURST + INDEX_REPORTS_COST_PER_SECOND, 0) == []
    assert clients.congested(Conn(1), False) == []
    assert clients.tick(SECOND) == [ResumeConn(Conn(1))]
    assert clients.congested(Conn(7), True) == [], "nobody's connection"
    clients.spend(client, INDEX_REPORTS_COST_BURST, SECOND)
    clients.forget(Conn(1))
    assert clients.tick(900 * SECOND) == []
