"""`stctrl info`: looking at the node. Needs no permission, but for what listings.py has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from offset.app import values
from offset.app.session import CONNECT_S
from offset.base.faults import UserFault
from offset.core.apps.reports import friend_named
from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help
from offset.programs.stctrl import options, show, show_friends
from offset.programs.stctrl.call import Call, with_call
from offset.shell.files import refuse_existing, write_new
from offset.wire.files import FriendFile, format_friend, format_token
from offset.wire.report import NodeReport
from offset.wire.signing import verify_move_token_hashed

_LISTINGS = {
    "payments": "Show the payments of the node that are not over, or whose end nobody has asked for.",
    "invoices": "Show the open invoices of the node.",
    "found": "Show the friends that a node has found which looks for them.",
    "recovery": "Show which friends have told after a loss, and what waits for whose word.",
    "history": "Show what ended, and how: payments, invoices, and what was lost.",
}


@click.group(
    "info",
    cls=LazyGroup,
    lazy={
        name: LazyCommand("offset.programs.stctrl.listings", name, first_line)
        for name, first_line in _LISTINGS.items()
    },
    context_settings=CONTEXT,
)
def group() -> None:
    """Look at the node: its relays, index servers, friends and balances."""


add_help(group)


@group.command("relays")
@click.option(
    "-l",
    "--long",
    "is_long",
    is_flag=True,
    help="Show also how each relay and each link to a friend is.",
)
@with_call(CONNECT_S)
def relays(call: Call, is_long: bool) -> None:
    """Show the relays of the node, where its friends find it.

    With --long also those that it keeps for friends that know no newer one.
    """
    _print(call, values.relays_value, lambda report: show.relays_text(report, is_long=is_long))


@group.command("index")
@click.option(
    "-l", "--long", "is_long", is_flag=True, help="Show also how each of them is, and why it is not in use."
)
@with_call(CONNECT_S)
def index(call: Call, is_long: bool) -> None:
    """Show the index servers of the node, whom it asks for routes. (*) marks the one in use."""
    _print(call, values.index_servers_value, lambda report: show.index_servers_text(report, is_long=is_long))


@group.command("friends")
@click.option("-l", "--long", "is_long", is_flag=True, help="Show also limits, what is open, and the link.")
@click.option("-n", "--name", metavar="NAME", help="Only this friend: its name, or its public key.")
@with_call(CONNECT_S)
def friends(call: Call, is_long: bool, name: str | None) -> None:
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
    "accepting costs" includes what the friend claims of payments that were under way; "lost with payments" says how
    much of them nobody can prove to be paid or unpaid
    ?     the friend has not told it; a friend that does not run this program never does
    """
    text = show_friends.friends_long_text if is_long else show_friends.friends_text

    def chosen(report: NodeReport) -> NodeReport:
        return report if name is None else _only(report, name)

    _print(call, lambda report: values.friends_value(chosen(report)), lambda report: text(chosen(report)))


@group.command("balance")
@with_call(CONNECT_S)
def balance(call: Call) -> None:
    """Show the sum of the balances with all friends: a line per currency, or just the number."""
    _print(call, values.balances_value, show.balances_text)


@group.command("public-key")
@with_call(CONNECT_S)
def public_key(call: Call) -> None:
    """Show the public key of the node."""
    _print(call, values.public_key_value, show.public_key_text)


@group.command("friend-last-token")
@options.name("Name of the friend.")
@options.outfile("-t", "--token", "The token file to make.")
@with_call(CONNECT_S)
def friend_last_token(call: Call, name: str, token: Path) -> None:
    """Export the last token of a friend.

    It is the friend's signature under all balances between you, as the friend sees them; anybody can check it
    with stverify verify-token.
    """
    refuse_existing(token)
    report = call.fetch_report()
    (found,) = _only(report, name).funder_report.friends.list
    last = found.friend_report.opt_last_incoming_move_token
    # Before the first one the side that speaks second holds the token that both know without a word, unsigned.
    if last is None or not verify_move_token_hashed(last):
        raise UserFault(f"the friend {name!r} has not sent a token yet")
    write_new(token, format_token(last))
    call.show_done(token=str(token))


@group.command("export-ticket")
@options.outfile("-t", "--ticket", "The file to make, usually *.friend.")
@with_call(CONNECT_S)
def export_ticket(call: Call, ticket: Path) -> None:
    """Export the card of the node for its friends: its public key and its relays.

    A friend takes it with stctrl config add-friend. It holds no secret.
    """
    refuse_existing(ticket)
    funder = call.fetch_report().funder_report
    relays = tuple(relay.unnamed() for relay in funder.relays)
    write_new(ticket, format_friend(FriendFile(funder.local_public_key, relays)))
    if not relays:
        call.note(
            f"the node has no relay, so friends cannot find it with {ticket}: add one (config add-relay) and export "
            "the card again"
        )
    call.show_done(ticket=str(ticket))


def _only(report: NodeReport, name: str) -> NodeReport:
    """The report with one friend alone. Raises UserFault when there is no such friend."""
    funder = report.funder_report
    friends = {entry.friend_public_key: entry.friend_report for entry in funder.friends.list}
    key = friend_named(friends, name)
    entries = tuple([entry for entry in funder.friends.list if entry.friend_public_key == key])
    chosen = replace(funder, friends=replace(funder.friends, list=entries))
    return replace(report, funder_report=chosen)


def _print(call: Call, value: Callable[[NodeReport], Any], text: Callable[[NodeReport], str]) -> None:
    """For scripts `value` of the report, for people `text` of it."""
    report = call.fetch_report()
    if call.as_json:
        call.show_value(value(report))
    else:
        call.show(text(report))
