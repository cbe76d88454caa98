"""The commands `offset card ...`: cards of the wallet that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offset.base import base64url
from offset.programs.cli import CONTEXT, WholeGroup
from offset.programs.offset.talk import Talk, card_option, drawn, given, with_wallet
from offset.programs.printing import printable
from offset.shell import unlock_reading, unlock_sources
from offset.shell.files import load, write_new
from offset.wire.files import parse_ticket


@click.group("card", cls=WholeGroup, context_settings=CONTEXT)
def card() -> None:
    """Make, open, close and remove cards of the wallet, and set where they are reached."""


def _sums(value: dict[str, Any]) -> list[str]:
    return [f"{total['balance']} {total['currency']}" for total in value["sums"]] or ["-"]


def _row(value: dict[str, Any]) -> list[str | list[str]]:
    state = value["state"] if value["why"] is None else f"{value['state']}: {value['why']}"
    return [value["name"], value["id"], value["kind"], state, _sums(value)]


@card.command("list")
@with_wallet
def list_cards(talk: Talk) -> None:
    """Show all cards with their state, and the sum of what friends owe, in whole credits."""
    cards = talk.rest.get("cards")
    talk.show(
        cards, lambda: drawn(["name", "id", "kind", "state", "balance"], [_row(value) for value in cards])
    )


@card.command("new")
@with_wallet
@click.argument("name")
@click.option("--node", help="Of a node elsewhere: its ticket or .rcard, as file or text.")
@click.option("--identity", help="File of an app that this node trusts; without it one is made.")
def new_card(talk: Talk, name: str, node: str | None, identity: str | None) -> None:
    """Make a card: with a new node in the wallet, or with --node one that uses a node elsewhere."""
    body: dict[str, Any] = {"name": name, "kind": "local" if node is None else "remote"}
    if node is not None:
        body["node"] = given(node)
    if identity is not None:
        body["identity"] = given(identity)
    made = talk.rest.call("POST", "cards", body=body)
    talk.done(f"made the card {made['name']}, {made['id']}", made)


@card.command("show")
@with_wallet
@card_option
def show_card(talk: Talk, card: str | None) -> None:
    """Show one card, and how it stands with relays, index servers and friends."""
    value = talk.card(card)
    standing = None
    if value["state"] != "closed" and value["public_key"] is not None:
        standing = talk.rest.get("cards", value["id"], "standing")
    talk.show({"card": value, "standing": standing}, lambda: _whole(value, standing))


def _whole(value: dict[str, Any], standing: dict[str, Any] | None) -> str:
    lines = [drawn(["name", "id", "kind", "state", "balance"], [_row(value)])]
    lines.append(f"node: {value['public_key'] or 'not known yet'}")
    if value["app_ticket"] is not None:
        lines.append("its node does not know this wallet; put this file into its folder of trusted apps:")
        lines.append(value["app_ticket"].strip())
    if standing is not None:
        for kind, title in (("relays", "relays"), ("servers", "index servers"), ("links", "friends")):
            rows = [
                [entry["name"], entry.get("address") or entry.get("relay") or "-", _reach(entry["reach"])]
                for entry in standing[kind]
            ]
            lines.append(
                f"{title}:\n{drawn(['name', 'address', 'state'], rows)}" if rows else f"{title}: none"
            )
    return "\n".join(lines)


def _reach(reach: dict[str, Any]) -> str:
    return str(reach["state"]) if reach["why"] is None else f"{reach['state']}: {reach['why']}"


@card.command("open")
@with_wallet
@card_option
def open_card(talk: Talk, card: str | None) -> None:
    """Open a card, now and at each start of the wallet."""
    value = talk.card(card)
    talk.done(
        f"the card {value['name']} opens", talk.rest.call("POST", "cards", value["id"], "open", body={})
    )


@card.command("unlock")
@with_wallet
@card_option
@click.option(
    "--unlock",
    "source",
    metavar="SOURCE",
    default=unlock_sources.ASK,
    show_default=True,
    help=f"Where its passphrase or key is: {unlock_sources.FORMS}.",
)
def unlock_card(talk: Talk, card: str | None, source: str) -> None:
    """Unlock a card whose identity is locked, until it is closed or the wallet ends."""
    value = talk.card(card)
    secret = unlock_reading.read(
        unlock_sources.parse(source), f"What opens the card {printable(value['name'])}: "
    )
    unlocked = talk.rest.call("POST", "cards", value["id"], "unlock", body={"secret": secret})
    talk.done(f"the card {value['name']} is unlocked and opens", unlocked)


@card.command("close")
@with_wallet
@card_option
def close_card(talk: Talk, card: str | None) -> None:
    """Close a card; it stays closed until it is opened."""
    value = talk.card(card)
    closed = talk.rest.call("POST", "cards", value["id"], "close", body={})
    talk.done(f"the card {value['name']} is closed", closed)


@card.command("rename")
@with_wallet
@card_option
@click.argument("name")
def rename_card(talk: Talk, card: str | None, name: str) -> None:
    """Give a card another name; only you see it."""
    value = talk.card(card)
    talk.done(f"it is called {name} now", talk.rest.call("PATCH", "cards", value["id"], body={"name": name}))


@card.command("remove")
@with_wallet
@click.argument("card")
def remove_card(talk: Talk, card: str) -> None:
    """Remove a card, after a question; its files are put away."""
    value = talk.card(card)
    talk.rest.call("DELETE", "cards", value["id"])
    talk.done(f"the card {value['name']} was removed")


@card.command("export")
@with_wallet
@card_option
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="A .friend file to make.")
def export_card(talk: Talk, card: str | None, file: Path | None) -> None:
    """Show what friends need to add this card, as a text, or write it into a file. It holds no secret."""
    value = talk.card(card)
    own = talk.rest.get("cards", value["id"], "own-card")
    if file is not None:
        write_new(file, own["file"])
    if not own["relays"]:
        click.echo(
            "note: the card has no relay, so friends cannot find it: add one and export it again", err=True
        )
    talk.show(own, lambda: str(own["text"] if file is None else file))


# Relays and index servers


def _set(talk: Talk, card: str | None, kind: str, ticket: Path, name: str) -> None:
    found = load(ticket, parse_ticket)
    value = talk.card(card)
    body = {"address": found.address, "name": name}
    key = base64url.encode(found.public_key)
    standing = talk.rest.call("PUT", "cards", value["id"], kind, key, body=body)
    talk.done(f"the card {value['name']} uses {printable(name)} at {found.address}", standing)


def _unset(talk: Talk, card: str | None, kind: str, name: str) -> None:
    value = talk.card(card)
    entries = talk.rest.get("cards", value["id"], "standing")[kind]
    own = [entry for entry in entries if entry["is_own"]]
    keys = [entry["key"] for entry in own if name in (entry["name"], entry["key"])]
    if len(keys) != 1:
        names = ", ".join(printable(entry["name"]) for entry in own) or "none"
        raise click.ClickException(f"name one of those that the card uses: {names}")
    talk.rest.call("DELETE", "cards", value["id"], kind, keys[0])
    talk.done(f"the card {value['name']} does not use {printable(name)} any more")


_ticket = click.argument("ticket", type=click.Path(path_type=Path))
_name = click.option("--name", required=True, help="What to call it.")


@card.command("add-relay")
@with_wallet
@card_option
@_ticket
@_name
def add_relay(talk: Talk, card: str | None, ticket: Path, name: str) -> None:
    """Let friends find the card at a relay, by its ticket (stmgr relay-ticket)."""
    _set(talk, card, "relays", ticket, name)


@card.command("remove-relay")
@with_wallet
@card_option
@click.argument("name")
def remove_relay(talk: Talk, card: str | None, name: str) -> None:
    """Stop using a relay, by its name or key."""
    _unset(talk, card, "relays", name)


@card.command("add-index")
@with_wallet
@card_option
@_ticket
@_name
def add_index(talk: Talk, card: str | None, ticket: Path, name: str) -> None:
    """Ask an index server for ways, by its ticket (stmgr index-ticket)."""
    _set(talk, card, "servers", ticket, name)


@card.command("remove-index")
@with_wallet
@card_option
@click.argument("name")
def remove_index(talk: Talk, card: str | None, name: str) -> None:
    """Stop using an index server, by its name or key."""
    _unset(talk, card, "servers", name)
