"""The command lines that were recorded from the reference on running networks, replayed against our programs.

Group `network`: two nodes, a relay and an index server, with the very keys of the recording, so that what is shown
can be compared letter by letter. Group `chain`: three nodes in a row. Exit statuses and words on standard error are
ours (D-3). The commands run in this process: a hundred and fifty starts of a program would take most of the time.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from offset.app import NoAnswer, NoIndexServer, connect_files
from offset.base.ids import Currency
from offset.programs.offset.network import DemoNode, free_port
from offset.programs.stctrl.buyer import FROZEN
from support.commands import Done, expected_status, one_sentence, put, with_field
from support.network import HOST, TestNetwork, eventually, run_here, running
from support.vectors import Case, cases

EVERYTHING = ("--proutes", "--pbuyer", "--pseller", "--pconfig")
LOOK_PATIENCE_S = 30.0
CHAIN_LIMIT = 10_000
"""The recording does not tell its limits; they were above what the reference asks for too much."""


class Ours(NamedTuple):
    """What ours does instead, since it is deliberately better; the defect by its number in spec 05, 7, or its place."""

    defect: str
    status: int = 0
    stdout: str = ""
    stderr: str = ""
    options: tuple[str, ...] = ()


def shown(*friends: tuple[str, int, int]) -> str:
    """`info friends` with friends that are online: the name of each, LPD and RPD."""
    rule = f"+----+-------+{'-' * 14}+\n"
    lines = [rule, "| st | name  | balance      |\n", rule.replace("-", "=")]
    for name, by_us, by_them in friends:
        cells = ("Consistent:", "- FST: B  =0", f"LPD={by_us}", f"RPD={by_them}", "")
        heads = [f"E+ | {name}", *["   |      "] * 4]
        lines += [f"| {head} | {cell:<12} |\n" for head, cell in zip(heads, cells, strict=True)]
        lines.append(rule)
    return "".join(lines)


PAID = f"Total fees: {{}}\n{FROZEN}\n"
SUCCESSFUL = "Payment successful!\n"
"""What the reference says when credits are only frozen, in every recording (spec 05, 3.4)."""
BETTER = {
    97: Ours("D-4", 1, stderr="this node is a friend already, named 'node1'"),
    100: Ours("3.2", 1, stderr="the friend 'node1' has not sent a token yet"),
    124: Ours("D-4", 1, stderr="the currency 'FST' is active"),
    143: Ours("3.4", 1, stderr="this node does not know this payment"),
    144: Ours("D-4", 1, stderr="there is nothing to collect for this invoice"),
    174: Ours("D-13", 1, stderr="the payment is in progress", options=("--timeout", "0.2")),
    # A friend to whom something is owed is not removed by mistake.
    190: Ours("3.3", options=("--force",)),
    # The seller is a friend, who is paid without an index server.
    204: Ours("D-13", stdout=PAID.format(0)),
    208: Ours("D-5", stdout=cases("files")[197]["stdout"].replace("LPD=0", "LPD=1")),
    214: Ours("D-19", stdout=PAID.format(30), options=("--max-fees", "30")),
    216: Ours("D-19", stdout=PAID.format(400), options=("--max-fees", "400")),
    217: Ours("D-19", stdout=shown(("node1", 40, 10))),
    218: Ours("D-11 and D-19", stdout=shown(("node0", 10, 40), ("node2", 10, 410))),
    219: Ours("D-19", stdout=shown(("node1", 410, 10))),
}
"""By the place in the file of the recording."""


def group(name: str) -> list[tuple[int, Case]]:
    """The commands of a group, each with its place in the file."""
    return [
        (at, case)
        for at, case in enumerate(cases("files"))
        if case["kind"] == "command" and case["group"] == name
    ]


def title(at: int) -> str:
    case = cases("files")[at]
    words = case["args"][4:] if case["program"] == "stctrl" else [case["program"], *case["args"]]
    return f"case {at} ({case['what']}: {' '.join(words)})"


class Replay:
    """A folder as the reference had it, with the programs of its network running."""

    def __init__(self, network: TestNetwork, addresses: dict[str, str]) -> None:
        """`addresses`: recorded ones, and those in their place."""
        self.network, self.folder = network, network.folder
        self._addresses = addresses

    def text(self, recorded: str) -> str:
        """A recorded text, with our addresses."""
        for theirs, ours in self._addresses.items():
            recorded = recorded.replace(theirs, ours)
        return recorded

    def check(self, at: int) -> None:
        """Run a recorded command: it ends like the reference did, or as it should have."""
        case = cases("files")[at]
        expected = self.expected(at, case)

        def attempt() -> Done | None:
            done = run_here(case["program"], *case["args"], *expected.options, cwd=self.folder)
            return None if self._is_early(case, done, expected) else done

        try:
            done = eventually(attempt, title(at), LOOK_PATIENCE_S)
        except AssertionError:
            done = run_here(case["program"], *case["args"], *expected.options, cwd=self.folder)
        assert done.status == expected.status, done
        assert comparable(done.stdout) == comparable(expected.stdout)
        if expected.status == 1:
            assert expected.stderr in one_sentence(case["program"], done.stderr)
        elif expected.status == 2:
            assert done.stderr
        else:
            assert done.stderr == ""
        self._check_files(at, case)

    def expected(self, at: int, case: Case) -> Ours:
        """What has to come."""
        if at in BETTER:
            return BETTER[at]
        stdout = self.text(case["stdout"]).replace(SUCCESSFUL, PAID.partition("\n")[2])
        return Ours("", expected_status(case), stdout)

    @staticmethod
    def _is_early(case: Case, done: Done, expected: Ours) -> bool:
        """Whether the network, and not the command, is not as far yet as it was in the recording."""
        words = " ".join(case["args"])
        if re.search(r" info (friends|index)$", words):
            return done.status == expected.status == 0 and comparable(done.stdout) != comparable(
                expected.stdout
            )
        return "pay-invoice" in words and expected.status == 0 and "no chain of friends" in done.stderr

    def _check_files(self, at: int, case: Case) -> None:
        for file in case.get("files", []):
            path = self.folder / file["path"]
            if file["content"] is None:
                # Unless ours pays where the reference could not.
                assert path.exists() == (at in BETTER and FROZEN in BETTER[at].stdout)
            elif at not in BETTER:
                made = json.loads(path.read_text())
                if file["kind"] == "payment":
                    # A field of ours, which the reference ignores.
                    assert len(made.pop("node_public_key")) == 43
                assert shape(made) == shape(json.loads(self.text(file["content"])))
                if file["kind"] == "friend":  # all of it is known
                    assert path.read_text() == self.text(file["content"])
        for name in case.get("removed") or []:
            # No command of ours removes a file when it has failed.
            assert (self.folder / name).exists() == (self.expected(at, case).status != 0)


def comparable(stdout: str) -> str:
    """Without what depends on how many messages it took."""
    return re.sub(r"(?<=move_token_counter: )\d+", "N", stdout)


def shape(value: Any) -> Any:
    """The form of a JSON value: its keys in their order, the lengths of keys and ids, which numbers are texts."""
    match value:
        case dict():
            return [(key, shape(each)) for key, each in value.items()]
        case list():
            return [shape(each) for each in value]
        case str() if value.isdigit():
            return "number in quotes"
        case str():
            return value if len(value) <= 16 else f"{len(value)} characters"
        case _:
            return type(value).__name__


# Group `network`

COPIES = {"net/pay": "net/pay_copy", "net/inv3": "net/inv3_copy"}
"""Files that the recording kept, since a later command removed them."""
CHANGED = {
    "net/commit_bad": ("net/commit", "signature"),
    "net/receipt_a": ("net/receipt", "dest_payment"),
    "net/receipt_b": ("net/receipt", "total_dest_payment"),
    "net/receipt_c": ("net/receipt", "signature"),
    "net/bad.token": ("net/t0.token", "rand_nonce"),
}
"""Files that the recording changed in one place."""


def altered(value: str) -> str:
    """Another value of the same form."""
    first = value[0]
    return ("1" if first != "1" else "2") + value[1:]


@contextmanager
def recorded_network(folder: Path) -> Iterator[Replay]:
    """The network of the recording, with nothing configured yet."""
    files = {
        case["path"]: case["content"]
        for case in cases("files", "file")
        if case["path"].startswith("net/") and not case["path"].endswith(".db")
    }
    theirs = sorted(set(re.findall(r"127\.0\.0\.1:\d+", "".join(files.values()))))
    addresses = {address: f"{HOST}:{free_port()}" for address in theirs}
    with running(folder) as network:
        replay = Replay(network, addresses)
        for path, content in files.items():
            put(folder / path, replay.text(content))

        def where(ticket: str) -> tuple[int, str]:
            address = json.loads((folder / ticket).read_text())["address"]
            return int(address.rpartition(":")[2]), address

        net = folder / "net"
        for name, flags in (
            ("app1/app1", EVERYTHING),
            ("poor", ()),
            ("buyer", ("--pbuyer",)),
            ("stranger", ()),
        ):
            ident = net / f"{name}.ident"
            ident.parent.mkdir(exist_ok=True)
            run_here("stmgr", "gen-ident", "-o", ident)
            trusted = net / ("node1" if name == "app1/app1" else "node0") / "trusted"
            trusted.mkdir(exist_ok=True)
            if name != "stranger":
                run_here("stmgr", "app-ticket", "-i", ident, "-o", trusted / f"{ident.stem}.ticket", *flags)
        key_of_1 = json.loads((net / "node1/node1.ticket").read_text())["publicKey"]
        ticket_0 = (net / "node0/node0.ticket").read_text()
        put(net / "wrong.ticket", with_field(ticket_0, "publicKey", lambda _: key_of_1))

        port, address = where("net/relay0/relay0.ticket")
        network.start("relay0", "strelay", port, "-i", str(net / "relay0/relay0.ident"), "-l", address)
        port, address = where("net/index0/index0_client.ticket")
        (net / "index0/trusted").mkdir()
        servers = f"{HOST}:{free_port()}"
        ident, trusted = str(net / "index0/index0.ident"), str(net / "index0/trusted")
        network.start("index0", "stindex", port, "-i", ident, "-c", address, "-s", servers, "-t", trusted)
        for name in ("node0", "node1"):
            home = net / name
            port, address = where(f"net/{name}/{name}.ticket")
            ident, database = str(home / f"{name}.ident"), str(home / f"{name}.db")
            run_here("stmgr", "init-node-db", "-i", ident, "-o", database)
            files_of_node = ("-i", ident, "-l", address, "-d", database, "-t", str(home / "trusted"))
            network.start(name, "stnode", port, *files_of_node)
        yield replay


def replay_all(replay: Replay, name: str, before_each: Callable[[int], None]) -> None:
    """Replay a group; what differs is told at the end, all of it. `before_each` gets the place of the command."""
    different = []
    for at, _ in group(name):
        before_each(at)
        try:
            replay.check(at)
        except (AssertionError, OSError) as error:
            different.append(f"{title(at)}\n{error}")
    assert not different, "\n\n".join(different)


def test_network(tmp_path: Path) -> None:
    """On two nodes each recorded command prints what the reference printed, and makes the same files."""

    def prepare(_: int) -> None:
        for kept, copy in COPIES.items():
            if (tmp_path / kept).exists() and not (tmp_path / copy).exists():
                shutil.copy(tmp_path / kept, tmp_path / copy)
        for changed, (source, field) in CHANGED.items():
            if (tmp_path / source).exists() and not (tmp_path / changed).exists():
                put(tmp_path / changed, with_field((tmp_path / source).read_text(), field, altered))

    with recorded_network(tmp_path) as replay:
        replay_all(replay, "network", prepare)


# Group `chain`


def named_fee(buyer: DemoNode, seller: DemoNode) -> int | None:
    """What the index server names as the fee between two nodes, once it names a route."""

    async def ask() -> int | None:
        async with connect_files(seller.app_ident, seller.ticket) as app:
            key = app.public_key
        async with connect_files(buyer.app_ident, buyer.ticket) as app:
            found = await app.routes.find(Currency("FST"), 1, key)
        return found[0].routes[0].rate.add if found else None

    try:
        return asyncio.run(ask())
    except (NoIndexServer, NoAnswer):
        return None


def test_chain(tmp_path: Path) -> None:
    """On three nodes a mediator gets the fee that it asks for, where the reference offers that of its neighbour."""
    with running(tmp_path) as network:
        network.add_relay("relay")
        network.add_index_servers("index")
        nodes = network.add_nodes("node0", "node1", "node2")
        for left, right in pairwise(nodes):
            network.befriend(left, right, "FST", limit=CHAIN_LIMIT)
        for number, node in enumerate(nodes):
            shutil.copy(node.ticket, tmp_path / node.name / f"{node.name}.ticket")
            (tmp_path / f"app{number}").mkdir()
            shutil.copy(node.app_ident, tmp_path / f"app{number}" / f"app{number}.ident")

        def know_rates(at: int) -> None:
            if cases("files")[at]["args"][5] == "pay-invoice":
                for buyer, seller, fee in ((nodes[0], nodes[2], 30), (nodes[2], nodes[0], 400)):
                    eventually(lambda b=buyer, s=seller, f=fee: named_fee(b, s) == f, f"the fee is {fee}")

        replay_all(Replay(network, {}), "chain", know_rates)


def test_all_replayed() -> None:
    """Every recorded command that needs a network is replayed, and what is better in ours is one of them."""
    replayed = {at for name in ("network", "chain") for at, _ in group(name)}
    groups = {case["group"] for case in cases("files", "command")}
    assert groups == {"network", "chain", "stmgr", "usage"}  # the last two need none: tests/programs
    assert set(BETTER) <= replayed
