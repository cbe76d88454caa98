"""Who can be paid directly, and what is in the way on our own side: one cause, one sentence, with number and remedy."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from app.payment.paying import BOB, CAROL
from offset.app.payment.own_lines import JUST_NOW_MS, PATIENCE_S, direct_way, own_obstacle
from offset.app.reports import LiveReport
from offset.base.ids import PublicKey
from offset.testing import (
    NODE,
    SELLER,
    consistent,
    friend_report,
    identity,
    invoice,
    node_report,
)
from offset.wire.common import RelayAddress
from offset.wire.extension import (
    CreditLine,
    Extra,
    FriendCreditLines,
    LinkDown,
    LinkState,
    LinkStatus,
    LinkTrying,
    NetworkStatus,
)
from offset.wire.report import ChannelConsistent, ChannelInconsistent
from support.ours import OPEN

NOW = 1_000_000
LONG_AGO, LATELY = 5, NOW - 1000
DOWN, TRYING = LinkDown("it is away", None), LinkTrying((RelayAddress(BOB, "r:1"),))


def told(key: PublicKey, limit: int, *, is_open: bool = True) -> FriendCreditLines:
    """What a friend grants."""
    return FriendCreditLines(key, (CreditLine("FST", limit, is_open),))  # type: ignore[arg-type]


def live(
    friends: dict[PublicKey, Any],
    *lines: FriendCreditLines,
    link: tuple[LinkState, int] | None = None,
    clock: Callable[[], int] = lambda: 0,
) -> LiveReport:
    """A report with these friends, what they grant, and how the link to all of them is; and no time passes."""
    links = () if link is None else tuple([LinkStatus(key, *link) for key in friends])
    return LiveReport(node_report(friends, extra=Extra(lines, NetworkStatus(NOW, (), links))), clock)


def friend(name: str = "bob", balance: int = 0, frozen: int = 0, **more: Any) -> Any:
    """A friend with an open line."""
    return friend_report(name, consistent(FST=(balance, frozen, 0)), configs=(OPEN,), **more)


FRESH = friend_report("bob", ChannelConsistent(()), configs=(OPEN,))
BROKEN = friend_report("bob", ChannelInconsistent((), None))
BOB_SELLS = replace(invoice(50), dest_public_key=BOB)


@pytest.mark.parametrize(
    "report, asked, text",
    [
        (
            live({}),
            invoice(),
            "no friend of this node uses FST with it; agree on that with one of them first",
        ),
        (
            live({BOB: friend(online=False)}),
            invoice(),
            "the friends with FST are offline (bob); try again when",
        ),
        (
            live({BOB: friend(enabled=False)}),
            invoice(),
            "bob is disabled; enable it first (config enable-friend)",
        ),
        (live({BOB: BROKEN}), invoice(), "bob is inconsistent: look at info friends, and agree"),
        (live({BOB: FRESH}), invoice(), "FST is set for the friend bob, who has not set it too; ask for it"),
        (
            live({BOB: replace(FRESH, liveness=False)}),
            invoice(),
            "FST is set for the friend bob, who has not been online since",
        ),
        (
            live({BOB: friend(balance=-100)}, told(BOB, 100)),
            invoice(),
            "this node can send 0 FST at most, and 50 are asked for: you owe bob 100 of 100 FST; "
            "get a higher limit from bob, or earn something first",
        ),
        (
            live({BOB: friend(balance=-80)}, told(BOB, 50)),
            invoice(),
            "can send 0 FST at most, and 50 are asked for: you owe bob 80 of 50 FST;",
        ),
        (
            live({BOB: friend(balance=-60, frozen=7)}, told(BOB, 100)),
            invoice(),
            "can send 33 FST at most, and 50 are asked for: you owe bob 60 of 100 FST, and 7 are frozen;",
        ),
        (
            live({BOB: replace(friend(), currency_configs=())}, told(BOB, 100)),
            invoice(),
            "no index server knows a way; open it with bob (config open-currency)",
        ),
        (
            live({BOB: friend()}, told(BOB, 100, is_open=False)),
            invoice(),
            "no index server knows a way; ask bob to open it",
        ),
        (
            live({BOB: friend(online=False)}),
            BOB_SELLS,
            "the seller is the friend bob, who is offline; try again",
        ),
        (
            live({BOB: friend_report("bob", consistent(EUR=(0, 0, 0)))}),
            BOB_SELLS,
            "the seller is the friend bob, but FST is not used with it; agree on that first",
        ),
        (
            live({BOB: friend(balance=-60), CAROL: friend("carol")}, told(BOB, 100), told(CAROL, 5)),
            BOB_SELLS,
            "can send 45 FST at most, and 50 are asked for: you owe bob 60 of 100 FST; get a higher limit from bob,",
        ),
        (live({BOB: friend()}), invoice(seller=NODE), "this is an invoice of this node itself, and no ring"),
    ],
)
def test_one_cause_one_sentence(report: LiveReport, asked: Any, text: str) -> None:
    """What the node knows of its friends is said, with its number and what can be done."""
    obstacle = own_obstacle(report, asked, asked.dest_payment)
    assert obstacle is not None
    assert text in obstacle.text
    assert obstacle.is_credit == ("at most" in text)


def test_a_friend_whose_link_went_down_long_ago_is_not_waited_for() -> None:
    """Also when the node has had nothing to tell since: what counts is how long ago that is now."""
    times = [0]
    report = live({BOB: friend(online=False)}, link=(DOWN, LATELY), clock=lambda: times[0])

    def passes_s() -> float:
        obstacle = own_obstacle(report, invoice(), 50)
        assert obstacle is not None
        return obstacle.passes_s

    assert passes_s() > 0
    times[0] = JUST_NOW_MS
    assert passes_s() == 0


def test_nothing_on_our_own_side() -> None:
    """With an open line of which nobody knows that it is used up, what is in the way is farther off."""
    for report in (
        live({BOB: friend()}),
        live({BOB: friend(balance=-50)}, told(BOB, 100)),
        live({BOB: friend(balance=-100), CAROL: friend("carol", online=True)}, told(BOB, 100)),
    ):
        assert own_obstacle(report, invoice(), 50) is None


@pytest.mark.parametrize(
    "link, waits",
    [((TRYING, LONG_AGO), True), ((DOWN, LATELY), True), ((DOWN, LONG_AGO), False), (None, False)],
)
def test_what_passes_by_itself(link: tuple[LinkState, int] | None, waits: bool) -> None:
    """A friend that is connecting, or was here a moment ago, is waited for; one that is away for long is not."""
    for known in (friend(online=False), replace(FRESH, liveness=False)):
        obstacle = own_obstacle(live({BOB: known}, link=link), invoice(), 50)
        assert obstacle is not None
        assert obstacle.passes_s == (PATIENCE_S if waits else 0)


@pytest.mark.parametrize(
    "friend_of_ours, limit, carries",
    [
        (friend(balance=-50), 100, True),
        (friend(balance=-51), 100, False),
        (friend(balance=-40, frozen=11), 100, False),
        (friend(balance=50), 0, True),
        (friend(balance=-99), None, True),
        (replace(friend(), currency_configs=()), 100, True),
        (friend(online=False), 100, False),
        (friend(enabled=False), 100, False),
        (BROKEN, 100, False),
        (FRESH, 100, False),
    ],
)
def test_who_can_be_paid_directly(friend_of_ours: Any, limit: int | None, carries: bool) -> None:
    """A friend, over a line that need not be open for others, as far as the friend's limit is known to allow it."""
    lines = [] if limit is None else [told(BOB, limit, is_open=False)]
    way = direct_way(live({BOB: friend_of_ours}, *lines), BOB_SELLS, 50)
    assert (way is not None) == carries
    if way is not None:
        (found,) = way.routes
        assert found.route.public_keys == (NODE.public_key, BOB)
    assert direct_way(live({BOB: friend_of_ours}, *lines), invoice(50, SELLER), 50) is None
    assert identity("bob").public_key != BOB
