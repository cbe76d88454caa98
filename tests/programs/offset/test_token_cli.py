"""The commands `offset token ...`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset import main, token_cli
from support.wallets import served_wallet


def test_a_token_from_making_to_removing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Made after a question, used, listed with what is left, taken back."""
    with served_wallet(tmp_path / "wallet") as served:
        served.new_card("Mine")

        def run(*words: str) -> tuple[int, str, str]:
            status = main(["token", words[0], "--folder", str(served.folder), *words[1:]])
            told = capsys.readouterr()
            return status, told.out, told.err

        words = ("new", "bot", "--see", "--pay", "50", "FST", "day", "--most", "20")
        status, _, err = run(*words)
        assert status == 1
        assert "Let bot see everything of, pay from Mine" in err
        assert "50 FST a day from Mine, at most 20 FST at once" in err
        status, out, err = run(*words, "--yes")
        assert (status, err) == (0, "")
        headers = {"Authorization": f"Bearer {out.strip()}"}
        assert served.ask("GET", "/me", headers=headers).body["rights"] == ["see", "pay"]
        assert "50 of 50 FST a day" in run("list")[1]
        listed: Any = json.loads(run("list", "--json")[1])
        assert run("remove", listed[0]["id"])[0] == 0
        assert served.ask("GET", "/me", headers=headers).status == 401
        assert run("new", "bot", "--pay", "50", "FST", "ever", "--yes")[0] == 0
        assert "50 of 50 FST for ever" in run("list")[1]
        assert run("new", "bot")[0] == 2
        assert run("new", "bot", "--see", "--most", "1")[0] == 2
        assert run("new", "bot", "--pay", "1", "FST", "year")[0] == 2
    assert set(token_cli.token.commands) == {"list", "new", "remove"}
