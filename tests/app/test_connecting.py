"""Connecting to a node, and losing it."""

import asyncio
from pathlib import Path

import pytest

from offset.app import (
    AppError,
    CannotConnect,
    Disconnected,
    NoAnswer,
    NotPermitted,
    NotTrusted,
    Ticket,
    UserFault,
    connect,
    connect_files,
    stay_connected_files,
)
from offset.app import session as session_module
from offset.app.session import Session
from offset.base import base64url
from offset.base.limits import FILE_BYTES_MAX
from offset.testing import (
    ALL,
    APP,
    CURRENCY,
    FRIEND,
    NODE,
    RELAY,
    STRANGER,
    FakeNode,
    connected,
    hang_up,
    ignore,
    node_report,
    serving,
    story,
)
from offset.wire.app import APP_PERMISSIONS, AppPermissions, EnableFriend, OpenFriendCurrency, ReportMutations
from offset.wire.files import format_identity, format_ticket
from offset.wire.report import NODE_REPORT, ChangeFriend, FunderMutation, SetName
from support.locked import key_file, locked_text


@story
async def test_connected() -> None:
    """Who connects has the node's report and its own permissions."""
    async with connected() as (_, node):
        assert node.public_key == NODE.public_key
        assert node.permissions == ALL
        assert node.report.snapshot() == node_report()


@story
async def test_ways_to_name_the_node() -> None:
    """A node is named by its ticket, or by its address and key, or by files."""
    async with serving() as fake:
        async with connect(fake.ticket.address, NODE.public_key, APP) as node:
            assert node.public_key == NODE.public_key
        with pytest.raises(UserFault, match="public key"):
            async with connect(fake.ticket.address, None, APP):
                pass


@story
async def test_files(tmp_path: Path) -> None:
    """An identity file and a ticket are enough to connect; a file that cannot be used is named."""
    ident, ticket = tmp_path / "app.ident", tmp_path / "node.ticket"
    with pytest.raises(
        UserFault, match=r"no such file: .*app\.ident; make it with: stmgr gen-ident -o .*app\.ident"
    ):
        async with connect_files(ident, ticket):
            pass
    ident.write_text(format_identity(APP))
    ticket.write_bytes(b"\xff")
    with pytest.raises(UserFault, match=r"node\.ticket is not text"):
        async with connect_files(ident, ticket):
            pass
    ticket.write_text("x" * (FILE_BYTES_MAX + 1))
    with pytest.raises(UserFault, match=r"node\.ticket is too large"):
        async with connect_files(ident, ticket):
            pass
    async with serving() as fake:
        ticket.write_text(format_ticket(fake.ticket))
        async with connect_files(str(ident), ticket) as node:
            assert node.permissions == ALL


@story
async def test_a_locked_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens with what `unlock` names, else with OFFSET_UNLOCK; a file that is no source is refused."""
    ident, ticket = tmp_path / "app.ident", tmp_path / "node.ticket"
    ident.write_text(locked_text(APP))
    async with serving() as fake:
        ticket.write_text(format_ticket(fake.ticket))
        async with connect_files(ident, ticket, unlock=key_file(tmp_path)) as node:
            assert node.permissions == ALL
        async with stay_connected_files(ident, ticket, unlock=key_file(tmp_path)) as session:
            await session.until_connected(30)
        monkeypatch.setenv("OFFSET_UNLOCK", "nothing")
        with pytest.raises(UserFault, match="the source of a passphrase or key is one of"):
            async with connect_files(ident, ticket):
                pass


@story
async def test_stranger() -> None:
    """An app that the node does not trust is told so, with the key that is missing in the node's folder."""
    async with serving() as fake:
        with pytest.raises(NotTrusted, match=base64url.encode(STRANGER.public_key)):
            async with connect(fake.ticket, None, STRANGER):
                pass


@story
async def test_nobody_there() -> None:
    """Where nobody listens the address is named."""
    async with serving() as fake:
        ticket = fake.ticket
    with pytest.raises(CannotConnect, match=ticket.address):
        async with connect(ticket, None, APP):
            pass


@story
async def test_address_that_is_none() -> None:
    """A ticket whose address nobody can dial is an error like the others."""
    with pytest.raises(CannotConnect, match="nowhere"):
        async with connect(Ticket(NODE.public_key, "nowhere"), None, APP):
            pass


@story
async def test_another_node() -> None:
    """A node with another key is not talked to."""
    async with serving() as fake:
        with pytest.raises(CannotConnect, match="another key"):
            async with connect(fake.ticket.address, FRIEND.public_key, APP):
                pass


class _Silent(FakeNode):
    def opened(self, conn: int, key: bytes) -> None:
        pass


@story
async def test_silent_node() -> None:
    """A node that does not greet is given up after the time that the app allows."""
    async with serving(_Silent()) as fake:
        with pytest.raises(CannotConnect, match=r"within 0\.05 s"):
            async with connect(fake.ticket, None, APP, timeout_s=0.05):
                pass


@story
async def test_nothing_stays_behind() -> None:
    """After a connection, good or bad, no task is left."""
    async with serving() as fake:
        before = asyncio.all_tasks()
        async with connect(fake.ticket, None, APP):
            pass
        with pytest.raises(NotTrusted):
            async with connect(fake.ticket, None, STRANGER):
                pass
        assert asyncio.all_tasks() == before


@story
async def test_request_without_permission() -> None:
    """What the app may not do is refused before it is sent: the node would hang up."""
    none = AppPermissions(False, False, False, False)
    async with connected(FakeNode(trusted={APP.public_key: none})) as (fake, node):
        with pytest.raises(NotPermitted, match="'config'"):
            await node.friends.enable("bob")
        assert fake.requests == []
        assert node.report.friends


@story
async def test_node_hangs_up() -> None:
    """When the node goes away, whoever waits is told at once, and so is whoever asks later."""
    async with connected() as (fake, node):
        fake.script[EnableFriend] = hang_up
        fake.script[OpenFriendCurrency] = ignore
        waiting = asyncio.create_task(node.friends.open_currency("bob", CURRENCY))
        until = asyncio.create_task(node.report.wait_until(lambda report: False, 20))
        await asyncio.sleep(0)
        with pytest.raises(Disconnected):
            await node.friends.enable("bob")
        for task in (waiting, until):
            with pytest.raises(Disconnected):
                await task
        with pytest.raises(Disconnected):
            await node.friends.enable("bob")
        with pytest.raises(Disconnected):
            await node.report.wait_until(lambda report: False, 20)
        with pytest.raises(Disconnected):
            await anext(node.report.changes())
        assert node.report.friends  # the last report stays


@story
async def test_node_out_of_step() -> None:
    """A change that does not fit the report ends the connection: nothing after it could be believed."""
    async with connected() as (fake, node):
        bad = FunderMutation(ChangeFriend(bytes(32), SetName("x")))
        fake.do(lambda: fake.tell(next(iter(fake.conns)), ReportMutations(None, (bad,))))
        with pytest.raises(Disconnected, match="out of step"):
            await node.report.wait_until(lambda report: False, 20)


@story
async def test_no_answer() -> None:
    """A request that is not answered in time ends with an error, and leaves nothing behind."""
    async with connected() as (fake, node):
        fake.script[EnableFriend] = ignore
        session: Session = node._session
        with pytest.raises(NoAnswer, match=r"within 0\.05 s"):
            await session.ask(EnableFriend(FRIEND.public_key), timeout_s=0.05)
        assert len(session._acks) == 0
        assert session._checks == {}


@story
async def test_leaving_while_somebody_waits() -> None:
    """Whoever still waits when the block ends is told that the connection was closed."""
    async with connected() as (fake, node):
        fake.script[EnableFriend] = ignore
        waiting = asyncio.create_task(node.friends.enable("bob"))
        await asyncio.sleep(0)
    with pytest.raises(AppError, match="closed"):
        await waiting


@story
async def test_last_request_is_sent() -> None:
    """What was asked for just before the block ends still reaches the node."""
    async with serving() as fake:
        async with connect(fake.ticket, None, APP) as node:
            node._session.post(EnableFriend(FRIEND.public_key))
        while not fake.requests:
            await asyncio.sleep(0.001)


@story
async def test_many_requests_at_once() -> None:
    """Each of many requests gets its own answer."""
    async with connected() as (fake, node):
        amounts = range(300)
        await asyncio.gather(*[node.friends.set_max_debt("bob", f"C{amount}", amount) for amount in amounts])
        assert len(fake.requests) == 300
        configs = node.report.friends[FRIEND.public_key].currency_configs
        assert [config.remote_max_debt for config in configs] == list(amounts)


@story
async def test_answers_for_others() -> None:
    """Acknowledgements of other apps change the report, and are nobody's answer here."""
    async with (
        serving() as fake,
        connect(fake.ticket, None, APP) as one,
        connect(fake.ticket, None, APP) as other,
    ):
        await one.friends.rename("bob", "robert")
        await other.report.wait_until(lambda report: report.friends[FRIEND.public_key].name == "robert", 20)
        await other.friends.enable("robert")


@story
async def test_value_that_cannot_be_sent() -> None:
    """What the wire cannot carry is refused here, and the connection goes on."""
    async with connected() as (fake, node):
        with pytest.raises(UserFault, match="cannot be sent"):
            await node.friends.rename("bob", "\ud800")
        await node.friends.rename("bob", "robert")
        assert len(fake.requests) == 1


@story
async def test_too_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit on what waits for the node at once."""
    monkeypatch.setattr(session_module, "SDK_REQUESTS_MAX", 1)
    async with connected() as (fake, node):
        fake.script[EnableFriend] = ignore
        waiting = asyncio.create_task(node.friends.enable("bob"))
        await asyncio.sleep(0)
        with pytest.raises(UserFault, match="1 requests wait"):
            await node.friends.enable("bob")
        waiting.cancel()


class _Odd(FakeNode):
    """A node whose report names a relay twice."""

    def opened(self, conn: int, key: bytes) -> None:
        self.send(conn, APP_PERMISSIONS.encode(ALL))
        self.send(conn, NODE_REPORT.encode(node_report(relays=(RELAY, RELAY))))


@story
async def test_report_that_cannot_be() -> None:
    """A report that contradicts itself is no report."""
    async with serving(_Odd()) as fake:
        with pytest.raises(CannotConnect, match="twice"):
            async with connect(fake.ticket, None, APP):
                pass


class _Curt(FakeNode):
    """A node that closes before its report."""

    def opened(self, conn: int, key: bytes) -> None:
        self.send(conn, APP_PERMISSIONS.encode(ALL))
        self.hangup(conn)


@story
async def test_no_report() -> None:
    """A node that knows the app and sends no report is another case than one that does not know it."""
    async with serving(_Curt()) as fake:
        with pytest.raises(CannotConnect, match="sent no report") as caught:
            async with connect(fake.ticket, None, APP):
                pass
        assert not isinstance(caught.value, NotTrusted)
