"""Routes: friends, and what is agreed with them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta

from offset.base.faults import UserFault
from offset.base.ids import Currency
from offset.base.limits import FRIENDS_MAX
from offset.core.apps.reports import config_of
from offset.wallet import friends, views
from offset.wallet.refusals import Refusal
from offset.wallet.values.friends import (
    CurrencyTerms,
    Friend,
    FriendChange,
    NewFriend,
    Proof,
    Reset,
    ResetDone,
)
from offset.wallet.values.parts import Body
from offset.wallet.web.table import Ask, Needs, Route
from offset.wire.files import format_token
from offset.wire.signing import verify_move_token_hashed

FRIENDS_AT_ONCE = 100
"""After so many others of the loop have their turn."""


class Most(Body):
    """How many are wanted."""

    limit: Annotated[int, Meta(ge=1, le=FRIENDS_MAX)] | None = None


async def list_friends(ask: Ask) -> tuple[Friend, ...]:
    """The friends of a card by name; with a limit those that matter most: books that differ, then large amounts."""
    look = ask.card.look()
    friends: list[Friend] = []
    for number, key in enumerate(views.friend_keys(look.report, ask.query.limit), 1):
        # One that was removed meanwhile is not there any more.
        if key in look.report.friends:
            friends.append(views.friend_value(look, key))
        if number % FRIENDS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return tuple(friends)


async def friend(ask: Ask) -> Friend:
    """One friend."""
    return views.friend_value(ask.card.look(), ask.friend)


async def new_friend(ask: Ask) -> Friend:
    """Add a friend by what it exported, and agree on currencies with it."""
    wish: NewFriend = ask.body
    file = friends.read_card(wish.card)
    report = ask.card.report
    steps = [friends.step_to(report, file.public_key, name, terms) for name, terms in wish.currencies.items()]
    question = friends.question(ask.wallet, wish.name, steps)
    if question is not None:
        ask.confirm(question)
    key = await friends.add(ask.card, wish, file, steps)
    return views.friend_value(ask.card.look(), key)


async def change_friend(ask: Ask) -> Friend:
    """Give a friend another name or newer relays, or stop or begin to talk to it."""
    key = ask.friend
    await friends.change(ask.card, key, ask.body)
    return views.friend_value(ask.card.look(), key)


async def remove_friend(ask: Ask) -> None:
    """Forget a friend, and all that is owed."""
    key = ask.friend
    ask.confirm(friends.removal_question(ask.wallet, ask.card.report, key))
    await ask.card.node.friends.remove(key)


async def put_currency(ask: Ask) -> Friend:
    """Say what a friend may owe you in a currency, whether others may pay over it, and for how much."""
    key, report = ask.friend, ask.card.report
    step = friends.step_to(report, key, ask.path["currency"], ask.body)
    question = friends.question(ask.wallet, report.friends[key].name, [step])
    if question is not None:
        ask.confirm(question)
    await friends.take(ask.card, key, [step])
    return views.friend_value(ask.card.look(), key)


async def remove_currency(ask: Ask) -> None:
    """Forget what was set for a currency that is not in use with the friend."""
    key, name = ask.friend, Currency(ask.path["currency"])
    if config_of(ask.card.report.friends[key], name) is None:
        raise Refusal("not-found", "Nothing is set for this currency with this friend.")
    await ask.card.node.friends.remove_currency(key, name)


async def reset(ask: Ask) -> ResetDone:
    """Where the books differ, accept the friend's numbers, just as they were shown."""
    key, report = ask.friend, ask.card.report
    if friends.current_terms(report, key) != ask.body.terms:
        raise Refusal("conflict", "The friend has told other numbers meanwhile. Look at them first.")
    books = views.friend_value(ask.card.look(), key).books
    costs = [] if books is None else [(line.currency, int(line.cost or 0)) for line in books.lines]
    words = "; ".join(
        f"costs you {friends.shown(ask.wallet, name, cost)}"
        if cost > 0
        else f"gains you {friends.shown(ask.wallet, name, -cost)}"
        for name, cost in costs
        if cost
    )
    name = report.friends[key].name
    ask.confirm(f"Accept the numbers of {name}: it {words or 'changes nothing'}. This cannot be taken back.")
    return ResetDone(is_done=await friends.accept(ask.card, key, ask.body.terms))


async def proof(ask: Ask) -> Proof:
    """The friend's last signature of the balances, as a file that stverify checks."""
    token = ask.card.report.friends[ask.friend].opt_last_incoming_move_token
    # Before the first one the side that speaks second holds a token that nobody signed.
    if token is None or not verify_move_token_hashed(token):
        raise UserFault("this friend has not signed anything yet")
    return Proof(file=format_token(token))


LIST = "/cards/{card}/friends"
ONE = f"{LIST}/{{friend}}"
ROUTES = (
    Route("GET", LIST, Needs.SEE, list_friends, query=Most, answer=tuple[Friend, ...]),
    Route("POST", LIST, Needs.OWN, new_friend, body=NewFriend, answer=Friend, status=201, asks=True),
    Route("GET", ONE, Needs.SEE, friend, answer=Friend),
    Route("PATCH", ONE, Needs.OWN, change_friend, body=FriendChange, answer=Friend),
    Route("DELETE", ONE, Needs.OWN, remove_friend, asks=True),
    Route(
        "PUT",
        f"{ONE}/currencies/{{currency:path}}",
        Needs.OWN,
        put_currency,
        body=CurrencyTerms,
        answer=Friend,
        asks=True,
    ),
    Route("DELETE", f"{ONE}/currencies/{{currency:path}}", Needs.OWN, remove_currency),
    Route("POST", f"{ONE}/reset", Needs.OWN, reset, body=Reset, answer=ResetDone, asks=True),
    Route("GET", f"{ONE}/proof", Needs.SEE, proof, answer=Proof),
)
