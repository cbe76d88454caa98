"""What `info friends` shows: the tables of 0.1.11 (spec 05, 3.2) and of 0.1.0 (6.1) for people, values for scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offset.base import base64url
from offset.base.credits import Balance
from offset.base.ids import Currency, PublicKey
from offset.programs.printing import printable
from offset.programs.stctrl.standing import link_value, link_words, standing_of
from offset.programs.stctrl.table import table
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine, LinkStatus
from offset.wire.friend import CurrencyBalance
from offset.wire.report import (
    ChannelConsistent,
    ChannelInconsistent,
    ChannelStatus,
    FriendReport,
    McBalanceReport,
    NodeReport,
)

Lines = dict[Currency, CreditLine]


def _sorted_friends(report: NodeReport) -> list[tuple[PublicKey, FriendReport]]:
    """Friends by name; the reference shows them in any order (D-11)."""
    friends = [(entry.friend_public_key, entry.friend_report) for entry in report.funder_report.friends.list]
    return sorted(friends, key=lambda entry: (entry[1].name, entry[0]))


def _told_lines(report: NodeReport) -> dict[PublicKey, Lines]:
    """The lines that friends grant, of those that told them."""
    extra = report.opt_extra
    told = () if extra is None else extra.credit_lines
    return {
        friend.friend_public_key: {line.currency: line for line in friend.credit_lines} for friend in told
    }


def _links(report: NodeReport) -> dict[PublicKey, LinkStatus]:
    standing = standing_of(report)
    return {} if standing is None else {link.friend_public_key: link for link in standing.links}


# For people


def friends_text(report: NodeReport) -> str:
    """The friends of the node and the balances with them, as 0.1.11 shows them."""
    friends = _sorted_friends(report)
    if not friends:
        return "No configured friends."
    rows = [
        [[_status(friend)], [printable(friend.name)], _channel(friend.channel_status)]
        for _, friend in friends
    ]
    return table(("st", "name", "balance"), rows)


def friends_long_text(report: NodeReport) -> str:
    """The friends of the node, for each currency all that 0.1.0 showed, and the link."""
    friends, lines, links = _sorted_friends(report), _told_lines(report), _links(report)
    if not friends:
        return "No configured friends."
    rows = [
        [
            [_status(friend)],
            [printable(friend.name)],
            _long_channel(friend, lines.get(key)),
            link_words(friend, standing_of(report), links.get(key)),
        ]
        for key, friend in friends
    ]
    return table(("st", "name", "balance", "link"), rows)


def links_text(report: NodeReport) -> str:
    """The link to each friend."""
    friends, links = _sorted_friends(report), _links(report)
    if not friends:
        return "No configured friends."
    rows = [
        [[printable(friend.name)], link_words(friend, standing_of(report), links.get(key))]
        for key, friend in friends
    ]
    return table(("friend", "link"), rows)


def _status(friend: FriendReport) -> str:
    return ("E" if friend.status else "D") + ("+" if friend.liveness else "-")


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


def _long_channel(friend: FriendReport, told: Lines | None) -> list[str]:
    status = friend.channel_status
    lines: list[str] = []
    for currency in _currencies(friend, told):
        if isinstance(status, ChannelConsistent):
            shown = _long_balance(friend, status, currency, told)
        else:
            shown = _long_terms(status, currency)
        lines += [printable(currency), *shown, ""]
    if not lines:
        return ["C:" if isinstance(status, ChannelConsistent) else "I:"]
    return lines


def _currencies(friend: FriendReport, told: Lines | None) -> list[Currency]:
    status = friend.channel_status
    names = {config.currency: None for config in friend.currency_configs}
    if isinstance(status, ChannelConsistent):
        names |= {report.currency: None for report in status.currency_reports}
        names |= dict.fromkeys(told or ())
    else:
        names = {term.currency: None for term in status.local_reset_terms}
        if status.opt_remote_reset_terms is not None:
            names |= {term.currency: None for term in status.opt_remote_reset_terms.balance_for_reset}
    return sorted(names)


def _long_balance(
    friend: FriendReport, status: ChannelConsistent, currency: Currency, told: Lines | None
) -> list[str]:
    config = next((config for config in friend.currency_configs if config.currency == currency), None)
    balances = {report.currency: report.balance for report in status.currency_reports}
    balance = balances.get(currency, McBalanceReport(0, 0, 0))
    is_open = config is not None and config.is_open
    lines = [
        f"C: LR={_sign(is_open)}, RR={_remote_sign(told, currency)}",
        f"B  ={balance.balance}",
        f"LMD={_remote_limit(told, currency)}",
        f"RMD={0 if config is None else config.remote_max_debt}",
        f"LPD={balance.local_pending_debt}",
        f"RPD={balance.remote_pending_debt}",
    ]
    if config is not None and (config.rate.mul or config.rate.add):
        lines += [f"MUL={config.rate.mul}", f"ADD={config.rate.add}"]
    if currency not in balances:
        lines.append("(not in use yet: both must set it)")
    return lines


def _sign(is_open: bool) -> str:
    return "+" if is_open else "-"


def _remote_sign(told: Lines | None, currency: Currency) -> str:
    if told is None:
        return "?"
    return _sign(currency in told and told[currency].is_open)


def _remote_limit(told: Lines | None, currency: Currency) -> str:
    if told is None:
        return "?"
    return str(told[currency].max_debt if currency in told else 0)


def _long_terms(status: ChannelInconsistent, currency: Currency) -> list[str]:
    local = {term.currency: term.balance for term in status.local_reset_terms}
    lines = ["I:", f"LT={local.get(currency, 0)}"]
    if status.opt_remote_reset_terms is None:
        return [*lines, "RT=?"]
    remote = {term.currency: term.balance for term in status.opt_remote_reset_terms.balance_for_reset}
    cost = _costs(status)[currency]
    says = f"accepting costs {cost}" if cost >= 0 else f"accepting brings {-cost}"
    return [*lines, f"RT={remote.get(currency, 0)}", says]


def _costs(status: ChannelInconsistent) -> dict[Currency, Balance]:
    """What we would have less, by currency, than we claim, if we accepted the friend's terms (spec 03, D36).

    What we had frozen for the friend is in it: it may have been collected, and what came of it is not known.
    """
    costs = {term.currency: term.balance for term in status.local_reset_terms}
    remote = status.opt_remote_reset_terms
    for term in () if remote is None else remote.balance_for_reset:
        costs[term.currency] = costs.get(term.currency, 0) + term.balance
    return dict(sorted(costs.items()))


# For scripts


def friends_value(report: NodeReport) -> Any:
    """The friends of the node, with all that the report says but the last token."""
    lines, links, standing = _told_lines(report), _links(report), standing_of(report)
    values = []
    for key, friend in _sorted_friends(report):
        value = _friend_value(key, friend)
        told, link = lines.get(key), links.get(key)
        value["granted"] = None if told is None else {name: _line_value(told[name]) for name in sorted(told)}
        value["link"] = None if standing is None or link is None else link_value(standing, link)
        values.append(value)
    return values


def _line_value(line: CreditLine) -> dict[str, Any]:
    return {"open": line.is_open, "max_debt": str(line.max_debt)}


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
            for config in sorted(friend.currency_configs, key=lambda config: config.currency)
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
        value["cost_of_reset"] = (
            None if remote is None else {name: str(cost) for name, cost in _costs(status).items()}
        )
    return value


def _relay_value(relay: RelayAddress) -> dict[str, str]:
    return {"public_key": base64url.encode(relay.public_key), "address": relay.address}


def _terms_value(terms: Iterable[CurrencyBalance]) -> dict[Currency, str]:
    return {term.currency: str(term.balance) for term in sorted(terms, key=lambda term: term.currency)}
