"""What `info` shows of the node itself: tables for people (spec 05, 3.2), values for scripts."""

from __future__ import annotations

from typing import Any

from offset.base import base64url
from offset.base.credits import Balance
from offset.base.ids import Currency
from offset.programs.printing import printable
from offset.programs.stctrl.show_friends import links_text
from offset.programs.stctrl.standing import relay_value, relay_words, standing_of
from offset.programs.stctrl.table import table
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.extension import NetworkStatus, RelayStatus
from offset.wire.report import ChannelConsistent, ChannelStatus, NodeReport

# For people


def relays_text(report: NodeReport, *, is_long: bool = False) -> str:
    """The relays of the node, last added last; in the long form with how it stands there and with friends."""
    relays, titles = report.funder_report.relays, ("relay name", "public key", "address")
    standing = standing_of(report)
    if is_long and standing is not None:
        rows = [[*_server(relay), _state(standing, state)] for relay, state in _all_relays(report, standing)]
        text = table((*titles, "state"), rows) if rows else "No configured relay servers."
        return f"{text}\n{links_text(report)}"
    if not relays:
        return "No configured relay servers."
    return table(titles, [_server(relay) for relay in relays])


def _all_relays(
    report: NodeReport, standing: NetworkStatus
) -> list[tuple[NamedRelayAddress, RelayStatus | None]]:
    """The relays of the node, then those it keeps for friends."""
    states = {state.relay.public_key: state for state in standing.relays}
    own = [(relay, states.get(relay.public_key)) for relay in report.funder_report.relays]
    kept = [
        (NamedRelayAddress(state.relay.public_key, state.relay.address, ""), state)
        for state in standing.relays
        if not state.is_own
    ]
    return [*own, *kept]


def _state(standing: NetworkStatus, state: RelayStatus | None) -> list[str]:
    return ["unknown"] if state is None else relay_words(standing, state)


def index_servers_text(report: NodeReport) -> str:
    """The index servers of the node, last added last; a star at the one in use."""
    index = report.index_client_report
    if not index.index_servers:
        return "No configured index servers."
    rows = [
        _server(server, " (*)" if server.public_key == index.opt_connected_server else "")
        for server in index.index_servers
    ]
    return table(("index server name", "public key", "address"), rows)


def _server(server: NamedRelayAddress | NamedIndexServerAddress, mark: str = "") -> list[list[str]]:
    key = base64url.encode(server.public_key)
    return [[printable(server.name) + mark], [key], [printable(server.address)]]


def balances(report: NodeReport) -> dict[Currency, Balance]:
    """The sum over all friends, by currency; where a channel is inconsistent, what we claim (spec 05, 6.2)."""
    sums: dict[Currency, Balance] = {}
    for entry in report.funder_report.friends.list:
        for currency, balance in _owed(entry.friend_report.channel_status):
            sums[currency] = sums.get(currency, 0) + balance
    return dict(sorted(sums.items()))


def _owed(status: ChannelStatus) -> list[tuple[Currency, Balance]]:
    if isinstance(status, ChannelConsistent):
        return [(report.currency, report.balance.balance) for report in status.currency_reports]
    return [(term.currency, term.balance) for term in status.local_reset_terms]


def balances_text(report: NodeReport) -> str:
    """One line per currency; with one currency the number alone, as the first release printed it (6.3)."""
    sums = balances(report)
    if len(sums) < 2:
        return str(sum(sums.values()))
    return "\n".join(f"{printable(currency)} {balance}" for currency, balance in sums.items())


def public_key_text(report: NodeReport) -> str:
    """The public key of the node."""
    return base64url.encode(report.funder_report.local_public_key)


# For scripts


def relays_value(report: NodeReport) -> Any:
    """The relays of the node, and those it keeps for friends if it tells of them."""
    standing = standing_of(report)
    if standing is None:
        return [_server_value(relay) for relay in report.funder_report.relays]
    return [
        {**_server_value(relay), "standing": None if state is None else relay_value(standing, state)}
        for relay, state in _all_relays(report, standing)
    ]


def index_servers_value(report: NodeReport) -> Any:
    """The index servers of the node."""
    index = report.index_client_report
    return [
        {**_server_value(server), "connected": server.public_key == index.opt_connected_server}
        for server in index.index_servers
    ]


def _server_value(server: NamedRelayAddress | NamedIndexServerAddress) -> dict[str, Any]:
    return {
        "name": server.name,
        "public_key": base64url.encode(server.public_key),
        "address": server.address,
    }
