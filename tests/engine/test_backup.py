"""A node that lost its database and starts from a backup made under payments (docs/RECOVERY.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.ids import PaymentId
from offset.core.funder.records import PaymentStage
from offset.store.sqlite import connection
from offset.store.sqlite.backup import backup
from offset.store.sqlite.database import Database, create
from offset.testing import CURRENCY
from offset.wire.app import (
    CommitInvoice,
    Complete,
    PaymentStatusSuccess,
    RequestClosePayment,
    ResetFriendChannel,
)
from support.nodes import Town

FRIENDS = {"a": "b", "b": "ac", "c": "b"}
COLLECTING_MS = 40
"""From here on the moments of a payment are those after its commit."""


@pytest.fixture(autouse=True)
def _short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are made quickly."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)


class Backups:
    """A node whose rows are kept in a real database, which is copied while it is in use."""

    def __init__(self, town: Town, name: str, folder: Path) -> None:
        self.town, self.name = town, name
        self._copy = folder / "backup.db"
        self._path = folder / "node.db"
        create(self._path, town.key(name))

    def make(self) -> None:
        """Copy what is durable now."""
        database = Database.open(self._path, self.town.key(self.name))
        database.write(dict(self.town.rows(self.name)))
        database.flush()
        backup(self._path, self._copy)
        database.close()

    def restore(self) -> None:
        """The node dies with its disk, and starts from the copy."""
        self.town.stop(self.name)
        database = Database.open(self._copy, self.town.key(self.name))
        rows = {record.key(): record for record in database.load()}
        database.close()
        self.town.start(self.name, rows, is_restored=True)


def _agree(town: Town, name: str, other: str) -> None:
    """The owner of `name` accepts what the friend remembers, if they do not agree."""
    friend, theirs = town.friend(name, other), town.friend(other, name)
    town.world.run_until(lambda: friend.is_online and theirs.is_online, 400_000)
    town.world.run_for(2000)
    if not friend.channel.is_consistent:
        town.world.run_until(lambda: friend.channel.remote_terms is not None)
        terms = friend.channel.remote_terms
        assert terms is not None
        town.apps[name].ask(ResetFriendChannel(town.key(other), terms.reset_token))
    town.world.run_until(lambda: friend.channel.is_consistent and theirs.channel.is_consistent)


@pytest.mark.parametrize("victim", ["a", "b", "c"])
@pytest.mark.parametrize("moment_ms", [*range(0, 36, 5), *range(COLLECTING_MS, COLLECTING_MS + 30, 5)])
def test_a_node_starts_from_a_backup_made_under_payments(victim: str, moment_ms: int, tmp_path: Path) -> None:
    """Wherever in a payment the copy was made: its friends tell the balances, nothing is lost, and payments pass."""
    town = Town("abc")
    backups = Backups(town, victim, tmp_path)
    town.pay("abc", 3, 1)
    invoice_id = town.invoice("c", 10)
    payment_id, request_id = town.send("abc", invoice_id, 10, 1)
    if moment_ms < COLLECTING_MS:
        town.world.run_for(moment_ms + 1)
        backups.make()
    result = town.result("a", request_id).result
    assert isinstance(result, Complete)
    town.apps["c"].post(CommitInvoice(result.commit))
    if moment_ms >= COLLECTING_MS:
        town.world.run_for(moment_ms - COLLECTING_MS + 1)
        backups.make()
    assert isinstance(town.ending("a", payment_id).status, PaymentStatusSuccess)
    town.pay("abc", 20, 1)
    town.world.run_for(1000)

    backups.restore()
    for other in FRIENDS[victim]:
        _agree(town, victim, other)
    assert town.balance("a", "b") == (-36, 0, 0)
    assert town.balance("b", "a") == (36, 0, 0)
    assert town.balance("b", "c") == (-33, 0, 0)
    assert town.balance("c", "b") == (33, 0, 0)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_a_payment_under_way_in_the_copy_was_paid(tmp_path: Path) -> None:
    """The friend kept its collect, whose locks make the receipt."""
    town = Town("ab")
    backups = Backups(town, "a", tmp_path)
    invoice_id = town.invoice("b", 10)
    payment_id, request_id = town.send("ab", invoice_id, 10, 0)
    result = town.result("a", request_id).result
    assert isinstance(result, Complete)
    backups.make()
    town.apps["b"].ask(CommitInvoice(result.commit))
    assert isinstance(town.ending("a", payment_id).status, PaymentStatusSuccess)
    # Without it the friend's last message, which it repeats, would bring the collect.
    town.pay("ab", 5, 0)
    backups.restore()
    _agree(town, "a", "b")
    town.apps["a"].post(RequestClosePayment(payment_id))
    town.world.run_for(1000)
    payment = town.engine("a").view().state.payments[PaymentId(payment_id)]
    assert payment.stage is PaymentStage.SUCCEEDED
    assert payment.receipt is not None
    assert town.balance("a", "b") == (-15, 0, 0)


def test_friends_of_whom_nothing_was_heard_go_on(tmp_path: Path) -> None:
    """Where nothing happened since the copy was made there is nothing to accept."""
    town = Town("abc")
    town.pay("abc", 10, 1)
    town.world.run_for(1000)
    backups = Backups(town, "c", tmp_path)
    backups.make()
    town.pay("ab", 5, 0)
    backups.restore()
    town.world.run_until(lambda: town.friend("c", "b").is_ready(CURRENCY), 400_000)
    town.world.run_for(2000)
    assert town.friend("c", "b").channel.is_consistent
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_an_invoice_collected_since_is_open_again(tmp_path: Path) -> None:
    """The old node would take the payment of such an invoice once more, so they are to be cancelled (RECOVERY.md)."""
    town = Town("ab")
    backups = Backups(town, "b", tmp_path)
    invoice_id = town.invoice("b", 10)
    backups.make()
    _, request_id = town.send("ab", invoice_id, 10, 0)
    result = town.result("a", request_id).result
    assert isinstance(result, Complete)
    town.apps["b"].ask(CommitInvoice(result.commit))
    town.world.run_for(1000)
    backups.restore()
    _agree(town, "b", "a")
    _, request_id = town.send("ab", invoice_id, 10, 0)
    assert isinstance(town.result("a", request_id).result, Complete)
