"""Cards whose identity is locked: they say so, wait, and open with what opens it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from offset.shell.identity_file import open_identity
from offset.store.wallet.database import CardRow
from offset.testing import APP, NODE, story
from offset.testing.serving import in_thread
from offset.wallet.card import Card
from offset.wallet.local import make_node
from offset.wallet.refusals import Refusal
from offset.wire.files import RemoteNodeCard, Ticket, format_node_card, format_ticket
from support.locked import KEY, PHRASE, key_file, locked_text, locked_with_phrase
from support.wallets import Served, served_wallet

WAIT_S = 30.0


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)


def locked(served: Served, id: str) -> None:
    """Close a local card and lock its identity with PHRASE."""
    served.rest.call("POST", "cards", id, "close", body={})
    path = served.folder / "cards" / id / "node.ident"
    path.write_text(locked_with_phrase(open_identity(path)))


def state(served: Served, id: str) -> str:
    """How a card stands."""
    return str(served.rest.get("cards", id)["state"])


def test_a_locked_card(wallet: Served) -> None:
    """It waits, without being tried again, and says what opens it; a wrong passphrase changes nothing."""
    id = wallet.new_card("Mine")
    key = wallet.rest.get("cards", id)["public_key"]
    locked(wallet, id)
    wallet.rest.call("POST", "cards", id, "open", body={})
    wallet.until(lambda: state(wallet, id) == "locked")
    value = wallet.rest.get("cards", id)
    assert (value["why"], value["retry"]) == ("its passphrase opens it", None)
    refused = wallet.ask("PUT", f"/cards/{id}/relays/{'A' * 43}", {"address": "192.0.2.7:1", "name": "r"})
    assert refused.kind == "card-closed"
    assert refused.body["detail"] == "The card Mine is locked. Unlock it first: its passphrase opens it."
    wrong = wallet.ask("POST", f"/cards/{id}/unlock", {"secret": "not this one"})
    assert (wrong.status, wrong.body["detail"]) == (422, "The passphrase does not open Mine.")
    assert state(wallet, id) == "locked"
    assert wallet.ask("POST", f"/cards/{id}/unlock", {"secret": PHRASE}).status == 200
    wallet.until(lambda: state(wallet, id) == "open")
    assert wallet.rest.get("cards", id)["public_key"] == key
    again = wallet.ask("POST", f"/cards/{id}/unlock", {"secret": PHRASE})
    assert (again.kind, again.body["detail"]) == ("conflict", "The card Mine is not locked.")


def test_a_card_is_locked_again_when_it_was_closed(wallet: Served) -> None:
    """What a person typed is good until the card is closed, and no longer."""
    id = wallet.new_card()
    locked(wallet, id)
    for _ in range(2):
        wallet.rest.call("POST", "cards", id, "open", body={})
        wallet.until(lambda: state(wallet, id) == "locked")
        wallet.rest.call("POST", "cards", id, "unlock", body={"secret": PHRASE})
        wallet.until(lambda: state(wallet, id) == "open")
        wallet.rest.call("POST", "cards", id, "close", body={})


def test_a_remote_card(wallet: Served) -> None:
    """The identity by which it is known at its node may be locked, too."""
    with in_thread() as fake:
        ticket = Ticket(NODE.public_key, fake.ticket.address)
        card = format_node_card(RemoteNodeCard(ticket.public_key, ticket.address, APP))
        made = wallet.rest.call("POST", "cards", body={"name": "Far", "kind": "remote", "node": card})
        id = made["id"]
        wallet.until(lambda: state(wallet, id) == "open")
        wallet.rest.call("POST", "cards", id, "close", body={})
        (wallet.folder / "cards" / id / "app.ident").write_text(locked_text(APP))
        wallet.rest.call("POST", "cards", id, "open", body={})
        wallet.until(lambda: state(wallet, id) == "locked")
        assert wallet.rest.get("cards", id)["why"] == "its age key opens it"
        wallet.rest.call("POST", "cards", id, "unlock", body={"secret": KEY.text()})
        wallet.until(lambda: state(wallet, id) == "open")
        wallet.rest.call("POST", "cards", id, "close", body={})


def test_a_new_card_with_a_locked_identity(wallet: Served) -> None:
    """It would wait for ever, so it is refused with what to do."""
    node = format_ticket(Ticket(NODE.public_key, "192.0.2.7:1"))
    body = {"name": "Far", "kind": "remote", "node": node, "identity": locked_text(APP)}
    answer = wallet.ask("POST", "/cards", body)
    assert answer.status == 422
    assert "This identity is locked; give a plain one" in answer.body["detail"]


def test_the_environment(tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--unlock or OFFSET_UNLOCK opens cards at the start; if that fails they say why and wait; nobody is asked."""
    with served_wallet(tmp_path / "wallet") as served:
        id = served.new_card()
        locked(served, id)
        served.rest.call("POST", "cards", id, "open", body={})
    monkeypatch.setenv("OFFSET_UNLOCK", key_file(tmp_path, PHRASE))
    with served_wallet(tmp_path / "wallet") as served:
        served.until(lambda: state(served, id) == "open")
    source = key_file(tmp_path, PHRASE)
    monkeypatch.setenv("OFFSET_UNLOCK", "file:nowhere")
    with served_wallet(tmp_path / "wallet", unlock=source) as served:
        served.until(lambda: state(served, id) == "open")
    monkeypatch.setenv("OFFSET_UNLOCK", source)
    key_file(tmp_path, "not this one")
    with served_wallet(tmp_path / "wallet") as served:
        served.until(lambda: state(served, id) == "locked")
        assert served.rest.get("cards", id)["why"] == (
            "the passphrase does not open this card; its passphrase opens it"
        )
    monkeypatch.setenv("OFFSET_UNLOCK", "ask")
    with served_wallet(tmp_path / "wallet") as served:
        served.until(lambda: state(served, id) == "locked")


async def until_locked(card: Card) -> None:
    """Wait until it says so."""
    async with asyncio.timeout(WAIT_S):
        while card.state != "locked":
            await asyncio.sleep(0.005)


@story
async def test_a_card_that_is_closed_while_it_waits(tmp_path: Path) -> None:
    """It closes at once, and what it waited for is forgotten."""
    make_node(tmp_path)
    path = tmp_path / "node.ident"
    path.write_text(locked_with_phrase(open_identity(path)))
    card = Card(CardRow(id="a", kind="local", name="Mine", is_open=True), tmp_path)
    card.open()
    await until_locked(card)
    with pytest.raises(Refusal, match="is locked"):
        card.node  # noqa: B018 - what matters is that it raises
    await card.close()
    with pytest.raises(Refusal, match="is not locked"):
        await card.unlock(PHRASE)
    card.open()
    await until_locked(card)
    await card.unlock(PHRASE)
    await card.until_open(WAIT_S)
    await card.close()
