"""`stctrl config`: changing the node. Needs the permission `config`.

Success is silent. The node itself only says that it has processed a request, so the SDK compares its report before
and after, and a refusal is an error with its reason (spec 05, 7, D-4).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from offset.programs.cli import CONTEXT, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.target import PROGRAM, Target

if TYPE_CHECKING:
    from offset.app import Node


@click.group("config", context_settings=CONTEXT)
def group() -> None:
    """Configure the node: relays, index servers, friends and their currencies.

    Needs the permission 'config' (stmgr app-ticket --pconfig). Success is silent.

    \b
    To use a currency between two friends:
      both add and enable each other;
      both set something for the currency: a limit, a rate, or open it;
      whoever shall receive has set a limit for the one who pays.
    """


add_help(group)


class _Change:
    """What a command needs to change something: the node, and how the result is to be shown."""

    def __init__(self, target: Target, as_json: bool, timeout_s: float) -> None:
        self._target, self._as_json, self._timeout_s = target, as_json, timeout_s

    def carry_out(self, work: Callable[[Node], Awaitable[None]]) -> None:
        """Change the node, say nothing."""
        self._target.talk("config", work, self._timeout_s)
        options.show_done(self._as_json)

    def reset(self, name: str) -> None:
        """Accept the terms of a friend; it may take until the friend is online."""
        is_done = self._target.talk("config", lambda node: node.friends.reset(name), self._timeout_s)
        if not is_done:
            from offset.programs.errors import say

            say(PROGRAM, f"note: the node resets as soon as the friend {name!r} is online")
        options.show_done(self._as_json, reset=is_done)


def _command(name: str, *decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A command of the group with these options and those that all have."""

    def decorate(function: Any) -> Any:
        def command(target: Target, as_json: bool, timeout_s: float, **values: Any) -> None:
            function(_Change(target, as_json, timeout_s), **values)

        command.__doc__ = function.__doc__
        decorated: Any = click.pass_obj(command)
        for decorator in reversed([*decorators, options.as_json, options.timeout()]):
            decorated = decorator(decorated)
        return group.command(name)(decorated)

    return decorate


_friend = options.name("Name of the friend, or its public key.")

# Relays and index servers


@_command(
    "add-relay",
    options.infile("-r", "--relay", "Ticket of the relay (stmgr relay-ticket)."),
    options.name("A name of your choice."),
)
def add_relay(change: _Change, relay: Path, name: str) -> None:
    """Use a relay: friends find the node there."""
    ticket = _ticket(relay)

    async def add(node: Node) -> None:
        _refuse_name("relay", name, (known.name for known in node.report.relays.values()))
        await node.relays.add(ticket.public_key, ticket.address, name)

    change.carry_out(add)


@_command("remove-relay", options.name("Name of the relay."))
def remove_relay(change: _Change, name: str) -> None:
    """Stop using a relay."""
    change.carry_out(lambda node: node.relays.remove(node.relays.named(name).public_key))


@_command(
    "add-index",
    options.infile("-i", "--index", "Ticket of the index server, for nodes (stmgr index-ticket)."),
    options.name("A name of your choice."),
)
def add_index(change: _Change, index: Path, name: str) -> None:
    """Use an index server: the node asks it for routes."""
    ticket = _ticket(index)

    async def add(node: Node) -> None:
        _refuse_name("index server", name, (known.name for known in node.report.index_servers.values()))
        await node.index_servers.add(ticket.public_key, ticket.address, name)

    change.carry_out(add)


@_command("remove-index", options.name("Name of the index server."))
def remove_index(change: _Change, name: str) -> None:
    """Stop using an index server."""
    change.carry_out(lambda node: node.index_servers.remove(node.index_servers.named(name).public_key))


# Friends


@_command(
    "add-friend",
    options.infile("-f", "--friend", "Card of the friend's node (stctrl info export-ticket)."),
    options.name("A name of your choice."),
)
def add_friend(change: _Change, friend: Path, name: str) -> None:
    """Make a friend: disabled at first, and without any limit."""
    card = _card(friend)

    async def add(node: Node) -> None:
        _refuse_name("friend", name, (known.name for known in node.report.friends.values()))
        await node.friends.add(card.public_key, card.relays, name)

    change.carry_out(add)


@_command(
    "set-friend-relays",
    options.infile("-f", "--friend", "New card of the friend's node."),
    _friend,
)
def set_friend_relays(change: _Change, friend: Path, name: str) -> None:
    """Say at which relays a friend is found now."""
    card = _card(friend)

    async def set_relays(node: Node) -> None:
        from offset.base.faults import UserFault

        if node.friends.key_of(name) != card.public_key:
            raise UserFault(f"{friend} is the card of another node than the friend {name!r}")
        await node.friends.set_relays(name, card.relays)

    change.carry_out(set_relays)


@_command("remove-friend", _friend)
def remove_friend(change: _Change, name: str) -> None:
    """Forget a friend AND ALL THAT IS OWED between you.

    Payments under way over the friend fail. If you add the friend again the two of you will not agree on the
    balances: see reset-friend.
    """
    change.carry_out(lambda node: node.friends.remove(name))


@_command("enable-friend", _friend)
def enable_friend(change: _Change, name: str) -> None:
    """Talk to a friend."""
    change.carry_out(lambda node: node.friends.enable(name))


@_command("disable-friend", _friend)
def disable_friend(change: _Change, name: str) -> None:
    """Stop talking to a friend; what is owed stays."""
    change.carry_out(lambda node: node.friends.disable(name))


@_command("reset-friend", _friend)
def reset_friend(change: _Change, name: str) -> None:
    """Accept the friend's terms when the two of you do not agree on the balances.

    info friends shows them as the friend sees them: to accept 70 makes our balance -70.
    """
    change.reset(name)


# Currencies


@_command("open-currency", _friend, options.currency)
def open_currency(change: _Change, name: str, currency: str) -> None:
    """Let payments of others pass over a friend, in both directions."""
    change.carry_out(lambda node: node.friends.open_currency(name, currency))


@_command("close-currency", _friend, options.currency)
def close_currency(change: _Change, name: str, currency: str) -> None:
    """Let no payments of others pass over a friend; own payments still can."""
    change.carry_out(lambda node: node.friends.close_currency(name, currency))


@_command(
    "set-currency-max-debt",
    _friend,
    options.currency,
    click.option(
        "-m",
        "--mdebt",
        required=True,
        type=options.U128,
        metavar="CREDITS",
        help="The most that the friend may owe you.",
    ),
)
def set_currency_max_debt(change: _Change, name: str, currency: str, mdebt: int) -> None:
    """Say how much a friend may owe you."""
    change.carry_out(lambda node: node.friends.set_max_debt(name, currency, mdebt))


@_command(
    "set-currency-rate",
    _friend,
    options.currency,
    click.option(
        "-m",
        "--mul",
        required=True,
        type=options.U32,
        metavar="NUMBER",
        help="Fee in proportion: x * MUL / 2^32 for x credits.",
    ),
    click.option(
        "-a", "--add", required=True, type=options.U32, metavar="CREDITS", help="Fee for each payment."
    ),
)
def set_currency_rate(change: _Change, name: str, currency: str, mul: int, add: int) -> None:
    """Say what you take for passing on payments of a friend: x * MUL / 2^32 + ADD for x credits."""

    async def set_rate(node: Node) -> None:
        from offset.base.credits import Rate

        await node.friends.set_rate(name, currency, Rate(mul, add))

    change.carry_out(set_rate)


@_command("remove-currency", _friend, options.currency)
def remove_currency(change: _Change, name: str, currency: str) -> None:
    """Forget what you set for a currency and a friend; not while it is active."""
    change.carry_out(lambda node: node.friends.remove_currency(name, currency))


# Files and names


def _ticket(path: Path) -> Any:
    from offset.shell.files import load
    from offset.wire.files import parse_ticket

    return load(path, parse_ticket)


def _card(path: Path) -> Any:
    from offset.shell.files import load
    from offset.wire.files import parse_friend

    return load(path, parse_friend)


def _refuse_name(what: str, name: str, taken: Iterable[str]) -> None:
    """The node takes a name twice, but then nobody knows who is meant."""
    from offset.base.faults import UserFault

    if name in taken:
        raise UserFault(f"there is {'an' if what[0] in 'aeiou' else 'a'} {what} named {name!r} already")
