"""Why a node has no index server: what its apps are told."""

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.core.index.client import IndexClient
from offset.engine.index_standing import IndexStanding
from offset.testing import FriendNetwork, identity
from offset.wire.app import AddIndexServer, RemoveIndexServer
from offset.wire.common import NamedIndexServerAddress
from offset.wire.extension import (
    IndexServerConnected,
    IndexServerConnecting,
    IndexServerState,
    IndexServerStatus,
    IndexServerUnused,
    IndexServerWaiting,
)
from offset.wire.index import TimeHash

ONE, TWO = (NamedIndexServerAddress(identity(name).public_key, f"{name}:1", name) for name in ("one", "two"))
HASH = TimeHash(bytes(32))


def of(standing: IndexStanding) -> list[tuple[IndexServerState, str]]:
    """State and last error of each server."""
    return [(status.state, status.last_error) for status in standing.status(0)]


def test_the_way_to_a_server() -> None:
    """Each server says whether it is in use, tried, next, or none of that; and why it was lost, until it is in use."""
    client = IndexClient(identity("node"), SeededEntropy("node"), (ONE, TWO))
    standing = IndexStanding(client)
    client.start(0)
    assert of(standing) == [(IndexServerConnecting(), ""), (IndexServerUnused(), "")]
    standing.lost(ONE.public_key, "refused")
    client.closed(5)
    until = client.deadline()
    assert until is not None
    assert of(standing) == [(IndexServerUnused(), "refused"), (IndexServerWaiting(until), "")]
    client.tick(until)
    client.opened(until)
    assert of(standing) == [(IndexServerUnused(), "refused"), (IndexServerConnecting(), "")]
    client.message(HASH, until)
    assert of(standing) == [(IndexServerUnused(), "refused"), (IndexServerConnected(), "")]
    client.network_changed(until)
    assert of(standing) == [(IndexServerConnecting(), "refused"), (IndexServerConnected(), "")]
    client.remove_server(ONE.public_key, until)
    assert of(standing) == [(IndexServerConnected(), "")]
    client.add_server(ONE, until)
    assert (IndexServerUnused(), "") in of(standing)


def test_since_when_a_server_is_in_use() -> None:
    """From the time hash that made it so, until it is not; a look in between changes nothing."""
    client = IndexClient(identity("node"), SeededEntropy("node"), (ONE,))
    standing = IndexStanding(client)

    def since(now: int) -> int:
        (status,) = standing.status(now)
        return status.since

    client.start(0)
    client.opened(5)
    assert since(5) == 0
    client.message(HASH, 7)
    assert (since(7), since(900)) == (7, 7)
    client.closed(1000)
    assert since(1000) == 0


@pytest.mark.parametrize(
    "is_open, has_hash, why",
    [
        (False, False, "no answer within 16 s"),
        (True, False, "it told no time within 8 s; is it an index server for nodes?"),
        (True, True, "it told no time any more, or left too many questions without an answer"),
    ],
)
def test_a_server_that_is_silent(is_open: bool, has_hash: bool, why: str) -> None:
    """It is left, and the reason says how far it had come."""
    client = IndexClient(identity("node"), SeededEntropy("node"), (ONE,))
    standing = IndexStanding(client)
    client.start(0)
    if is_open:
        client.opened(0)
    if has_hash:
        client.message(HASH, 0)
    standing.left(client.course[0])
    client.closed(1)
    ((_, told),) = of(standing)
    assert told == why
    standing.left(client.course[0])
    ((_, told),) = of(standing)
    assert told == why


# In a node


def test_apps_are_told() -> None:
    """What happens to the index server reaches apps that are there, and later ones with the report."""
    net = FriendNetwork(["alice"])
    app, key = net.apps["alice"], net.index.public_key

    def told() -> IndexServerStatus | None:
        status = app.report().status
        return None if status is None else next(iter(status.index_servers), None)

    def in_use(status: IndexServerStatus | None) -> bool:
        return status is not None and (status.state, status.last_error) == (IndexServerConnected(), "")

    net.world.run_until(lambda: in_use(told()))
    first = told()
    net.world.kill("index")

    def is_lost() -> bool:
        status = told()
        return (
            status is not None
            and bool(status.last_error)
            and not isinstance(status.state, IndexServerConnected)
        )

    net.world.run_until(is_lost, 60_000)
    later = net.add_app("alice", "later").wait_ready().report
    assert later.opt_extra is not None
    assert later.opt_extra.opt_status is not None
    assert [status.server for status in later.opt_extra.opt_status.index_servers] == [key]
    net.start_index()
    net.world.run_until(lambda: in_use(told()), 200_000)
    again = told()
    assert first is not None
    assert again is not None
    assert 0 < first.since < again.since
    app.ask(RemoveIndexServer(key))
    net.world.run_until(lambda: told() is None)


def test_a_server_that_is_no_index_server() -> None:
    """A relay in its place is told from one that is away."""
    net = FriendNetwork(["alice"], has_index=False)
    app = net.apps["alice"]
    wrong = NamedIndexServerAddress(PublicKey(net.relay.public_key), "relay:1", "wrong")
    app.ask(AddIndexServer(wrong))

    def why() -> str:
        status = app.report().status
        servers = () if status is None else status.index_servers
        return "".join(server.last_error for server in servers)

    net.world.run_until(lambda: bool(why()), 60_000)
    assert why() == "the peer closed"
