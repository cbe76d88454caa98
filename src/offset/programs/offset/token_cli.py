"""The commands `offset token ...`: what programs may do with the wallet. Amounts are whole credits."""

from __future__ import annotations

from typing import Any

import click

from offset.programs.cli import CONTEXT, WholeGroup
from offset.programs.offset.kinds import CREDITS
from offset.programs.offset.talk import Talk, drawn, with_wallet

PERIODS = ("day", "week", "month", "ever")


@click.group("token", cls=WholeGroup, context_settings=CONTEXT)
def token() -> None:
    """Let programs see, receive or pay, within budgets. No token grants trust or gives out keys."""


@token.command("list")
@with_wallet
def list_tokens(talk: Talk) -> None:
    """Show all tokens and what their budgets have left, in whole credits."""
    tokens = talk.rest.get("tokens")
    talk.show(
        tokens,
        lambda: drawn(["name", "id", "may", "budgets", "until"], [_row(value) for value in tokens]),
    )


def _row(value: dict[str, Any]) -> list[str | list[str]]:
    budgets = [
        f"{budget['left'] or '?'} of {budget['amount']} {budget['currency']} "
        + ("for ever" if budget["period"] == "ever" else f"a {budget['period']}")
        for budget in value["budgets"]
    ]
    return [value["name"], value["id"], ", ".join(value["rights"]), budgets or ["-"], value["expires"] or "-"]


@token.command("new")
@with_wallet
@click.argument("name")
@click.option("--see", is_flag=True, help="It may see everything of the cards.")
@click.option("--receive", is_flag=True, help="It may ask to be paid.")
@click.option(
    "--pay",
    type=(CREDITS, str, click.Choice(PERIODS)),
    metavar="AMOUNT CURRENCY PERIOD",
    help="It may pay so much per day, week, month or ever.",
)
@click.option("--most", type=CREDITS, help="With --pay: at most so much at once.")
@click.option("--card", metavar="CARD", help="Name or id of the one card it has to do with; needed to pay.")
@click.option("--until", metavar="TIME", help="When it ends, such as 2027-05-03T12:00:00Z.")
def new_token(
    talk: Talk,
    name: str,
    see: bool,
    receive: bool,
    pay: tuple[str, str, str] | None,
    most: str | None,
    card: str | None,
    until: str | None,
) -> None:
    """Make a token, after a question, and print its secret, which is kept nowhere."""
    if pay is None and most is not None:
        raise click.UsageError("Say with --pay how much it may pay, beside --most.")
    flags = (("see", see), ("receive", receive), ("pay", pay is not None))
    wish: dict[str, Any] = {
        "name": name,
        "rights": [right for right, is_given in flags if is_given],
        "expires": until,
    }
    if not wish["rights"]:
        raise click.UsageError("Say what it may do: --see, --receive or --pay.")
    if card is not None or pay is not None:
        wish["cards"] = [talk.card(card)["id"]]
    if pay is not None:
        amount, currency, period = pay
        if period not in PERIODS:
            raise click.UsageError(f"The period is one of {', '.join(PERIODS)}.")
        budget = {"card": wish["cards"][0], "currency": currency, "amount": amount, "period": period}
        wish["budgets"] = [budget if most is None else {**budget, "most": most}]
    made = talk.rest.call("POST", "tokens", body=wish)
    talk.show(made, lambda: str(made["secret"]))


@token.command("remove")
@with_wallet
@click.argument("token_id")
def remove_token(talk: Talk, token_id: str) -> None:
    """Take a token back, by its id."""
    talk.rest.call("DELETE", "tokens", token_id)
    talk.done("the token was taken back")
