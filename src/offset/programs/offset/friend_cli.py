"""The commands `offset friend ...`: friends of a card, and what is agreed with them. Amounts are whole credits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offset.programs.cli import CONTEXT, WholeGroup
from offset.programs.offset.kinds import CREDITS
from offset.programs.offset.talk import Talk, card_option, drawn, given, with_wallet
from offset.shell.files import write_new


@click.group("friend", cls=WholeGroup, context_settings=CONTEXT)
def friend() -> None:
    """Add friends to a card, say how much they may owe you, and settle books that differ.

    Amounts are whole credits. What grants trust is asked first.
    """


def _lines(value: dict[str, Any]) -> list[str]:
    if value["books"] is not None:
        return ["the books differ"]
    lines = []
    for line in value["currencies"]:
        granted = "?" if line["may_owe_them"] is None else line["may_owe_them"]
        held = f", held {line['held_out']} out, {line['held_in']} in"
        lines.append(
            f"{line['balance']} {line['currency']}: may owe you {line['may_owe']}, you may owe {granted}"
            + (held if held != ", held 0 out, 0 in" else "")
            + ("" if line["is_open"] else ", closed for others")
            + ("" if line["state"] == "active" else f" ({line['state']})")
        )
    return lines or ["-"]


def _row(value: dict[str, Any]) -> list[str | list[str]]:
    reach = value["reach"]
    state = reach["state"] if reach["why"] is None else f"{reach['state']}: {reach['why']}"
    return [value["name"], state, _lines(value)]


@friend.command("list")
@with_wallet
@card_option
def list_friends(talk: Talk, card: str | None) -> None:
    """Show all friends of a card; a balance above 0 is what the friend owes you."""
    friends = talk.rest.get("cards", talk.card(card)["id"], "friends")
    talk.show(
        friends, lambda: drawn(["name", "state", "balance and limits"], [_row(value) for value in friends])
    )


@friend.command("show")
@with_wallet
@card_option
@click.argument("name")
def show_friend(talk: Talk, card: str | None, name: str) -> None:
    """Show one friend; where the books differ, what each side says."""
    value = talk.friend(talk.card(card)["id"], name)

    def text() -> str:
        parts = [drawn(["name", "state", "balance and limits"], [_row(value)]), f"key: {value['key']}"]
        if value["books"] is not None:
            rows = [
                [line["currency"], *(line[part] or "?" for part in ("ours", "theirs", "signed", "cost"))]
                for line in value["books"]["lines"]
            ]
            titles = ["currency", "you say", "the friend says", "it signed last", "accepting costs you"]
            parts.append(drawn(titles, rows))
        return "\n".join(parts)

    talk.show(value, text)


@friend.command("add")
@with_wallet
@card_option
@click.argument("friend_card")
@click.argument("name")
@click.option("--currency", help="What to agree on at once.")
@click.option("--may-owe", type=CREDITS, help="The most that the friend may owe you: the most you can lose.")
@click.option("--open", "is_open", is_flag=True, help="Let payments of others pass over the friend.")
def add_friend(
    talk: Talk,
    card: str | None,
    friend_card: str,
    name: str,
    currency: str | None,
    may_owe: str | None,
    is_open: bool,
) -> None:
    """Add a friend by the card that it exported, FRIEND_CARD: a text or a .friend file."""
    if currency is None and (may_owe is not None or is_open):
        raise click.UsageError("Say in which currency, with --currency.")
    currencies = {} if currency is None else {currency: {"may_owe": may_owe or "0", "is_open": is_open}}
    body = {"card": given(friend_card), "name": name, "currencies": currencies}
    made = talk.rest.call("POST", "cards", talk.card(card)["id"], "friends", body=body)
    talk.done(f"{made['name']} is a friend", made)


@friend.command("set")
@with_wallet
@card_option
@click.argument("name")
@click.argument("currency")
@click.option("--may-owe", type=CREDITS, help="The most that the friend may owe you: the most you can lose.")
@click.option("--open/--close", "is_open", default=None, help="Whether payments of others may pass over it.")
@click.option("--add", type=click.IntRange(0), help="Credits that you take for each payment that passes.")
@click.option("--mul", type=click.IntRange(0), help="What you take beside, in parts of 2^32 of the amount.")
def set_currency(
    talk: Talk,
    card: str | None,
    name: str,
    currency: str,
    may_owe: str | None,
    is_open: bool | None,
    add: int | None,
    mul: int | None,
) -> None:
    """Say what a friend may owe you in a currency, and whether others may pay over it, and for how much."""
    id = talk.card(card)["id"]
    found = talk.friend(id, name)
    terms: dict[str, Any] = {"may_owe": may_owe, "is_open": is_open}
    if add is not None or mul is not None:
        terms["rate"] = {"add": add or 0, "mul": mul or 0}
    body = {part: value for part, value in terms.items() if value is not None}
    changed = talk.rest.call("PUT", "cards", id, "friends", found["key"], "currencies", currency, body=body)
    talk.done("; ".join(_lines(changed)), changed)


@friend.command("forget")
@with_wallet
@card_option
@click.argument("name")
@click.argument("currency")
def forget_currency(talk: Talk, card: str | None, name: str, currency: str) -> None:
    """Forget what was set for a currency that is not in use with a friend."""
    id = talk.card(card)["id"]
    key = talk.friend(id, name)["key"]
    talk.rest.call("DELETE", "cards", id, "friends", key, "currencies", currency)
    talk.done(f"nothing is set for {currency} with {name} any more")


def _change(talk: Talk, card: str | None, name: str, sentence: str, body: dict[str, Any]) -> None:
    id = talk.card(card)["id"]
    key = talk.friend(id, name)["key"]
    talk.done(sentence, talk.rest.call("PATCH", "cards", id, "friends", key, body=body))


@friend.command("rename")
@with_wallet
@card_option
@click.argument("name")
@click.argument("new_name")
def rename_friend(talk: Talk, card: str | None, name: str, new_name: str) -> None:
    """Give a friend another name; only you see it."""
    _change(talk, card, name, f"{name} is called {new_name} now", {"name": new_name})


@friend.command("update")
@with_wallet
@card_option
@click.argument("name")
@click.argument("friend_card")
def update_friend(talk: Talk, card: str | None, name: str, friend_card: str) -> None:
    """Take a friend's newest card: where it is found now."""
    _change(talk, card, name, f"the card of {name} was taken", {"card": given(friend_card)})


@friend.command("enable")
@with_wallet
@card_option
@click.argument("name")
def enable_friend(talk: Talk, card: str | None, name: str) -> None:
    """Talk to a friend."""
    _change(talk, card, name, f"{name} is talked to", {"is_enabled": True})


@friend.command("disable")
@with_wallet
@card_option
@click.argument("name")
def disable_friend(talk: Talk, card: str | None, name: str) -> None:
    """Stop talking to a friend; what is owed stays."""
    _change(talk, card, name, f"{name} is not talked to any more", {"is_enabled": False})


@friend.command("remove")
@with_wallet
@card_option
@click.argument("name")
def remove_friend(talk: Talk, card: str | None, name: str) -> None:
    """Forget a friend and all that is owed, after a question."""
    id = talk.card(card)["id"]
    talk.rest.call("DELETE", "cards", id, "friends", talk.friend(id, name)["key"])
    talk.done(f"{name} was removed")


@friend.command("accept")
@with_wallet
@card_option
@click.argument("name")
def accept_friend(talk: Talk, card: str | None, name: str) -> None:
    """Where the books differ, accept the friend's numbers, after a question that says what it costs."""
    id = talk.card(card)["id"]
    found = talk.friend(id, name)
    terms = None if found["books"] is None else found["books"]["terms"]
    # Without numbers the daemon says what is missing.
    body = {"terms": terms or "-"}
    done = talk.rest.call("POST", "cards", id, "friends", found["key"], "reset", body=body)
    talk.done("the books agree again" if done["is_done"] else f"it is done once {name} is there", done)


@friend.command("proof")
@with_wallet
@card_option
@click.argument("name")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The token file to make."
)
def friend_proof(talk: Talk, card: str | None, name: str, file: Path) -> None:
    """Write the friend's last signature of the balances into a file, for stverify verify-token."""
    id = talk.card(card)["id"]
    proof = talk.rest.get("cards", id, "friends", talk.friend(id, name)["key"], "proof")
    write_new(file, proof["file"])
    talk.done(f"the proof is in {file}", proof)
