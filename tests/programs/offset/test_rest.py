"""Talking to the daemon: problems become sentences, questions are asked, and a wallet that is closed is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.programs.offset.rest import Problem, Rest
from support.wallets import served_wallet


def test_no_wallet_is_open(tmp_path: Path) -> None:
    """The sentence says how to open one."""
    with pytest.raises(UserFault, match=r"no wallet is open in .*; open one with: offset wallet --folder /"):
        Rest(tmp_path).get("me")


def test_questions_are_asked(tmp_path: Path) -> None:
    """Whoever says no has done nothing; with a yes it is done."""
    with served_wallet(tmp_path / "wallet") as served:
        asked: list[str] = []

        def say_no(sentence: str) -> bool:
            asked.append(sentence)
            return False

        card = served.new_card("Mine")
        with pytest.raises(UserFault, match="nothing was done"):
            Rest(served.folder, say_no).call("DELETE", "cards", card)
        assert asked[0].startswith("Remove the card Mine.")
        assert len(served.rest.get("cards")) == 1
        assert served.rest.call("DELETE", "cards", card) is None
        assert served.rest.get("cards") == []


def test_problems_are_sentences(tmp_path: Path) -> None:
    """The text is that of the daemon, the kind is for programs."""
    with served_wallet(tmp_path / "wallet") as served:
        with pytest.raises(Problem, match="no such card") as raised:
            served.rest.get("cards", "nothing")
        assert raised.value.kind == "not-found"
        one = served.rest.call("POST", "cards", body={"name": "x", "kind": "local"}, key="once")
        two = served.rest.call("POST", "cards", body={"name": "x", "kind": "local"}, key="once")
        assert one["id"] == two["id"]
