"""One card: its node, local or remote, what it reports, and a connection to it that is made again and again.

closed ◄──► opening ──► open ◄──► away         the connection is lost or made again
               ▲ ▲        │
               │ └ stopped ◄┘                  the engine of a local card stopped; it is started again, later and later
               └─► locked                      its identity waits for a passphrase or key
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from offset.app.errors import NotConnected, NotTrusted
from offset.app.lasting_session import Away, Connected, LastingSession, stay_connected
from offset.app.node import Node
from offset.app.reports import LiveReport
from offset.app.updates import Update, Updates
from offset.base.backoff import Backoff
from offset.base.faults import NodeStopped, OffsetError, UserFault
from offset.base.ids import PublicKey
from offset.base.limits import WALLET_RESTART_MS_MAX, WALLET_RESTART_MS_MIN
from offset.crypto.identity import Identity
from offset.shell.identity_file import open_unasked
from offset.shell.system import SystemEntropy
from offset.shell.unlock_sources import Locked
from offset.store.wallet.database import CardRow
from offset.wallet import views
from offset.wallet.local import ALL, IDENTITY, running_node
from offset.wallet.refusals import Refusal
from offset.wallet.values import cards as values
from offset.wallet.values.parts import key_text, time_of
from offset.wire.extension import Extra
from offset.wire.files import AppTicket, Ticket, format_app_ticket
from offset.wire.report import NodeReport

APP = "app.ident"
"""In the folder of a remote card: who we are at its node."""

log = logging.getLogger("offset")

Attend = Callable[["Card"], AbstractAsyncContextManager[None]]
"""Entered before a card opens, left when it was closed: for what goes with an open card."""
Watch = Callable[["Card", Update | None], None]
"""Told each update of a card after it was applied; None: another state."""


class Card:
    """A card of the wallet. Made by `Cards`; for the thread of the loop."""

    def __init__(
        self,
        row: CardRow,
        folder: Path,
        *,
        attend: Attend = lambda _: nullcontext(),
        watch: Watch = lambda _card, _update: None,
        unlock: str | None = None,
    ) -> None:
        """`folder` holds its files; `unlock` says where the passphrase or key of its identity is, if it is locked."""
        self._unlock = unlock
        self.row, self.folder = row, folder
        self._attend, self._watch = attend, watch
        self._app: Identity | None = None
        """Who we are at the node of a remote card, once its file was read."""
        self._owner: Identity | None = None
        """The node of a local card, the app of a remote one."""
        self._session: LastingSession | None = None
        self._report: LiveReport | None = None
        self._updates = Updates(lambda: self.report.snapshot())
        self._state: values.CardState = "closed"
        self._why: str | None = None
        self._retry: datetime | None = None
        self._is_unknown = False
        """Whether the node said that it does not know us."""
        self._told_at = time.time()
        """When the node said its time last, in seconds since 1970."""
        self._look: tuple[int, views.Look] | None = None
        """The last look, and the number of the update after which it was taken."""
        self._living: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        """The life that `close` has ended, and that may not be over yet."""
        self._moved = asyncio.Event()
        self._unlocked: Identity | None = None
        """What a person unlocked, until the card is closed."""
        self._was_unlocked = asyncio.Event()

    # What it is

    @property
    def id(self) -> str:
        """Names the card in this wallet."""
        return self.row.id

    @property
    def name(self) -> str:
        """What the owner calls it."""
        return self.row.name

    @property
    def public_key(self) -> PublicKey | None:
        """The key of its node, if it is known yet."""
        return self._report.public_key if self._report is not None else self.row.node_key

    @property
    def owner(self) -> Identity | None:
        """Whose key those of the card's mailboxes follow from; None before it was opened since this start."""
        return self._owner

    @property
    def state(self) -> values.CardState:
        """How it stands now."""
        return self._state

    @property
    def node(self) -> Node:
        """The node, for one thing to do. Raises Refusal: the card is closed, or its node cannot be reached."""
        if self._state in ("closed", "stopped", "locked") or self._session is None:
            raise self._unreachable(None)
        try:
            return self._session.node
        except NotConnected as error:
            raise self._unreachable(error) from None

    @property
    def report(self) -> LiveReport:
        """What the node said last. Raises Refusal before it has said anything since this start."""
        if self._report is None:
            raise self._unreachable(None)
        return self._report

    def look(self) -> views.Look:
        """What the node said last, to be shown. Raises Refusal like `report`."""
        number, report = self._updates.number, self.report
        if self._look is None or self._look[0] != number:
            self._look = number, views.Look(report, self._told_at)
        return self._look[1]

    def updates(self) -> AsyncIterator[tuple[int, Update]]:
        """What the node reports, as `LastingSession.updates` gives it, over all restarts; ends never."""
        return self._updates.read()

    def value(self) -> values.Card:
        """The card as it is now."""
        report, row = self._report, self.row
        node = None if self._session is None else self._connected()
        key = self.public_key
        rights = node.permissions if node is not None else None
        return values.Card(
            id=row.id,
            kind="local" if row.kind == "local" else "remote",
            name=row.name,
            state=self._state,
            why=self._why,
            retry=self._retry,
            public_key=None if key is None else key_text(key),
            address=row.node_address,
            app_ticket=self._app_ticket(),
            rights=()
            if rights is None
            else tuple(name for name in ("routes", "buyer", "seller", "config") if getattr(rights, name)),
            tells=report is not None and report.tells_refusals,
            sums=() if report is None else views.sums(report),
        )

    async def until_open(self, timeout_s: float) -> Node:
        """The node as soon as it is there. Raises Refusal after `timeout_s` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._state != "open":
                    await self._moved.wait()
        return self.node

    # What is done with it

    def rename(self, name: str) -> None:
        """Call it so; whoever calls this has written it down."""
        self.row = replace(self.row, name=name)
        self._watch(self, None)

    def open(self) -> None:
        """Start its node, or dial it, and go on until `close`."""
        if self._living is None:
            self.row = replace(self.row, is_open=True)
            self._enter("opening")
            self._living = asyncio.create_task(self._live())

    async def unlock(self, given: str) -> None:
        """Open it with its passphrase or age key, until it is closed. Raises Refusal, which does not repeat that."""
        if self._state != "locked":
            raise Refusal("conflict", f"The card {self.name} is not locked.")
        try:
            identity = await asyncio.to_thread(open_unasked, self._identity_file, self.name, given=given)
        except UserFault as fault:
            raise Refusal("refused", f"{str(fault)[:1].upper()}{str(fault)[1:]}.") from None
        # It may have been closed meanwhile.
        if self._state == "locked":
            self._unlocked = identity
            self._was_unlocked.set()

    async def close(self) -> None:
        """Stop its node, or hang up, and return when that is done."""
        self._unlocked = None
        living, self._living = self._living, None
        if living is not None:
            self._ending = living
            living.cancel()
        if self._ending is not None:
            await asyncio.wait([self._ending])
        if self._living is None:
            self._session = None
            self._enter("closed")

    # Its life

    async def _live(self) -> None:
        backoff = Backoff(WALLET_RESTART_MS_MIN, WALLET_RESTART_MS_MAX)
        if self._ending is not None:
            # Two engines must not meet in one database.
            await asyncio.wait([self._ending])
        try:
            async with self._attend(self):
                while True:
                    try:
                        await self._serve(backoff.reset)
                    except Locked as locked:
                        await self._until_unlocked(str(locked))
                        continue
                    except (OffsetError, OSError) as error:
                        sentence = (
                            str(error) if isinstance(error, OffsetError) else error.strerror or str(error)
                        )
                    except Exception as error:
                        log.error("the card %s stopped by a fault of its own", self.name, exc_info=error)
                        sentence = f"it stopped by a fault of its own ({type(error).__name__}: {error})"
                    pause_ms = backoff.next_ms(SystemEntropy())
                    self._session = None
                    self._enter("stopped", sentence, time_of(time.time() + pause_ms / 1000))
                    await asyncio.sleep(pause_ms / 1000)
                    self._enter("opening")
        except Exception as error:
            # What attends the card could not begin: its own books are broken, say.
            log.error("the card %s cannot be opened", self.name, exc_info=error)
            self._enter("stopped", f"{error}")

    async def _until_unlocked(self, sentence: str) -> None:
        self._session = None
        self._was_unlocked.clear()
        self._enter("locked", sentence)
        await self._was_unlocked.wait()
        self._enter("opening")

    async def _serve(self, succeeded: Callable[[], None]) -> None:
        """Be connected until the node of a local card stops. Raises what stopped it."""
        async with self._reachable() as (app, ticket, running):
            async with stay_connected(ticket, None, app) as session:
                self._session = session
                tasks = [
                    asyncio.create_task(self._follow_states(session, succeeded)),
                    asyncio.create_task(self._follow_updates(session)),
                ]
                try:
                    watched = tasks if running is None else [*tasks, running]
                    done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.wait(tasks)
            for task in done:
                task.result()
            raise NodeStopped("it ended by itself")

    @asynccontextmanager
    async def _reachable(self) -> AsyncIterator[tuple[Identity, Ticket, asyncio.Task[None] | None]]:
        if self.row.kind == "local":
            async with running_node(self.folder, await self._identity()) as node:
                self._owner = node.identity
                yield node.app, node.ticket, node.running
        else:
            self._app = self._owner = await self._identity()
            # A remote card has both, or it would not have been made.
            assert self.row.node_key is not None
            assert self.row.node_address is not None
            yield self._app, Ticket(self.row.node_key, self.row.node_address), None

    async def _identity(self) -> Identity:
        if self._unlocked is not None:
            return self._unlocked
        return await asyncio.to_thread(open_unasked, self._identity_file, "this card", unlock=self._unlock)

    @property
    def _identity_file(self) -> Path:
        return self.folder / (IDENTITY if self.row.kind == "local" else APP)

    async def _follow_states(self, session: LastingSession, succeeded: Callable[[], None]) -> None:
        async for state in session.states():
            match state:
                case Connected():
                    succeeded()
                    self._is_unknown = False
                    self._report = session.report
                    self._enter("open")
                case Away(reason=reason, retry_s=retry_s):
                    self._is_unknown = isinstance(reason, NotTrusted)
                    retry = None if retry_s is None else time_of(time.time() + retry_s)
                    self._enter("away", str(reason), retry)

    async def _follow_updates(self, session: LastingSession) -> None:
        async for _, update in session.updates():
            self._report = session.report
            if isinstance(update, NodeReport) or (
                isinstance(update, Extra) and (update.opt_status or update.opt_status_change)
            ):
                self._told_at = time.time()
            self._updates.put(update)
            self._watch(self, update)

    def _enter(self, state: values.CardState, why: str | None = None, retry: datetime | None = None) -> None:
        self._state, self._why, self._retry = state, why, retry
        self._moved.set()
        self._moved = asyncio.Event()
        self._watch(self, None)

    def _connected(self) -> Node | None:
        state = None if self._session is None else self._session.state
        return state.node if isinstance(state, Connected) else None

    def _app_ticket(self) -> str | None:
        if self._app is None or not self._is_unknown:
            return None
        return format_app_ticket(AppTicket(self._app.public_key, ALL))

    def _unreachable(self, error: NotConnected | None) -> Refusal:
        if self._state == "closed":
            return Refusal(
                "card-closed", f"The card {self.name} is closed. Open it first.", remedies=["open-card"]
            )
        if self._state == "locked":
            return Refusal("card-closed", f"The card {self.name} is locked. Unlock it first: {self._why}.")
        if self._state == "stopped":
            return Refusal("node-down", f"The card {self.name} stopped: {self._why}.", remedies=["wait"])
        why = f": {error}" if error is not None else ""
        return Refusal("node-down", f"The node of {self.name} cannot be reached now{why}.", remedies=["wait"])
