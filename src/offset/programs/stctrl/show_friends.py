"""What `info friends` shows: the tables of 0.1.11 (spec 05, 3.2) and of 0.1.0 (6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from offset.app.values import (
    Lines,
    friends_by_name,
    granted_lines,
    links_of,
    lost_credits,
    network_status_of,
    reset_costs,
)
from offset.base.credits import Amount
from offset.base.ids import Currency
from offset.programs.printing import printable
from offset.programs.stctrl.status import link_words
from offset.programs.stctrl.table import table
from offset.wire.friend import CurrencyBalance
from offset.wire.report import (
    ChannelConsistent,
    ChannelInconsistent,
    ChannelStatus,
    FriendReport,
    McBalanceReport,
    NodeReport,
)


def friends_text(report: NodeReport) -> str:
    """The friends of the node and the balances with them, as 0.1.11 shows them."""
    friends = friends_by_name(report)
    if not friends:
        return "No configured friends."
    lost = lost_credits(report)
    rows = [
        [
            [_status(friend)],
            [printable(friend.name)],
            [*_channel(friend.channel_status), *_lost(lost.get(key, {}))],
        ]
        for key, friend in friends
    ]
    return table(("st", "name", "balance"), rows)


def friends_long_text(report: NodeReport) -> str:
    """The friends of the node, for each currency all that 0.1.0 showed, and the link."""
    friends, lines, links = friends_by_name(report), granted_lines(report), links_of(report)
    lost = lost_credits(report)
    if not friends:
        return "No configured friends."
    rows = [
        [
            [_status(friend)],
            [printable(friend.name)],
            [*_long_channel(friend, lines.get(key)), *_lost(lost.get(key, {}))],
            link_words(friend, network_status_of(report), links.get(key)),
        ]
        for key, friend in friends
    ]
    return table(("st", "name", "balance", "link"), rows)


def links_text(report: NodeReport) -> str:
    """The link to each friend."""
    friends, links = friends_by_name(report), links_of(report)
    if not friends:
        return "No configured friends."
    rows = [
        [[printable(friend.name)], link_words(friend, network_status_of(report), links.get(key))]
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


def _lost(credits: Mapping[Currency, Amount]) -> list[str]:
    """What was given to the friend with payments and lost with the channel; its reset terms may claim it."""
    return [
        f"lost with payments: {amount} {printable(currency)}, which the friend may claim"
        for currency, amount in sorted(credits.items())
    ]


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
    cost = reset_costs(status)[currency]
    says = f"accepting costs {cost}" if cost >= 0 else f"accepting brings {-cost}"
    return [*lines, f"RT={remote.get(currency, 0)}", says]


def what_is_between(status: ChannelStatus) -> list[str]:
    """What is owed or frozen between us and a friend, a phrase for each currency; empty when there is nothing."""
    if isinstance(status, ChannelInconsistent):
        return ["balances on which the two sides do not agree"]
    found = []
    for report in sorted(status.currency_reports, key=lambda report: report.currency):
        balance, phrases = report.balance, []
        if balance.balance:
            who = "it owes you" if balance.balance > 0 else "you owe it"
            phrases.append(f"{who} {abs(balance.balance)} {report.currency}")
        if balance.local_pending_debt or balance.remote_pending_debt:
            frozen = balance.local_pending_debt + balance.remote_pending_debt
            phrases.append(f"{frozen} {report.currency} are frozen for payments under way")
        found += phrases
    return found
