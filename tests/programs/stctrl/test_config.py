"""stctrl config against a scripted node: what is asked for, and what is made of refusals."""

import json
from io import StringIO

import click
import pytest

from offset.base.base64url import encode
from offset.base.credits import Rate
from offset.programs.stctrl import config, main
from offset.programs.stctrl.root import stctrl
from offset.testing import (
    FRIEND,
    INDEX_SERVER,
    RELAY,
    consistent,
    friend_report,
    identity,
    node_report,
    refuse,
    refuse_because,
)
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
    (
        "set-currency-rate -n bob -c FST --percent 1 --plus 2",
        app.SetFriendCurrencyRate(BOB, "FST", Rate(42949673, 2)),
    ),
    (
        "set-currency-rate -n bob -c FST --percent 0.25 --add 0",
        app.SetFriendCurrencyRate(BOB, "FST", Rate(10737419, 0)),
    ),
    ("rename-friend -n bob -t bert", app.SetFriendName(BOB, "bert")),
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


@pytest.mark.parametrize("line, request_sent", CONFIG, ids=[line for line, _ in CONFIG])
def test_a_friend_named_by_its_key_is_not_looked_up(
    line: str, request_sent: app.AppRequest, configured: Desk
) -> None:
    """Then a command takes no report of a node that can leave it out, but where it has to look at something."""
    configured.fake.report_is_optional = True
    looks = ["add-relay", "remove-relay", "add-index", "remove-index", "add-friend", "rename-friend"]
    command = line.split()[0]
    by_key = line.replace("-n bob", f"-n {encode(BOB)}")
    force = " --force" if command == "remove-friend" else ""
    assert configured.good(f"config {by_key}{force}") == ""
    assert configured.fake.requests == [request_sent]
    assert configured.fake.reports_sent == (1 if command in looks else 0)
    if command not in looks:
        configured.fake.requests.clear()
        configured.fake.script[type(request_sent)] = refuse_because("there is no such friend")
        assert "no such friend" in configured.bad(f"config {by_key}{force}")


@pytest.mark.parametrize(
    "rate",
    [
        "-m 1",
        "--percent 1",
        "--percent 100 --plus 1",
        "--percent -1 --plus 1",
        "--percent 1 -m 1 -a 1",
        "-m 1 -a 1 --plus 1",
    ],
)
def test_half_a_rate_is_a_usage_error(rate: str, configured: Desk) -> None:
    """A rate is a share and a flat fee, each said once."""
    assert configured.run(f"config set-currency-rate -n bob -c FST {rate}").status == 2
    assert configured.fake.requests == []


def test_one_per_cent_of_a_hundred_is_one() -> None:
    """A share in per cent is rounded so that it takes what a person expects."""
    for percent in range(1, 100):
        share = -(-percent * 2**32 // 100)
        assert 100 * share >> 32 == percent


def test_a_friend_with_a_balance_is_not_removed_by_mistake(
    open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be forgotten is told, and a person is asked; scripts need --force."""
    desk = open_desk(node_report({BOB: friend_report("bob", consistent(EUR=(0, 0, 0), FST=(-5, 2, 1)))}))
    told = (
        "with the friend 'bob' this is forgotten: you owe it 5 FST; 3 FST are frozen for payments under way"
    )
    assert told in desk.bad("config remove-friend -n bob")
    assert told in desk.bad("config remove-friend -n bob --json")
    for answer, status in (("n\n", 130), ("y\n", 0)):
        assert desk.fake.requests == []
        stdin = StringIO(answer)
        stdin.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", stdin)
        assert desk.run("config remove-friend -n bob").status == status
    assert desk.fake.requests == [app.RemoveFriend(BOB)]


def test_forced_removal(open_desk: Open) -> None:
    """With --force nobody is asked."""
    desk = open_desk(node_report({BOB: friend_report("bob", consistent(FST=(5, 0, 0)))}))
    assert desk.good("config remove-friend -n bob --force") == ""
    assert desk.fake.requests == [app.RemoveFriend(BOB)]


def test_names_that_nobody_could_tell_apart(configured: Desk) -> None:
    """A friend is named neither like a public key nor with blanks alone, and no two friends alike."""
    key = encode(CAROL)
    for command in (f"add-friend -f carol.friend -n {key}", f"rename-friend -n bob -t {key}"):
        assert "cannot be named like a public key" in configured.bad(f"config {command}")
    assert "there is a friend named 'bob' already" in configured.bad(
        "config add-friend -f carol.friend -n bob"
    )
    assert configured.fake.requests == []


def test_a_card_without_a_relay_says_so(configured: Desk) -> None:
    """Such a friend is made, and it is said that it cannot be found."""
    configured.put("carol.friend", format_friend(FriendFile(CAROL, ())))
    done = configured.run("config add-friend -f carol.friend -n carol")
    assert done.status == 0
    assert "note: the card carol.friend names no relay" in done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0:1", "http://r:1", "r:0"])
@pytest.mark.parametrize("command", ["add-relay -r", "add-index -i"])
def test_a_server_that_nobody_can_reach_is_refused(command: str, address: str, configured: Desk) -> None:
    """The ticket of a server with an address that nobody can connect to is not taken."""
    configured.put("bad.ticket", format_ticket(Ticket(CAROL, address)))
    assert f"nobody can connect to '{address}'" in configured.bad(f"config {command} bad.ticket -n x")
    assert configured.fake.requests == []


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
