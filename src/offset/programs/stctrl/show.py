"""What `info` shows: tables for people (spec 05, 3.2), values for scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offset.base import base64url
from offset.base.credits import Balance
from offset.base.ids import Currency, PublicKey
from offset.programs.printing import printable
from offset.programs.stctrl.table import table
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.friend import CurrencyBalance
from offset.wire.report import (
    ChannelConsistent,
    ChannelInconsistent,
    ChannelStatus,
    CurrencyConfigReport,
    FriendReport,
    NodeReport,
)


def sorted_friends(report: NodeReport) -> list[tuple[PublicKey, FriendReport]]:
    """Friends by name; the reference shows them in any order (D-11)."""
    friends = [(entry.friend_public_key, entry.friend_report) for entry in report.funder_report.friends.list]
    return sorted(friends, key=lambda entry: (entry[1].name, entry[0]))


# For people


def relays_text(report: NodeReport) -> str:
    """The relays of the node, last added last."""
    relays = report.funder_report.relays
    if not relays:
        return "No configured relay servers."
    return table(("relay name", "public key", "address"), [_server(relay) for relay in relays])


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


def friends_text(report: NodeReport, *, is_long: bool = False) -> str:
    """The friends of the node and the balances with them; in the long form also what we set for them."""
    friends = sorted_friends(report)
    if not friends:
        return "No configured friends."
    rows = [
        [
            [("E" if friend.status else "D") + ("+" if friend.liveness else "-")],
            [printable(friend.name)],
            [*_channel(friend.channel_status), *(_settings(friend) if is_long else ())],
        ]
        for _, friend in friends
    ]
    return table(("st", "name", "balance"), rows)


def _channel(status: ChannelStatus) -> list[str]:
    if isinstance(status, ChannelInconsistent):
        remote = status.opt_remote_reset_terms
        lines = ["Inconsistent:", "Local Reset Terms:", *_terms(status.local_reset_terms)]
        if remote is None:
            return [*lines, "Remote Reset Terms: Unknown"]
        # As the friend sees them: to accept 70 makes our balance -70.
        return [*lines, "Remote Reset Terms:", *_terms(remote.balance_for_reset)]
    lines = ["Consistent:"]
    for report in sorted(status.currency_reports, key=lambda report: report.currency):
        balance = report.balance
        lines += [
            f"- {printable(report.currency)}: B  ={balance.balance}",
            f"LPD={balance.local_pending_debt}",
            f"RPD={balance.remote_pending_debt}",
            "",
        ]
    return lines


def _terms(terms: Iterable[CurrencyBalance]) -> list[str]:
    ordered = sorted(terms, key=lambda term: term.currency)
    return [f"- {printable(term.currency)}: {term.balance}" for term in ordered]


def _settings(friend: FriendReport) -> list[str]:
    lines = ["Settings:"]
    for config in _sorted_configs(friend):
        lines += [
            f"- {printable(config.currency)}: {'open' if config.is_open else 'closed'}",
            f"RMD={config.remote_max_debt}",
            f"MUL={config.rate.mul}",
            f"ADD={config.rate.add}",
            "",
        ]
    return lines


def _sorted_configs(friend: FriendReport) -> list[CurrencyConfigReport]:
    return sorted(friend.currency_configs, key=lambda config: config.currency)


def balances(report: NodeReport) -> dict[Currency, Balance]:
    """The sum over all friends, by currency; where a channel is inconsistent, what we claim (spec 05, 6.2)."""
    sums: dict[Currency, Balance] = {}
    for _, friend in sorted_friends(report):
        for currency, balance in _owed(friend.channel_status):
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
    """The relays of the node."""
    return [_server_value(relay) for relay in report.funder_report.relays]


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


def friends_value(report: NodeReport) -> Any:
    """The friends of the node, with all that the report says but the last token."""
    return [_friend_value(key, friend) for key, friend in sorted_friends(report)]


def _friend_value(key: PublicKey, friend: FriendReport) -> dict[str, Any]:
    status = friend.channel_status
    value: dict[str, Any] = {
        "name": friend.name,
        "public_key": base64url.encode(key),
        "enabled": friend.status,
        "online": friend.liveness,
        "relays": [_relay_value(relay) for relay in friend.remote_relays],
        "settings": {
            config.currency: {
                "open": config.is_open,
                "max_debt": str(config.remote_max_debt),
                "mul": config.rate.mul,
                "add": config.rate.add,
            }
            for config in _sorted_configs(friend)
        },
        "consistent": isinstance(status, ChannelConsistent),
    }
    if isinstance(status, ChannelConsistent):
        value["balances"] = {
            report.currency: {
                "balance": str(report.balance.balance),
                "local_pending_debt": str(report.balance.local_pending_debt),
                "remote_pending_debt": str(report.balance.remote_pending_debt),
            }
            for report in sorted(status.currency_reports, key=lambda report: report.currency)
        }
    else:
        remote = status.opt_remote_reset_terms
        value["local_reset_terms"] = _terms_value(status.local_reset_terms)
        value["remote_reset_terms"] = None if remote is None else _terms_value(remote.balance_for_reset)
    return value


def _relay_value(relay: RelayAddress) -> dict[str, str]:
    return {"public_key": base64url.encode(relay.public_key), "address": relay.address}


def _terms_value(terms: Iterable[CurrencyBalance]) -> dict[Currency, str]:
    return {term.currency: str(term.balance) for term in sorted(terms, key=lambda term: term.currency)}
