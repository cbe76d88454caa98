"""`stctrl info`: looking at the node. Needs no permission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from offset.programs.cli import CONTEXT, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.target import CONNECT_S, Target

if TYPE_CHECKING:
    from offset.wire.report import NodeReport


@click.group("info", context_settings=CONTEXT)
def group() -> None:
    """Look at the node: its relays, index servers, friends and balances."""


add_help(group)

_timeout = options.timeout(CONNECT_S)


@group.command("relays")
@click.option(
    "-l",
    "--long",
    "is_long",
    is_flag=True,
    help="Show also how each relay and each link to a friend is.",
)
@options.as_json
@_timeout
@click.pass_obj
def relays(target: Target, is_long: bool, as_json: bool, timeout_s: float) -> None:
    """Show the relays of the node, where its friends find it.

    With --long also those that it keeps for friends that know no newer one.
    """
    from offset.programs.stctrl import show

    report = target.glance(timeout_s)
    _print(as_json, report, show.relays_value, lambda report: show.relays_text(report, is_long=is_long))


@group.command("index")
@options.as_json
@_timeout
@click.pass_obj
def index(target: Target, as_json: bool, timeout_s: float) -> None:
    """Show the index servers of the node, whom it asks for routes. (*) marks the one in use."""
    from offset.programs.stctrl import show

    report = target.glance(timeout_s)
    _print(as_json, report, show.index_servers_value, show.index_servers_text)


@group.command("friends")
@click.option("-l", "--long", "is_long", is_flag=True, help="Show also limits, what is open, and the link.")
@options.as_json
@_timeout
@click.pass_obj
def friends(target: Target, is_long: bool, as_json: bool, timeout_s: float) -> None:
    """Show the friends of the node and the balances with them.

    \b
    st    E enabled, D disabled; + online, - offline
    B     balance: above 0 the friend owes us
    LPD   frozen by us, for payments under way; RPD frozen by the friend
    With --long, for each currency:
    C, I  the two sides agree (consistent) or not (inconsistent)
    LR    + if we pass on requests of the friend; RR + if the friend passes on ours
    LMD   the most that we may owe the friend; the friend sets it
    RMD   the most that the friend may owe us; we set it
    MUL, ADD   we pass on x credits of the friend for x * MUL / 2^32 + ADD
    LT, RT     what we propose to start from again, and what the friend proposes, as it sees it:
               to accept 70 with config reset-friend makes our balance -70
    ?     the friend has not told it; a friend that does not run this program never does
    """
    from offset.programs.stctrl import show_friends

    report = target.glance(timeout_s)
    text = show_friends.friends_long_text if is_long else show_friends.friends_text
    _print(as_json, report, show_friends.friends_value, text)


@group.command("balance")
@options.as_json
@_timeout
@click.pass_obj
def balance(target: Target, as_json: bool, timeout_s: float) -> None:
    """Show the sum of the balances with all friends: a line per currency, or just the number."""
    from offset.programs.stctrl import show

    report = target.glance(timeout_s)
    _print(
        as_json,
        report,
        lambda report: {currency: str(balance) for currency, balance in show.balances(report).items()},
        show.balances_text,
    )


@group.command("public-key")
@options.as_json
@_timeout
@click.pass_obj
def public_key(target: Target, as_json: bool, timeout_s: float) -> None:
    """Show the public key of the node."""
    from offset.programs.stctrl import show

    report = target.glance(timeout_s)
    _print(as_json, report, lambda report: {"public_key": show.public_key_text(report)}, show.public_key_text)


@group.command("friend-last-token")
@options.name("Name of the friend.")
@options.outfile("-t", "--token", "The token file to make.")
@options.as_json
@_timeout
@click.pass_obj
def friend_last_token(target: Target, name: str, token: Path, as_json: bool, timeout_s: float) -> None:
    """Export the last token of a friend.

    It is the friend's signature under all balances between you, as the friend sees them; anybody can check it
    with stverify verify-token.
    """
    from offset.base.faults import UserFault
    from offset.core.apps.reports import friend_named
    from offset.shell.files import refuse_existing, write_new
    from offset.wire.files import format_token

    refuse_existing(token)
    report = target.glance(timeout_s)
    friends = {entry.friend_public_key: entry.friend_report for entry in report.funder_report.friends.list}
    last = friends[friend_named(friends, name)].opt_last_incoming_move_token
    if last is None:
        raise UserFault(f"the friend {name!r} has not sent a token yet")
    write_new(token, format_token(last))
    options.show_done(as_json, token=str(token))


@group.command("export-ticket")
@options.outfile("-t", "--ticket", "The file to make, usually *.friend.")
@options.as_json
@_timeout
@click.pass_obj
def export_ticket(target: Target, ticket: Path, as_json: bool, timeout_s: float) -> None:
    """Export the card of the node for its friends: its public key and its relays.

    A friend takes it with stctrl config add-friend. It holds no secret.
    """
    from offset.shell.files import refuse_existing, write_new
    from offset.wire.files import FriendFile, format_friend

    refuse_existing(ticket)
    funder = target.glance(timeout_s).funder_report
    relays = tuple(relay.unnamed() for relay in funder.relays)
    write_new(ticket, format_friend(FriendFile(funder.local_public_key, relays)))
    options.show_done(as_json, ticket=str(ticket))


def _print(as_json: bool, report: NodeReport, value: Any, text: Any) -> None:
    """For scripts `value` of the report, for people `text` of it."""
    if as_json:
        options.show_json(value(report))
    else:
        click.echo(text(report))
