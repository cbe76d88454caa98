"""stctrl config against a scripted node: what is asked for, and what is made of refusals."""

import json

import click
import pytest

from offset.base.credits import Rate
from offset.programs.stctrl import config, main
from offset.programs.stctrl.root import stctrl
from offset.testing import FRIEND, INDEX_SERVER, RELAY, friend_report, identity, node_report, refuse
from offset.wire import app
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.files import (
    FriendFile,
    Ticket,
    format_friend,
    format_ticket,
)
from offset.wire.report import (
    ChannelInconsistent,
    CurrencyConfigReport,
    ResetTermsReport,
)
from support.commands import run_main
from support.desk import Desk, Open

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


# config

CONFIG: list[tuple[str, app.AppRequest]] = [
    ("add-relay -r r.ticket -n r", app.AddRelay(NamedRelayAddress(CAROL, "r:1", "r"))),
    ("remove-relay -n relay0", app.RemoveRelay(RELAY.public_key)),
    ("add-index -i r.ticket -n i", app.AddIndexServer(NamedIndexServerAddress(CAROL, "r:1", "i"))),
    ("remove-index -n index0", app.RemoveIndexServer(INDEX_SERVER.public_key)),
    ("add-friend -f carol.friend -n carol", app.AddFriend(CAROL, RELAYS, "carol")),
    ("set-friend-relays -f bob.friend -n bob", app.SetFriendRelays(BOB, RELAYS)),
    ("remove-friend -n bob", app.RemoveFriend(BOB)),
    ("enable-friend -n bob", app.EnableFriend(BOB)),
    ("disable-friend -n bob", app.DisableFriend(BOB)),
    ("open-currency -n bob -c FST", app.OpenFriendCurrency(BOB, "FST")),
    ("close-currency -n bob -c FST", app.CloseFriendCurrency(BOB, "FST")),
    ("set-currency-max-debt -n bob -c FST -m 100", app.SetFriendCurrencyMaxDebt(BOB, "FST", 100)),
    ("set-currency-rate -n bob -c FST -m 1 -a 2", app.SetFriendCurrencyRate(BOB, "FST", Rate(1, 2))),
    ("remove-currency -n bob -c EUR", app.RemoveFriendCurrency(BOB, "EUR")),
]


def test_registered() -> None:
    """`stctrl config` is this group of commands."""
    with click.Context(stctrl) as context:
        assert stctrl.get_command(context, "config") is config.group


@pytest.fixture
def configured(open_desk: Open) -> Desk:
    """A desk with the files and settings that the commands above need."""
    config = CurrencyConfigReport("EUR", Rate(0, 0), 5, True)
    desk = open_desk(node_report({BOB: friend_report(configs=(config,))}))
    desk.put("r.ticket", format_ticket(Ticket(CAROL, "r:1")))
    desk.put("bob.friend", format_friend(FriendFile(BOB, RELAYS)))
    desk.put("carol.friend", format_friend(FriendFile(CAROL, RELAYS)))
    return desk


@pytest.mark.parametrize("line, request_sent", CONFIG, ids=[line for line, _ in CONFIG])
def test_config(line: str, request_sent: app.AppRequest, configured: Desk) -> None:
    """A config command sends its one request and is silent; for scripts it says that it is done."""
    assert configured.good(f"config {line}") == ""
    assert configured.fake.requests == [request_sent]


def test_config_for_scripts(configured: Desk) -> None:
    """With --json a change that is done says so."""
    assert json.loads(configured.good("config enable-friend -n bob --json")) == {"done": True}


REFUSALS: list[tuple[str, type[app.AppRequest], str]] = [  # type: ignore[valid-type]
    ("add-relay -r r.ticket -n r", app.AddRelay, "did not take the relay"),
    ("add-friend -f carol.friend -n carol", app.AddFriend, "did not take the friend"),
    ("disable-friend -n bob", app.DisableFriend, "did not disable"),
    ("remove-currency -n bob -c EUR", app.RemoveFriendCurrency, "kept the currency 'EUR'"),
]


@pytest.mark.parametrize("line, kind, reason", REFUSALS)
def test_05_d4_config_refused(line: str, kind: type, reason: str, configured: Desk) -> None:
    """A change that the node does not make is a failure; the reference would call it done."""
    configured.fake.script[kind] = refuse
    assert reason in configured.bad(f"config {line}")


@pytest.mark.parametrize(
    "line, reason",
    [
        ("add-relay -r r.ticket -n relay0", "there is a relay named 'relay0' already"),
        ("add-relay -r missing -n r", "no such file: missing"),
        ("add-relay -r bob.friend -n r", "bob.friend is not a ticket"),
        ("remove-relay -n none", "there is no relay named 'none'"),
        ("add-index -i r.ticket -n index0", "there is an index server named 'index0' already"),
        ("add-index -i missing -n i", "no such file: missing"),
        ("remove-index -n none", "there is no index server named 'none'"),
        ("add-friend -f carol.friend -n bob", "there is a friend named 'bob' already"),
        ("add-friend -f bob.friend -n again", "a friend already, named 'bob'"),
        ("add-friend -f missing -n x", "no such file: missing"),
        ("set-friend-relays -f carol.friend -n bob", "card of another node than the friend 'bob'"),
        ("set-friend-relays -f bob.friend -n joe", "no friend named 'joe'"),
        ("enable-friend -n nobody", "no friend named 'nobody'"),
        ("open-currency -n bob -c 0123456789abcdefg", "at most 16 bytes"),
        ("reset-friend -n bob", "nothing to reset"),
        ("remove-currency -n bob -c FST", "nothing is set"),
    ],
)
def test_config_mistakes(line: str, reason: str, configured: Desk) -> None:
    """A mistake is one sentence with what to do, and the node is not asked."""
    assert reason in configured.bad(f"config {line}")
    assert configured.fake.requests == []


def test_05_d12_empty_currency(configured: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A currency without a name is refused."""
    args = ["-I", "app.ident", "-T", "node.ticket", "config", "open-currency", "-n", "bob", "-c", ""]
    done = run_main(main, args, capsys)
    assert (done.status, "needs a name" in done.stderr) == (1, True)


def test_reset_friend(open_desk: Open) -> None:
    """A reset sends the token of the terms; while the friend is offline a note says that it comes later."""
    terms = ResetTermsReport(b"t" * 64, ())
    status = ChannelInconsistent((), terms)
    desk = open_desk(node_report({BOB: friend_report(status=status)}))
    assert desk.good("config reset-friend -n bob") == ""
    assert desk.fake.requests == [app.ResetFriendChannel(BOB, b"t" * 64)]

    desk = open_desk(node_report({BOB: friend_report(status=status, online=False)}))
    desk.fake.script[app.ResetFriendChannel] = refuse
    done = desk.run("config reset-friend -n bob")
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == "stctrl: note: the node resets as soon as the friend 'bob' is online\n"
    assert json.loads(desk.run("config reset-friend -n bob --json").stdout) == {"done": True, "reset": False}
