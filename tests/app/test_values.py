"""A report as JSON values."""

import json
from typing import Any

import pytest

from offset.app import values
from offset.base import base64url
from offset.base.credits import Rate
from offset.base.ids import Currency
from offset.testing import (
    FRIEND,
    INDEX_SERVER,
    NODE,
    RELAY,
    consistent,
    friend_report,
    identity,
    node_report,
)
from offset.wire.common import NamedRelayAddress, RelayAddress
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
from offset.wire.friend import CurrencyBalance
from offset.wire.report import ChannelInconsistent, CurrencyConfigReport, ResetTermsReport

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
AT = RelayAddress(CAROL, "r:1")
NOW = 10_000
FST, USD = Currency("FST"), Currency("USD")


def test_servers() -> None:
    """Relays and index servers have name, key and address; of index servers one is the connected one."""
    told = {"name": "relay0", "public_key": base64url.encode(RELAY.public_key), "address": RELAY.address}
    assert values.relays_value(node_report()) == [told]
    for connected in (INDEX_SERVER.public_key, None):
        (server,) = values.index_servers_value(node_report(connected=connected))
        assert server == {
            "name": INDEX_SERVER.name,
            "public_key": base64url.encode(INDEX_SERVER.public_key),
            "address": INDEX_SERVER.address,
            "connected": connected is not None,
        }


@pytest.mark.parametrize(
    "state, name, due",
    [
        (RelayListening(), "listening", None),
        (RelayConnecting(), "connecting", None),
        (RelayWaiting(NOW + 5), "waiting", 5),
        (RelayWaiting(NOW - 5), "waiting", 0),
    ],
)
def test_relay_status(state: Any, name: str, due: int | None) -> None:
    """The state of a relay, in times from now; one that is kept for friends has no name, one unheard of no state."""
    own = NamedRelayAddress(RELAY.public_key, "r:2", "mine")
    relays = (RelayStatus(AT, False, state, NOW - 7, "refused"),)
    report = node_report(relays=(own,), extra=Extra(opt_status=NetworkStatus(NOW, relays, ())))
    mine, kept = values.relays_value(report)
    assert (mine["name"], mine["standing"], kept["name"]) == ("mine", None, "")
    assert kept["standing"] == {
        "state": name,
        "own": False,
        "for_ms": 7,
        "last_error": "refused",
        "next_attempt_ms": due,
    }


@pytest.mark.parametrize(
    "state, told",
    [
        (
            LinkUp(AT, True),
            {
                "state": "linked",
                "relay": {"public_key": base64url.encode(CAROL), "address": "r:1"},
                "made_by_us": True,
            },
        ),
        (LinkTrying((AT,)), {"state": "trying", "relays": ["r:1"]}),
        (LinkDown("gone", None), {"state": "apart", "why": "gone", "next_attempt_ms": None}),
        (LinkDown("gone", NOW + 9), {"state": "apart", "why": "gone", "next_attempt_ms": 9}),
        (LinkDown("gone", NOW - 9), {"state": "apart", "why": "gone", "next_attempt_ms": 0}),
    ],
)
def test_link(state: Any, told: dict[str, Any]) -> None:
    """How the link to a friend is, and since when."""
    links = (LinkStatus(BOB, state, NOW - 3),)
    report = node_report(extra=Extra(opt_status=NetworkStatus(NOW, (), links)))
    assert values.friends_value(report)[0]["link"] == {"for_ms": 3, **told}


def test_friends() -> None:
    """Friends are sorted by name; what is owed, set and granted is there by currency, credits as texts."""
    config = CurrencyConfigReport(FST, Rate(1, 2), 2**127, True)
    bob = friend_report("bob", consistent(USD=(1, 0, 0), FST=(-75, 1, 2)), configs=(config,), relays=(AT,))
    lines = FriendCreditLines(BOB, (CreditLine(FST, 9, True),))
    report = node_report({BOB: bob, CAROL: friend_report("al")}, extra=Extra((lines,)))
    al, value = values.friends_value(report)
    assert (al["name"], al["granted"], al["link"]) == ("al", None, None)
    assert value == {
        "name": "bob",
        "public_key": base64url.encode(BOB),
        "enabled": True,
        "online": True,
        "relays": [{"public_key": base64url.encode(CAROL), "address": "r:1"}],
        "settings": {"FST": {"open": True, "max_debt": str(2**127), "mul": 1, "add": 2}},
        "consistent": True,
        "balances": {
            "FST": {"balance": "-75", "local_pending_debt": "1", "remote_pending_debt": "2"},
            "USD": {"balance": "1", "local_pending_debt": "0", "remote_pending_debt": "0"},
        },
        "granted": {"FST": {"open": True, "max_debt": "9"}},
        "link": None,
    }
    assert list(value["balances"]) == ["FST", "USD"]


@pytest.mark.parametrize("is_told", [True, False])
def test_03_d36_inconsistent_friend(is_told: bool) -> None:
    """Both sides' terms, and what it costs to accept those of the friend; nothing of it when they are not told."""
    remote = ResetTermsReport(bytes(64), (CurrencyBalance(FST, 70),)) if is_told else None
    status = ChannelInconsistent((CurrencyBalance(USD, 3), CurrencyBalance(FST, -40)), remote)
    (value,) = values.friends_value(node_report({BOB: friend_report(status=status)}))
    assert value["consistent"] is False
    assert value["local_reset_terms"] == {"FST": "-40", "USD": "3"}
    assert value["remote_reset_terms"] == ({"FST": "70"} if is_told else None)
    assert value["cost_of_reset"] == ({"FST": "30", "USD": "3"} if is_told else None)
    assert "balances" not in value


def test_balances() -> None:
    """The sums over all friends; of an inconsistent one what we claim counts."""
    claimed = ChannelInconsistent((CurrencyBalance(FST, -40),), None)
    friends = {
        BOB: friend_report(status=consistent(USD=(2, 0, 0), FST=(50, 0, 0))),
        CAROL: friend_report("carol", claimed),
    }
    assert values.balances_value(node_report(friends)) == {"FST": "10", "USD": "2"}
    assert values.balances_value(node_report({})) == {}


def test_everything_is_json() -> None:
    """Each value goes through JSON and comes back the same."""
    report = node_report()
    for value in (
        values.relays_value(report),
        values.index_servers_value(report),
        values.friends_value(report),
        values.balances_value(report),
        values.public_key_value(report),
    ):
        assert json.loads(json.dumps(value)) == value
    assert values.public_key_value(report) == {"public_key": base64url.encode(NODE.public_key)}
