"""Random lives of a world of funders: payments, settings, broken lines, crashes, lost ledgers; and how it all ends."""

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord, PaymentStage, Queue
from offset.wire import app
from offset.wire.common import Commit, NamedRelayAddress
from offset.wire.friend import CancelOp, FriendsRoute, MoveTokenRequest
from support.ledger import FST, Node, World
from support.ledger_checks import check_nothing_frozen, check_nothing_waits, check_quiet

Step = Callable[[], None]


class Workload:
    """One random life. `can_disagree`: ledgers may be lost or damaged, and are reset."""

    actions: tuple[Callable[[Any], None], ...] = ()
    """Of a life in which more happens."""

    def __init__(self, names: str, links: list[str], seed: int, *, can_disagree: bool = False) -> None:
        self.chance = SeededEntropy(f"{seed} workload")
        self.world = self.make_world(names, seed)
        self.names, self.links = names, links
        self.can_disagree = can_disagree
        self.commits: list[tuple[str, Commit]] = []
        self.payments: list[tuple[str, bytes]] = []
        self.invoices: list[tuple[str, bytes]] = []
        self.parts: dict[bytes, tuple[str, app.CreateTransaction]] = {}
        self.failures: Counter[bytes] = Counter()
        self.limits: dict[tuple[str, str], int] = defaultdict(int)
        self.has_disagreed = False
        for left, right in links:
            limit = 20 + self.below(200)
            self.world.befriend(left, right, limit=limit)
            self.limits[left, right] = self.limits[right, left] = limit

    def make_world(self, names: str, seed: int) -> World:
        """Where it takes place."""
        return World(names, seed, replacing=self.one_in(2))

    def below(self, limit: int) -> int:
        return self.chance.below(limit)

    def one_in(self, count: int) -> bool:
        return self.below(count) == 0

    def choose(self, items: Any) -> Any:
        return items[self.below(len(items))]

    # Living

    def live(self, steps: int) -> None:
        """So many random things happen."""
        actions: list[Step] = [
            *[self.deliver] * 24,
            *[self.mend] * 10,
            *[self.pay] * 6,
            *[self.commit] * 6,
            *[self.cancel_invoice, self.close_payment, self.repeat_transaction, self.change_relays],
            *[self.change_limit, self.change_rate, self.open_or_close, self.disable_friend],
            *[self.break_line, self.restart, self.crash],
        ]
        if self.can_disagree:
            actions += [self.garble, self.lose_ledger, *[self.reset] * 4]
        actions += [partial(action, self) for action in self.actions]
        for _ in range(steps):
            self.choose(actions)()
            self.listen()
            self.check()

    def deliver(self) -> None:
        for _ in range(1 + self.below(6)):
            under_way = self.world.under_way()
            if under_way:
                self.world.deliver(*self.choose(under_way))

    def route(self) -> str:
        """A random walk without repetition, or a cycle."""
        walk = self.choose(self.names)
        while True:
            onward = [
                right if left == walk[-1] else left for left, right in self.links if walk[-1] in (left, right)
            ]
            if len(walk) > 2 and walk[0] in onward and self.one_in(4):
                return walk + walk[0]
            onward = [name for name in onward if name not in walk]
            if not onward or (len(walk) > 1 and self.one_in(3)):
                return walk
            walk += self.choose(onward)

    def pay(self) -> None:
        route = self.route()
        if len(route) < 2:
            return
        buyer, seller = route[0], route[-1]
        total = self.below(40)
        invoice_id = self.world.invoice(seller, total)
        payment_id = self.world.payment(buyer, seller, invoice_id, total)
        self.payments.append((buyer, payment_id))
        self.invoices.append((seller, invoice_id))
        rest = total
        while rest >= 0:
            amount = rest if self.one_in(2) else self.below(rest + 1)
            self.part(payment_id, route, amount)
            rest -= max(amount, 1) if amount < rest else amount + 1
            if self.one_in(4):
                break
        if self.one_in(2):
            self.world.control(buyer, app.RequestClosePayment(payment_id))

    def part(self, payment_id: bytes, route: str, amount: int) -> None:
        keys = tuple(self.world[name].key for name in route)
        fees = self.below(8)
        request = app.CreateTransaction(payment_id, self.world.fresh(16), FriendsRoute(keys), amount, fees)
        self.world.control(route[0], request)
        if self.world[route[0]].refusal is None:
            self.parts[request.request_id] = (route[0], request)

    def repeat_transaction(self) -> None:
        if self.parts:
            buyer, request = self.choose(list(self.parts.values()))
            if request.request_id in self.world[buyer].state.transactions:
                self.world.control(buyer, request)

    def commit(self) -> None:
        if self.commits:
            seller, commit = self.choose(self.commits)
            self.world.control(seller, app.CommitInvoice(commit))

    def cancel_invoice(self) -> None:
        if self.invoices:
            seller, invoice_id = self.choose(self.invoices)
            self.world.control(seller, app.CancelInvoice(invoice_id))

    def close_payment(self) -> None:
        if self.payments:
            buyer, payment_id = self.choose(self.payments)
            self.world.control(buyer, app.RequestClosePayment(payment_id))
            payment = self.world[buyer].state.payments.get(payment_id)
            if payment is not None and payment.ack_uid is not None and self.one_in(2):
                self.world.control(buyer, app.AckClosePayment(payment_id, payment.ack_uid))

    # Settings

    def pair(self) -> tuple[str, str]:
        left, right = self.choose(self.links)
        return (left, right) if self.one_in(2) else (right, left)

    def change_limit(self) -> None:
        name, other = self.pair()
        limit = self.below(300)
        self.world.trust(name, other, limit)
        self.limits[name, other] = max(self.limits[name, other], limit)

    def change_rate(self) -> None:
        name, other = self.pair()
        rate = Rate(self.below(2**30), self.below(4))
        self.world.control(name, app.SetFriendCurrencyRate(self.world[other].key, FST, rate))

    def open_or_close(self) -> None:
        name, other = self.pair()
        request = app.CloseFriendCurrency if self.one_in(8) else app.OpenFriendCurrency
        self.world.control(name, request(self.world[other].key, FST))

    def change_relays(self) -> None:
        node = self.world[self.choose(self.names)]
        key = bytes([self.below(3)]) * 32
        if any(relay.public_key == key for relay in node.state.relays):
            self.world.control(node.name, app.RemoveRelay(key))
        else:
            relay = NamedRelayAddress(key, f"relay:{self.below(9)}", "relay")
            self.world.control(node.name, app.AddRelay(relay))

    def disable_friend(self) -> None:
        name, other = self.pair()
        self.world.control(name, app.DisableFriend(self.world[other].key))

    # Trouble

    def break_line(self) -> None:
        self.world.disconnect(*self.pair())

    def mend(self) -> None:
        """A broken line comes up again."""
        broken = [link for link in self.links if tuple(sorted(link)) not in self.world.lines]
        if broken:
            self.connect(*self.choose(broken))

    def connect(self, left: str, right: str) -> None:
        for name, other in ((left, right), (right, left)):
            friend = self.world[name].friend(self.world[other])
            if not friend.is_enabled:
                self.world.control(name, app.EnableFriend(friend.public_key))
        self.world.connect(left, right)

    def restart(self) -> None:
        self.world.restart(self.choose(self.names))

    def crash(self) -> None:
        under_way = self.world.under_way()
        if under_way:
            self.world.crash(*self.choose(under_way), is_durable=self.one_in(2))

    def garble(self) -> None:
        """A message of a friend is not what it should be."""
        under_way = self.world.under_way()
        if under_way and self.one_in(2):
            to, from_ = self.choose(under_way)
            message = self.world.next_message(to, from_)
            if isinstance(message, MoveTokenRequest):
                self.has_disagreed = True
                token = msgspec.structs.replace(message.move_token, rand_nonce=self.chance.bytes(16))
                message = msgspec.structs.replace(message, move_token=token)
            node = self.world[to]
            self.world.took(node, node.funder.friend_message(self.world[from_].key, message))

    def lose_ledger(self) -> None:
        """A friend is removed and added again: its side begins with nothing."""
        if not self.one_in(3):
            return
        self.has_disagreed = True
        name, other = self.pair()
        key = self.world[other].key
        self.world.control(name, app.RemoveFriend(key))
        self.world.control(name, app.AddFriend(key, (), other))
        self.world.control(name, app.EnableFriend(key))
        self.world.trust(name, other, self.below(300))
        self.world.control(name, app.OpenFriendCurrency(key, FST))

    def reset(self) -> None:
        name, other = self.pair()
        terms = self.world[name].friend(self.world[other]).channel.remote_terms
        if terms is not None:
            key = self.world[other].key
            self.world.control(name, app.ResetFriendChannel(key, terms.reset_token))

    # Watching

    def listen(self) -> None:
        """Hear what buyers are told."""
        for node in self.world.nodes.values():
            for result in node.take_results():
                if not isinstance(result, app.TransactionResult):
                    continue
                if isinstance(result.result, app.Failure) and result.request_id in self.parts:
                    self.failures[result.request_id] += 1
                if isinstance(result.result, app.Complete):
                    commit = result.result.commit
                    sellers = [name for name, invoice_id in self.invoices if invoice_id == commit.invoice_id]
                    self.commits.append((sellers[0], commit))

    def check(self) -> None:
        """What holds at every moment of this life."""
        if self.can_disagree:
            return
        for node in self.world.nodes.values():
            for friend in node.state.friends.values():
                assert friend.channel.is_consistent, "I10: nothing but a lie makes two ledgers differ"
                self._check_limit(node, friend)

    def _check_limit(self, node: Node, friend: Any) -> None:
        """I5: nobody owes more than it was ever trusted."""
        (other,) = [name for name in self.names if self.world[name].key == friend.public_key]
        cancelled = {
            item.operation.request_id
            for item in friend.queues[Queue.BACKWARD].values()
            if isinstance(item.operation, CancelOp)
        }
        for credit in friend.channel.credits.values():
            owed = credit.balance + sum(
                pending.frozen for key, pending in credit.remote.items() if key not in cancelled
            )
            assert owed <= self.limits[node.name, other]

    # The end

    def end(self) -> None:
        """Everything heals and ends; then nothing is frozen, and nobody lost what was not paid."""
        for left, right in self.links:
            if tuple(sorted((left, right))) not in self.world.lines:
                self.connect(left, right)
        self.world.settle()
        self._reset_all()
        check_quiet(self.world)
        check_nothing_waits(self.world)
        for buyer, payment_id in self.payments:
            self.world.control(buyer, app.RequestClosePayment(payment_id))
        for seller, invoice_id in self.invoices:
            self.world.control(seller, app.CancelInvoice(invoice_id))
        self.world.settle()
        self.listen()
        check_quiet(self.world)
        check_nothing_waits(self.world)
        check_nothing_frozen(self.world)
        self._check_ends()
        if not self.has_disagreed:
            self._check_balances()

    def _reset_all(self) -> None:
        for _ in range(4):
            for left, right in self.links:
                for name, other in ((left, right), (right, left)):
                    channel = self.world[name].friend(self.world[other]).channel
                    if channel.remote_terms is not None:
                        request = app.ResetFriendChannel(
                            self.world[other].key, channel.remote_terms.reset_token
                        )
                        self.world.control(name, request)
                        self.world.settle()
        for left, right in self.links:
            for name, other in ((left, right), (right, left)):
                assert self.world[name].friend(self.world[other]).channel.is_consistent

    def _check_ends(self) -> None:
        """I11: each part ended once; each payment ended."""
        for request_id, (buyer, request) in self.parts.items():
            payment = self.world[buyer].state.payments.get(request.payment_id)
            assert self.failures[request_id] <= 1
            if payment is None:
                continue  # acknowledged
            if payment.stage == PaymentStage.SUCCEEDED:
                assert payment.open_transactions == 0
            elif payment.stage == PaymentStage.LOST:
                # A commit was made, and a part is lost with its channel: neither paid nor unpaid.
                assert payment.is_promised
                assert payment.lost
                assert payment.open_transactions == 0
            else:
                assert payment.stage == PaymentStage.CANCELED
                assert self.failures[request_id] == 1

    def _check_balances(self) -> None:
        """I4 and I7: credits are not made or lost, and nobody pays for passing on."""
        total = 0
        for name, node in self.world.nodes.items():
            net = sum(friend.channel.credits[FST].balance for friend in node.state.friends.values())
            total += net
            paid = sum(
                request.dest_payment + request.fees
                for request_id, (buyer, request) in self.parts.items()
                if buyer == name and not self.failures[request_id]
            )
            received = sum(
                record.amount
                for record in node.rows.records()
                if isinstance(record, HistoryRecord) and record.kind == HistoryKind.RECEIVED
            )
            assert net >= received - paid
        assert total == 0
