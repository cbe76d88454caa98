"""Routes: tokens of programs, made and taken back by the owner."""

from __future__ import annotations

from offset.wallet.friends import shown
from offset.wallet.tokens import Grant, check_wish, left, now_ms
from offset.wallet.values.parts import amount_of, time_of
from offset.wallet.values.tokens import Budget, BudgetLeft, MadeToken, NewToken, Token
from offset.wallet.web.table import Ask, Needs, Route

_DOES = {"see": "see everything of", "receive": "ask to be paid to", "pay": "pay from"}
_PERIODS = {"day": "a day", "week": "a week", "month": "in 30 days", "ever": "in all"}


async def tokens(ask: Ask) -> tuple[Token, ...]:
    """All tokens, oldest first, without their secrets."""
    return tuple([await token_value(ask, grant) for grant in ask.wallet.tokens.all()])


async def new_token(ask: Ask) -> MadeToken:
    """Let a program see, receive or pay, within budgets; never grant trust, change settings or give out keys.

    The secret is in the answer, and kept nowhere.
    """
    wish: NewToken = ask.body
    check_wish(wish, {card.id for card in ask.wallet.cards})
    ask.confirm(_question(ask, wish))
    secret, grant = await ask.wallet.tokens.make(wish)
    return MadeToken(secret=secret, token=await token_value(ask, grant))


async def remove_token(ask: Ask) -> None:
    """Take a token back: its program may do nothing any more."""
    await ask.wallet.tokens.remove(ask.path["token"])
    ask.desk.sessions.end_token(ask.path["token"])


async def token_value(ask: Ask, grant: Grant) -> Token:
    """A token as it is now, with what its budgets have left."""
    seen = ask.desk.sessions.seen_of(grant.id)
    return Token(
        id=grant.id,
        name=grant.name,
        rights=grant.rights,
        cards=grant.cards,
        budgets=tuple([await _left(ask, grant, budget) for budget in grant.budgets]),
        expires=None if grant.expires is None else time_of(grant.expires / 1000),
        made=time_of(grant.made / 1000),
        seen=None if seen is None else time_of(seen),
    )


async def _left(ask: Ask, grant: Grant, budget: Budget) -> BudgetLeft:
    clerk = ask.wallet.clerks.find(budget.card)
    room = None
    if clerk is not None:
        purchases = await clerk.books.do(lambda books: books.purchases_by(grant.id))
        room = str(left(budget, purchases, now_ms()))
    return BudgetLeft(
        card=budget.card,
        currency=budget.currency,
        amount=budget.amount,
        period=budget.period,
        most=budget.most,
        left=room,
    )


def _question(ask: Ask, wish: NewToken) -> str:
    names = {card.id: card.name for card in ask.wallet.cards}
    cards = "all your cards" if wish.cards is None else ", ".join(names[id] for id in wish.cards)
    does = ", ".join(words for right, words in _DOES.items() if right in wish.rights)
    parts = [f"Let {wish.name} {does} {cards}."]
    for budget in wish.budgets:
        amount = shown(ask.wallet, budget.currency, amount_of(budget.amount))
        most = ""
        if budget.most is not None:
            most = f", at most {shown(ask.wallet, budget.currency, amount_of(budget.most))} at once"
        parts.append(f"It may pay {amount} {_PERIODS[budget.period]} from {names[budget.card]}{most}.")
    until = "" if wish.expires is None else f", until {wish.expires:%Y-%m-%d %H:%M %Z}"
    parts.append(f"Whoever has its token can do that without asking you{until}.")
    return " ".join(parts)


ROUTES = (
    Route("GET", "/tokens", Needs.OWN, tokens, answer=tuple[Token, ...]),
    Route("POST", "/tokens", Needs.OWN, new_token, body=NewToken, answer=MadeToken, status=201, asks=True),
    Route("DELETE", "/tokens/{token}", Needs.OWN, remove_token),
)
