"""Wrong files, wrong words, wrong nodes: one plain sentence, another status than 0, and nothing has changed."""

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from offset.programs.offset.network import DemoNode, free_port
from support.commands import contents, one_sentence, put, with_field
from support.network import BRIEF_PROGRAMS, HOST, Chain, Papers, ctl, friends, run, run_here, settled, told

ALL_PERMISSIONS = ("--proutes", "--pbuyer", "--pseller", "--pconfig")
TOO_MUCH = str(2**128)


class Desk:
    """A folder with good and bad files, at the node of alice; what must not change is known."""

    def __init__(self, chain: Chain, folder: Path) -> None:
        self.chain, self.folder, self.alice = chain, folder, chain.alice
        self.paid = Papers(folder, "paid")  # an invoice of carol; its credits are frozen
        self.open = Papers(folder, "open")  # an invoice of carol
        self.paid.ask(chain.carol, 5)
        self.open.ask(chain.carol, 5)
        self.paid.pay(chain.alice)
        self._make_files()
        self.before = {node.name: self._state(node) for node in chain.nodes}
        self.files = contents(folder)

    def _make_files(self) -> None:
        folder, chain = self.folder, self.chain
        ticket = chain.alice.ticket.read_text()
        json.loads(ticket)["publicKey"]
        own_key = json.loads(ticket)["publicKey"]
        bobs_key = json.loads(chain.bob.ticket.read_text())["publicKey"]
        for name, text in (
            ("none.json", ""),
            ("text.json", "once upon a time"),
            ("list.json", "[]"),
            ("empty.json", "{}"),
            ("wrong-key.ticket", with_field(ticket, "publicKey", lambda _: bobs_key)),
            ("short-key.ticket", with_field(ticket, "publicKey", lambda key: key[:-4])),
            ("nobody.ticket", with_field(ticket, "address", lambda _: f"{HOST}:{free_port()}")),
            ("nonsense.ticket", with_field(ticket, "address", lambda _: "nonsense")),
            ("changed.commit", with_field(self.paid.commit.read_text(), "dest_payment", lambda _: "4")),
            ("cheap.invoice", with_field(self.paid.invoice.read_text(), "dest_payment", lambda _: "4")),
            ("gold.invoice", with_field(self.paid.invoice.read_text(), "currency", lambda _: "GOLD")),
            ("much.invoice", with_field(self.open.invoice.read_text(), "dest_payment", lambda _: "1000000")),
            (
                "most.invoice",
                with_field(self.open.invoice.read_text(), "dest_payment", lambda _: str(2**128 - 1)),
            ),
            ("over.invoice", with_field(self.open.invoice.read_text(), "dest_payment", lambda _: TOO_MUCH)),
            ("minus.invoice", with_field(self.open.invoice.read_text(), "dest_payment", lambda _: "-5")),
            ("silver.invoice", with_field(self.open.invoice.read_text(), "currency", lambda _: "SILVER")),
            (
                "stranger.invoice",
                with_field(self.open.invoice.read_text(), "dest_public_key", lambda _: "A" * 43),
            ),
            ("own.invoice", with_field(self.open.invoice.read_text(), "dest_public_key", lambda _: own_key)),
            ("output", "precious"),
        ):
            put(folder / name, text)
        (folder / "binary.json").write_bytes(b"\xff\xfe\x00")
        (folder / "folder").mkdir()
        run_here("stmgr", "gen-ident", "-o", folder / "stranger.ident")
        for missing in ALL_PERMISSIONS:
            ident = folder / f"no{missing}.ident"
            run_here("stmgr", "gen-ident", "-o", ident)
            given = [flag for flag in ALL_PERMISSIONS if flag != missing]
            run_here(
                "stmgr", "app-ticket", "-i", ident, "-o", chain.alice.trusted / f"no{missing}.ticket", *given
            )

    @staticmethod
    def _state(node: DemoNode) -> list[object]:
        relays = [(relay["name"], relay["address"]) for relay in told(node, "info", "relays")]
        return [friends(node), relays, told(node, "info", "index")]

    def put_away(self) -> None:
        """Let go of what is frozen."""
        for papers in (self.paid, self.open):
            self.chain.carol.ctl("seller", "cancel-invoice", "-i", str(papers.invoice))
        assert self.paid.end(self.alice).status == 0
        settled(*self.chain.nodes)
        for missing in ALL_PERMISSIONS:
            (self.alice.trusted / f"no{missing}.ticket").unlink()

    def assert_unchanged(self) -> None:
        """Everything is as it was."""
        assert contents(self.folder) == self.files
        assert self._state(self.alice) == self.before["alice"]

    def refused(self, program: str, *args: str | Path, status: int = 1) -> str:
        """Run a program that has to fail and to change nothing; the sentence it says."""
        one = run_here if program in BRIEF_PROGRAMS else run
        done = one(program, *args, cwd=self.folder)
        assert done.stdout == ""
        assert done.status == status, done.stderr
        sentence = one_sentence(program, done.stderr)
        self.assert_unchanged()
        return sentence

    def ctl(
        self, words: str | Sequence[str], node: DemoNode | None = None, *, status: int = 1, **who: str
    ) -> str:
        """A stctrl command that has to fail; `who`: another `app` identity or `ticket`, by its name in the folder."""
        asked = node or self.alice
        ident, ticket = who.get("app", asked.app_ident), who.get("ticket", asked.ticket)
        args = words.split() if isinstance(words, str) else words
        return self.refused("stctrl", "-I", ident, "-T", ticket, *args, status=status)


@pytest.fixture(scope="module")
def desk(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The files of the tests below."""
    made = Desk(chain, tmp_path_factory.mktemp("desk"))
    yield made
    made.put_away()


# Files

PAY = "buyer pay-invoice -p new.payment -c new.commit -i"
COMMANDS_WITH_FILES = {
    "buyer payment-status -r new.receipt -p": "a payment",
    PAY: "an invoice",
    "seller cancel-invoice -i": "an invoice",
    "seller commit-invoice -c paid.commit -i": "an invoice",
    "seller commit-invoice -i paid.invoice -c": "a commit",
    "config add-relay -n new -r": "a ticket",
    "config add-index -n new -i": "a ticket",
    "config add-friend -n new -f": "a friend file",
    "config set-friend-relays -n bob -f": "a friend file",
}


@pytest.mark.parametrize("command", COMMANDS_WITH_FILES)
def test_missing_file(desk: Desk, command: str) -> None:
    """A file that is not there is named."""
    assert desk.ctl(f"{command} missing").startswith("no such file: missing")


@pytest.mark.parametrize("name", ["none.json", "text.json", "list.json", "empty.json", "wrong-key.ticket"])
def test_malformed_file(desk: Desk, name: str) -> None:
    """A file that holds something else is named, and what it should be."""
    said = desk.ctl(f"{PAY} {name}")
    assert said.startswith(f"{name} is empty" if name == "none.json" else f"{name} is not an invoice: ")


@pytest.mark.parametrize("command", COMMANDS_WITH_FILES)
def test_foreign_file(desk: Desk, command: str) -> None:
    """An identity, for instance, is taken for nothing else."""
    expected = f"stranger.ident is not {COMMANDS_WITH_FILES[command]}: "
    assert desk.ctl(f"{command} stranger.ident").startswith(expected)


def test_unreadable_file(desk: Desk) -> None:
    """A folder, and bytes that are no text, are no files of ours."""
    assert desk.ctl(f"{PAY} folder") == "cannot read folder: Is a directory"
    assert desk.ctl(f"{PAY} binary.json") == "binary.json is not text in UTF-8"


@pytest.mark.parametrize("name", ["missing", "none.json", "empty.json", "folder", "short-key.ticket"])
def test_bad_identity(desk: Desk, name: str) -> None:
    """Without an identity nothing is asked."""
    assert name in desk.ctl("config enable-friend -n bob", app=name)


@pytest.mark.parametrize("name", ["missing", "none.json", "empty.json", "folder", "short-key.ticket"])
def test_bad_ticket(desk: Desk, name: str) -> None:
    """Without a ticket nobody is asked."""
    assert name in desk.ctl("info friends", ticket=name)


@pytest.mark.parametrize(
    "args",
    [
        "stverify verify-receipt -i missing -r missing",
        "stverify verify-receipt -i paid.invoice -r paid.commit",
        "stverify verify-token -t paid.commit",
        "stmgr node-ticket -i missing -a 127.0.0.1:1 -o new",
        "stmgr app-ticket -i paid.commit -o new",
        "stmgr init-node-db -i none.json -o new",
        "stnode -i missing -l 127.0.0.1:0 -d missing -t folder",
        "strelay -i none.json -l 127.0.0.1:0",
        "stindex -i text.json -c 127.0.0.1:0 -s 127.0.0.1:0 -t folder",
        "stindex -i stranger.ident -c 127.0.0.1:0 -s 127.0.0.1:0 -t missing",
        "stindex -i stranger.ident -c 127.0.0.1:0 -s 127.0.0.1:0 -t .",
    ],
)
def test_other_programs(desk: Desk, args: str) -> None:
    """The other programs, too, say in a sentence which file is wrong, and make none."""
    program, *rest = args.split()
    sentence = desk.refused(program, *rest)
    assert any(word in sentence for word in rest)


@pytest.mark.parametrize(
    "command",
    [
        "seller create-invoice -c FST -a 1 -i output",
        "buyer pay-invoice -i open.invoice -p output -c new",
        "buyer pay-invoice -i open.invoice -p new -c output",
        "buyer payment-status -p paid.payment -r output",
        "info friend-last-token -n bob -t output",
        "info export-ticket -t output",
    ],
)
def test_output_exists(desk: Desk, command: str) -> None:
    """No file is overwritten, and what would have been written is not begun."""
    assert desk.ctl(command) == "output exists already and is not overwritten; choose another name"
    nowhere = command.replace("output", "missing/new")
    assert desk.ctl(nowhere) == "cannot write missing/new: there is no folder missing"


@pytest.mark.parametrize(
    "command", ["gen-ident", "init-node-db -i stranger.ident", "app-ticket -i stranger.ident"]
)
def test_stmgr_output_exists(desk: Desk, command: str) -> None:
    """An identity or a database is overwritten least of all."""
    assert "output exists already" in desk.refused("stmgr", *command.split(), "-o", "output")


# Who may what


def test_one_bad_trusted_file(desk: Desk) -> None:
    """One bad file in the folder of trusted apps locks out nobody, and is named in the log."""
    bad = desk.alice.trusted / "a-bad-one"
    bad.write_text("{")
    try:
        desk.assert_unchanged()
        assert f"skipped: {bad} is not " in desk.chain.network.log("alice")
    finally:
        bad.unlink()


@pytest.mark.parametrize(
    "command", ["info friends", "config disable-friend -n bob", "buyer payment-status -p paid.payment -r new"]
)
def test_not_trusted(desk: Desk, command: str) -> None:
    """A node has nothing to say to an app whose ticket it does not have."""
    assert "does not trust this app" in desk.ctl(command, app="stranger.ident")


@pytest.mark.parametrize("command", ["info friends", "config disable-friend -n bob"])
def test_another_node(desk: Desk, command: str) -> None:
    """A node that does not have the key of the ticket is not talked to."""
    sentence = desk.ctl(command, ticket="wrong-key.ticket")
    assert (
        sentence
        == f"cannot reach the node at {HOST}:{desk.alice.port}: the peer has another key than expected"
    )


@pytest.mark.parametrize(
    "missing, command",
    [
        ("routes", "buyer pay-invoice -i open.invoice -p new.payment -c new.commit"),
        ("buyer", "buyer pay-invoice -i open.invoice -p new.payment -c new.commit"),
        ("buyer", "buyer payment-status -p paid.payment -r new.receipt"),
        ("seller", "seller create-invoice -c FST -a 1 -i new.invoice"),
        ("seller", "seller commit-invoice -i paid.invoice -c paid.commit"),
        ("config", "config disable-friend -n bob"),
        ("config", "config remove-relay -n relay"),
    ],
)
def test_missing_permission(desk: Desk, missing: str, command: str) -> None:
    """What the owner of the node did not permit is not done, and the missing permission is named (D-5)."""
    sentence = desk.ctl(command, app=f"no--p{missing}.ident")
    assert sentence == f"this app does not have the permission '{missing}' of the node"


@pytest.mark.parametrize("command", ["info friends", "config enable-friend -n bob"])
def test_not_reachable(desk: Desk, command: str) -> None:
    """Nobody at the address, and an address that is none, are told apart."""
    address = json.loads((desk.folder / "nobody.ticket").read_text())["address"]
    assert (
        desk.ctl(command, ticket="nobody.ticket") == f"cannot reach the node at {address}: Connection refused"
    )
    assert "'nonsense'" in desk.ctl(command, ticket="nonsense.ticket")


@pytest.mark.parametrize("command", ["info friends", "config enable-friend -n bob"])
def test_silent(desk: Desk, tmp_path: Path, command: str) -> None:
    """Somebody who takes the connection and says nothing is not waited for longer than the user wants."""
    with socket.create_server((HOST, 0)) as silent:
        ticket = tmp_path / "silent.ticket"
        address = f"{HOST}:{silent.getsockname()[1]}"
        ticket.write_text(with_field(desk.alice.ticket.read_text(), "address", lambda _: address))
        sentence = desk.ctl(f"{command} --timeout 0.2", ticket=str(ticket))
    assert address in sentence
    assert "answer" in sentence


# Names and numbers


@pytest.mark.parametrize(
    "command",
    [
        *(f"config {verb}-friend" for verb in ("enable", "disable", "remove", "reset")),
        "config open-currency -c FST",
        "config close-currency -c FST",
        "config set-currency-max-debt -c FST -m 5",
        "config set-currency-rate -c FST -m 0 -a 5",
        "config remove-currency -c FST",
        "info friend-last-token -t new.token",
    ],
)
def test_unknown_friend(desk: Desk, command: str) -> None:
    """A friend that is none is named."""
    assert desk.ctl(f"{command} -n nobody") == "there is no friend named 'nobody'"


def test_unknown_server(desk: Desk) -> None:
    """A relay or an index server that is none is named (the reference calls both relays)."""
    assert desk.ctl("config remove-relay -n nobody") == "there is no relay named 'nobody'"
    assert desk.ctl("config remove-index -n nobody") == "there is no index server named 'nobody'"


def test_name_in_use(desk: Desk) -> None:
    """A name stands for one thing, and a friend has one name."""
    network, bob = desk.chain.network, desk.chain.bob
    relay, index, card = str(network.relays[0]), str(network.index_servers[0]), str(bob.friend_file)
    own = str(desk.alice.friend_file)
    for args, expected in (
        (("add-relay", "-n", "relay", "-r", relay), "there is a relay named 'relay' already"),
        (("add-index", "-n", "index", "-i", index), "there is an index server named 'index' already"),
        (("add-friend", "-n", "bob", "-f", card), "there is a friend named 'bob' already"),
        (("add-friend", "-n", "robert", "-f", card), "this node is a friend already, named 'bob'"),
        (("add-friend", "-n", "me", "-f", own), "a node cannot be its own friend"),
        (
            ("set-friend-relays", "-n", "bob", "-f", own),
            f"{own} is the card of another node than the friend 'bob'",
        ),
        (
            ("reset-friend", "-n", "bob"),
            "the channel with this friend is consistent: there is nothing to reset",
        ),
    ):
        assert desk.ctl(("config", *args)) == expected


@pytest.mark.parametrize("amount", ["-1", TOO_MUCH, "1.5", "1e3", "0x10", "five", ""])
def test_amounts(desk: Desk, amount: str) -> None:
    """What is no number of credits is a wrong command line; 0 is a number (see test_payment)."""
    sentence = desk.ctl(("seller", "create-invoice", "-c", "FST", "-i", "new", "-a", amount), status=2)
    assert f"{amount!r} is not a whole number from 0 to 2^128 - 1." in sentence


@pytest.mark.parametrize("amount", ["-1", TOO_MUCH])
def test_limits_and_rates(desk: Desk, amount: str) -> None:
    """The same holds for limits, and for rates, whose numbers are smaller."""
    about = ("-n", "bob", "-c", "FST")
    sentence = desk.ctl(("config", "set-currency-max-debt", *about, "-m", amount), status=2)
    assert f"{amount!r} is not a whole number from 0 to 2^128 - 1." in sentence
    sentence = desk.ctl(("config", "set-currency-rate", *about, "-m", "0", "-a", amount), status=2)
    assert f"{amount!r} is not a whole number from 0 to 2^32 - 1." in sentence


@pytest.mark.parametrize("currency", ["", "seventeen letters", "\N{CENT SIGN}" * 9])
def test_currency_names(desk: Desk, currency: str) -> None:
    """A currency has a name of 1 to 16 bytes (D-12)."""
    assert "at most 16 bytes" in desk.ctl(
        ("seller", "create-invoice", "-a", "1", "-i", "new", "-c", currency)
    )
    assert "at most 16 bytes" in desk.ctl(("config", "open-currency", "-n", "bob", "-c", currency))


@pytest.mark.parametrize(
    "command",
    [
        "nonsense",
        "info nonsense",
        "info friends --nonsense",
        "info friends nonsense",
        "config enable-friend",
        "info friends --timeout 0",
        "buyer pay-invoice -i open.invoice -p new.payment",
    ],
)
def test_usage(desk: Desk, command: str) -> None:
    """A wrong command line is status 2, and a hint where to read on."""
    assert "--help" in desk.ctl(command, status=2)


# Payments that cannot be


@pytest.mark.parametrize(
    "invoice, expected",
    [
        ("silver.invoice", "no chain of friends leads to the seller: no friend of this node uses SILVER"),
        (
            "stranger.invoice",
            "no chain of friends leads to the seller: the index server knows no way between the seller and this node",
        ),
        ("own.invoice", "no chain of friends leads to the seller: this is an invoice of this node itself"),
        ("much.invoice", "this node can send "),
        ("most.invoice", "this node can send "),
        ("over.invoice", "over.invoice is not an invoice: dest_payment: "),
        ("minus.invoice", "minus.invoice is not an invoice: dest_payment: "),
    ],
)
def test_no_route(desk: Desk, invoice: str, expected: str) -> None:
    """A payment without a way to the seller, or without the credit for it, freezes nothing and makes no file."""
    assert desk.ctl(f"{PAY} {invoice}").startswith(expected)


@pytest.mark.parametrize(
    "files, expected",
    [
        ("-i paid.invoice -c changed.commit", "the commit is not signed by the node that the invoice names"),
        ("-i open.invoice -c paid.commit", "this is the commit of another invoice"),
        ("-i cheap.invoice -c paid.commit", "the commit is for 5 FST, the invoice for 4 FST"),
        ("-i gold.invoice -c paid.commit", "the commit is for 5 FST, the invoice for 5 GOLD"),
        ("-i own.invoice -c paid.commit", "this is an invoice of another node"),
    ],
)
def test_wrong_commit(desk: Desk, files: str, expected: str) -> None:
    """A commit that does not fit its invoice collects nothing (D-17, D-20)."""
    assert desk.ctl(f"seller commit-invoice {files}", desk.chain.carol).startswith(expected)
    assert friends(desk.chain.carol) == desk.before["carol"][0]


def test_invoice_of_another(desk: Desk) -> None:
    """An invoice is cancelled and collected by its seller only."""
    assert desk.ctl("seller cancel-invoice -i paid.invoice") == "this is an invoice of another node"
    sentence = desk.ctl("seller commit-invoice -i paid.invoice -c paid.commit")
    assert sentence == "this is an invoice of another node"


# Programs that cannot start


def test_port_in_use(desk: Desk, tmp_path: Path) -> None:
    """A port that is taken is named, whichever program wants it, and who has it is not disturbed."""
    taken = f"{HOST}:{desk.alice.port}"
    free, stranger, database = f"{HOST}:0", desk.folder / "stranger.ident", tmp_path / "stranger.db"
    run_here("stmgr", "init-node-db", "-i", stranger, "-o", database)
    for args in (
        ("stnode", "-i", stranger, "-l", taken, "-d", database, "-t", "folder"),
        ("strelay", "-i", stranger, "-l", taken),
        ("stindex", "-i", stranger, "-c", taken, "-s", free, "-t", "folder"),
        ("stindex", "-i", stranger, "-c", free, "-s", taken, "-t", "folder"),
    ):
        assert desk.refused(*args).startswith(f"{taken} is in use")


def test_bad_database(desk: Desk, tmp_path: Path) -> None:
    """A database that is missing, in use, of another identity, or none at all is named, and left alone."""
    alice, stranger = desk.alice, desk.folder / "stranger.ident"
    of_stranger = tmp_path / "stranger.db"
    run_here("stmgr", "init-node-db", "-i", stranger, "-o", of_stranger)
    whole = of_stranger.read_bytes()
    for identity, database, expected in (
        (alice.ident, alice.database, "another program (process "),
        (alice.ident, desk.folder / "missing.db", f"there is no database {desk.folder / 'missing.db'}"),
        (alice.ident, of_stranger, f"the database {of_stranger} belongs to another identity"),
        (alice.ident, desk.folder / "none.json", f"{desk.folder / 'none.json'} is empty"),
        (
            alice.ident,
            desk.folder / "text.json",
            f"{desk.folder / 'text.json'} is not the database of a node",
        ),
        (alice.ident, desk.folder / "empty.json", f"{desk.folder / 'empty.json'} is a JSON database"),
        (alice.ident, desk.folder, f"the database {desk.folder} cannot be read: Is a directory"),
    ):
        sentence = desk.refused("stnode", "-i", identity, "-l", f"{HOST}:0", "-d", database, "-t", "folder")
        assert sentence.startswith(expected)
    assert of_stranger.read_bytes() == whole


def test_damaged_database(desk: Desk, tmp_path: Path) -> None:
    """A database that was cut off or overwritten is refused in a sentence."""
    stranger, database = desk.folder / "stranger.ident", tmp_path / "stranger.db"
    run_here("stmgr", "init-node-db", "-i", stranger, "-o", database)
    whole = database.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:100], whole[:4096] + bytes(len(whole) - 4096)):
        database.write_bytes(damaged)
        sentence = desk.refused("stnode", "-i", stranger, "-l", f"{HOST}:0", "-d", database, "-t", "folder")
        assert str(database) in sentence
        assert database.read_bytes() == damaged


def test_all_are_well(desk: Desk) -> None:
    """After all that the nodes of the others are as they were, too."""
    for node in desk.chain.nodes:
        assert desk._state(node) == desk.before[node.name]
    assert ctl(desk.alice, "info", "balance").status == 0
