"""What owners asked for, what friends were told of it, and what apps see, when all is at rest."""

from __future__ import annotations

from typing import Any

from offset.base.ids import PublicKey, short
from offset.core.apps.reports import ReportView
from offset.core.funder.state.state import FunderState
from offset.sim.cast.cast import Cast
from offset.wire.app import (
    AddFriend,
    AddIndexServer,
    AddRelay,
    AppRequest,
    CloseFriendCurrency,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
)
from offset.wire.extension import CreditLine, LinkUp, RelayListening
from offset.wire.report import NodeReport


def found(cast: Cast) -> str:
    """What is not so, in words; empty when all is as it should be."""
    for name in filter(cast.is_honest, cast.scenario.nodes):
        state, report = cast.state(name), cast.node(name).report()
        for place, request in cast.settings[name].items():
            if place[1:] and place[1] in left_friends(cast, name):
                # Said after the two had left each other, and refused.
                continue
            if not _is_done(state, report, request):
                return f"{name} does not do what its owner asked for: {request}"
        words = _friends(cast, name) or _app(cast, name, report)
        if words:
            return words
    return ""


def left_friends(cast: Cast, name: str) -> set[PublicKey]:
    """Who is not to be a friend of this node any more, or never was."""
    wanted = set(cast.neighbours(name))
    return {cast.key(other) for other in cast.scenario.nodes if other not in wanted}


def _is_done(state: FunderState, report: NodeReport, request: AppRequest) -> bool:
    match request:
        case AddRelay(relay):
            return relay in state.relays
        case AddIndexServer(server):
            return server in report.index_client_report.index_servers
        case AddFriend(key, _, name):
            return key in state.friends and state.friends[key].name == name
        case EnableFriend(key) | DisableFriend(key):
            return state.friends[key].is_enabled == isinstance(request, EnableFriend)
        case SetFriendCurrencyMaxDebt(key, currency, limit):
            return state.friends[key].configs[currency].remote_max_debt == limit
        case SetFriendCurrencyRate(key, currency, rate):
            return state.friends[key].configs[currency].rate == rate
        case OpenFriendCurrency(key, currency) | CloseFriendCurrency(key, currency):
            return state.friends[key].configs[currency].is_open == isinstance(request, OpenFriendCurrency)
    # Where a friend is reached: the friend itself knows better.
    return True


def _friends(cast: Cast, name: str) -> str:
    """Honest friends know where the node is and what it grants."""
    lines_of = {
        key: tuple(
            CreditLine(currency, config.remote_max_debt, config.is_open)
            for currency, config in sorted(friend.configs.items())
        )
        for key, friend in cast.state(name).friends.items()
    }
    for key, lines in lines_of.items():
        other = cast.names[key]
        friend = cast.friend(other, name) if cast.is_honest(other) else None
        if friend is None:
            continue
        if cast.relay_address(name) not in friend.remote_relays:
            return f"{other} does not know that {name} is at {cast.relay_address(name).address}"
        if _tells(cast, name) and _tells(cast, other) and friend.credit_lines != lines:
            return f"{other} was told of the lines {friend.credit_lines} that {name} grants; they are {lines}"
    return ""


def _tells(cast: Cast, name: str) -> bool:
    """Odd nodes are like the reference: they tell no lines, and are told of changes only by what is said anyway."""
    return name not in cast.scenario.hostile


def _app(cast: Cast, name: str, now: NodeReport) -> str:
    """An app that followed all changes knows what a new one would be told."""
    client = cast.clients[name]
    if client.view is None or not client.is_ready:
        return f"the app of {name} has no line"
    seen, true = _seen(client.view), _seen(ReportView(now))
    for part in {**true, **seen}:
        if seen.get(part) != true.get(part):
            return (
                f"the app of {name} sees {seen.get(part)} as {part}, and would now be told {true.get(part)}"
            )
    status = now.opt_extra.opt_status if now.opt_extra else None
    assert status is not None
    keys = {cast.key(other): other for other in cast.scenario.nodes if cast.is_honest(other)}
    for link in status.links:
        if link.friend_public_key in keys and not isinstance(link.state, LinkUp):
            return f"{name} says of {keys[link.friend_public_key]}: {link.state}"
    for relay in status.relays:
        if not relay.is_own and len(keys) == len(cast.scenario.nodes):
            return f"{name} still listens at {relay.relay.address}, though all friends know that it moved"
        if relay.is_own and not isinstance(relay.state, RelayListening):
            return f"{name} says of {relay.relay.address}: {relay.state}"
    return ""


def _seen(view: ReportView) -> dict[str, Any]:
    """What an app shows, piece by piece; times are left out, since a clock goes on."""
    status = view.status
    seen = {
        "relays": dict(view.relays),
        "index servers": dict(view.index_servers),
        "connected index server": view.connected_server,
        "lost payments": dict(view.lost_payments),
        "index status": status and status.index_servers,
        "status": status and (status.relays, {link.friend_public_key: link for link in status.links}),
    }
    for key, friend in view.friends.items():
        seen[f"lines of {short(key)}"] = view.credit_lines.get(key)
        for field in friend.__struct_fields__:
            value = getattr(friend, field)
            seen[f"{field} of {short(key)}"] = (
                sorted(value, key=lambda config: config.currency) if field == "currency_configs" else value
            )
    return seen
