"""stctrl config succeed, revoke and take-friend: a key is lost or stolen, or the list of friends."""

from __future__ import annotations

import json

import pytest

from offset.base import base64url
from offset.testing import FRIEND, NODE, STRANGER, friend_report, node_report
from offset.wire.files import format_token
from offset.wire.files.revocations import format_revocation
from offset.wire.friend import CurrencyBalance
from offset.wire.orders import GiveUp, ResetByProof, Revoke, Succeed, TakeFriend
from offset.wire.recovery import RecoveryRow, Stake
from offset.wire.report import ChannelInconsistent, ResetTermsReport
from offset.wire.revocations import revocation_bytes, sign_revocation
from support.asides import SHOWN
from support.desk import Desk, Open

ALICE, ALICE2 = FRIEND.public_key, bytes([7]) * 32
REVOCATION = sign_revocation(FRIEND)


@pytest.fixture
def desk(open_desk: Open) -> Desk:
    """A node with alice and her new card, and the revocation of the old one."""
    made = open_desk(node_report({ALICE: friend_report(name="alice"), ALICE2: friend_report(name="alice2")}))
    made.put("alice.revoked", format_revocation(REVOCATION))
    return made


def test_succeed(desk: Desk) -> None:
    """Names or keys; what comes next is noted."""
    done = desk.run("config succeed -n alice -N alice2")
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == (
        "stctrl: note: the friend 'alice' is disabled, and will be removed when 'alice2' has accepted your terms; "
        "see info friends\n"
    )
    keys = f"-n {base64url.encode(ALICE)} -N {base64url.encode(ALICE2)}"
    done = desk.run(f"config succeed {keys} --with-frozen --json")
    assert json.loads(done.stdout) == {"done": True}
    assert desk.fake.requests == [Succeed(ALICE, ALICE2, False), Succeed(ALICE, ALICE2, True)]


def test_revoke(desk: Desk) -> None:
    """The file goes to the node, which knows whether it is good."""
    assert desk.good("config revoke -f alice.revoked") == ""
    assert desk.fake.requests == [Revoke(revocation_bytes(REVOCATION))]


def test_revoking_ones_own_card(desk: Desk) -> None:
    """It cannot be taken back, so it is asked for, or forced."""
    desk.put("own.revoked", format_revocation(sign_revocation(NODE)))
    assert desk.bad("config revoke -f own.revoked") == (
        "this revokes the key of this very node: its friends disable this card for ever; if you want that, say --force"
    )
    assert desk.fake.requests == []
    assert desk.good("config revoke -f own.revoked --force") == ""
    assert desk.fake.requests == [Revoke(revocation_bytes(sign_revocation(NODE)))]


def test_take_friend(desk: Desk) -> None:
    """By its key, for it has no name yet."""
    assert desk.good(f"config take-friend -k {base64url.encode(STRANGER.public_key)} -n bob") == ""
    assert desk.fake.requests == [TakeFriend(STRANGER.public_key, "bob")]
    assert (
        "'xyz' is not a public key as stctrl info found and info recovery show it"
        in desk.run("config take-friend -k xyz -n bob").stderr
    )


def test_terms_that_are_proved(open_desk: Open) -> None:
    """The file is what the friend exports; the node compares, and says what differs."""
    status = ChannelInconsistent((), ResetTermsReport(b"t" * 64, (CurrencyBalance("FST", 70),)))
    desk = open_desk(node_report({ALICE: friend_report(name="alice", status=status, online=False)}))
    desk.put("own.token", format_token(SHOWN))
    assert "info friend-last-token" in desk.bad("config reset-friend -n alice --proof nothing.token")
    done = desk.run("config reset-friend -n alice --proof own.token")
    assert (done.status, done.stdout) == (0, "")
    assert desk.fake.requests == [ResetByProof(ALICE, b"t" * 64, SHOWN)]
    desk.fake.order_refusal = "by these terms we would have -70 FST instead of -60"
    assert desk.bad("config reset-friend -n alice --proof own.token") == (
        "by these terms we would have -70 FST instead of -60"
    )


def test_give_up(desk: Desk) -> None:
    """What it may cost is said first; where nothing waits there is nothing to give up."""
    key = base64url.encode(STRANGER.public_key)
    assert "nothing waits for the word of this key" in desk.bad(f"config give-up -k {key} --yes")
    desk.fake.recovery.append(RecoveryRow(STRANGER.public_key, "unknown", 0, (Stake("FST", 31),)))
    asked = desk.run(f"config give-up -k {key}")
    assert asked.status != 0
    assert "This may cost you up to 31 FST." in asked.stdout + asked.stderr
    assert desk.fake.requests == []
    assert desk.good(f"config give-up -k {key} --yes") == ""
    assert desk.fake.requests == [GiveUp(STRANGER.public_key)]


def test_mistakes(desk: Desk) -> None:
    """One sentence each: an unknown name, what the node refuses, and what is no revocation."""
    assert "no friend" in desk.bad("config succeed -n alice -N carol")
    desk.put("no.revoked", "{}")
    assert desk.bad("config revoke -f no.revoked").startswith("no.revoked is not a revocation: ")
    assert desk.fake.requests == []
    desk.fake.order_refusal = "the revoked key is not that of a friend"
    assert desk.bad("config revoke -f alice.revoked") == "the revoked key is not that of a friend"


def test_a_node_of_the_reference(desk: Desk) -> None:
    """It cannot be asked for that."""
    desk.fake.takes_orders = False
    for line in ("config succeed -n alice -N alice2", "config revoke -f alice.revoked"):
        assert desk.bad(line) == (
            "this node cannot be asked for that: its program is that of 0.1.11, or an older one"
        )
