"""Friends of a card: added with limits, changed, asked about, removed; seen from both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offset.testing import NODE
from offset.wire.files import Ticket, format_ticket
from support.wallets import Served, Town, befriend, two_wallets, until

RELAY = format_ticket(Ticket(NODE.public_key, "192.0.2.7:1"))


class Pair:
    """Two cards in two wallets."""

    def __init__(self, left: Served, right: Served, town: Town) -> None:
        self.left, self.right = left, right
        left.log_in()
        right.log_in()
        self.a, self.b = left.new_card("A"), right.new_card("B")
        town.settle(left, self.a)
        town.settle(right, self.b)

    def friend(self) -> Any:
        """The friend of A."""
        (friend,) = self.left.ask("GET", f"/cards/{self.a}/friends").body
        return friend


@pytest.fixture
def pair(tmp_path: Path, downloads: Path) -> Iterator[Pair]:
    """Two cards that know each other's relay, and are no friends yet."""
    with two_wallets(tmp_path) as (left, right, town):
        yield Pair(left, right, town)


def test_friends_agree_and_see_it_alike(pair: Pair) -> None:
    """Each sees its own limit as what may be lost, the other's as what it may owe, and why the link is up."""
    befriend((pair.left, pair.a), (pair.right, pair.b), 100)
    until(lambda: pair.friend()["reach"]["since"] is not None)
    friend = pair.friend()
    assert friend["name"] == "Right"
    assert friend["reach"]["state"] == "up"
    assert friend["reach"]["since"].endswith("Z")
    (line,) = friend["currencies"]
    assert line == {
        "currency": "FST",
        "state": "active",
        "balance": "0",
        "held_out": "0",
        "held_in": "0",
        "may_owe": "100",
        "may_owe_them": "100",
        "can_send": "100",
        "can_take": "100",
        "is_open": True,
        "is_open_there": True,
        "rate": {"mul": 0, "add": 0},
    }

    def states(kind: str) -> list[str]:
        standing = pair.left.ask("GET", f"/cards/{pair.a}/standing").body
        return [entry["reach"]["state"] for entry in standing[kind]]

    # A relay counts as up once it has kept the node for a while.
    until(lambda: all(states(kind) == ["up"] for kind in ("relays", "servers", "links")))
    assert pair.left.ask("GET", "/currencies").body[0]["is_used"] is True
    proof = pair.left.ask("GET", f"/cards/{pair.a}/friends/{friend['key']}/proof")
    assert proof.status in (200, 422)
    assert friend["has_proof"] is (proof.status == 200)


def test_trust_is_granted_after_a_question_only(pair: Pair) -> None:
    """To raise or to open is asked in words of loss, with the amounts of then; to lower or to close is not."""
    befriend((pair.left, pair.a), (pair.right, pair.b), 100)
    left = pair.left
    path = f"/cards/{pair.a}/friends/{pair.friend()['key']}/currencies/FST"
    asked = left.ask("PUT", path, {"may_owe": "150"})
    assert asked.status == 428
    assert asked.body["detail"] == (
        "Right may owe you up to 150 FST: the most you can lose, if Right never pays."
    )
    confirm = {"X-Offset-Confirm": asked.body["code"]}
    # The code is for this body, from this session.
    assert left.ask("PUT", path, {"may_owe": "1500"}, headers=confirm).status == 428
    asked = left.ask("PUT", path, {"may_owe": "150"})
    confirm = {"X-Offset-Confirm": asked.body["code"]}
    other = left.loop.call(lambda: left.daemon.web.sessions.begin()[0])
    assert left.ask("PUT", path, {"may_owe": "150"}, headers=confirm, key=other).status == 428
    asked = left.ask("PUT", path, {"may_owe": "150"})
    confirm = {"X-Offset-Confirm": asked.body["code"]}
    done = left.ask("PUT", path, {"may_owe": "150"}, headers=confirm)
    assert done.body["currencies"][0]["may_owe"] == "150"
    # Less trust is nobody's risk.
    assert left.ask("PUT", path, {"may_owe": "50", "is_open": False}).status == 200
    assert left.ask("PUT", path, {"rate": {"add": 1}}).status == 200
    assert left.ask("PUT", path, {"is_open": True}).status == 428
    (line,) = pair.friend()["currencies"]
    assert (line["may_owe"], line["is_open"], line["rate"]["add"]) == ("50", False, 1)


def test_a_friend_is_added_as_it_was_agreed(pair: Pair) -> None:
    """Without limits nothing is asked and nothing granted; who is a friend already keeps all as it is."""
    card = pair.right.rest.get("cards", pair.b, "own-card")
    assert card["relays"] == 1
    path = f"/cards/{pair.a}/friends"
    body = {"card": card["file"], "name": "Dana"}
    asked = pair.left.ask("POST", path, {**body, "currencies": {"FST": {"may_owe": "7"}}})
    assert asked.status == 428
    assert "Dana may owe you up to 7 FST" in asked.body["detail"]
    made = pair.left.ask("POST", path, body)
    assert made.status == 201
    assert made.body["currencies"] == []
    assert made.body["is_enabled"] is True
    again = pair.left.ask("POST", path, {**body, "name": "Other"})
    assert again.kind == "conflict"
    assert pair.friend()["name"] == "Dana"
    assert pair.left.ask("POST", path, {**body, "card": "words"}).kind == "refused"
    own = pair.left.rest.get("cards", pair.a, "own-card")
    assert pair.left.ask("POST", path, {**body, "card": own["file"]}).kind == "refused"
    assert "not the card" in pair.left.ask("POST", path, {**body, "card": RELAY}).body["detail"]
    # The text among words, broken by a chat, is the same card.
    pasted = f"my card:\n{own['text'][:60]}\n{own['text'][60:]} bye"
    assert pair.right.ask("POST", f"/cards/{pair.b}/friends", {"card": pasted, "name": "A"}).status == 201


def test_a_friend_is_changed(pair: Pair) -> None:
    """Its name and whether it is talked to; a card of somebody else is not taken for its newest one."""
    card = pair.right.rest.get("cards", pair.b, "own-card")["file"]
    key = pair.left.ask("POST", f"/cards/{pair.a}/friends", {"card": card, "name": "Dana"}).body["key"]
    path = f"/cards/{pair.a}/friends/{key}"
    changed = pair.left.ask("PATCH", path, {"name": "Dora", "is_enabled": False, "card": card}).body
    assert (changed["name"], changed["is_enabled"], changed["reach"]["state"]) == ("Dora", False, "off")
    own = pair.left.rest.get("cards", pair.a, "own-card")["file"]
    assert "somebody else" in pair.left.ask("PATCH", path, {"card": own}).body["detail"]
    assert pair.left.ask("PATCH", f"/cards/{pair.a}/friends/{'A' * 43}", {"name": "x"}).kind == "not-found"
    assert pair.left.ask("PATCH", f"/cards/{pair.a}/friends/x", {"name": "x"}).kind == "not-found"
    for name in ("two\nlines", " blank", "\u202eflipped"):
        assert pair.left.ask("PATCH", path, {"name": name}).kind == "refused"


def test_a_friend_is_removed_after_a_question_only(pair: Pair) -> None:
    """The question says what stands between the two."""
    befriend((pair.left, pair.a), (pair.right, pair.b))
    path = f"/cards/{pair.a}/friends/{pair.friend()['key']}"
    asked = pair.left.ask("DELETE", path)
    assert asked.status == 428
    assert "Remove Right, and nothing is owed" in asked.body["detail"]
    assert pair.left.ask("DELETE", path, headers={"X-Offset-Confirm": asked.body["code"]}).status == 204
    assert pair.left.ask("GET", f"/cards/{pair.a}/friends").body == []


def test_nothing_is_accepted_where_books_agree(pair: Pair) -> None:
    """There are no terms, so there is nothing to say yes to."""
    befriend((pair.left, pair.a), (pair.right, pair.b))
    path = f"/cards/{pair.a}/friends/{pair.friend()['key']}/reset"
    assert pair.left.ask("POST", path, {"terms": "x"}).kind == "conflict"


def test_books_that_differ_are_shown_and_accepted(pair: Pair) -> None:
    """One side removes the other and adds it again: both see numbers that differ, and one accepts the other's.

    Only just the numbers that were shown are accepted, after a question that says what they cost.
    """
    befriend((pair.left, pair.a), (pair.right, pair.b))
    left = pair.left
    key = pair.friend()["key"]
    path = f"/cards/{pair.a}/friends/{key}"
    card = pair.right.rest.get("cards", pair.b, "own-card")["file"]
    left.rest.call("DELETE", "cards", pair.a, "friends", key)
    left.rest.call("POST", "cards", pair.a, "friends", body={"card": card, "name": "Right"})
    until(lambda: (pair.friend()["books"] or {}).get("terms") is not None)
    books = pair.friend()["books"]
    assert pair.friend()["currencies"] == []
    assert [line["currency"] for line in books["lines"]] == ["FST"]
    assert books["lines"][0]["theirs"] == "0"
    stale = left.ask("POST", f"{path}/reset", {"terms": "A" * 86})
    assert stale.kind == "conflict"
    asked = left.ask("POST", f"{path}/reset", {"terms": books["terms"]})
    assert asked.status == 428
    assert "changes nothing" in asked.body["detail"]
    confirm = {"X-Offset-Confirm": asked.body["code"]}
    assert left.ask("POST", f"{path}/reset", {"terms": books["terms"]}, headers=confirm).status == 200
    until(lambda: pair.friend()["books"] is None)
