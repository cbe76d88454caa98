"""Networks of real programs, for the process tests: made with command lines and asked with command lines.

Every wait has a deadline that only a program which hangs will meet; a busy machine does not.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

from offset.app import NoAnswer, NoIndexServer, connect_files, parse_ticket
from offset.programs.offset.network import DemoNetwork, DemoNode, NetworkError
from offset.programs.stctrl import main as stctrl
from offset.programs.stmgr import main as stmgr
from offset.programs.stverify import main as stverify
from support.commands import Done, Main

PROGRAMS = Path(sys.executable).parent
PATIENCE_S = 60.0
LOOK_S = 0.02
"""Between two looks, so that looking does not keep a machine busy that has work to do."""
CURRENCY = "FST"
LIMIT = 1000
HOST = "127.0.0.1"


def run(program: str, *args: str | Path, cwd: Path | None = None, timeout_s: float = PATIENCE_S) -> Done:
    """Run one of our programs to its end."""
    done = subprocess.run(
        [str(PROGRAMS / program), *map(str, args)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout_s,
        text=True,
        check=False,
        cwd=cwd,
    )
    return Done(done.returncode, done.stdout, done.stderr)


_stdout = threading.Lock()
BRIEF_PROGRAMS: dict[str, Main] = {"stctrl": stctrl, "stmgr": stmgr, "stverify": stverify}


def run_here(program: str, *args: str | Path, cwd: Path | None = None) -> Done:
    """Run a program that does one thing and ends, in this process: that takes a tenth of the time of `run`."""
    out, err = StringIO(), StringIO()
    with _stdout, chdir(cwd or "."), redirect_stdout(out), redirect_stderr(err):
        status = BRIEF_PROGRAMS[program]([str(arg) for arg in args])
    return Done(status, out.getvalue(), err.getvalue())


def ctl(node: DemoNode, *args: str | Path, app: Path | None = None, ticket: Path | None = None) -> Done:
    """Run stctrl for a node, as its app or another one; it may fail.

    In this process, unless another thread asks: such a command may last while others are to run.
    """
    is_alone = threading.current_thread() is threading.main_thread()
    return (run_here if is_alone else run)(
        "stctrl", "-I", app or node.app_ident, "-T", ticket or node.ticket, *args
    )


def say(node: DemoNode, *args: str | Path) -> str:
    """Run stctrl for a node; it must succeed. Returns what it printed."""
    done = ctl(node, *args)
    assert (done.status, done.stderr) == (0, "")
    return done.stdout


def eventually(look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first value of `look` that is true."""
    deadline = monotonic() + patience_s
    while not (value := look()):
        assert monotonic() < deadline, f"{what}: not within {patience_s:g} s"
        sleep(LOOK_S)
    return value


class TestNetwork(DemoNetwork):
    """A network whose programs can be started again, and friends in it."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PROGRAMS)
        self._ways: dict[str, tuple[str, int, tuple[str, ...]]] = {}

    def run(self, program: str, *args: str) -> str:
        """Run a command in this process: networks are made often, and tests look often. For claims there is `ctl`."""
        done = run_here(program, *args)
        if done.status != 0:
            raise NetworkError(f"{' '.join(args)}: {done.stderr}")
        return done.stdout

    def start(self, name: str, program: str, port: int, *args: str) -> None:
        """Start a server, and remember how."""
        self._ways[name] = (program, port, args)
        super().start(name, program, port, *args)

    def restart(self, name: str) -> None:
        """Start a server that ended, as it was started before."""
        program, port, args = self._ways[name]
        self.start(name, program, port, *args)

    def freeze(self, name: str) -> None:
        """Stop a program where it is (SIGSTOP); what is sent to it waits in the sockets."""
        process = self.processes[name]
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)

    def thaw(self, name: str) -> None:
        """Let a frozen program go on."""
        self.processes[name].send_signal(signal.SIGCONT)

    def log(self, name: str) -> str:
        """What a program said."""
        return (self.folder / f"{name}.log").read_text()

    def add_nodes(self, *names: str) -> list[DemoNode]:
        """Make and start nodes, side by side."""
        with ThreadPoolExecutor(len(names)) as pool:
            return list(pool.map(self.add_node, names))

    def befriend(self, left: DemoNode, right: DemoNode, *currencies: str, limit: int = LIMIT) -> None:
        """Make friends of two nodes, with the same limit on both sides, and wait until they can pay."""
        cards = {node.name: self.export_friend(node) for node in (left, right)}

        def trust(node: DemoNode, friend: DemoNode) -> None:
            node.ctl("config", "add-friend", "-f", str(cards[friend.name]), "-n", friend.name)
            for currency in currencies:
                about = ("-n", friend.name, "-c", currency)
                node.ctl("config", "set-currency-max-debt", *about, "-m", str(limit))
                node.ctl("config", "open-currency", *about)
            node.ctl("config", "enable-friend", "-n", friend.name)

        both(lambda: trust(left, right), lambda: trust(right, left))
        eventually(lambda: can_pay(left, right, currencies), f"{right.name} is a friend of {left.name}")
        eventually(lambda: can_pay(right, left, currencies), f"{left.name} is a friend of {right.name}")

    def check_logs(self) -> None:
        """No program had a fault of its own."""
        for path in sorted(self.folder.glob("*.log")):
            text = path.read_text()
            assert "Traceback" not in text, text
            assert " ERROR " not in text, text


def both(first: Callable[[], None], second: Callable[[], None]) -> None:
    """Do two things at the same time."""
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(first), pool.submit(second)]:
            future.result()


@contextmanager
def running(folder: Path) -> Iterator[TestNetwork]:
    """An empty network; whatever happens, all its programs are gone afterwards, and their logs are clean."""
    network = TestNetwork(folder)
    try:
        yield network
    finally:
        network.stop()
    network.check_logs()


# Paying


TAKEN = "stctrl: note: the node has taken the commit; the credits come when the friend answers"


class Papers:
    """The files of one payment."""

    def __init__(self, folder: Path, name: str = "lunch") -> None:
        self.invoice, self.payment, self.commit, self.receipt = (
            folder / f"{name}.{kind}" for kind in ("invoice", "payment", "commit", "receipt")
        )

    def ask(self, seller: DemoNode, amount: int, currency: str = CURRENCY) -> None:
        """create-invoice"""
        about = ("-c", currency, "-a", str(amount), "-i", self.invoice)
        assert say(seller, "seller", "create-invoice", *about) == ""

    def try_to_pay(self, buyer: DemoNode, *options: str) -> Done:
        """pay-invoice"""
        files = ("-i", self.invoice, "-p", self.payment, "-c", self.commit)
        return ctl(buyer, "buyer", "pay-invoice", *files, *options)

    def try_again(self, buyer: DemoNode, *options: str) -> Done:
        """pay-invoice, after it may have failed: a payment that was begun and refused has left its file, and ends."""
        if self.payment.exists():
            ended = self.end(buyer)
            assert ended == (0, "Payment was canceled.\n", "")
        return self.try_to_pay(buyer, *options)

    def pay(self, buyer: DemoNode, *options: str) -> str:
        """pay-invoice, again while the index server has not learned of the way; returns what it printed."""

        def attempt() -> Done | None:
            done = self.try_to_pay(buyer, *options)
            return None if "no chain of friends" in done.stderr or "do not carry" in done.stderr else done

        done: Done = eventually(attempt, "a route")
        assert (done.status, done.stderr) == (0, "")
        return done.stdout

    def collect(self, seller: DemoNode, *, just_started: bool = False) -> None:
        """commit-invoice. A seller that has just started may say that the credits come when the friend answers."""
        done = ctl(seller, "seller", "commit-invoice", "-i", self.invoice, "-c", self.commit)
        assert (done.status, done.stdout) == (0, ""), done.stderr
        assert done.stderr == "" or (just_started and done.stderr.startswith(TAKEN)), done.stderr

    def end(self, buyer: DemoNode, *options: str) -> Done:
        """payment-status"""
        return ctl(buyer, "buyer", "payment-status", "-p", self.payment, "-r", self.receipt, *options)

    def verify(self) -> Done:
        """verify-receipt"""
        return run_here("stverify", "verify-receipt", "-i", self.invoice, "-r", self.receipt)


# Asking


def told(node: DemoNode, *command: str) -> Any:
    """What a command tells scripts."""
    return json.loads(node.ctl(*command, "--json"))


def friends(node: DemoNode) -> dict[str, Any]:
    """The friends of a node by name, as `info friends` tells of them; without the link, whose age grows."""
    found = told(node, "info", "friends")
    return {friend["name"]: {what: friend[what] for what in friend if what != "link"} for friend in found}


class Held(NamedTuple):
    """What is owed to a node, and what is frozen by it and by its friends, over all friends."""

    worth: int
    by_us: int
    by_them: int

    @property
    def is_settled(self) -> bool:
        """Whether nothing is frozen."""
        return not self.by_us and not self.by_them


def held(node: DemoNode, currency: str = CURRENCY) -> Held:
    """What a node holds in a currency."""
    found = []
    for name, friend in friends(node).items():
        assert friend["consistent"], f"{node.name} and {name} do not agree on the balances"
        if currency in friend["balances"]:
            found.append(friend["balances"][currency])
    keys = ("balance", "local_pending_debt", "remote_pending_debt")
    return Held(*(sum(int(balance[key]) for balance in found) for key in keys))


def settled(*nodes: DemoNode, currency: str = CURRENCY) -> list[int]:
    """What each node is owed, once nothing is frozen any more."""

    def look() -> list[int] | None:
        found = [held(node, currency) for node in nodes]
        return [each.worth for each in found] if all(each.is_settled for each in found) else None

    worths: list[int] = eventually(look, "nothing is frozen")
    return worths


def can_pay(node: DemoNode, friend: DemoNode, currencies: tuple[str, ...] = (CURRENCY,)) -> bool:
    """Whether a friend is online, agrees on the balances, and uses the currencies."""
    try:
        found = friends(node)[friend.name]
    except NetworkError:
        return False
    return found["online"] and found["consistent"] and set(currencies) <= set(found["balances"])


class Chain(NamedTuple):
    """alice — bob — carol, over one relay, with one index server; bob takes 1 FST for what he passes on."""

    network: TestNetwork
    alice: DemoNode
    bob: DemoNode
    carol: DemoNode

    @property
    def nodes(self) -> tuple[DemoNode, DemoNode, DemoNode]:
        """The three nodes."""
        return self.alice, self.bob, self.carol


def has_way(buyer: DemoNode, seller: DemoNode, amount: int, fee: int, currency: str = CURRENCY) -> bool:
    """Whether the buyer's index server names ways to the seller, with the fee that is charged for the amount.

    It may learn of a line before it learns of the rate. Then a payment begins without a fee, is refused, and tries a
    higher one, which need not be the one that is charged.
    """

    async def look() -> bool:
        async with connect_files(buyer.app_ident, buyer.ticket) as app:
            found = await app.routes.find(
                currency, amount, parse_ticket(seller.ticket.read_text()).public_key
            )
        routes = [route for multi_route in found for route in multi_route.routes]
        return bool(routes) and all(route.rate.fee(amount) == fee for route in routes)

    try:
        return asyncio.run(look())
    except (NoIndexServer, NoAnswer):
        return False


@contextmanager
def running_chain(folder: Path, *currencies: str, limit: int = LIMIT) -> Iterator[Chain]:
    """Three friends in a row."""
    with running(folder) as network:
        network.add_relay("relay")
        network.add_index_servers("index")
        alice, bob, carol = network.add_nodes("alice", "bob", "carol")
        network.befriend(alice, bob, *currencies, limit=limit)
        network.befriend(bob, carol, *currencies, limit=limit)
        for friend in ("alice", "carol"):
            bob.ctl("config", "set-currency-rate", "-n", friend, "-c", CURRENCY, "-m", "0", "-a", "1")
        for buyer, seller in ((alice, carol), (carol, alice)):
            eventually(partial(has_way, buyer, seller, 1, 1), "the index server knows the way and its rate")
        yield Chain(network, alice, bob, carol)
