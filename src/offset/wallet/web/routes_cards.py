"""Routes: cards, their relays and index servers, and what friends need to add one."""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.wallet import friends, views
from offset.wallet.refusals import Refusal
from offset.wallet.values.cards import (
    Card,
    CardChange,
    CardSecret,
    Empty,
    NewCard,
    OwnCard,
    ServerPlace,
    Standing,
)
from offset.wallet.values.parts import checked_name, key_of
from offset.wallet.web.table import Ask, Needs, Route
from offset.wire.files import format_friend
from offset.wire.texts import write_text


async def cards(ask: Ask) -> tuple[Card, ...]:
    """All cards, oldest first."""
    return tuple(card.value() for card in ask.cards)


async def new_card(ask: Ask) -> Card:
    """Make a card, which opens at once: a local one with a new node, or one of a node elsewhere."""
    return (await ask.wallet.cards.make(ask.body)).value()


async def card(ask: Ask) -> Card:
    """One card."""
    return ask.card.value()


async def change_card(ask: Ask) -> Card:
    """Call a card by another name."""
    await ask.wallet.cards.rename(ask.card, ask.body.name)
    return ask.card.value()


async def remove_card(ask: Ask) -> None:
    """Remove a card from this wallet; its files are put away, not deleted."""
    found = ask.card
    value = found.value()
    known = ""
    if value.kind == "local":
        owed = [
            f"{friends.shown(ask.wallet, total.currency, int(total.balance))}"
            + (", and some is held" if total.held_in != "0" or total.held_out != "0" else "")
            for total in value.sums
            if (total.balance, total.held_in, total.held_out) != ("0", "0", "0")
        ]
        if owed:
            known = f" It holds {'; '.join(owed)}: that is lost to you unless you bring the card back."
        elif found.public_key is None:
            known = " What it holds is not known while it is closed."
        where = f"Its files are kept in {ask.wallet.folder / 'removed'}."
    else:
        where = "Its node goes on without this wallet."
    ask.confirm(f"Remove the card {value.name}.{known} {where}")
    await ask.wallet.remove_card(found)


async def open_card(ask: Ask) -> Card:
    """Open a card, now and at each start of the wallet."""
    await ask.wallet.cards.open(ask.card)
    return ask.card.value()


async def unlock_card(ask: Ask) -> Card:
    """Unlock a card whose identity is locked, until it is closed or the wallet ends."""
    await ask.card.unlock(ask.body.secret)
    return ask.card.value()


async def close_card(ask: Ask) -> Card:
    """Close a card: a local node stops, and friends see it as closed; it stays so until it is opened."""
    await ask.wallet.cards.close(ask.card)
    return ask.card.value()


async def own_card(ask: Ask) -> OwnCard:
    """What friends need to add this card."""
    own = friends.own_card(ask.card.report)
    return OwnCard(text=write_text(own), file=format_friend(own), relays=len(own.relays))


# Relays and index servers


async def standing(ask: Ask) -> Standing:
    """How the card stands with relays, index servers and friends, and why."""
    return views.standing(ask.card.look())


def _key(ask: Ask) -> PublicKey:
    return key_of(ask.path["key"])


async def put_relay(ask: Ask) -> Standing:
    """Use a relay, or give a known one another address or name."""
    name = checked_name(ask.body.name)
    await ask.card.node.relays.add(_key(ask), ask.body.address, name)
    return views.standing(ask.card.look())


async def remove_relay(ask: Ask) -> None:
    """Stop using a relay."""
    if _key(ask) not in ask.card.report.relays:
        raise Refusal("not-found", "This card does not use such a relay.")
    await ask.card.node.relays.remove(_key(ask))


async def put_server(ask: Ask) -> Standing:
    """Use an index server, or give a known one another address or name."""
    name = checked_name(ask.body.name)
    await ask.card.node.index_servers.add(_key(ask), ask.body.address, name)
    return views.standing(ask.card.look())


async def remove_server(ask: Ask) -> None:
    """Stop using an index server."""
    if _key(ask) not in ask.card.report.index_servers:
        raise Refusal("not-found", "This card does not use such an index server.")
    await ask.card.node.index_servers.remove(_key(ask))


CARD = "/cards/{card}"
ROUTES = (
    Route("GET", "/cards", Needs.SEE, cards, answer=tuple[Card, ...]),
    Route("POST", "/cards", Needs.OWN, new_card, body=NewCard, answer=Card, status=201),
    Route("GET", CARD, Needs.SEE, card, answer=Card),
    Route("PATCH", CARD, Needs.OWN, change_card, body=CardChange, answer=Card),
    Route("DELETE", CARD, Needs.OWN, remove_card, asks=True),
    Route("POST", f"{CARD}/open", Needs.OWN, open_card, body=Empty, answer=Card),
    Route("POST", f"{CARD}/unlock", Needs.OWN, unlock_card, body=CardSecret, answer=Card),
    Route("POST", f"{CARD}/close", Needs.OWN, close_card, body=Empty, answer=Card),
    Route("GET", f"{CARD}/own-card", Needs.SEE, own_card, answer=OwnCard),
    Route("GET", f"{CARD}/standing", Needs.SEE, standing, answer=Standing),
    Route("PUT", f"{CARD}/relays/{{key}}", Needs.OWN, put_relay, body=ServerPlace, answer=Standing),
    Route("DELETE", f"{CARD}/relays/{{key}}", Needs.OWN, remove_relay),
    Route("PUT", f"{CARD}/servers/{{key}}", Needs.OWN, put_server, body=ServerPlace, answer=Standing),
    Route("DELETE", f"{CARD}/servers/{{key}}", Needs.OWN, remove_server),
)
