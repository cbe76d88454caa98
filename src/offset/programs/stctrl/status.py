"""The status of relays and of links to friends, in words (spec 02, W26)."""

from __future__ import annotations

from offset.base.instants import HOUR, MINUTE, SECOND, Instant, Millis
from offset.programs.printing import printable
from offset.wire.extension import (
    IndexServerConnected,
    IndexServerConnecting,
    IndexServerStatus,
    IndexServerUnused,
    LinkDown,
    LinkStatus,
    LinkUp,
    NetworkStatus,
    RelayConnecting,
    RelayListening,
    RelayStatus,
)
from offset.wire.report import FriendReport

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


def relay_words(network: NetworkStatus, relay: RelayStatus) -> Cell:
    """The state of a relay, in lines."""
    now = network.now
    kept = [] if relay.is_own else ["kept for friends that know no newer one"]
    match relay.state:
        case RelayListening():
            return [f"friends can come in, for {span(now - relay.since)}", *kept]
        case RelayConnecting():
            return ["connecting", *kept]
        case waiting:
            return [printable(relay.last_error), f"next attempt {_in(now, waiting.until)}", *kept]


def index_words(network: NetworkStatus, status: IndexServerStatus) -> Cell:
    """How a node stands with an index server, in lines."""
    reason = [printable(status.last_error)] if status.last_error else []
    match status.state:
        case IndexServerConnected():
            return ["in use"]
        case IndexServerConnecting():
            return ["connecting", *reason]
        case IndexServerUnused():
            others = network.index_servers
            is_served = any(isinstance(other.state, IndexServerConnected) for other in others)
            return [*reason, "another one is in use" if is_served else "others are tried first"]
        case waiting:
            return [*reason, f"next attempt {_in(network.now, waiting.until)}"]


def link_words(friend: FriendReport, network: NetworkStatus | None, link: LinkStatus | None) -> Cell:
    """The state of the link to a friend, in lines; a node that does not tell says whether there is one."""
    if not friend.status:
        return ["disabled"]
    if network is None or link is None:
        return ["online" if friend.liveness else "offline"]
    since = span(network.now - link.since)
    match link.state:
        case LinkUp() as linked:
            by = "the node" if linked.is_ours else "the friend"
            return [f"online for {since}", f"through {printable(linked.relay.address)}", f"made by {by}"]
        case LinkDown() as apart:
            then = apart.opt_next_attempt
            again = [] if then is None else [f"next attempt {_in(network.now, then)}"]
            return [f"offline for {since}", apart.why, *again]
        case trying:
            return [
                f"offline for {since}",
                *[f"trying {printable(relay.address)}" for relay in trying.relays],
            ]
