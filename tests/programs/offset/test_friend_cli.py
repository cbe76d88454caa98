"""The commands `offset friend ...`, with a friend in another wallet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset import friend_cli, main
from support.wallets import Served, Town, two_wallets, until


class Pair:
    """Two wallets with a card each, and commands in the first one."""

    def __init__(self, left: Served, right: Served, town: Town, capsys: pytest.CaptureFixture[str]) -> None:
        self.left, self.right, self.capsys = left, right, capsys
        self.a, self.b = left.new_card("A"), right.new_card("B")
        town.settle(left, self.a)
        town.settle(right, self.b)
        self.text = right.rest.get("cards", self.b, "own-card")["text"]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Status, output and errors of `offset friend ...`."""
        status = main(["friend", words[0], "--folder", str(self.left.folder), *words[1:]])
        told = self.capsys.readouterr()
        return status, told.out, told.err

    def json(self, *words: str) -> Any:
        """The answer of a command that succeeds."""
        status, out, err = self.run(words[0], "--json", *words[1:])
        assert status == 0, err
        return json.loads(out)


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Pair]:
    """Two cards that are no friends yet."""
    with two_wallets(tmp_path) as (left, right, town):
        yield Pair(left, right, town, capsys)


def test_a_friend_from_adding_to_removing(pair: Pair, tmp_path: Path) -> None:
    """Added by its text with a limit, after a question; seen, set, renamed, disabled, removed."""
    assert pair.run("list")[1] == "none\n"
    words = ("add", pair.text, "Dana", "--currency", "FST", "--may-owe", "50", "--open")
    status, _, err = pair.run(*words)
    assert status == 1
    assert "Dana may owe you up to 50 FST" in err
    assert pair.run(*words, "--yes")[1] == "Dana is a friend\n"
    own = pair.left.rest.get("cards", pair.a, "own-card")["file"]
    terms = {"FST": {"may_owe": "80", "is_open": True}}
    body = {"card": own, "name": "Anna", "currencies": terms}
    pair.right.rest.call("POST", "cards", pair.b, "friends", body=body)
    until(lambda: "may owe you 50, you may owe 80" in pair.run("list")[1])
    assert f"key: {pair.right.rest.get('cards', pair.b)['public_key']}" in pair.run("show", "Dana")[1]
    assert "wants to be confirmed" in pair.run("set", "Dana", "FST", "--may-owe", "60")[2]
    assert pair.run("set", "Dana", "FST", "--may-owe", "60", "--yes")[0] == 0
    assert "closed for others" in pair.run("set", "Dana", "FST", "--may-owe", "40", "--close")[1]
    changed = pair.json("set", "Dana", "FST", "--add", "2", "--mul", "3")
    assert changed["currencies"][0]["rate"] == {"mul": 3, "add": 2}
    assert pair.run("set", "Dana", "FST", "--may-owe", "1.5")[0] == 2
    assert pair.run("set", "Dana", "GOLD", "--may-owe", "0")[0] == 0
    assert "\\n" not in pair.run("list")[1]
    assert pair.run("forget", "Dana", "GOLD")[0] == 0
    assert "Nothing is set" in pair.run("forget", "Dana", "GOLD")[2]
    assert pair.json("rename", "Dana", "Dora")["name"] == "Dora"
    assert pair.run("update", "Dora", pair.text)[0] == 0
    assert pair.json("disable", "Dora")["is_enabled"] is False
    assert pair.json("enable", "Dora")["is_enabled"] is True
    assert "do not differ" in pair.run("accept", "Dora")[2]
    assert "there is no friend named 'Dana'; there are: Dora" in pair.run("show", "Dana")[2]
    proof = tmp_path / "proof.token"
    until(lambda: pair.json("show", "Dora")["has_proof"])
    assert pair.run("proof", "Dora", "--file", str(proof))[0] == 0
    assert "signature" in proof.read_text() or "new_token" in proof.read_text()
    assert pair.run("remove", "Dora")[0] == 1
    assert pair.run("remove", "Dora", "--yes")[0] == 0
    assert pair.json("list") == []


def test_a_limit_wants_a_currency(pair: Pair) -> None:
    """Without one the command says what is missing, and nothing is added."""
    status, _, err = pair.run("add", pair.text, "Dana", "--may-owe", "5")
    assert status == 2
    assert "--currency" in err
    assert pair.json("list") == []
    assert set(friend_cli.friend.commands) >= {"add", "list", "set", "accept"}
