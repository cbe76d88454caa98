"""Cards: made, opened, closed, renamed, removed; what is answered is there at the next start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offset.base.limits import WALLET_CARDS_MAX
from offset.store.sqlite.database import create
from offset.testing import APP, NODE
from offset.testing.serving import in_thread
from offset.wire.files import RemoteNodeCard, Ticket, format_identity, format_node_card, format_ticket
from support.wallets import Served, served_wallet


def _card(served: Served, id: str) -> Any:
    return served.rest.get("cards", id)


def test_a_local_card_is_there_again(tmp_path: Path, downloads: Path) -> None:
    """It keeps its key and its name over starts, for the eyes of its owner only."""
    with served_wallet(tmp_path / "wallet") as served:
        id = served.new_card("Mine")
        assert (
            served.ask("PATCH", f"/cards/{id}", {"name": "Yours"}, key=served.log_in()).body["name"]
            == "Yours"
        )
        key = _card(served, id)["public_key"]
        assert _card(served, id)["rights"] == ["routes", "buyer", "seller", "config"]
        folder = served.folder / "cards" / id
    for path in (folder.parent.parent, folder.parent, folder):
        assert path.stat().st_mode & 0o777 == 0o700
    for name in ("node.ident", "node.db", "../../wallet.db"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    with served_wallet(tmp_path / "wallet") as served:
        served.until(lambda: _card(served, id)["state"] == "open")
        assert _card(served, id)["name"] == "Yours"
        assert _card(served, id)["public_key"] == key


def test_a_closed_card_stays_closed(tmp_path: Path, downloads: Path) -> None:
    """Nothing can be asked of it, now and after the next start, until it is opened."""
    with served_wallet(tmp_path / "wallet") as served:
        id = served.new_card()
        assert served.rest.call("POST", "cards", id, "close", body={})["state"] == "closed"
        served.log_in()
        answer = served.ask("PUT", f"/cards/{id}/relays/{'A' * 43}", {"address": "192.0.2.7:1", "name": "r"})
        assert answer.kind == "card-closed"
        assert answer.body["remedies"] == [
            {"action": "open-card", **dict.fromkeys(("friend", "currency", "amount"))}
        ]
    with served_wallet(tmp_path / "wallet") as served:
        assert _card(served, id)["state"] == "closed"
        served.rest.call("POST", "cards", id, "open", body={})
        served.until(lambda: _card(served, id)["state"] == "open")


def test_a_card_is_removed_after_a_question_only(wallet: Served) -> None:
    """Without a yes it stays; with one its files are put away, where a person can find them."""
    id = wallet.new_card()
    key = _card(wallet, id)["public_key"]
    asked = wallet.ask("DELETE", f"/cards/{id}")
    assert asked.status == 428
    assert "removed" in asked.body["detail"]
    assert _card(wallet, id)["state"] == "open"
    done = wallet.ask("DELETE", f"/cards/{id}", headers={"X-Offset-Confirm": asked.body["code"]})
    assert done.status == 204
    assert wallet.ask("GET", f"/cards/{id}").kind == "not-found"
    (kept,) = (wallet.folder / "removed").iterdir()
    assert {"node.ident", "node.db"} <= {path.name for path in kept.iterdir()}
    assert key


def test_what_was_cut_off_is_put_away(tmp_path: Path, downloads: Path) -> None:
    """A folder without a row is of a card that nobody was told of: it does not come up, and is not deleted."""
    with served_wallet(tmp_path / "wallet") as served:
        id = served.new_card()
        (served.folder / "cards" / "half").mkdir()
    with served_wallet(tmp_path / "wallet") as served:
        assert [card["id"] for card in served.rest.get("cards")] == [id]
        assert [path.name.partition("-")[0] for path in (served.folder / "removed").iterdir()] == ["half"]


def test_a_wallet_has_so_many_cards(wallet: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of WALLET_CARDS_MAX is made, one more is refused."""
    assert WALLET_CARDS_MAX == 64
    monkeypatch.setattr("offset.wallet.cards.WALLET_CARDS_MAX", 2)
    body = {"name": "Mine", "kind": "local"}
    assert [wallet.ask("POST", "/cards", body).status for _ in range(3)] == [201, 201, 422]


def test_a_remote_card_uses_a_node_elsewhere(wallet: Served) -> None:
    """With a ticket and the key of a trusted app, or with both in an .rcard; the same node does not come twice."""
    with in_thread() as node:
        body = {
            "name": "Far",
            "kind": "remote",
            "node": format_ticket(node.ticket),
            "identity": format_identity(APP),
        }
        made = wallet.ask("POST", "/cards", body)
        assert made.status == 201
        id = made.body["id"]
        wallet.until(lambda: _card(wallet, id)["state"] == "open")
        assert _card(wallet, id)["address"] == node.ticket.address
        assert (wallet.folder / "cards" / id / "app.ident").stat().st_mode & 0o777 == 0o600
        rcard = format_node_card(RemoteNodeCard(node.ticket.public_key, node.ticket.address, APP))
        twice = wallet.ask("POST", "/cards", {"name": "Again", "kind": "remote", "node": rcard})
        assert twice.kind == "conflict"
        code = wallet.ask("DELETE", f"/cards/{id}").body["code"]
        wallet.ask("DELETE", f"/cards/{id}", headers={"X-Offset-Confirm": code})
        again = wallet.ask("POST", "/cards", {"name": "Again", "kind": "remote", "node": rcard})
        wallet.until(lambda: _card(wallet, again.body["id"])["state"] == "open")
    wallet.until(lambda: _card(wallet, again.body["id"])["state"] == "away")
    value = _card(wallet, again.body["id"])
    assert value["why"]
    assert value["retry"]
    # What was known last is still shown.
    assert value["sums"]


def test_a_node_that_does_not_know_us_is_told_what_to_trust(wallet: Served) -> None:
    """Without an identity one is made, and the card shows the ticket for the node's folder of trusted apps."""
    with in_thread() as node:
        body = {"name": "Far", "kind": "remote", "node": format_ticket(node.ticket)}
        id = wallet.ask("POST", "/cards", body).body["id"]
        wallet.until(lambda: _card(wallet, id)["state"] == "away")
        value = _card(wallet, id)
        assert '"publicKey"' in value["app_ticket"]
        assert "does not trust" in value["why"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "remote"},
        {"kind": "remote", "node": "words"},
        {"kind": "remote", "node": "{}"},
        {"kind": "remote", "node": format_ticket(Ticket(NODE.public_key, "nowhere"))},
        {"kind": "local", "node": "words"},
        {"kind": "local", "name": "a\x1b[2Jb"},
        {"kind": "local", "name": "é" * 200},
    ],
)
def test_a_card_that_cannot_be_is_refused(wallet: Served, body: dict[str, str]) -> None:
    """One sentence says what is wrong, and nothing is left on the disk."""
    answer = wallet.ask("POST", "/cards", {"name": "x", **body})
    assert answer.status == 422
    assert answer.body["detail"]
    assert not list((wallet.folder / "cards").iterdir())


def test_a_broken_card_does_not_keep_the_others_down(tmp_path: Path, downloads: Path) -> None:
    """Its state says what is wrong, and it is tried again; the other one is open."""
    with served_wallet(tmp_path / "wallet") as served:
        broken, good = served.new_card("Broken"), served.new_card("Good")
    database = tmp_path / "wallet" / "cards" / broken / "node.db"
    database.unlink()
    create(database, NODE.public_key)
    with served_wallet(tmp_path / "wallet") as served:
        served.until(lambda: _card(served, good)["state"] == "open")
        served.until(lambda: _card(served, broken)["state"] == "stopped")
        value = _card(served, broken)
        assert "belongs to another identity" in value["why"]
        assert value["retry"]
        served.log_in()
        assert served.ask("GET", f"/cards/{broken}/standing").kind == "node-down"
