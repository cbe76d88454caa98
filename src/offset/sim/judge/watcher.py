"""Looks at the network after every step, and remembers what it needs to judge the next one."""

from __future__ import annotations

from typing import Any

from offset.base.ids import InvoiceId, PublicKey, RequestId
from offset.core.funder.history_kinds import UsedKind
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.record_kinds import in_order
from offset.core.funder.records import (
    Changes,
    ChannelKey,
    ConfigKey,
    CreditKey,
    FriendKey,
    InvoiceKey,
    PaymentKey,
    PendingKey,
    QueuedKey,
    TransactionKey,
    TransactionRecord,
    UsedKey,
    WithdrawnKey,
)
from offset.core.funder.state.state import FunderState
from offset.engine.card import CardEngine
from offset.engine.node import NodeEngine
from offset.engine.relay import RelayEngine
from offset.engine.surface import Effect, Persist
from offset.sim.cast.cast import Cast
from offset.sim.cast.client import Asked
from offset.sim.cast.purse import Purse
from offset.sim.judge import checks, letters, pairs
from offset.sim.judge.excuses import Excuses
from offset.sim.judge.histories import Histories
from offset.sim.judge.steps import Steps
from offset.sim.judge.waiting import Waiting
from offset.sim.physics.host import Host
from offset.sim.physics.violation import claim
from offset.wire.app import AddInvoice, CreatePayment

RESTORE_EVERY = 12
"""Every so many commits of a node, its rows are read back and compared with its memory."""


class Watcher:
    """The judge of a run."""

    def __init__(self, cast: Cast, excuses: Excuses) -> None:
        self.cast, self.excuses = cast, excuses
        self.purses: dict[str, Purse] = {}
        """The wallets of the owners that have one, by node."""
        self.checked = 0
        self.unexpected = 0
        """Commits but those by which a node only forgets which pairs it took back: it does so by its own clock."""
        self._exposed: dict[tuple[str, bytes, str, int], int] = {}
        self._steps = Steps()
        self.history = Histories()
        self._lives: dict[str, int] = {}
        self._waiting: dict[str, Waiting] = {}
        self._commits = 0

    # What happens

    def saw(self, host: Host, effects: list[Effect]) -> None:
        """An engine took an event, and its effects were carried out."""
        engine = host.engine
        if isinstance(engine, NodeEngine) and host.is_alive and self.cast.is_honest(host.name):
            self._look_at_life(host, engine)
            commits = [effect for effect in effects if isinstance(effect, Persist)]
            for commit in commits:
                self._committed(host, engine, commit, is_alone=len(commits) == 1)
            view = engine.view()
            self._waiting[host.name].check(host.clock.now(), view.copies_said, len(view.state.friends))
        elif isinstance(engine, CardEngine) and host.is_alive:
            letters.saw(host, engine, effects)
        elif isinstance(engine, RelayEngine) and self.checked % 16 == 0:
            checks.relay_limits(host.name, engine)

    def _look_at_life(self, host: Host, engine: NodeEngine) -> None:
        """A node that was started anew goes on from what was durable."""
        if self._lives.get(host.name) != host.life:
            self._lives[host.name] = host.life
            self._steps.forget(host.name)
            self._waiting[host.name] = Waiting(host.name)
            assert host.disk is not None
            self.history.started(host.name, host.disk.rows)
            for friend in engine.view().state.friends.values():
                self._steps.saw(host.name, friend, None, is_alone=True)

    def _committed(self, host: Host, engine: NodeEngine, commit: Persist, *, is_alone: bool) -> None:
        self.checked += 1
        self.unexpected += any(not isinstance(key, WithdrawnKey) for key in commit.changes)
        self._commits += 1
        name, view = host.name, engine.view()
        state = view.state
        checks.turns_held(name, view.turns_held)
        kinds = {type(key) for key in commit.changes}
        self.history.committed(name, commit.changes)
        for key in _friends_of(commit.changes):
            friend = state.friends.get(key)
            other = self.cast.names.get(key)
            if friend is None:
                self._steps.gone(name, key)
                self._waiting[name].gone(key)
                continue
            self._waiting[name].saw(friend, host.clock.now())
            checks.friend(name, state, friend)
            checks.exposure(name, friend, self._exposed)
            mirror, predecessor = self._mirror(other, name), state.predecessor_of(key)
            self._steps.saw(name, friend, mirror, is_alone=is_alone, predecessor=predecessor)
            if other in self.cast.settings:
                self._pair(name, other)
        checks.lost_keys(name, state)
        if InvoiceKey in kinds or PendingKey in kinds:
            checks.invoices(name, state)
        if PaymentKey in kinds or TransactionKey in kinds:
            checks.payments(name, state)
        if self._commits % RESTORE_EVERY == 0:
            self.restores(host)

    def _mirror(self, other: str | None, name: str) -> Channel | None:
        """How the other side sees the channel; None if that is a node that breaks the rules."""
        if other not in self.cast.settings or not self.cast.is_honest(other):
            return None
        friend = self.cast.friend(other, name)
        return None if friend is None else friend.channel

    def _pair(self, left: str, right: str) -> None:
        if not self.excuses.is_disturbed(left, right) or pairs.is_mended(self.cast, left, right):
            pairs.check(self.cast, left, right)

    def all_now(self) -> None:
        """Every check of states, for every node."""
        for name in self.cast.scenario.nodes:
            host = self.cast.hosts[name]
            if not host.is_alive or not self.cast.is_honest(name):
                continue
            state = self.cast.state(name)
            for friend in state.friends.values():
                checks.friend(name, state, friend)
                other = self.cast.names[friend.public_key]
                if other in self.cast.settings:
                    self._pair(name, other)
            checks.invoices(name, state)
            checks.payments(name, state)
            self.restores(host)

    def restores(self, host: Host) -> None:
        """What the rows say is what the node remembers."""
        assert host.disk is not None
        live = self.cast.state(host.name)
        restored = FunderState(live.local)
        restored.restore(in_order(host.disk.written))
        self.history.used(host.name, live, host.disk.written)
        claim(
            checks.snapshot(restored) == checks.snapshot(live),
            "restore",
            f"the rows of {host.name} are not what it remembers: "
            + checks.difference(checks.snapshot(restored), checks.snapshot(live)),
        )

    # What apps hear

    def acknowledged(self, name: str, request: Asked) -> None:
        """I13: what an app knows to be done is durable."""
        if not self.cast.is_honest(name) or self.cast.wiped.get(name, -1) >= 0:
            return
        disk = self.cast.hosts[name].disk
        assert disk is not None
        rows = disk.rows
        match request:
            case AddInvoice(invoice_id):
                is_durable = any(
                    key in rows for key in (InvoiceKey(invoice_id), UsedKey(UsedKind.INVOICE, invoice_id))
                )
                # It may have been withdrawn since, while the word was under way to the app.
                is_durable = is_durable or self.history.is_untraced(name, invoice_id)
                claim(is_durable, "I13", f"{name} acknowledged an invoice that is not durable")
            case CreatePayment(payment_id):
                is_durable = any(
                    key in rows for key in (PaymentKey(payment_id), UsedKey(UsedKind.PAYMENT, payment_id))
                )
                claim(is_durable, "I13", f"{name} acknowledged a payment not durable")

    def spoken(self, name: str, request_id: RequestId) -> None:
        """I13: the buyer got a commit, so the response is durable."""
        if not self.cast.is_honest(name) or self.cast.wiped.get(name, -1) >= 0:
            return
        disk = self.cast.hosts[name].disk
        assert disk is not None
        row = disk.rows.get(TransactionKey(request_id))
        is_known = isinstance(row, TransactionRecord) and row.response is not None
        # It may have ended since, while the word was under way to the app.
        is_over = (
            request_id not in self.cast.state(name).transactions if self.cast.hosts[name].is_alive else True
        )
        claim(is_known or is_over, "I13", f"{name} told of a commit that is not durable")

    def letter(self, name: str, told: Any) -> None:
        """L1: what a wallet was told, or whoever called it, is durable."""
        letters.told(self.purses, name, told)

    def invoice_ended(self, name: str, invoice_id: InvoiceId, before: str, now: str) -> None:
        """An invoice ends once."""
        claim(before == now, "ends", f"an invoice of {name} was {before} and is {now}: {invoice_id.hex()}")

    def errand_over(self, name: str, words: str, end: str | None) -> None:
        """L3: only the own node ends what was sent."""
        letters.over(name, words, end)


def _friends_of(changes: Changes) -> dict[PublicKey, None]:
    """The friends whose rows these are, in the order in which they come up."""
    friends: dict[PublicKey, None] = {}
    for key in changes:
        match key:
            case FriendKey():
                friends[key.public_key] = None
            case ConfigKey() | ChannelKey() | CreditKey() | PendingKey() | QueuedKey():
                friends[key.friend] = None
    return friends
