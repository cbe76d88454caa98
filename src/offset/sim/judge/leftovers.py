"""What must be left when all is at rest, and nothing else: lines, questions, and what index servers tell of credit."""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey, short
from offset.core.funder.records import Queue
from offset.core.funder.state.state import Friend
from offset.engine.index import IndexEngine
from offset.engine.node import NodeEngine
from offset.engine.relay import RelayEngine
from offset.sim.cast.cast import Cast

Arcs = dict[tuple[PublicKey, Currency, PublicKey], tuple[int, int, int]]
"""By node, currency and friend: what the friend can push to the node, and the rate."""


def found(cast: Cast) -> str:
    """What is too much or too little, in words; empty when all is as it should be."""
    return found_but_for_tables(cast) or _tables(cast)


def found_but_for_tables(cast: Cast) -> str:
    """The same, without what index servers know."""
    return _lines(cast) or _questions(cast) or _unsaid(cast)


def _lines(cast: Cast) -> str:
    """A relay carries two legs for each pair, and listens to each node once; nobody keeps a line for nothing."""
    tunnels = 0
    for host in cast.hosts.values():
        if isinstance(host.engine, RelayEngine):
            view = host.engine.view()
            lines, relay = view.lines, view.relay
            tunnels += relay.tunnels
            wanted = relay.listeners + 2 * relay.tunnels
            if {lines.connections, relay.connections, len(host.ends)} != {wanted}:
                return f"{host.name} has {len(host.ends)} lines that lead nowhere: {lines}, {relay}"
        elif isinstance(host.engine, NodeEngine):
            wanted = host.engine.view().lines_needed
            if len(host.ends) + len(host.dialing) > wanted:
                return f"{host.name} has {len(host.ends)} lines and needs {wanted}"
    pairs = sum(len(cast.state(name).friends) for name in cast.scenario.nodes) // 2
    return f"{tunnels} tunnels for {pairs} pairs of friends" if tunnels > pairs else ""


def _questions(cast: Cast) -> str:
    """Nothing waits to be said, and no app for an answer."""
    for name in filter(cast.is_honest, cast.scenario.nodes):
        view = cast.node(name).view()
        if view.turns_held:
            return f"{name} does not say what is durable"
        if view.requests_pending and not any(not cast.is_honest(node) for node in cast.scenario.nodes):
            return f"an app of {name} waits for an answer"
    return ""


def _unsaid(cast: Cast) -> str:
    """Whoever keeps the token holds up nothing that was never said to it."""
    for name in filter(cast.is_honest, cast.scenario.nodes):
        for friend in cast.state(name).friends.values():
            if friend.queues[Queue.FORWARDED] or friend.queues[Queue.USER]:
                return f"{name} keeps requests that were never said to {short(friend.public_key)}"
    return ""


def _tables(cast: Cast) -> str:
    """Each index server knows what each node lets its friends push to it; nothing of friends that are gone."""
    servers = [host for host in cast.hosts.values() if isinstance(host.engine, IndexEngine)]
    if not servers:
        return ""
    # Whose key is lost says nothing any more, and takes nothing back: its friends have, and that is enough.
    honest = {
        cast.key(name) for name in cast.scenario.nodes if cast.is_honest(name) and name not in cast.lost_keys
    }
    wanted = stated(cast)
    for host in servers:
        assert isinstance(host.engine, IndexEngine)
        known: Arcs = {
            (item.node, item.currency, item.friend): (item.capacity, item.rate.mul, item.rate.add)
            for item in host.engine.stated()
            if item.node in honest
        }
        for place in {**wanted, **known}:
            if wanted.get(place) != known.get(place):
                node, currency, other = place
                return (
                    f"{host.name} knows {known.get(place)} of what {short(other)} can push to {short(node)} in"
                    f" {currency}; it is {wanted.get(place)}"
                )
    return ""


def stated(cast: Cast) -> Arcs:
    """What all honest nodes ought to publish."""
    arcs: Arcs = {}
    for name in filter(cast.is_honest, cast.scenario.nodes):
        for friend in cast.state(name).friends.values():
            arcs |= _stated(cast.key(name), friend)
    return arcs


def _stated(node: PublicKey, friend: Friend) -> Arcs:
    """What a node ought to publish about a friend (spec 03, 5)."""
    if not (friend.is_enabled and friend.is_online and friend.channel.is_consistent) or friend.is_overdue:
        return {}
    arcs: Arcs = {}
    for currency, credit in friend.channel.credits.items():
        config = friend.configs[currency]
        if config.is_open:
            room = (
                config.remote_max_debt - credit.balance - sum(item.frozen for item in credit.remote.values())
            )
            arcs[node, currency, friend.public_key] = (max(room, 0), config.rate.mul, config.rate.add)
    return arcs
