"""What a node reports, as values for the page: sums, friends, relays, index servers, links. Pure functions."""

from __future__ import annotations

from datetime import datetime

from offset.app.reports import LiveReport
from offset.app.values import reset_costs
from offset.base import base64url
from offset.base.ids import Currency, PublicKey
from offset.base.instants import Instant
from offset.base.limits import CREDIT_MAX
from offset.core.apps.reports import balance_of, config_of
from offset.wallet.values.cards import CardSum, Link, Reach, ServerEntry, Standing
from offset.wallet.values.friends import Books, CurrencyLine, Friend, RateValue, RelayPlace, TermsLine
from offset.wallet.values.parts import key_text, time_of
from offset.wire.extension import CreditLine, LinkDown, LinkUp, RelayListening, RelayWaiting
from offset.wire.report import ChannelConsistent, ChannelInconsistent, FriendReport
from offset.wire.signing import verify_move_token_hashed


class Look:
    """A report with what is looked up in it for each friend; for one answer, while nothing changes."""

    def __init__(self, report: LiveReport, told_at: float) -> None:
        """`told_at`: when the node said its time last, in seconds since 1970."""
        self.report = report
        status = self._status = report.status
        self._told_at = told_at
        self.tells = status is not None
        self.links = {} if status is None else {link.friend_public_key: link for link in status.links}
        self.relays = {} if status is None else {state.relay.public_key: state for state in status.relays}

    def time(self, instant: Instant) -> datetime:
        """The time of day that an instant of the node's clock stands for."""
        now = 0 if self._status is None else self._status.now
        return time_of(self._told_at + (instant - now) / 1000)


def sums(report: LiveReport) -> tuple[CardSum, ...]:
    """What stands there in each currency, over all friends.

    Where the books of a friend differ what we claim counts (spec 05, 6.2), and nothing is known to be held.
    """
    found: dict[Currency, list[int]] = {}
    for friend in report.friends.values():
        status = friend.channel_status
        if isinstance(status, ChannelConsistent):
            for line in status.currency_reports:
                held = line.balance
                _add(found, line.currency, held.balance, held.local_pending_debt, held.remote_pending_debt)
        else:
            for term in status.local_reset_terms:
                _add(found, term.currency, term.balance, 0, 0)
    return tuple(
        CardSum(currency=currency, balance=str(balance), held_out=str(out), held_in=str(coming))
        for currency, (balance, out, coming) in sorted(found.items())
    )


def _add(found: dict[Currency, list[int]], currency: Currency, balance: int, out: int, coming: int) -> None:
    at = found.setdefault(currency, [0, 0, 0])
    at[0] += balance
    at[1] += out
    at[2] += coming


# Friends


def friend_value(look: Look, key: PublicKey) -> Friend:
    """One friend. Raises KeyError if the node does not have it."""
    report = look.report
    friend = report.friends[key]
    status = friend.channel_status
    token = friend.opt_last_incoming_move_token
    return Friend(
        key=key_text(key),
        name=friend.name,
        is_enabled=friend.status,
        is_online=friend.liveness,
        reach=_reach_of_friend(look, key, friend),
        relays=tuple(
            RelayPlace(key=key_text(relay.public_key), address=relay.address)
            for relay in friend.remote_relays
        ),
        currencies=_lines(report, key, friend),
        books=_books(key, friend, status) if isinstance(status, ChannelInconsistent) else None,
        # What stands there before the friend's first message is signed by nobody.
        has_proof=token is not None and token.token_info.counters.move_token_counter > 0,
    )


def friend_keys(report: LiveReport, most: int | None = None) -> list[PublicKey]:
    """The friends by name; with `most` only that many, those that matter most first.

    Books that differ come first, then the largest amounts, owed either way.
    """
    friends = report.friends

    def size(key: PublicKey) -> int:
        status = friends[key].channel_status
        if not isinstance(status, ChannelConsistent):
            return CREDIT_MAX
        return max((abs(line.balance.balance) for line in status.currency_reports), default=0)

    by_name = sorted(friends, key=lambda key: (friends[key].name, key))
    return by_name if most is None else sorted(by_name, key=size, reverse=True)[:most]


def _lines(report: LiveReport, key: PublicKey, friend: FriendReport) -> tuple[CurrencyLine, ...]:
    """One line for each currency that either side has set."""
    if not isinstance(friend.channel_status, ChannelConsistent):
        return ()
    told = report.credit_lines.get(key)
    granted = {} if told is None else {line.currency: line for line in told}
    names = {
        *granted,
        *(line.currency for line in friend.channel_status.currency_reports),
        *(config.currency for config in friend.currency_configs),
    }
    return tuple(
        _line(friend, currency, granted.get(currency), is_told=told is not None) for currency in sorted(names)
    )


def _line(
    friend: FriendReport, currency: Currency, granted: CreditLine | None, *, is_told: bool
) -> CurrencyLine:
    config, held = config_of(friend, currency), balance_of(friend, currency)
    may_owe = 0 if config is None else config.remote_max_debt
    balance = 0 if held is None else held.balance
    out = 0 if held is None else held.local_pending_debt
    coming = 0 if held is None else held.remote_pending_debt
    limit = None
    if is_told:
        # A friend that tells its lines, and not this one, grants nothing in it.
        limit = 0 if granted is None else min(granted.max_debt, CREDIT_MAX)
    can_send = None if limit is None else max(0, limit + balance - out)
    can_take = max(0, min(may_owe, CREDIT_MAX) - balance - coming)
    is_active = held is not None
    return CurrencyLine(
        currency=currency,
        state="active" if is_active else "offered" if config is None else "waiting",
        balance=str(balance),
        held_out=str(out),
        held_in=str(coming),
        may_owe=str(may_owe),
        may_owe_them=None if limit is None else str(limit),
        can_send=None if can_send is None else str(can_send if is_active else 0),
        can_take=str(can_take if is_active else 0),
        is_open=config is not None and config.is_open,
        is_open_there=(granted is not None and granted.is_open) if is_told else None,
        rate=RateValue() if config is None else RateValue(mul=config.rate.mul, add=config.rate.add),
    )


def _books(key: PublicKey, friend: FriendReport, status: ChannelInconsistent) -> Books:
    ours = {term.currency: term.balance for term in status.local_reset_terms}
    remote = status.opt_remote_reset_terms
    # The friend's terms are in the friend's view.
    theirs = {} if remote is None else {term.currency: -term.balance for term in remote.balance_for_reset}
    signed = _signed(key, friend)
    costs = {} if remote is None else reset_costs(status)
    return Books(
        lines=tuple(
            TermsLine(
                currency=currency,
                ours=str(ours.get(currency, 0)),
                theirs=None if remote is None else str(theirs.get(currency, 0)),
                signed=None if currency not in signed else str(signed[currency]),
                cost=None if remote is None else str(costs.get(currency, 0)),
            )
            for currency in sorted({*ours, *theirs})
        ),
        terms=None if remote is None else base64url.encode(remote.reset_token),
    )


def _signed(key: PublicKey, friend: FriendReport) -> dict[Currency, int]:
    """The balances that the friend signed last, in our view."""
    token = friend.opt_last_incoming_move_token
    if token is None or not verify_move_token_hashed(token):
        return {}
    credits = token.token_info.mc
    sign = -1 if credits.local_public_key == key else 1
    return {line.currency: sign * line.balance_info.balance for line in credits.balances}


def _reach_of_friend(look: Look, key: PublicKey, friend: FriendReport) -> Reach:
    if not friend.status:
        return Reach(state="off")
    link = look.links.get(key)
    if link is None or friend.liveness is not isinstance(link.state, LinkUp):
        # A node of the reference tells only whether the friend is online; one of ours tells of links a moment later.
        return Reach(state="up" if friend.liveness else "trying" if look.tells else "unknown")
    since = look.time(link.since)
    match link.state:
        case LinkUp():
            return Reach(state="up", since=since)
        case LinkDown(why=why, opt_next_attempt=then):
            retry = None if then is None else look.time(then)
            return Reach(state="down", why=why or None, since=since, retry=retry)
        case _:
            return Reach(state="trying", since=since)


# Relays, index servers, links


def standing(look: Look) -> Standing:
    """How the card stands with the world."""
    report = look.report
    relays = [
        ServerEntry(
            key=key_text(key),
            name=relay.name,
            address=relay.address,
            is_own=True,
            reach=_reach_of_relay(look, key),
        )
        for key, relay in report.relays.items()
    ]
    relays += [
        ServerEntry(
            key=key_text(key),
            name="",
            address=state.relay.address,
            is_own=False,
            reach=_reach_of_relay(look, key),
        )
        for key, state in look.relays.items()
        if key not in report.relays
    ]
    servers = tuple(
        ServerEntry(
            key=key_text(key),
            name=server.name,
            address=server.address,
            is_own=True,
            reach=_reach_of_server(report, key),
        )
        for key, server in report.index_servers.items()
    )
    links = tuple(
        Link(
            friend=key_text(key),
            name=report.friends[key].name,
            relay=_relay_of_link(look, key),
            reach=_reach_of_friend(look, key, report.friends[key]),
        )
        for key in friend_keys(report)
    )
    return Standing(relays=tuple(relays), servers=servers, links=links)


def _reach_of_relay(look: Look, key: PublicKey) -> Reach:
    found = look.relays.get(key)
    if found is None:
        return Reach(state="unknown")
    since, why = look.time(found.since), found.last_error or None
    match found.state:
        case RelayListening():
            return Reach(state="up", since=since)
        case RelayWaiting(until=until):
            return Reach(state="down", why=why, since=since, retry=look.time(until))
        case _:
            return Reach(state="trying", why=why, since=since)


def _reach_of_server(report: LiveReport, key: PublicKey) -> Reach:
    """A node uses one index server at a time, and tells which; it tells no more of the others."""
    if report.connected_server == key:
        return Reach(state="up")
    return Reach(state="trying" if report.connected_server is None else "unknown")


def _relay_of_link(look: Look, key: PublicKey) -> str | None:
    link = look.links.get(key)
    return link.state.relay.address if link is not None and isinstance(link.state, LinkUp) else None
