"""Asking for routes, and what to do when nobody can be asked (D-13)."""

import asyncio
from typing import Any

import pytest

from offset.app import NoAnswer, NoIndexServer, NotPermitted, UserFault
from offset.app import routes as routes_module
from offset.testing import (
    APP,
    CURRENCY,
    FRIEND,
    INDEX_SERVER,
    NODE,
    ROUTE,
    SELLER,
    FakeNode,
    connected,
    ignore,
    node_report,
    route,
    story,
)
from offset.wire.app import AppPermissions, AppToAppServer, ClientResponseRoutes
from offset.wire.index import Edge, MultiRoute, RequestRoutes
from offset.wire.report import IndexClientMutation, SetConnectedServer

FOUND = (MultiRoute((ROUTE,)),)
APART = node_report(connected=None)


@story
async def test_routes() -> None:
    """The question goes out as it was asked, from the node itself unless told otherwise; the answer comes back."""
    async with connected() as (fake, node):
        fake.routes = [FOUND]
        assert await node.routes.find(CURRENCY, 50, SELLER.public_key) == FOUND
        edge = Edge(b"a" * 32, b"b" * 32)
        assert await node.routes.find(CURRENCY, 5, SELLER.public_key, source=b"c" * 32, exclude=edge) == ()
        first, second = fake.asked_for(RequestRoutes)
        assert (first.capacity, first.source, first.destination, first.opt_exclude) == (
            50,
            NODE.public_key,
            SELLER.public_key,
            None,
        )
        assert (second.source, second.opt_exclude) == (b"c" * 32, edge)
        assert first.request_id != second.request_id


@story
async def test_none_found() -> None:
    """An empty answer is an answer."""
    async with connected() as (_, node):
        assert await node.routes.find(CURRENCY, 50, SELLER.public_key) == ()


@story
async def test_many_questions_at_once() -> None:
    """Each question gets its own answer, in whatever order they come."""
    async with connected() as (fake, node):
        held: list[Any] = []

        def hold(fake: FakeNode, conn: int, message: AppToAppServer) -> None:
            held.append(message.app_request)
            if len(held) == 20:
                for request in reversed(held):
                    answer = (MultiRoute((route(FRIEND.public_key, capacity=request.capacity),)),)
                    fake.tell(conn, ClientResponseRoutes(request.request_id, answer))

        fake.script[RequestRoutes] = hold
        found = await asyncio.gather(
            *[node.routes.find(CURRENCY, amount, SELLER.public_key) for amount in range(20)]
        )
        assert [answer[0].routes[0].capacity for answer in found] == list(range(20))


@story
async def test_no_index_server() -> None:
    """Without any index server there is nobody to ask, and no reason to wait."""
    async with connected(FakeNode(node_report(index_servers=(), connected=None))) as (fake, node):
        with pytest.raises(NoIndexServer, match="add one first"):
            await node.routes.find(CURRENCY, 50, SELLER.public_key)
        assert fake.requests == []


@story
async def test_05_d13_waits_for_the_index_server() -> None:
    """While the node is not connected to its index server the question waits, and goes out when it is."""
    async with connected(FakeNode(APART)) as (fake, node):
        fake.routes = [FOUND]
        asking = asyncio.create_task(node.routes.find(CURRENCY, 50, SELLER.public_key))
        await asyncio.sleep(0)
        assert fake.requests == []
        online = IndexClientMutation(SetConnectedServer(INDEX_SERVER.public_key))
        fake.do(lambda: fake.change(online))
        assert await asking == FOUND


@story
async def test_05_d13_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that stays without index server is waited for some seconds, and not for ever."""
    monkeypatch.setattr(routes_module, "INDEX_PATIENCE_S", 0.05)
    async with connected(FakeNode(APART)) as (_, node):
        with pytest.raises(NoIndexServer, match="not connected to any"):
            await node.routes.find(CURRENCY, 50, SELLER.public_key)


@story
async def test_question_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that cannot pass on a question right now is asked again, under a new id."""
    monkeypatch.setattr(routes_module, "_RETRY_S", 0.001)
    async with connected() as (fake, node):
        fake.routes = [None, None, FOUND]
        assert await node.routes.find(CURRENCY, 50, SELLER.public_key) == FOUND
        assert len(fake.requests) == 3
        assert len({asked.request_id for asked in fake.asked_for(RequestRoutes)}) == 3


@story
async def test_question_that_fails_on_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeating ends after some seconds."""
    monkeypatch.setattr(routes_module, "_RETRY_S", 0.01)
    monkeypatch.setattr(routes_module, "INDEX_PATIENCE_S", 0.05)
    async with connected() as (fake, node):
        fake.routes = [None]
        with pytest.raises(NoIndexServer, match="try again later"):
            await node.routes.find(CURRENCY, 50, SELLER.public_key)


@story
async def test_no_answer() -> None:
    """An index server that never answers is not waited for beyond the limit."""
    async with connected() as (fake, node):
        fake.script[RequestRoutes] = ignore
        with pytest.raises(NoAnswer):
            await node.routes.find(CURRENCY, 50, SELLER.public_key, timeout_s=0.05)
        assert len(node._session.routes) == 0


@story
async def test_permission() -> None:
    """An app needs the permission to ask for routes."""
    buyer = AppPermissions(routes=False, buyer=True, seller=True, config=True)
    async with connected(FakeNode(trusted={APP.public_key: buyer})) as (_, node):
        with pytest.raises(NotPermitted, match="'routes'"):
            await node.routes.find(CURRENCY, 50, SELLER.public_key)


@story
async def test_currency_that_is_none() -> None:
    """A currency that the wire cannot carry is refused here: the node would hang up."""
    async with connected() as (_, node):
        with pytest.raises(UserFault, match="16 bytes"):
            await node.routes.find("x" * 17, 50, SELLER.public_key)


@story
async def test_what_is_no_route_is_left_out() -> None:
    """An index server is not believed: of its answer only routes from here to there are left, and they are counted."""
    async with connected() as (fake, node):
        elsewhere = route(FRIEND.public_key, to=INDEX_SERVER.public_key)
        fake.routes = [(MultiRoute((elsewhere, ROUTE)), MultiRoute((elsewhere,)), MultiRoute(()))]
        assert await node.routes.find(CURRENCY, 50, SELLER.public_key) == FOUND
        assert node.routes.dropped == 2
