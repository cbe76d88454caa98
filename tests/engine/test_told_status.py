"""What of the status is told to apps: that which is not as they know it, and not too much at once."""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.base.limits import FRIENDS_MAX, STATUS_LINKS_MAX
from offset.engine.told_status import ToldStatus
from offset.wire.extension import LinkDown, LinkStatus, NetworkStatus, StatusChange

FRIENDS = [PublicKey(number.to_bytes(32, "big")) for number in range(FRIENDS_MAX)]


def link(number: int, since: int = 0) -> LinkStatus:
    """The link to a friend."""
    return LinkStatus(FRIENDS[number], LinkDown("away", None), since)


def status(*links: LinkStatus, now: int = 0) -> NetworkStatus:
    """Of a node without relays."""
    return NetworkStatus(now, (), links)


def test_only_what_changed_is_told() -> None:
    """Of three friends one moves, one is removed, and the third is not named."""
    told = ToldStatus()
    told.begin(status(link(0), link(1), link(2)))
    assert told.change(status(link(0), link(1), link(2), now=5)) is None
    change = told.change(status(link(0, since=6), link(2), now=7))
    assert change == StatusChange(7, (), (link(0, since=6),), (FRIENDS[1],))
    assert told.change(status(link(0, since=6), link(2), now=8)) is None


def test_an_app_that_knows_less_has_all_told_again_what_it_lacks() -> None:
    """Its report is older than what the others know: a link was other, one was there no more, one not yet."""
    told = ToldStatus()
    told.begin(status(link(0, since=1), link(2)))
    told.join(status(link(0), link(1)))
    change = told.change(status(link(0, since=1), link(2)))
    assert change is not None
    assert {entry.friend_public_key for entry in change.links} == {FRIENDS[0], FRIENDS[2]}
    assert change.gone == (FRIENDS[1],)
    assert told.change(status(link(0, since=1), link(2))) is None


def test_whatever_moves_is_told_in_turn() -> None:
    """All links move at once, and those in front all the time: each message is bounded, and everybody is told."""
    told = ToldStatus()
    told.begin(status(*map(link, range(FRIENDS_MAX))))
    heard: set[PublicKey] = set()
    for step in range(1, FRIENDS_MAX // STATUS_LINKS_MAX + 2):
        moved = [link(number, since=step) for number in range(STATUS_LINKS_MAX)]
        change = told.change(
            status(*moved, *[link(number, since=1) for number in range(STATUS_LINKS_MAX, FRIENDS_MAX)])
        )
        assert change is not None
        assert len(change.links) == STATUS_LINKS_MAX
        assert told.has_more
        heard |= {entry.friend_public_key for entry in change.links}
    assert heard == set(FRIENDS)


def test_many_that_are_gone_are_told_in_turn() -> None:
    """An owner may disable everybody at once."""
    told = ToldStatus()
    told.begin(status(*map(link, range(STATUS_LINKS_MAX + 1))))
    change = told.change(status())
    assert change is not None
    assert len(change.gone) == STATUS_LINKS_MAX
    assert told.has_more
    change = told.change(status())
    assert change is not None
    assert len(change.gone) == 1
    assert not told.has_more
