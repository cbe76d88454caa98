"""The report of the node, always current: look at it, follow its changes, wait for something (spec 05, 2.3)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from weakref import WeakSet

from offset.app.errors import AppError, Disconnected, NoAnswer
from offset.base.ids import PaymentId, PublicKey
from offset.base.instants import Instant
from offset.base.limits import SDK_CHANGES_MAX
from offset.core.apps.reports import ReportView
from offset.shell.system import monotonic_ms
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.extension import CreditLine, Extra, LostPayment, NetworkStatus
from offset.wire.report import FriendReport, NodeReport, NodeReportMutation


class LiveReport:
    """What the node says about itself. All values are frozen: keep one to compare it with a later one."""

    def __init__(self, report: NodeReport, clock: Callable[[], Instant] = monotonic_ms) -> None:
        """`clock`: in milliseconds; it never goes back."""
        self._view = ReportView(report)
        self._clock = clock
        self._told_at = clock()
        """When the node told its time last."""
        self._loops: WeakSet[_Changes] = WeakSet()
        """A loop that was left is forgotten with its iterator."""
        self._conditions: dict[asyncio.Future[None], Callable[[LiveReport], bool]] = {}
        self._lost: Disconnected | None = None

    @property
    def public_key(self) -> PublicKey:
        """The key of the node."""
        return self._view.public_key

    @property
    def friends(self) -> Mapping[PublicKey, FriendReport]:
        """All friends, by key."""
        return self._view.friends

    @property
    def relays(self) -> Mapping[PublicKey, NamedRelayAddress]:
        """Relays of the node, last added last."""
        return self._view.relays

    @property
    def index_servers(self) -> Mapping[PublicKey, NamedIndexServerAddress]:
        """Index servers of the node, last added last."""
        return self._view.index_servers

    @property
    def connected_server(self) -> PublicKey | None:
        """The index server that the node is connected to."""
        return self._view.connected_server

    @property
    def credit_lines(self) -> Mapping[PublicKey, tuple[CreditLine, ...]]:
        """The lines that friends grant to the node: advisory, and only of friends that tell them."""
        return self._view.credit_lines

    @property
    def lost_payments(self) -> Mapping[PaymentId, LostPayment]:
        """Payments of which parts were given to friends whose channel was lost: these may still claim them.

        One that is over, though nobody can prove whether it was paid, has an id to acknowledge that with. Only of
        nodes that tell it, and at most LOST_PAYMENTS_TOLD_MAX of them at first.
        """
        return self._view.lost_payments

    @property
    def status(self) -> NetworkStatus | None:
        """How the node stands with its relays and friends; None if it does not tell, like the reference."""
        return self._view.status

    @property
    def node_now(self) -> Instant:
        """The time of the clock of the node, in which `status` gives all times; 0 if it does not tell any.

        The status says what time it was when it was told, which may be long ago.
        """
        status = self._view.status
        return 0 if status is None else status.now + self._clock() - self._told_at

    @property
    def tells_refusals(self) -> bool:
        """Whether the node says of each request that it refuses why; then an acknowledgement alone means done.

        Every node of ours does, and tells its status; one of the reference tells neither (spec 05, D-4).
        """
        return self._view.status is not None

    def snapshot(self) -> NodeReport:
        """The whole report as it is now."""
        return self._view.snapshot()

    def changes(self) -> AsyncIterator[NodeReportMutation]:
        """`async for change in report.changes()`: every change from now on, after it was applied.

        The loop ends with Disconnected when the connection is over, or AppError when it falls behind.
        """
        loop = _Changes(self._lost)
        self._loops.add(loop)
        return loop

    async def wait_until(self, condition: Callable[[LiveReport], bool], timeout_s: float) -> None:
        """Return as soon as the condition holds; it is looked at after every change, so keep it cheap.

        Raises NoAnswer when it does not come to hold within `timeout_s` seconds, or Disconnected.
        """
        if condition(self):
            return
        if self._lost is not None:
            raise Disconnected(str(self._lost))
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._conditions[reached] = condition
        try:
            async with asyncio.timeout(timeout_s):
                await reached
        except TimeoutError:
            raise NoAnswer(f"what was waited for did not happen within {timeout_s:g} s") from None
        finally:
            self._conditions.pop(reached, None)

    # For the session

    def restart(self, report: NodeReport) -> None:
        """Go on over a new connection, from its whole report. Raises PeerFault, with nothing changed."""
        self._view = ReportView(report)
        self._told_at = self._clock()
        self._lost = None

    def apply(self, mutations: tuple[NodeReportMutation, ...], extra: Extra | None = None) -> None:
        """Take changes of the node. Raises PeerFault when we are out of step with it."""
        self._view.apply_all(mutations)
        self._view.take_extra(extra)
        if extra is not None and (extra.opt_status or extra.opt_status_change):
            self._told_at = self._clock()
        for loop in self._loops:
            loop.put(mutations)
        for reached, condition in list(self._conditions.items()):
            if reached.done():
                continue
            try:
                holds = condition(self)
            except Exception as error:
                # The condition is not ours: only whoever waits for it is told.
                reached.set_exception(error)
                continue
            if holds:
                reached.set_result(None)

    def lose(self, error: Disconnected) -> None:
        """Nothing more will come."""
        self._lost = error
        for loop in self._loops:
            loop.fail(error)
        for reached in self._conditions:
            if not reached.done():
                reached.set_exception(Disconnected(str(error)))


class _Changes(AsyncIterator[NodeReportMutation]):
    """The changes that one loop has not seen yet."""

    def __init__(self, error: AppError | None) -> None:
        self._waiting: deque[NodeReportMutation] = deque()
        self._came = asyncio.Event()
        self.error = error

    def put(self, mutations: tuple[NodeReportMutation, ...]) -> None:
        if self.error is not None:
            return
        if len(self._waiting) + len(mutations) > SDK_CHANGES_MAX:
            self.error = AppError(
                f"more than {SDK_CHANGES_MAX} changes of the report wait: look at them sooner"
            )
        else:
            self._waiting.extend(mutations)
        self._came.set()

    def fail(self, error: AppError) -> None:
        self.error = self.error or error
        self._came.set()

    def __aiter__(self) -> _Changes:
        return self

    async def __anext__(self) -> NodeReportMutation:
        while not self._waiting:
            if self.error is not None:
                raise type(self.error)(str(self.error))
            self._came.clear()
            await self._came.wait()
        return self._waiting.popleft()
