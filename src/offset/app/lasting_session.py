"""A session that lasts: a connection to a node that is made again whenever it is lost.

    Connecting ──► Connected        each failure and each loss leads to Away, and after a pause we dial again;
        ▲  │           │            the pauses grow up to SDK_BACKOFF_MS_MAX
        │  ▼           │
        Away ◄─────────┘

Only the watching goes on by itself. Nothing that is asked of the node is ever queued or repeated: `node` is there
while we are connected and raises NotConnected otherwise, and a request that was under way at a loss raises
Disconnected, as over any connection. For when a link is lost nobody knows whether the node has carried out the
request, and only the app knows whether money may be spent by saying it again. A `Node` belongs to its connection:
take it from the session anew for each thing to do.

    async with stay_connected_files("app.ident", "node.ticket") as session:
        async for number, update in session.updates():
            print(number, session.report.friends)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from os import PathLike
from weakref import WeakSet

import msgspec

from offset.app.connecting import read_files, ticket_of
from offset.app.errors import AppError, Disconnected, NotConnected
from offset.app.node import Node
from offset.app.reports import LiveReport
from offset.app.session import CONNECT_S, Session, open_session
from offset.app.updates import Update, Updates
from offset.base.backoff import Backoff
from offset.base.ids import PublicKey
from offset.base.limits import SDK_BACKOFF_MS_MAX, SDK_BACKOFF_MS_MIN, SDK_SHORT_SESSION_MS
from offset.crypto.signer import Signer
from offset.shell.system import SystemEntropy
from offset.wire.files import Ticket


class Connecting(msgspec.Struct, frozen=True, eq=False):
    """An attempt is under way."""


class Connected(msgspec.Struct, frozen=True, eq=False):
    """The node is there, and the report is that of now."""

    node: Node


class Away(msgspec.Struct, frozen=True, eq=False):
    """There is no connection; the report is the last one that came."""

    reason: AppError
    """Why: CannotConnect, NotTrusted, or Disconnected when there was a connection before."""
    retry_s: float | None
    """Seconds from then until the next attempt; None when the session is over."""


State = Connecting | Connected | Away


class LastingSession:
    """One node, over as many connections as it takes. Made by `stay_connected`."""

    def __init__(self, identity: Signer, ticket: Ticket, timeout_s: float) -> None:
        self._identity, self._ticket, self._timeout_s = identity, ticket, timeout_s
        self._entropy = SystemEntropy()
        self._report: LiveReport | None = None
        self._updates = Updates(lambda: self.report.snapshot())
        self._backoff = Backoff(SDK_BACKOFF_MS_MIN, SDK_BACKOFF_MS_MAX)
        self._state: State = Connecting()
        self._reason: AppError | None = None
        # A loop that was left is forgotten with its iterator.
        self._followers: WeakSet[_States] = WeakSet()

    # For apps

    @property
    def state(self) -> State:
        """How it stands now."""
        return self._state

    @property
    def node(self) -> Node:
        """The node, to be asked for something over the present connection. Raises NotConnected."""
        if isinstance(self._state, Connected):
            return self._state.node
        raise self._not_connected()

    @property
    def report(self) -> LiveReport:
        """What the node says about itself: one object for the whole session, with the last known values while away.

        Raises NotConnected before the first connection. Its `changes` and `wait_until` end with the connection.
        """
        if self._report is None:
            raise self._not_connected()
        return self._report

    @property
    def number(self) -> int:
        """The number of the last update of the report; 0 before the first."""
        return self._updates.number

    def updates(self) -> AsyncIterator[tuple[int, Update]]:
        """`async for number, update in session.updates()`: the whole report, then each change, after it was applied.

        The whole report (a NodeReport) comes first, again after each reconnect, and when the loop fell more than
        SDK_CHANGES_MAX changes behind. Numbers rise, by one from change to change. The loop ends with the session.
        """
        return self._updates.read()

    def states(self) -> AsyncIterator[State]:
        """`async for state in session.states()`: the state now, then each new one; a slow loop gets the latest only.

        The loop ends with the session.
        """
        states = _States(self)
        self._followers.add(states)
        return states

    async def until_connected(self, timeout_s: float) -> Node:
        """The node as soon as it is there. Raises NotConnected after `timeout_s` seconds, or when the session ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                async for state in self.states():
                    if isinstance(state, Connected):
                        return state.node
        raise self._not_connected()

    def _not_connected(self) -> NotConnected:
        reason = "" if self._reason is None else f": {self._reason}"
        return NotConnected(f"there is no connection to the node at {self._ticket.address} now{reason}")

    # For `stay_connected`

    async def run(self) -> None:
        """Connect, again and again, until this is cancelled."""
        loop = asyncio.get_running_loop()
        address, key = self._ticket.address, self._ticket.public_key
        while True:
            self._enter(Connecting())
            try:
                session = await open_session(self._identity, address, key, self._timeout_s, self._report)
            except AppError as error:
                retry_s = self._go_away(error)
            else:
                try:
                    began = loop.time()
                    self._begin(session)
                    reason = await session.until_lost()
                    # A node that takes us and hangs up at once is not to be dialed quickly for ever.
                    if loop.time() - began >= SDK_SHORT_SESSION_MS / 1000:
                        self._backoff.reset()
                    retry_s = self._go_away(reason)
                finally:
                    await session.close()
            await asyncio.sleep(retry_s)

    def ended(self, running: asyncio.Task[None]) -> None:
        """`run` has ended, because the block was left or by a fault of ours: all loops end."""
        error = None if running.cancelled() else running.exception()
        text = "the session was closed" if error is None else f"the session failed: {error}"
        self._reason = Disconnected(text)
        self._enter(Away(self._reason, None))
        self._updates.end()

    def _begin(self, session: Session) -> None:
        # All in one step: whoever hears of the report finds the node, and no change comes between.
        self._report = session.report
        session.follow = self._updates.put
        self._enter(Connected(Node(session)))
        self._updates.put(session.report.snapshot())

    def _go_away(self, reason: AppError) -> float:
        retry_s = self._backoff.next_ms(self._entropy) / 1000
        self._reason = reason
        self._enter(Away(reason, retry_s))
        return retry_s

    def _enter(self, state: State) -> None:
        self._state = state
        for follower in self._followers:
            follower.wake()


class _States(AsyncIterator[State]):
    """The states as one loop sees them."""

    def __init__(self, session: LastingSession) -> None:
        self._session = session
        self._seen: State | None = None
        self._came = asyncio.Event()

    def wake(self) -> None:
        self._came.set()

    def __aiter__(self) -> _States:
        return self

    async def __anext__(self) -> State:
        while True:
            state = self._session.state
            if isinstance(state, Away) and state.retry_s is None:
                raise StopAsyncIteration
            if state is not self._seen:
                self._seen = state
                return state
            self._came.clear()
            await self._came.wait()


@asynccontextmanager
async def stay_connected(
    where: Ticket | str, node_key: PublicKey | None, identity: Signer, *, timeout_s: float = CONNECT_S
) -> AsyncIterator[LastingSession]:
    """Keep a connection to a node until the block ends; `where` and the rest are those of `connect`.

    The block begins at once, whether the node is there or not. `timeout_s` is for each attempt. Raises UserFault.
    """
    session = LastingSession(identity, ticket_of(where, node_key), timeout_s)
    running = asyncio.create_task(session.run())
    running.add_done_callback(session.ended)
    try:
        yield session
    finally:
        running.cancel()
        await asyncio.wait([running])
        if not running.cancelled():
            # It has not ended by our doing, so it has failed.
            running.result()


@asynccontextmanager
async def stay_connected_files(
    identity: str | PathLike[str],
    ticket: str | PathLike[str],
    *,
    timeout_s: float = CONNECT_S,
    unlock: str | None = None,
) -> AsyncIterator[LastingSession]:
    """Keep a connection, with the identity file of the app and the ticket of the node. Raises UserFault.

    `unlock`: as for `connect_files`.
    """
    app, node = await read_files(identity, ticket, unlock)
    async with stay_connected(node, None, app, timeout_s=timeout_s) as session:
        yield session
