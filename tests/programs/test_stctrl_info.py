"""stctrl info against a scripted node: what is shown, and what is written."""

import json
from typing import Any

import pytest

from offset.base import base64url
from offset.base.credits import Rate
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
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
from support.desk import Desk, Open
from support.fake_node import (
    FRIEND,
    INDEX_SERVER,
    NODE,
    RELAY,
    consistent,
    friend_report,
    identity,
    node_report,
)

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


# info


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


def test_long_table(open_desk: Open) -> None:
    """The long table also shows what the owner has set."""
    config = CurrencyConfigReport("FST", Rate(1, 2), 100, True)
    friend = friend_report("node1", consistent(), configs=(config,))
    assert open_desk(node_report({BOB: friend})).good("info friends --long") == (
        "+----+-------+-------------+\n"
        "| st | name  | balance     |\n"
        "+====+=======+=============+\n"
        "| E+ | node1 | Consistent: |\n"
        "|    |       | Settings:   |\n"
        "|    |       | - FST: open |\n"
        "|    |       | RMD=100     |\n"
        "|    |       | MUL=1       |\n"
        "|    |       | ADD=2       |\n"
        "|    |       |             |\n"
        "+----+-------+-------------+\n"
    )


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
    }


TOKEN = MoveTokenHashedReport(
    bytes(32), TokenInfo(McInfo(BOB, NODE.public_key, ()), CountersInfo(0, 1)), bytes(16), bytes(64)
)


def test_friend_last_token(open_desk: Open) -> None:
    """The last token of a friend is written as the report has it; if there is none that is said."""
    friends = {BOB: friend_report(token=TOKEN), CAROL: friend_report("carol")}
    desk = open_desk(node_report(friends))
    assert desk.good("info friend-last-token -n bob -t a.token") == ""
    assert parse_token(desk.text("a.token")) == TOKEN
    assert "exists already" in desk.bad("info friend-last-token -n bob -t a.token")
    assert "'carol' has not sent a token yet" in desk.bad("info friend-last-token -n carol -t b.token")
    assert "no friend named 'joe'" in desk.bad("info friend-last-token -n joe -t b.token")
    assert not desk.has("b.token")


def test_export_ticket(desk: Desk) -> None:
    """The card of a node holds its key and its relays, without the names that they have here."""
    assert desk.good("info export-ticket -t node.friend") == ""
    assert parse_friend(desk.text("node.friend")) == FriendFile(NODE.public_key, (RELAY.unnamed(),))
    assert "exists already" in desk.bad("info export-ticket -t node.friend")
