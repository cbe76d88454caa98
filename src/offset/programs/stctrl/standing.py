"""Words for how the node stands with its relays and with its friends (spec 02, W26)."""

from __future__ import annotations

from typing import Any

from offset.base import base64url
from offset.base.instants import HOUR, MINUTE, SECOND, Instant, Millis
from offset.programs.printing import printable
from offset.wire.extension import (
    LinkDown,
    LinkStatus,
    LinkUp,
    NetworkStatus,
    RelayConnecting,
    RelayListening,
    RelayStatus,
)
from offset.wire.report import FriendReport, NodeReport

_DAY = 24 * HOUR

Cell = list[str]


def span(length: Millis) -> str:
    """A length of time in one unit, rounded down."""
    for unit, name in ((_DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if length >= unit:
            return f"{length // unit} {name}"
    return "0 s"


def _in(now: Instant, then: Instant) -> str:
    """When something comes; what is due already comes now."""
    return f"in {span(max(0, then - now))}"


def standing_of(report: NodeReport) -> NetworkStatus | None:
    """How the node stands with relays and friends, if it tells."""
    return None if report.opt_extra is None else report.opt_extra.opt_status


def relay_words(standing: NetworkStatus, relay: RelayStatus) -> Cell:
    """The state of a relay, in lines."""
    now = standing.now
    kept = [] if relay.is_own else ["kept for friends that know no newer one"]
    match relay.state:
        case RelayListening():
            return [f"friends can come in, for {span(now - relay.since)}", *kept]
        case RelayConnecting():
            return ["connecting", *kept]
        case waiting:
            return [printable(relay.last_error), f"next attempt {_in(now, waiting.until)}", *kept]


def link_words(friend: FriendReport, standing: NetworkStatus | None, link: LinkStatus | None) -> Cell:
    """The state of the link to a friend, in lines; a node that does not tell says whether there is one."""
    if not friend.status:
        return ["disabled"]
    if standing is None or link is None:
        return ["online" if friend.liveness else "offline"]
    since = span(standing.now - link.since)
    match link.state:
        case LinkUp() as linked:
            by = "the node" if linked.is_ours else "the friend"
            return [f"online for {since}", f"through {printable(linked.relay.address)}", f"made by {by}"]
        case LinkDown() as apart:
            then = apart.opt_next_attempt
            again = [] if then is None else [f"next attempt {_in(standing.now, then)}"]
            return [f"offline for {since}", apart.why, *again]
        case trying:
            return [
                f"offline for {since}",
                *[f"trying {printable(relay.address)}" for relay in trying.relays],
            ]


def relay_value(standing: NetworkStatus, relay: RelayStatus) -> dict[str, Any]:
    """The state of a relay, for scripts; times in milliseconds from now."""
    value: dict[str, Any] = {
        "state": "waiting",
        "own": relay.is_own,
        "for_ms": standing.now - relay.since,
        "last_error": relay.last_error or None,
        "next_attempt_ms": None,
    }
    match relay.state:
        case RelayListening():
            value["state"] = "listening"
        case RelayConnecting():
            value["state"] = "connecting"
        case waiting:
            value["next_attempt_ms"] = max(0, waiting.until - standing.now)
    return value


def link_value(standing: NetworkStatus, link: LinkStatus) -> dict[str, Any]:
    """The state of a link, for scripts; times in milliseconds from now."""
    value: dict[str, Any] = {"for_ms": standing.now - link.since}
    match link.state:
        case LinkUp() as linked:
            key = base64url.encode(linked.relay.public_key)
            value |= {
                "state": "linked",
                "relay": {"public_key": key, "address": linked.relay.address},
                "made_by_us": linked.is_ours,
            }
        case LinkDown() as apart:
            then = apart.opt_next_attempt
            due = None if then is None else max(0, then - standing.now)
            value |= {"state": "apart", "why": apart.why, "next_attempt_ms": due}
        case trying:
            value |= {"state": "trying", "relays": [relay.address for relay in trying.relays]}
    return value
