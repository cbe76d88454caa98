"""What apps cost a node with very many friends, in memory: the first report, and what is told of links.

benchmarks/books.py                        10 000 friends, with 1, 3 and 7 currencies
benchmarks/books.py --friends 500 --currencies 8

"Whole" is the report in one message: as every app got it before there were pieces, in one go and with what only ours
read; and as others get it now. "Left out" is what an app costs that needs no report. While a message is made or read
the node or the app does nothing else: "longest" is that time.
All times are of the processor, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, Currency, PublicKey, Uid
from offset.base.limits import APP_FRAME_BYTES_MAX
from offset.core.apps.first_report import FirstReport
from offset.core.channeler.channeler import Channeler
from offset.core.funder.funder import Funder
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.views import credit_lines
from offset.crypto.identity import Identity
from offset.engine.node_apps import NodeApps
from offset.engine.report_pieces import ReportPieces
from offset.engine.whole_report import WholeReport
from offset.link.stack import Line
from offset.wire.app import APP_SERVER_TO_APP, AppPermissions, ReportMutations
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine, Extra, NetworkStatus
from offset.wire.report import (
    NODE_REPORT,
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    FunderReport,
    IndexClientReport,
    McInfo,
    MoveTokenHashedReport,
    NodeReport,
    PkFriendReportList,
    TokenInfo,
)

T = TypeVar("T")

MAY = AppPermissions(routes=False, buyer=False, seller=False, config=False)
APP = PublicKey(b"a" * 32)
RELAYS_PER_FRIEND = 2
NO_INDEX = IndexClientReport((), None)


class Clock:
    """How long steps take, and the longest of them."""

    def __init__(self) -> None:
        self.total_ms = self.longest_ms = 0.0

    def take(self, act: Callable[[], T]) -> T:
        """Do something and note how long it took."""
        began = time.process_time()
        result = act()
        spent = (time.process_time() - began) * 1000
        self.total_ms += spent
        self.longest_ms = max(self.longest_ms, spent)
        return result


class Book:
    """A node with so many friends, all known for a while, without lines or disk."""

    def __init__(self, friends: int, currencies: int) -> None:
        self.entropy = SeededEntropy(f"book {friends} {currencies}")
        me = Identity(self.entropy.bytes(32))
        self.funder = Funder(me, self.entropy)

        def no_line(friend: PublicKey, at: int) -> Line:
            raise AssertionError("nobody connects")

        self.channeler = Channeler(me.public_key, self.entropy, no_line, allow_private_relays=True)
        self.names = [Currency(f"CUR{number}") for number in range(currencies)]
        self.relay = RelayAddress(PublicKey(self.entropy.bytes(32)), "relay.example.org:4000")
        self.channeler.set_relays((self.relay,), 0)
        for number in range(friends):
            self._befriend(number)

    @property
    def state(self) -> FunderState:
        return self.funder.state

    def _befriend(self, number: int) -> None:
        entropy, local = self.entropy, self.state.local
        key = PublicKey(entropy.bytes(32))
        relays = [
            RelayAddress(PublicKey(entropy.bytes(32)), f"relay{place}.example.org:4000")
            for place in range(RELAYS_PER_FRIEND)
        ]
        friend = self.state.friends[key] = Friend(local, key, f"friend number {number}", tuple(relays))
        for name in self.names:
            friend.configs[name] = ConfigRecord(key, name, Rate(2**31, 5), 10**9, True)
            friend.channel.credits[name] = MutualCredit(name, 12345678901)
        friend.credit_lines = tuple(CreditLine(name, 10**9, True) for name in self.names)
        balances = [CurrencyBalanceInfo(name, BalanceInfo(12345678901, 0, 0)) for name in self.names]
        friend.channel.incoming = MoveTokenHashedReport(
            entropy.bytes(32),
            TokenInfo(McInfo(key, local, tuple(balances)), CountersInfo(0, 77)),
            entropy.bytes(16),
            entropy.bytes(64),
        )
        self.channeler.update_friend(key, (self.relay,), (self.relay,), 0)

    def report(self) -> NodeReport:
        """In one message, with what only ours read."""
        extra = Extra(credit_lines(self.state), self.channeler.status(0))
        return NodeReport(self.funder.report(), NO_INDEX, extra)

    def head(self, extra: Extra | None) -> NodeReport:
        """The report without friends."""
        return NodeReport(FunderReport(self.state.local, (), PkFriendReportList(())), NO_INDEX, extra)


def at_once(book: Book) -> None:
    """The report in one message, with what only ours read, made in one go."""
    clock = Clock()
    data = clock.take(lambda: NODE_REPORT.encode(book.report()))
    tell("whole, as every app got it", f"{size_of(data)}; node {spent(clock)}")


def whole(book: Book) -> None:
    """The report in one message for two apps, made in many turns."""
    report = WholeReport(book.state, ReportPieces(book.state), lambda: book.head(None))
    for number, words in enumerate(("whole, to the first app", "whole, to the next app")):
        clock, turns, made = Clock(), 0, None
        report.want(Conn(number))
        while made is None:
            made, turns = clock.take(report.turn), turns + 1
        tell(words, f"{size_of(made[1])}; node {spent(clock)} of {turns} turns")


def size_of(data: bytes) -> str:
    """Of a message to an app."""
    fits = "" if len(data) <= APP_FRAME_BYTES_MAX else ", TOO LONG FOR AN APP"
    return f"{len(data) / 2**20:.1f} MiB in one message{fits}"


def in_pieces(book: Book) -> None:
    """The report in pieces, for one app and then for another; both read it."""
    pieces = ReportPieces(book.state)
    sent: list[bytes] = []
    apps = NodeApps(lambda _: MAY, lambda _conn, data: sent.append(data))
    for number, words in enumerate(("in pieces, to the first app", "in pieces, to the next app")):
        conn, node, app, first = Conn(number), Clock(), Clock(), FirstReport(book.state.local)
        size = longest = 0
        if not node.take(pieces.is_offered):
            tell(words, "not offered: the report is short")
            return
        apps.opened(conn, APP, offers_pieces=True)
        status = book.channeler.status_of((), 0)
        apps.register(conn, book.head(Extra(opt_status=status, friends_follow=True)))
        pieces.begin(conn)

        is_going = True
        while is_going:
            for data in sent:
                size, longest = size + len(data), max(longest, len(data))
                app.take(partial(first.take, data))
            sent.clear()
            is_going = node.take(partial(next_piece, book, pieces, apps, conn))
        assert first.report is not None
        assert len(first.report.funder_report.friends.list) == len(book.state.friends)
        tell(
            words,
            f"{size / 2**20:.1f} MiB, at most {longest / 1024:.0f} KiB at once; "
            f"node {spent(node)}; app {spent(app)}",
        )


def left_out(book: Book) -> None:
    """No report: until the app is ready, and has the acknowledgement of its request."""
    sent: list[bytes] = []
    apps = NodeApps(lambda _: MAY, lambda _conn, data: sent.append(data))
    conn, node, app = Conn(0), Clock(), Clock()
    first = FirstReport(book.state.local, wants_report=False)
    if not node.take(ReportPieces(book.state).is_offered):
        tell("left out", "not offered: the report is short")
        return
    node.take(lambda: apps.opened(conn, APP, offers_pieces=True))
    (answer,) = app.take(lambda: first.take(sent[0]))
    assert first.is_over
    node.take(lambda: apps.question(conn, answer))
    node.take(lambda: apps.register_reportless(conn))
    node.take(lambda: apps.tell_change(Uid(bytes(16)), ()))
    app.take(lambda: APP_SERVER_TO_APP.decode(sent[1]))
    tell("left out", f"{sum(map(len, sent))} bytes; node {spent(node)}; app {spent(app)}")


def next_piece(book: Book, pieces: ReportPieces, apps: NodeApps, conn: Conn) -> bool:
    """Send a piece, if there is one left."""
    piece = pieces.take(conn)
    if piece is not None:
        apps.tell_piece(conn, piece, book.channeler.status_of(piece.keys, 0))
    return piece is not None


def links(book: Book) -> None:
    """What is told when something moves: as it was, all of it, and now, what changed."""
    before = Clock()

    def all_of_it() -> bytes:
        extra = Extra(opt_status=book.channeler.status(1))
        return APP_SERVER_TO_APP.encode(ReportMutations(None, (), extra))

    data = before.take(all_of_it)
    tell("links, all of them", f"{len(data) / 1024:.0f} KiB; node {spent(before)}")
    sent: list[bytes] = []
    apps = NodeApps(lambda _: MAY, lambda _conn, data: sent.append(data))
    apps.opened(Conn(0), APP)
    apps.register(Conn(0), book.report())

    def move(words: str, count: int) -> None:
        for key in list(book.state.friends)[:count]:
            book.channeler.remove_friend(key, 2)
            book.channeler.update_friend(key, (), (book.relay,), 2)
        clock = Clock()
        apps.status_moved()
        is_going = True
        sent.clear()
        while is_going:
            is_going = not clock.take(lambda: apps.tell_status(book.channeler.friends(), status_of))
        size, longest = sum(map(len, sent)) / 1024, max(map(len, sent)) / 1024
        tell(words, f"{size:.1f} KiB in {len(sent)} messages of at most {longest:.1f}; node {spent(clock)}")

    def status_of(friends: Sequence[PublicKey]) -> NetworkStatus:
        return book.channeler.status_of(friends, 2)

    move("links, one moved", 1)
    move("links, all moved", len(book.state.friends))


def spent(clock: Clock) -> str:
    """In words."""
    return f"{clock.total_ms:.0f} ms, longest {clock.longest_ms:.1f}"


def tell(words: str, figures: str) -> None:
    """One line."""
    print(f"  {words:28} {figures}", flush=True)


def main() -> None:
    """Print what each costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--friends", type=int, default=10_000)
    parser.add_argument("--currencies", type=int, nargs="+", default=[1, 3, 7])
    options = parser.parse_args()
    for currencies in options.currencies:
        book = Book(options.friends, currencies)
        print(f"{options.friends} friends, {currencies} currencies with each")
        at_once(book)
        whole(book)
        in_pieces(book)
        left_out(book)
    links(book)


if __name__ == "__main__":
    main()
