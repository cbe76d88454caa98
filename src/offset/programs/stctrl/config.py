"""`stctrl config`: changing the node. Needs the permission `config`.

Success is silent. The node itself only says that it has processed a request, so the SDK compares its report before
and after, and a refusal is an error with its reason (spec 05, 7, D-4). A node of ours tells its reasons, so a command
that names a friend by its public key needs no report.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Awaitable, Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from offset.app.node import Node
from offset.base.credits import Rate
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.core.apps.reports import friend_named, is_key
from offset.programs.cli import CONTEXT, WholeGroup, add_help
from offset.programs.printing import printable
from offset.programs.stctrl import options
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.show_friends import what_is_between
from offset.programs.stctrl.talk import talk
from offset.shell.files import load
from offset.wire.files import FriendFile, Ticket, parse_friend, parse_ticket, parse_token
from offset.wire.files.revocations import parse_revocation


class _Percent(click.ParamType[Fraction]):
    """A share from 0 to less than 100 per cent, in decimal digits: 1 or 0.25."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """The number, exactly, or a usage error."""
        text = str(value)
        digits = text.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 40) or Fraction(text) >= 100:
            self.fail(f"{value!r} is not a number from 0 to less than 100, such as 1 or 0.25.", param, ctx)
        return Fraction(text)


@click.group("config", cls=WholeGroup, context_settings=CONTEXT)
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


def _change(call: Call, work: Callable[[Node], Awaitable[None]], *, report: bool = True) -> None:
    """Change the node, say nothing. `report`: whether the work needs it."""
    talk(call, "config", work, report=report)
    call.show_done()


def _change_friend(call: Call, friend: str, work: Callable[[Node], Awaitable[None]]) -> None:
    """Change something about a friend. Only a name is looked up in the report, which may be long; a key is not."""
    _change(call, work, report=not is_key(friend))


_friend = options.name("Name of the friend, or its public key.")

# Relays and index servers


@group.command("add-relay")
@options.infile("-r", "--relay", "Ticket of the relay (stmgr relay-ticket).")
@options.name("A name of your choice.")
@with_call()
def add_relay(call: Call, relay: Path, name: str) -> None:
    """Use a relay: friends find the node there."""
    ticket = _ticket(relay)

    async def add(node: Node) -> None:
        _refuse_name("relay", name, (known.name for known in node.report.relays.values()))
        await node.relays.add(ticket.public_key, ticket.address, name)

    _change(call, add)


@group.command("remove-relay")
@options.name("Name of the relay.")
@with_call()
def remove_relay(call: Call, name: str) -> None:
    """Stop using a relay."""
    _change(call, lambda node: node.relays.remove(node.relays.named(name).public_key))


@group.command("add-index")
@options.infile("-i", "--index", "Ticket of the index server, for nodes (stmgr index-ticket).")
@options.name("A name of your choice.")
@with_call()
def add_index(call: Call, index: Path, name: str) -> None:
    """Use an index server: the node asks it for routes."""
    ticket = _ticket(index)

    async def add(node: Node) -> None:
        _refuse_name("index server", name, (known.name for known in node.report.index_servers.values()))
        await node.index_servers.add(ticket.public_key, ticket.address, name)

    _change(call, add)


@group.command("remove-index")
@options.name("Name of the index server.")
@with_call()
def remove_index(call: Call, name: str) -> None:
    """Stop using an index server."""
    _change(call, lambda node: node.index_servers.remove(node.index_servers.named(name).public_key))


# Friends


@group.command("add-friend")
@options.infile("-f", "--friend", "Card of the friend's node (stctrl info export-ticket).")
@options.name("A name of your choice.")
@with_call()
def add_friend(call: Call, friend: Path, name: str) -> None:
    """Make a friend: disabled at first, and without any limit."""
    card = _card(friend)

    async def add(node: Node) -> None:
        _refuse_name("friend", name, (known.name for known in node.report.friends.values()))
        await node.friends.add(card.public_key, card.relays, name)

    _change(call, add)
    if not card.relays:
        call.note(
            f"the card {friend} names no relay, so only the friend can find us; when it has one, take its new card "
            "with set-friend-relays"
        )


@group.command("set-friend-relays")
@options.infile("-f", "--friend", "New card of the friend's node.")
@_friend
@with_call()
def set_friend_relays(call: Call, friend: Path, name: str) -> None:
    """Say at which relays a friend is found now."""
    card = _card(friend)

    async def set_relays(node: Node) -> None:
        if node.friends.key_of(name) != card.public_key:
            raise UserFault(f"{friend} is the card of another node than the friend {name!r}")
        await node.friends.set_relays(name, card.relays)

    _change_friend(call, name, set_relays)


@group.command("rename-friend")
@_friend
@click.option("-t", "--to", "new_name", required=True, metavar="NAME", help="The new name.")
@with_call()
def rename_friend(call: Call, name: str, new_name: str) -> None:
    """Give a friend another name, which only you see."""

    async def rename(node: Node) -> None:
        key = node.friends.key_of(name)
        others = (known.name for other, known in node.report.friends.items() if other != key)
        _refuse_name("friend", new_name, others)
        await node.friends.rename(key, new_name)

    _change(call, rename)


@group.command("remove-friend")
@_friend
@click.option("--force", "is_forced", is_flag=True, help="Do not ask, whatever is owed.")
@with_call()
def remove_friend(call: Call, name: str, is_forced: bool) -> None:
    """Forget a friend AND ALL THAT IS OWED between you.

    If anything is owed or frozen it is told, and you are asked; where nobody can answer, --force is needed.
    Payments under way over the friend fail. If you add the friend again the two of you will not agree on the
    balances: see reset-friend.
    """
    if not is_forced:
        _ask_to_forget(call, name)
    _change_friend(call, name, lambda node: node.friends.remove(name))


def _ask_to_forget(call: Call, name: str) -> None:
    """Go on when nothing is lost with the friend, or when the owner says so. Raises UserFault or Abort."""
    friends = {
        entry.friend_public_key: entry.friend_report
        for entry in call.fetch_report().funder_report.friends.list
    }
    friend = friends[friend_named(friends, name)]
    lost = what_is_between(friend.channel_status)
    if not lost:
        return
    words = "; ".join(map(printable, lost))
    if call.as_json or not sys.stdin.isatty():
        raise UserFault(
            f"with the friend {name!r} this is forgotten: {words}; remove it all the same with --force"
        )
    question = f"With the friend {printable(friend.name)} this is forgotten: {words}. Remove it?"
    click.confirm(question, abort=True, err=True)


def _ask_to_end(call: Call) -> None:
    """Go on when the owner wants to end this card. Raises UserFault or Abort."""
    what = "this revokes the key of this very node: its friends disable this card for ever"
    if call.as_json or not sys.stdin.isatty():
        raise UserFault(f"{what}; if you want that, say --force")
    click.confirm(f"{what[0].upper()}{what[1:]}. Do you want that?", abort=True, err=True)


@group.command("enable-friend")
@_friend
@with_call()
def enable_friend(call: Call, name: str) -> None:
    """Talk to a friend."""
    _change_friend(call, name, lambda node: node.friends.enable(name))


@group.command("disable-friend")
@_friend
@with_call()
def disable_friend(call: Call, name: str) -> None:
    """Stop talking to a friend; what is owed stays."""
    _change_friend(call, name, lambda node: node.friends.disable(name))


@group.command("reset-friend")
@_friend
@click.option(
    "--proof",
    type=options.PATH,
    metavar="FILE",
    help="Only if this proves that nothing is lost: the last token of yours that the friend has, "
    "made on its side by: stctrl info friend-last-token.",
)
@with_call()
def reset_friend(call: Call, name: str, proof: Path | None) -> None:
    """Accept the friend's terms when the two of you do not agree on the balances.

    info friends shows them as the friend sees them: to accept 70 makes our balance -70. They may claim what was
    frozen for payments when the channel was lost; info friends --long says what accepting costs.

    \b
    After you have lost your database, ask the friend for what your node signed to it last:
      stctrl info friend-last-token -n alice -t alice.token        the friend
      stctrl config reset-friend -n bob --proof alice.token        you
    The friend's node may be of 0.1.11. Your node checks its own signature, and accepts if it agreed to no more.
    """
    token = None if proof is None else load(proof, parse_token, made_by="stctrl info friend-last-token")
    is_done = talk(call, "config", lambda node: node.friends.reset(name, proof=token))
    if not is_done:
        call.note(f"the node resets as soon as the friend {name!r} is online")
    call.show_done(reset=is_done)


@group.command("take-friend")
@click.option(
    "-k",
    "--key",
    required=True,
    type=options.KEY,
    metavar="KEY",
    help="Its public key, as info found shows it.",
)
@options.name("How you call it from now on.")
@with_call()
def take_friend(call: Call, key: bytes, name: str) -> None:
    """Let somebody be a friend again whom a node has found that looks for its friends.

    What stands between you is what your node signed last, as info found shows it. A friend that can show an older
    signature of yours may do so once, so compare the time with those of others first, and ask if it seems old.

    The friend is enabled. Set its limits, rates and open currencies anew.
    """
    _change(call, lambda node: node.friends.take(PublicKey(key), name), report=False)


@group.command("give-up")
@click.option(
    "-k", "--key", required=True, type=options.KEY, metavar="KEY", help="Its public key, or that of a friend."
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@with_call()
def give_up(call: Call, key: bytes, yes: bool) -> None:
    """After a loss: stop waiting for the word of somebody who will never come back.

    What others asked for and had to go on to this key is cancelled. If it has collected that and shows it later, you
    pay for it. info recovery says how much waits, and so does the question.
    """

    async def stakes(node: Node) -> str:
        rows = [row for row in await node.recovery() if row.public_key == key]
        return ", ".join(f"{stake.amount} {stake.currency}" for row in rows for stake in row.stakes)

    at_stake = talk(call, "config", stakes, report=False)
    if not at_stake:
        raise UserFault("nothing waits for the word of this key; see info recovery")
    if not yes and not click.confirm(f"This may cost you up to {printable(at_stake)}. Give it up?"):
        raise click.Abort
    _change(call, lambda node: node.friends.give_up(PublicKey(key)), report=False)


@group.command("succeed")
@options.name("Name of the friend whose key is lost, or its public key.")
@click.option(
    "-N", "--new", "new", required=True, metavar="NAME", help="Name of its new card, or its public key."
)
@click.option(
    "--with-frozen",
    "counts_frozen",
    is_flag=True,
    help="Also while payments are under way with the old card: what it has frozen counts as paid, what you have "
    "frozen as not paid.",
)
@with_call()
def succeed(call: Call, name: str, new: str, counts_frozen: bool) -> None:
    """Let the new card of a friend, who has lost the key of the old one, take over the balances between you.

    Do this only if your friend asked for it in person, and gave you the new card in person: whoever has that card has
    the balances then. Add it and enable it first (add-friend, enable-friend); there must be no balance with it yet.

    The old card is disabled at once. Your friend's node shows your terms; once your friend has accepted them
    (reset-friend there, with any program), the old card is removed. Until then nothing is lost: remove the new card,
    and the old one is as it was. Limits and rates go over too.

    \b
    Bob's side, when Alice has a new card:
      stctrl config add-friend -f alice2.friend -n alice2
      stctrl config enable-friend -n alice2
      stctrl config succeed -n alice -N alice2
    """
    friends = (name, new)
    _change(
        call,
        lambda node: node.friends.succeed(*friends, counts_frozen=counts_frozen),
        report=not all(map(is_key, friends)),
    )
    call.note(
        f"the friend {name!r} is disabled, and will be removed when {new!r} has accepted your terms; "
        "see info friends"
    )


@group.command("revoke")
@options.infile("-f", "--file", "What the friend signed: stmgr revocation.")
@click.option("--force", "is_forced", is_flag=True, help="Do not ask, even if it is this node's own key.")
@with_call()
def revoke(call: Call, file: Path, is_forced: bool) -> None:
    """Take a revocation: a friend's word, signed by its key, that this key is not to be trusted any more.

    That friend is disabled for ever, and cannot be added again. What is owed stays, for its new card: see succeed. For
    payments that are under way with it the node waits until you remove it or let another card succeed it.

    With the revocation of this node's own key, the node tells its friends, now and whenever they come: each disables
    this card for ever, if its program knows revocations. You are asked before; where nobody can answer, --force is
    needed.
    """
    revocation = load(file, parse_revocation)
    ticket = call.target.ticket
    if (
        not is_forced
        and ticket is not None
        and load(ticket, parse_ticket).public_key == revocation.public_key
    ):
        _ask_to_end(call)
    _change(call, lambda node: node.friends.revoke(revocation), report=False)


# Currencies


@group.command("open-currency")
@_friend
@options.currency
@with_call()
def open_currency(call: Call, name: str, currency: str) -> None:
    """Let payments of others pass over a friend, in both directions."""
    _change_friend(call, name, lambda node: node.friends.open_currency(name, currency))


@group.command("close-currency")
@_friend
@options.currency
@with_call()
def close_currency(call: Call, name: str, currency: str) -> None:
    """Let no payments of others pass over a friend; own payments still can."""
    _change_friend(call, name, lambda node: node.friends.close_currency(name, currency))


@group.command("set-currency-max-debt")
@_friend
@options.currency
@click.option(
    "-m",
    "--mdebt",
    required=True,
    type=options.U128,
    metavar="CREDITS",
    help="The most that the friend may owe you.",
)
@with_call()
def set_currency_max_debt(call: Call, name: str, currency: str, mdebt: int) -> None:
    """Say how much a friend may owe you."""
    _change_friend(call, name, lambda node: node.friends.set_max_debt(name, currency, mdebt))


@group.command("set-currency-rate")
@_friend
@options.currency
@click.option(
    "-m",
    "--mul",
    type=options.U32,
    metavar="NUMBER",
    help="Fee in proportion: x * MUL / 2^32 for x credits.",
)
@click.option("-a", "--add", type=options.U32, metavar="CREDITS", help="Fee for each payment.")
@click.option(
    "--percent",
    type=_Percent(),
    metavar="NUMBER",
    help="In place of --mul: so many credits of a hundred.",
)
@click.option("--plus", type=options.U32, metavar="CREDITS", help="In place of --add, the same.")
@with_call()
def set_currency_rate(
    call: Call,
    name: str,
    currency: str,
    mul: int | None,
    add: int | None,
    percent: Fraction | None,
    plus: int | None,
) -> None:
    """Say what you take for passing on payments of a friend.

    --percent 1 --plus 1 is 1 % and 1 credit; --mul and --add say it as the protocol does: x * MUL / 2^32 + ADD for
    x credits, rounded down.
    """
    if (mul is None) == (percent is None) or (add is None) == (plus is None):
        raise click.UsageError("Give --percent and --plus, or --mul and --add.", click.get_current_context())
    # Rounded up, so that 1 % of 100 is 1.
    share = mul if percent is None else math.ceil(percent * 2**32 / 100)
    flat = add if plus is None else plus
    assert share is not None
    assert flat is not None

    async def set_rate(node: Node) -> None:
        await node.friends.set_rate(name, currency, Rate(share, flat))

    _change_friend(call, name, set_rate)


@group.command("remove-currency")
@_friend
@options.currency
@with_call()
def remove_currency(call: Call, name: str, currency: str) -> None:
    """Forget what you set for a currency and a friend; not while it is active."""
    _change_friend(call, name, lambda node: node.friends.remove_currency(name, currency))


# Files and names


def _ticket(path: Path) -> Ticket:

    return load(path, parse_ticket)


def _card(path: Path) -> FriendFile:

    return load(path, parse_friend)


def _refuse_name(what: str, name: str, taken: Iterable[str]) -> None:
    """The node takes a name twice, but then nobody knows who is meant."""
    if name in taken:
        raise UserFault(f"there is {'an' if what[0] in 'aeiou' else 'a'} {what} named {name!r} already")
