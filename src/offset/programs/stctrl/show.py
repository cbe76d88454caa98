"""What `info` shows of the node itself: tables for people (spec 05, 3.2). For scripts: `offset.app.values`."""

from __future__ import annotations

from offset.app.values import all_relays, balances, index_states_of, network_status_of
from offset.base import base64url
from offset.programs.printing import printable
from offset.programs.stctrl.show_friends import links_text
from offset.programs.stctrl.status import index_words, relay_words
from offset.programs.stctrl.table import table
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.extension import NetworkStatus, RelayStatus
from offset.wire.report import NodeReport


def relays_text(report: NodeReport, *, is_long: bool = False) -> str:
    """The relays of the node, last added last; in the long form with how it stands there and with friends."""
    relays, titles = report.funder_report.relays, ("relay name", "public key", "address")
    network = network_status_of(report)
    if is_long and network is not None:
        rows = [[*_server(relay), _state(network, state)] for relay, state in all_relays(report, network)]
        text = table((*titles, "state"), rows) if rows else "No configured relay servers."
        return f"{text}\n{links_text(report)}"
    if not relays:
        return "No configured relay servers."
    return table(titles, [_server(relay) for relay in relays])


def _state(network: NetworkStatus, state: RelayStatus | None) -> list[str]:
    return ["unknown"] if state is None else relay_words(network, state)


def index_servers_text(report: NodeReport, *, is_long: bool = False) -> str:
    """The index servers of the node, last added last; a star at the one in use; in the long form why not the others."""
    index, titles = report.index_client_report, ("index server name", "public key", "address")
    if not index.index_servers:
        return "No configured index servers."
    rows = [
        _server(server, " (*)" if server.public_key == index.opt_connected_server else "")
        for server in index.index_servers
    ]
    network, states = network_status_of(report), index_states_of(report)
    if not is_long or network is None:
        return table(titles, rows)
    for row, server in zip(rows, index.index_servers, strict=True):
        state = states.get(server.public_key)
        row.append(["unknown"] if state is None else index_words(network, state))
    return table((*titles, "state"), rows)


def _server(server: NamedRelayAddress | NamedIndexServerAddress, mark: str = "") -> list[list[str]]:
    key = base64url.encode(server.public_key)
    return [[printable(server.name) + mark], [key], [printable(server.address)]]


def balances_text(report: NodeReport) -> str:
    """One line per currency; with one currency the number alone, as the first release printed it (6.3)."""
    sums = balances(report)
    if len(sums) < 2:
        return str(sum(sums.values()))
    return "\n".join(f"{printable(currency)} {balance}" for currency, balance in sums.items())


def public_key_text(report: NodeReport) -> str:
    """The public key of the node."""
    return base64url.encode(report.funder_report.local_public_key)
