"""stctrl info against a scripted node: what is shown, and what is written."""

import json
import sys
from io import BytesIO, TextIOWrapper
from typing import Any

import click
import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.base64url import encode
from offset.base.credits import Rate
from offset.base.ids import HashResult, RandValue
from offset.programs.stctrl import info, main
from offset.programs.stctrl.root import stctrl
from offset.programs.stctrl.table import table
from offset.testing import FRIEND, INDEX_SERVER, NODE, RELAY, consistent, friend_report, identity, node_report
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import (
    CreditLine,
    Extra,
    FriendCreditLines,
    LinkDown,
    LinkStatus,
    LinkTrying,
    LinkUp,
    NetworkStatus,
    RelayConnecting,
    RelayListening,
    RelayStatus,
    RelayWaiting,
)
from offset.wire.files import (
    FriendFile,
    parse_friend,
    parse_token,
)
from offset.wire.friend import CurrencyBalance
from offset.wire.report import (
    ChannelInconsistent,
    CountersInfo,
    CurrencyConfigReport,
    McInfo,
    MoveTokenHashedReport,
    ResetTermsReport,
    TokenInfo,
)
from offset.wire.signing import info_hash, move_token_buffer
from support.commands import run_main
from support.desk import Desk, Open

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


# info


def test_registered() -> None:
    """`stctrl info` is this group of commands."""
    with click.Context(stctrl) as context:
        assert stctrl.get_command(context, "info") is info.group


def _key(name: str) -> bytes:
    return base64url.decode(name, 32)


def test_relays_table(open_desk: Open) -> None:
    """The table of relays is that of the reference; without relays there is a sentence."""
    relay = NamedRelayAddress(
        _key("dFXWNQf5BxP8KUGcGR08pmdjW2R7M6ZeaXa5UdI-Jac"), "127.0.0.1:18000", "relay0"
    )
    assert open_desk(node_report(relays=(relay,))).good("info relays") == (
        "+------------+---------------------------------------------+-----------------+\n"
        "| relay name | public key                                  | address         |\n"
        "+============+=============================================+=================+\n"
        "| relay0     | dFXWNQf5BxP8KUGcGR08pmdjW2R7M6ZeaXa5UdI-Jac | 127.0.0.1:18000 |\n"
        "+------------+---------------------------------------------+-----------------+\n"
    )
    assert open_desk(node_report(relays=())).good("info relays") == "No configured relay servers.\n"


def test_index_table(open_desk: Open) -> None:
    """The table of index servers marks the one in use."""
    server = NamedIndexServerAddress(
        _key("QrG0SwLLzRxsm8ADOE1tCYuYWqy53I2NOl3IpIw81Dk"), "127.0.0.1:19000", "index0"
    )
    report = node_report(index_servers=(server,), connected=server.public_key)
    assert open_desk(report).good("info index") == (
        "+-------------------+---------------------------------------------+-----------------+\n"
        "| index server name | public key                                  | address         |\n"
        "+===================+=============================================+=================+\n"
        "| index0 (*)        | QrG0SwLLzRxsm8ADOE1tCYuYWqy53I2NOl3IpIw81Dk | 127.0.0.1:19000 |\n"
        "+-------------------+---------------------------------------------+-----------------+\n"
    )
    apart = node_report(index_servers=(server,), connected=None)
    assert " (*)" not in open_desk(apart).good("info index")
    none = node_report(index_servers=(), connected=None)
    assert open_desk(none).good("info index") == "No configured index servers.\n"


def test_friends_table(open_desk: Open) -> None:
    """The table of friends is that of the reference, with currencies in order (D-11)."""
    friend = friend_report("node1", consistent(FST2=(0, 0, 0), FST=(-75, 0, 0)))
    assert open_desk(node_report({BOB: friend})).good("info friends") == (
        "+----+-------+----------------+\n"
        "| st | name  | balance        |\n"
        "+====+=======+================+\n"
        "| E+ | node1 | Consistent:    |\n"
        "|    |       | - FST: B  =-75 |\n"
        "|    |       | LPD=0          |\n"
        "|    |       | RPD=0          |\n"
        "|    |       |                |\n"
        "|    |       | - FST2: B  =0  |\n"
        "|    |       | LPD=0          |\n"
        "|    |       | RPD=0          |\n"
        "|    |       |                |\n"
        "+----+-------+----------------+\n"
    )
    assert open_desk(node_report({})).good("info friends") == "No configured friends.\n"


def test_05_d11_friends_in_order(open_desk: Open) -> None:
    """Friends are shown by name; st says whether they are enabled and online."""
    friends = {
        CAROL: friend_report("zoe", consistent(), enabled=False, online=False),
        BOB: friend_report("adam", consistent(), online=False),
    }
    assert open_desk(node_report(friends)).good("info friends") == (
        "+----+------+-------------+\n"
        "| st | name | balance     |\n"
        "+====+======+=============+\n"
        "| E- | adam | Consistent: |\n"
        "+----+------+-------------+\n"
        "| D- | zoe  | Consistent: |\n"
        "+----+------+-------------+\n"
    )


@pytest.mark.parametrize(
    "terms, lines",
    [
        (None, ["| E+ | node0 | Inconsistent:               |", "Remote Reset Terms: Unknown |"]),
        ((), ["| E+ | node0 | Inconsistent:       |", "Remote Reset Terms: |"]),
    ],
)
def test_inconsistent_friend(terms: Any, lines: list[str], open_desk: Open) -> None:
    """Where the ledgers disagree the terms of both sides are shown, if the friend's are known."""
    remote = None if terms is None else ResetTermsReport(b"t" * 64, (CurrencyBalance("FST", 73),))
    status = ChannelInconsistent((CurrencyBalance("FST", -60),), remote)
    desk = open_desk(node_report({BOB: friend_report("node0", status)}))
    shown = desk.good("info friends")
    for line in [*lines, "|    |       | Local Reset Terms:", "- FST: -60"]:
        assert line in shown
    assert ("- FST: 73" in shown) is (remote is not None)
    assert desk.good("info balance") == "-60\n"
    (value,) = json.loads(desk.good("info friends --json"))
    assert value["local_reset_terms"] == {"FST": "-60"}
    assert value["remote_reset_terms"] == (None if remote is None else {"FST": "73"})


def test_names_of_strangers(open_desk: Open) -> None:
    """A name cannot break the table, nor move the cursor; wide letters count twice and marks not at all."""
    friends = {
        BOB: friend_report("evil\n\x1b[31m", consistent()),
        CAROL: friend_report("世e\u0301", consistent()),
    }
    assert open_desk(node_report(friends)).good("info friends") == (
        "+----+----------------+-------------+\n"
        "| st | name           | balance     |\n"
        "+====+================+=============+\n"
        "| E+ | evil\\n\\x1b[31m | Consistent: |\n"
        "+----+----------------+-------------+\n"
        "| E+ | 世e\u0301            | Consistent: |\n"
        "+----+----------------+-------------+\n"
    )


def _long(open_desk: Open, friend: Any, extra: Extra | None = None) -> list[str]:
    """The lines of the long table about one friend, without its frame."""
    shown = open_desk(node_report({BOB: friend}, extra=extra)).good("info friends --long")
    return [line for line in shown.splitlines() if line.startswith("|")][1:]


CONFIG = CurrencyConfigReport("FST", Rate(0, 0), 200, True)


def test_long_table(open_desk: Open) -> None:
    """The long table has the lines of 0.1.0 for each currency, and the link (spec 05, 6.1)."""
    friend = friend_report("node1", consistent(FST=(100, 0, 0)), configs=(CONFIG,))
    granted = FriendCreditLines(BOB, (CreditLine("FST", 150, True),))
    linked = LinkStatus(BOB, LinkUp(RELAYS[0], True), 1000)
    extra = Extra((granted,), NetworkStatus(63_000, (), (linked,)))
    assert open_desk(node_report({BOB: friend}, extra=extra)).good("info friends --long") == (
        "+----+-------+---------------+------------------+\n"
        "| st | name  | balance       | link             |\n"
        "+====+=======+===============+==================+\n"
        "| E+ | node1 | FST           | online for 1 min |\n"
        "|    |       | C: LR=+, RR=+ | through r:1      |\n"
        "|    |       | B  =100       | made by the node |\n"
        "|    |       | LMD=150       |                  |\n"
        "|    |       | RMD=200       |                  |\n"
        "|    |       | LPD=0         |                  |\n"
        "|    |       | RPD=0         |                  |\n"
        "|    |       |               |                  |\n"
        "+----+-------+---------------+------------------+\n"
    )


def test_long_table_of_an_old_friend(open_desk: Open) -> None:
    """What a friend does not tell is a question mark; what it told without a currency is that it grants none."""
    friend = friend_report("node1", consistent(FST=(1, 0, 0)), configs=(CONFIG,))
    old = _long(open_desk, friend)
    assert [line.split("|")[3].strip() for line in old[1:4]] == ["C: LR=+, RR=?", "B  =1", "LMD=?"]
    assert old[0].endswith("| online |")
    told = _long(open_desk, friend, Extra((FriendCreditLines(BOB, ()),)))
    assert [line.split("|")[3].strip() for line in told[1:4]] == ["C: LR=+, RR=-", "B  =1", "LMD=0"]


def test_long_table_of_settings(open_desk: Open) -> None:
    """Rates are shown where there are any, and that a currency is not in use yet."""
    config = CurrencyConfigReport("GOLD", Rate(1, 2), 100, False)
    lines = _long(open_desk, friend_report("node1", consistent(), configs=(config,), online=False))
    assert [line.split("|")[3].strip() for line in lines] == [
        "GOLD",
        "C: LR=-, RR=?",
        "B  =0",
        "LMD=?",
        "RMD=100",
        "LPD=0",
        "RPD=0",
        "MUL=1",
        "ADD=2",
        "(not in use yet: both must set it)",
        "",
    ]
    assert "| offline |" in lines[0]
    assert "| C:      |" in _long(open_desk, friend_report("node1", consistent()))[0]


@pytest.mark.parametrize(
    "theirs, shown, costs",
    [
        (None, ["I:", "LT=60", "RT=?"], None),
        (-60, ["I:", "LT=60", "RT=-60", "accepting costs 0"], {"FST": "0"}),
        (-50, ["I:", "LT=60", "RT=-50", "accepting costs 10"], {"FST": "10"}),
        (-70, ["I:", "LT=60", "RT=-70", "accepting brings 10"], {"FST": "-10"}),
    ],
)
def test_03_d36_what_a_reset_costs(
    theirs: int | None, shown: list[str], costs: dict[str, str] | None, open_desk: Open
) -> None:
    """The difference of the claims is shown with them: what is frozen for the friend is part of it (D36)."""
    remote = None if theirs is None else ResetTermsReport(b"t" * 64, (CurrencyBalance("FST", theirs),))
    friend = friend_report("node1", ChannelInconsistent((CurrencyBalance("FST", 60),), remote))
    lines = _long(open_desk, friend)
    assert [line.split("|")[3].strip() for line in lines] == ["FST", *shown, ""]
    (value,) = json.loads(open_desk(node_report({BOB: friend})).good("info friends --json"))
    assert value["cost_of_reset"] == costs


NOW = 1_000_000_000
STATES: list[tuple[Any, list[str]]] = [
    (LinkUp(RELAYS[0], False), ["online for 1 h", "through r:1", "made by the friend"]),
    (LinkTrying(RELAYS), ["offline for 1 h", "trying r:1"]),
    (LinkDown("not tried yet", None), ["offline for 1 h", "not tried yet"]),
    (LinkDown("lost", NOW + 2500), ["offline for 1 h", "lost", "next attempt in 2 s"]),
    (LinkDown("lost", NOW - 1), ["offline for 1 h", "lost", "next attempt in 0 s"]),
]


@pytest.mark.parametrize("state, words", STATES)
def test_w26_links(state: Any, words: list[str], open_desk: Open) -> None:
    """How the node stands with each friend is shown (spec 02, W26)."""
    status = NetworkStatus(NOW, (), (LinkStatus(BOB, state, NOW - 3_600_000),))
    friend = friend_report("node1", consistent(FST=(0, 0, 0)))
    lines = _long(open_desk, friend, Extra(opt_status=status))
    assert [line.split("|")[4].strip() for line in lines][: len(words)] == words
    (value,) = json.loads(
        open_desk(node_report({BOB: friend}, extra=Extra(opt_status=status))).good("info friends --json")
    )
    assert value["link"]["for_ms"] == 3_600_000
    assert value["link"]["state"] == {LinkUp: "linked", LinkTrying: "trying", LinkDown: "apart"}[type(state)]
    disabled = friend_report("node1", consistent(FST=(0, 0, 0)), enabled=False, online=False)
    assert "| disabled |" in _long(open_desk, disabled, Extra(opt_status=status))[0]


def test_w26_relays(open_desk: Open) -> None:
    """How the node stands with each relay is shown, also with those it keeps for friends (spec 02, W26, W33)."""
    own = NamedRelayAddress(RELAY.public_key, "r:2", "mine")
    unheard = NamedRelayAddress(CAROL, "r:3", "new")
    states = (
        RelayStatus(own.unnamed(), True, RelayListening(), NOW - 3 * 86_400_000, ""),
        RelayStatus(RelayAddress(BOB, "r:4"), False, RelayWaiting(NOW + 9000), NOW, "connection refused"),
    )
    report = node_report(relays=(own, unheard), extra=Extra(opt_status=NetworkStatus(NOW, states, ())))
    text = open_desk(report).good("info relays --long")
    assert "| friend | link   |" in text
    assert "| bob    | online |" in text
    shown = [line for line in text.splitlines() if line.count("|") == 5]  # of the table with four columns
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown if line[0] == "|"]
    assert [[name, address] for name, _, address, _ in cells if address] == [
        ["relay name", "address"],
        ["mine", "r:2"],
        ["new", "r:3"],
        ["", "r:4"],
    ]
    # Long words are broken at their blanks, as the table is too wide.
    assert " ".join(state for _, _, _, state in cells) == (
        "state friends can come in, for 3 d unknown connection refused next attempt in 9 s "
        "kept for friends that know no newer one"
    )
    mine, new, kept = json.loads(open_desk(report).good("info relays --json"))
    assert mine["standing"] == {
        "state": "listening",
        "own": True,
        "for_ms": 3 * 86_400_000,
        "last_error": None,
        "next_attempt_ms": None,
    }
    assert new["standing"] is None
    assert (kept["standing"]["state"], kept["standing"]["next_attempt_ms"]) == ("waiting", 9000)
    connecting = NetworkStatus(NOW, (RelayStatus(own.unnamed(), True, RelayConnecting(), NOW, ""),), ())
    report = node_report(relays=(own,), extra=Extra(opt_status=connecting))
    assert "| connecting |" in open_desk(report).good("info relays --long")
    assert json.loads(open_desk(report).good("info relays --json"))[0]["standing"]["state"] == "connecting"
    nobody = node_report(relays=(), extra=Extra(opt_status=NetworkStatus(NOW, (), ())))
    assert open_desk(nobody).good("info relays --long").startswith("No configured relay servers.\n+--")
    alone = node_report({}, relays=(), extra=Extra(opt_status=NetworkStatus(NOW, (), ())))
    assert open_desk(alone).good("info relays --long") == (
        "No configured relay servers.\nNo configured friends.\n"
    )
    assert "| state " not in open_desk(node_report(relays=(own,))).good("info relays --long")


def test_balance(open_desk: Open) -> None:
    """The balance is a number when there is one currency, and a line for each when there are several."""
    two = {
        BOB: friend_report("bob", consistent(FST=(-75, 1, 2), EUR=(3, 0, 0))),
        CAROL: friend_report("carol", consistent(FST=(100, 0, 0))),
    }
    assert open_desk(node_report(two)).good("info balance") == "EUR 3\nFST 25\n"
    assert open_desk(node_report({CAROL: two[CAROL]})).good("info balance") == "100\n"
    desk = open_desk(node_report({}))
    assert desk.good("info balance") == "0\n"
    assert json.loads(desk.good("info balance --json")) == {}


def test_public_key(desk: Desk) -> None:
    """The public key of the node is one line."""
    key = base64url.encode(NODE.public_key)
    assert desk.good("info public-key") == f"{key}\n"
    assert json.loads(desk.good("info public-key --json")) == {"public_key": key}


def test_info_for_scripts(open_desk: Open) -> None:
    """With --json everything that the report says is one value, credits as texts."""
    config = CurrencyConfigReport("FST", Rate(1, 2), 2**127, True)
    friend = friend_report(status=consistent(FST=(-75, 1, 2)), configs=(config,), relays=RELAYS)
    desk = open_desk(node_report({BOB: friend}))
    (relay,) = json.loads(desk.good("info relays --json"))
    assert relay == {
        "name": "relay0",
        "public_key": base64url.encode(RELAY.public_key),
        "address": RELAY.address,
    }
    (server,) = json.loads(desk.good("info index --json"))
    assert (server["name"], server["connected"]) == (INDEX_SERVER.name, True)
    assert json.loads(desk.good("info balance --json")) == {"FST": "-75"}
    (value,) = json.loads(desk.good("info friends --json"))
    assert value == {
        "name": "bob",
        "public_key": base64url.encode(BOB),
        "enabled": True,
        "online": True,
        "relays": [{"public_key": base64url.encode(CAROL), "address": "r:1"}],
        "settings": {"FST": {"open": True, "max_debt": str(2**127), "mul": 1, "add": 2}},
        "consistent": True,
        "balances": {"FST": {"balance": "-75", "local_pending_debt": "1", "remote_pending_debt": "2"}},
        "granted": None,
        "link": None,
    }


_INFO = TokenInfo(McInfo(BOB, NODE.public_key, ()), CountersInfo(0, 1))
_SIGNED = move_token_buffer(HashResult(bytes(32)), info_hash(_INFO), RandValue(bytes(16)))
UNSIGNED = MoveTokenHashedReport(bytes(32), _INFO, bytes(16), bytes(64))
TOKEN = MoveTokenHashedReport(bytes(32), _INFO, bytes(16), FRIEND.sign(_SIGNED))


def test_friend_last_token(open_desk: Open) -> None:
    """The last token of a friend is written as the report has it; if there is none that is said."""
    dora = identity("dora").public_key
    friends = {
        BOB: friend_report(token=TOKEN),
        CAROL: friend_report("carol"),
        dora: friend_report("dora", token=UNSIGNED),
    }
    desk = open_desk(node_report(friends))
    assert desk.good("info friend-last-token -n bob -t a.token") == ""
    assert parse_token(desk.text("a.token")) == TOKEN
    assert "exists already" in desk.bad("info friend-last-token -n bob -t a.token")
    assert "'carol' has not sent a token yet" in desk.bad("info friend-last-token -n carol -t b.token")
    assert "'dora' has not sent a token yet" in desk.bad("info friend-last-token -n dora -t b.token")
    assert "no friend named 'joe'" in desk.bad("info friend-last-token -n joe -t b.token")
    assert not desk.has("b.token")


def test_export_ticket(desk: Desk) -> None:
    """The card of a node holds its key and its relays, without the names that they have here."""
    assert desk.good("info export-ticket -t node.friend") == ""
    assert parse_friend(desk.text("node.friend")) == FriendFile(NODE.public_key, (RELAY.unnamed(),))
    assert "exists already" in desk.bad("info export-ticket -t node.friend")


def test_a_card_without_a_relay_says_so(open_desk: Open) -> None:
    """The card of a node without relays is made, and it is said that friends cannot find the node with it."""
    report = node_report()
    desk = open_desk(replace(report, funder_report=replace(report.funder_report, relays=())))
    done = desk.run("info export-ticket -t node.friend")
    assert done.status == 0
    assert "note: the node has no relay, so friends cannot find it with node.friend" in done.stderr
    assert parse_friend(desk.text("node.friend")) == FriendFile(NODE.public_key, ())


@pytest.mark.parametrize("is_long", [False, True])
def test_one_friend_alone(is_long: bool, open_desk: Open) -> None:
    """With -n the table has one friend, found by its name or its key, for scripts too."""
    desk = open_desk(node_report({BOB: friend_report(), CAROL: friend_report("carol")}))
    options = " --long" if is_long else ""
    for name in ("carol", encode(CAROL)):
        shown = desk.good(f"info friends -n {name}{options}")
        assert "carol" in shown
        assert "bob" not in shown
    (told,) = json.loads(desk.good(f"info friends -n carol --json{options}"))
    assert told["name"] == "carol"
    assert "no friend named 'joe'" in desk.bad("info friends -n joe")


def test_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identity and ticket may stand in the environment; options come first."""
    monkeypatch.setenv("OFFSET_IDFILE", "app.ident")
    monkeypatch.setenv("OFFSET_TICKET", "node.ticket")
    done = run_main(main, ["info", "public-key"], desk.capsys)
    assert done == (0, f"{encode(NODE.public_key)}\n", "")
    assert (
        "no such file: none.ident"
        in run_main(main, ["-I", "none.ident", "info", "relays"], desk.capsys).stderr
    )


def test_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is read may come from standard input."""
    text = (desk.folder / "app.ident").read_bytes()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text)))
    done = run_main(main, ["-I", "-", "-T", "node.ticket", "info", "public-key"], desk.capsys)
    assert done == (0, f"{encode(NODE.public_key)}\n", "")


def test_what_answers_as_an_index_server_does_is_no_node(open_desk: Open) -> None:
    """A node that does not say the key of its ticket is none: an index server reads like a node without anything."""
    report = node_report()
    desk = open_desk(replace(report, funder_report=replace(report.funder_report, local_public_key=CAROL)))
    assert "it is not a node; is the ticket that of an index server?" in desk.bad("info friends")


@pytest.mark.parametrize("group", ["info", "config", "buyer", "seller"])
def test_the_help_cuts_nothing_off(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command is explained with a whole sentence, on lines of at most 80 columns."""
    shown = run_main(main, [group, "--help"], capsys).stdout
    assert "..." not in shown[shown.index("Commands:") :]
    assert max(map(len, shown.splitlines())) <= 80


def test_tables_break_their_texts() -> None:
    """A table wider than a terminal breaks lines at blanks; titles and single words, such as keys, stay whole."""
    words = "we try again and again, as the relay does not answer, whatever we say to it"
    drawn = table(("name", "state of the link"), [[["bob"], [words, "short"]], [["x" * 20], ["y" * 30]]])
    lines = drawn.splitlines()
    assert {len(line) for line in lines} == {80}
    assert " ".join(line.split("|")[2].strip() for line in lines[3:6]) == f"{words} short"
    assert "| state of the link " in lines[1]
    key = "k" * 90
    assert key in table(("key", "words"), [[[key], ["a b c"]]])
    narrow = table(("name", "words"), [[["bob"], ["one two three"]]])
    assert "| bob  | one two three |" in narrow
