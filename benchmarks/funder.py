"""What a turn of the funder costs, in memory: one mediator between a buyer and a seller, no wire, no disk.

benchmarks/funder.py                       single payments, and batches of 32
benchmarks/funder.py --payments 2000 --batch 128 --quiet-apps
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections import defaultdict, deque
from typing import Any

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.core.funder.funder import Funder
from offset.core.funder.state.turn import Turn
from offset.crypto.identity import Identity
from offset.crypto.public_keys import verify
from offset.wire import app
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CancelOp,
    CollectOp,
    FriendMessage,
    FriendsRoute,
    MoveTokenRequest,
    RequestOp,
    ResponseOp,
)

FST = "FST"
WARM_UP_PAYMENTS = 50
KINDS = {RequestOp: "request", ResponseOp: "response", CancelOp: "cancel", CollectOp: "collect"}
PARTS_OF_AN_INVOICE = 32


class Chain:
    """A buyer, a mediator and a seller; every turn is timed by who takes it and what it is about."""

    def __init__(self, *, is_reporting: bool) -> None:
        self.times: dict[tuple[str, str, int], list[float]] = defaultdict(list)
        self.funders: dict[str, Funder] = {}
        self.results: dict[str, list[Any]] = defaultdict(list)
        self._under_way: deque[tuple[str, bytes, FriendMessage]] = deque()
        self._ids = itertools.count(1)
        for name in ("buyer", "mediator", "seller"):
            entropy = SeededEntropy(name)
            self.funders[name] = Funder(Identity(entropy.bytes(32)), entropy)
            self.funders[name].is_reporting = is_reporting
        self.names = {self.key(name): name for name in self.funders}
        for left, right in (("buyer", "mediator"), ("mediator", "seller")):
            self._befriend(left, right)

    def key(self, name: str) -> bytes:
        return self.funders[name].state.local

    def fresh(self, count: int) -> bytes:
        return next(self._ids).to_bytes(count, "big")

    def _befriend(self, left: str, right: str) -> None:
        sides = ((left, self.key(right)), (right, self.key(left)))
        for name, key in sides:
            self.control(name, app.AddFriend(key, (), ""))
            self.control(name, app.EnableFriend(key))
            self.control(name, app.SetFriendCurrencyMaxDebt(key, FST, 10**12))
            self.control(name, app.SetFriendCurrencyRate(key, FST, Rate(0, 1)))
            self.control(name, app.OpenFriendCurrency(key, FST))
        for name, key in sides:
            self._took(name, self.funders[name].online(key))
        self.settle()

    def control(self, name: str, request: Any) -> None:
        """An app asks; not timed."""
        turn = self.funders[name].control(request)
        assert turn.refusal is None, turn.refusal
        self._took(name, turn)

    def _took(self, name: str, turn: Turn) -> None:
        self.results[name] += turn.results
        for to, message in turn.messages:
            self._under_way.append((self.names[to], self.key(name), message))

    def settle(self) -> None:
        """Deliver everything, and time each turn."""
        while self._under_way:
            to, from_, message = self._under_way.popleft()
            funder = self.funders[to]
            begin = time.perf_counter()
            turn = funder.friend_message(from_, message)
            taken = time.perf_counter() - begin
            self.times[to, *kind_of(message)].append(taken * 1e6)
            self._took(to, turn)

    def pay(self, parts: int) -> None:
        """Pay so many parts, in as few messages as the token allows."""
        for some in [PARTS_OF_AN_INVOICE] * (parts // PARTS_OF_AN_INVOICE) + [parts % PARTS_OF_AN_INVOICE]:
            if some:
                self._order(some)
        self.settle()
        for result in self.results.pop("buyer", ()):
            if isinstance(result, app.TransactionResult) and isinstance(result.result, app.Complete):
                self.control("seller", app.CommitInvoice(result.result.commit))
        self.settle()
        for result in self.results.pop("buyer", ()):
            if isinstance(result, app.ResponseClosePayment):
                payment = self.funders["buyer"].state.payments.get(result.payment_id)
                if payment is not None and payment.open_transactions == 0:
                    self.control("buyer", app.AckClosePayment(result.payment_id, result.status.ack_uid))

    def _order(self, parts: int) -> None:
        invoice_id, payment_id = self.fresh(32), self.fresh(16)
        self.control("seller", app.AddInvoice(invoice_id, FST, parts))
        self.control("buyer", app.CreatePayment(payment_id, invoice_id, FST, parts, self.key("seller")))
        route = FriendsRoute(tuple(self.key(name) for name in self.funders))
        for _ in range(parts):
            self.control("buyer", app.CreateTransaction(payment_id, self.fresh(16), route, 1, 2))
        self.control("buyer", app.RequestClosePayment(payment_id))


def kind_of(message: FriendMessage) -> tuple[str, int]:
    """What a message is about: its only kind of operations, and how many."""
    if not isinstance(message, MoveTokenRequest):
        return "terms", 0
    ops = [op for group in message.move_token.currencies_operations for op in group.operations]
    kinds = sorted({KINDS[type(op)] for op in ops})
    return ("+".join(kinds) or "no operations", len(ops))


def floor() -> list[tuple[str, float]]:
    """What signing, checking and the codec cost by themselves, in µs."""
    identity, buffer = Identity(bytes(32)), bytes(112)
    signature = identity.sign(buffer)
    chain = Chain(is_reporting=False)
    chain._order(1)
    (_, _, message) = chain._under_way[0]
    data = FRIEND_MESSAGE.encode(message)
    jobs = {
        "sign": lambda: identity.sign(buffer),
        "verify": lambda: verify(identity.public_key, buffer, signature),
        "encode a message with one request": lambda: FRIEND_MESSAGE.encode(message),
        "decode it": lambda: FRIEND_MESSAGE.decode(data),
    }
    figures = []
    for name, job in jobs.items():
        times = []
        for _ in range(500):
            begin = time.perf_counter()
            job()
            times.append((time.perf_counter() - begin) * 1e6)
        figures.append((name, statistics.median(times)))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--payments", type=int, default=500, help="single payments (default 500)")
    parser.add_argument("--batches", type=int, default=20, help="batches (default 20)")
    parser.add_argument("--batch", type=int, default=32, help="payments in a batch (default 32)")
    parser.add_argument("--quiet-apps", action="store_true", help="no app listens, so no reports are made")
    arguments = parser.parse_args()

    chain = Chain(is_reporting=not arguments.quiet_apps)
    for _ in range(WARM_UP_PAYMENTS):
        chain.pay(1)
    chain.times.clear()
    for _ in range(arguments.payments):
        chain.pay(1)
    for _ in range(arguments.batches):
        chain.pay(arguments.batch)

    row = "{:10} {:15} {:>10} {:>6} {:>10} {:>8} {:>17}"
    print(row.format("who", "takes", "operations", "turns", "median µs", "p95 µs", "µs per operation"))
    for (who, kind, count), times in sorted(chain.times.items()):
        if len(times) >= min(10, arguments.batches):
            median = statistics.median(times)
            p95 = sorted(times)[int(len(times) * 0.95)]
            each = f"{median / count:.0f}" if count else ""
            print(row.format(who, kind, count, len(times), f"{median:.0f}", f"{p95:.0f}", each))
    for name, median in floor():
        print(f"{name}: {median:.0f} µs")


if __name__ == "__main__":
    main()
