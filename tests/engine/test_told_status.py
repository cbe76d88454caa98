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


def look(told: ToldStatus, true: NetworkStatus) -> StatusChange | None:
    """What is told after one look, if this is so."""
    links = {entry.friend_public_key: entry for entry in true.links}
    return told.change(links, lambda keys: NetworkStatus(true.now, true.relays, tuple(map(links.get, keys))))  # type: ignore[arg-type]


def after(told: ToldStatus, true: NetworkStatus) -> StatusChange | None:
    """The same after something moved."""
    told.moved()
    return look(told, true)


def test_only_what_changed_is_told() -> None:
    """Of three friends one moves, one is removed, and the third is not named."""
    told = ToldStatus()
    told.begin(status(link(0), link(1), link(2)))
    assert after(told, status(link(0), link(1), link(2), now=5)) is None
    change = after(told, status(link(0, since=6), link(2), now=7))
    assert change == StatusChange(7, (), (link(0, since=6),), (FRIENDS[1],))
    assert after(told, status(link(0, since=6), link(2), now=8)) is None


def test_an_app_that_knows_less_has_all_told_again_what_it_lacks() -> None:
    """Its report is older than what the others know: a link was other, one was there no more, one not yet."""
    told = ToldStatus()
    told.begin(status(link(0, since=1), link(2)))
    told.join(status(link(0), link(1)))
    change = after(told, status(link(0, since=1), link(2)))
    assert change is not None
    assert {entry.friend_public_key for entry in change.links} == {FRIENDS[0], FRIENDS[2]}
    assert change.gone == (FRIENDS[1],)
    assert after(told, status(link(0, since=1), link(2))) is None


def test_everybody_is_looked_at_after_a_move() -> None:
    """All links move at once, and those in front all the time: each message is bounded, and everybody is told."""
    told = ToldStatus()
    told.begin(status(*map(link, range(FRIENDS_MAX))))
    heard: set[PublicKey] = set()
    for step in range(1, FRIENDS_MAX // STATUS_LINKS_MAX + 2):
        moved = [link(number, since=step) for number in range(STATUS_LINKS_MAX)]
        others = [link(number, since=1) for number in range(STATUS_LINKS_MAX, FRIENDS_MAX)]
        change = after(told, status(*moved, *others))
        assert change is not None
        assert len(change.links) <= STATUS_LINKS_MAX
        assert told.has_more
        heard |= {entry.friend_public_key for entry in change.links}
    assert heard == set(FRIENDS)


def test_one_move_needs_no_more_than_one_look_at_each() -> None:
    """Then there is rest, until something moves again."""
    told = ToldStatus()
    told.begin(status(*map(link, range(FRIENDS_MAX))))
    true = status(*map(link, range(FRIENDS_MAX - 1)), link(FRIENDS_MAX - 1, since=1))
    told.moved()
    changes, looks = [], 0
    while told.has_more or not looks:
        changes.append(look(told, true))
        looks += 1
    assert looks == -(-FRIENDS_MAX // STATUS_LINKS_MAX)
    assert [change.links for change in changes if change is not None] == [(link(FRIENDS_MAX - 1, since=1),)]


def test_many_that_are_gone_are_told_in_turn() -> None:
    """An owner may disable everybody at once."""
    told = ToldStatus()
    told.begin(status(*map(link, range(STATUS_LINKS_MAX + 1))))
    change = after(told, status())
    assert change is not None
    assert len(change.gone) == STATUS_LINKS_MAX
    assert told.has_more
    change = after(told, status())
    assert change is not None
    assert len(change.gone) == 1
    assert not told.has_more
