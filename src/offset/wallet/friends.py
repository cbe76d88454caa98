"""What is done with friends: added, changed, trusted more or less, removed; their numbers accepted."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from offset.app.reports import LiveReport
from offset.base import base64url
from offset.base.credits import Rate
from offset.base.faults import UserFault
from offset.base.ids import Currency, PublicKey
from offset.base.names import check_currency
from offset.core.apps.reports import balance_of, balances, config_of
from offset.wallet.card import Card
from offset.wallet.refusals import Refusal
from offset.wallet.values.friends import CurrencyTerms, FriendChange, NewFriend
from offset.wallet.values.parts import amount_of, checked_name
from offset.wallet.wallet import Wallet
from offset.wire.files import FriendFile
from offset.wire.report import ChannelInconsistent, CurrencyConfigReport
from offset.wire.texts import read_text

NOTHING_SET = CurrencyConfigReport(Currency(""), Rate(), 0, False)


class Step(NamedTuple):
    """A change of what is agreed in one currency."""

    before: CurrencyConfigReport
    after: CurrencyConfigReport
    is_new: bool

    @property
    def grants(self) -> bool:
        """Whether the friend may owe more than before, or payments of others may pass that could not."""
        return self.after.remote_max_debt > self.before.remote_max_debt or (
            self.after.is_open and not self.before.is_open
        )


def read_card(text: str) -> FriendFile:
    """The card in a text or a file that somebody exported. Raises UserFault."""
    found = read_text(text)
    if not isinstance(found, FriendFile):
        raise UserFault("this is not the card of a friend: ask for what its wallet shows as its card")
    return found


def own_card(report: LiveReport) -> FriendFile:
    """What friends need to add this card."""
    return FriendFile(report.public_key, tuple(relay.unnamed() for relay in report.relays.values()))


def step_to(report: LiveReport, key: PublicKey, currency: str, terms: CurrencyTerms) -> Step:
    """What these terms would change. Raises UserFault."""
    name = check_currency(currency)
    friend = report.friends.get(key)
    found = None if friend is None else config_of(friend, name)
    before = replace(NOTHING_SET, currency=name) if found is None else found
    after = before
    if terms.may_owe is not None:
        after = replace(after, remote_max_debt=amount_of(terms.may_owe))
    if terms.is_open is not None:
        after = replace(after, is_open=terms.is_open)
    if terms.rate is not None:
        after = replace(after, rate=Rate(terms.rate.mul, terms.rate.add))
    return Step(before, after, found is None)


def question(wallet: Wallet, name: str, steps: list[Step]) -> str | None:
    """What is asked before such steps are taken with the friend `name`; None if none of them grants anything."""
    parts = []
    for step in steps:
        if not step.grants:
            continue
        limit = shown(wallet, step.after.currency, step.after.remote_max_debt)
        if step.after.remote_max_debt > step.before.remote_max_debt:
            parts.append(f"{name} may owe you up to {limit}: the most you can lose, if {name} never pays.")
        if step.after.is_open and not step.before.is_open:
            parts.append(
                f"Payments of others in {step.after.currency} may pass over {name}, inside the {limit}."
            )
    return " ".join(parts) or None


def shown(wallet: Wallet, currency: str, credits: int) -> str:
    """An amount as the owner wants to see it, as in "12.50 FST"."""
    view = wallet.currency(currency)
    if view.decimals == 0:
        return f"{credits} {view.label}"
    whole, rest = divmod(abs(credits), 10**view.decimals)
    sign = "-" if credits < 0 else ""
    return f"{sign}{whole}.{rest:0{view.decimals}} {view.label}"


async def take(card: Card, key: PublicKey, steps: list[Step]) -> None:
    """Carry the steps out, one request after another. Raises Refused, or what a lost connection raises.

    What lowers a limit or closes comes first, so that a break in the midst leaves less trust, never more.
    """
    friends = card.node.friends
    for before, after, is_new in steps:
        name = after.currency
        if after.is_open != before.is_open and not after.is_open:
            await friends.close_currency(key, name)
        if after.rate != before.rate:
            await friends.set_rate(key, name, after.rate)
        if is_new or after.remote_max_debt != before.remote_max_debt:
            await friends.set_max_debt(key, name, after.remote_max_debt)
        if after.is_open != before.is_open and after.is_open:
            await friends.open_currency(key, name)


async def add(card: Card, wish: NewFriend, file: FriendFile, steps: list[Step]) -> PublicKey:
    """A new friend, with whom the node begins to talk. Raises Refused or UserFault."""
    node = card.node
    key = file.public_key
    checked_name(wish.name)
    if key in node.report.friends:
        friend = node.report.friends[key]
        raise Refusal("conflict", f"This card is your friend {friend.name} already. Nothing was changed.")
    await node.friends.add(key, file.relays, wish.name)
    await take(card, key, steps)
    await node.friends.enable(key)
    return key


async def change(card: Card, key: PublicKey, wish: FriendChange) -> None:
    """Another name, other relays, enabled or not. Raises Refused or UserFault."""
    friends = card.node.friends
    if wish.name is not None:
        checked_name(wish.name)
    if wish.card is not None:
        file = read_card(wish.card)
        if file.public_key != key:
            raise UserFault("this is the card of somebody else: its key is another one")
        await friends.set_relays(key, file.relays)
    if wish.name is not None:
        await friends.rename(key, wish.name)
    if wish.is_enabled is not None:
        await (friends.enable(key) if wish.is_enabled else friends.disable(key))


def removal_question(wallet: Wallet, report: LiveReport, key: PublicKey) -> str:
    """What is asked before a friend is removed."""
    friend = report.friends[key]
    parts = []
    for currency, held in sorted(balances(friend).items()):
        if held.balance > 0:
            parts.append(
                f"{friend.name} owes you {shown(wallet, currency, held.balance)}, which you would lose"
            )
        if held.balance < 0:
            parts.append(f"you owe {friend.name} {shown(wallet, currency, -held.balance)}")
        if held.local_pending_debt or held.remote_pending_debt:
            parts.append(f"payments in {currency} are held with {friend.name}, and may be lost or paid")
    if isinstance(friend.channel_status, ChannelInconsistent):
        parts.append("your books differ")
    what = ": " + "; ".join(parts) if parts else ", and nothing is owed"
    return (
        f"Remove {friend.name}{what}. The books with {friend.name} are deleted, and cannot be brought back."
    )


async def accept(card: Card, key: PublicKey, terms: str) -> bool:
    """Accept the friend's numbers; False: it is done once the friend is online. Raises Refused or UserFault."""
    await _same_terms(card, key, terms)
    return await card.node.friends.reset(key)


async def _same_terms(card: Card, key: PublicKey, terms: str) -> None:
    if current_terms(card.report, key) != terms:
        raise Refusal("conflict", "The friend has told other numbers meanwhile. Look at them first.")


def current_terms(report: LiveReport, key: PublicKey) -> str:
    """What `Books.terms` is now. Raises Refusal when there is nothing to accept."""
    status = report.friends[key].channel_status
    if not isinstance(status, ChannelInconsistent):
        raise Refusal("conflict", "Your books do not differ: there is nothing to accept.")
    if status.opt_remote_reset_terms is None:
        raise Refusal(
            "conflict",
            "The friend has not told its numbers yet. Try again when it is there.",
            remedies=["wait"],
        )
    return base64url.encode(status.opt_remote_reset_terms.reset_token)


def is_used(report: LiveReport, key: PublicKey, currency: Currency) -> bool:
    """Whether both use the currency."""
    return balance_of(report.friends[key], currency) is not None
