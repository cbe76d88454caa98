"""What a person is asked, and what is not asked where nobody sits."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from offset.programs.offset.recover.asking import Given, completed

FILE = Path("node.ident")


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said in a sentence."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(click.UsageError, match="say what is left of the card: --idfile FILE"):
        completed(Given())
    with pytest.raises(click.UsageError, match="say what is left beside the key"):
        completed(Given(idfile=FILE))
    for given in (
        Given(is_nothing=True),
        Given(idfile=FILE, kit=FILE),
        Given(idfile=FILE, copy=FILE),
        Given(shares=(FILE,), relays=(FILE,)),
    ):
        assert completed(given) == given


class Answers:
    """A person who answers in this order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.left = list(answers)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", lambda _="": self.left.pop(0))
        monkeypatch.setattr("click.termui.visible_prompt_func", lambda _="": self.left.pop(0))


def test_the_identity_and_a_kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong path is asked for again."""
    ident, kit = tmp_path / "node.ident", tmp_path / "kit.age"
    for path in (ident, kit):
        path.touch()
    answers = Answers(monkeypatch, "1", str(tmp_path / "no.ident"), str(ident), str(kit), "")
    assert completed(Given()) == Given(idfile=ident, kit=kit)
    assert answers.left == []


def test_sheets_and_relays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = [tmp_path / f"share-{number}.txt" for number in (1, 2)]
    relay = tmp_path / "relay.ticket"
    for path in (*sheets, relay):
        path.touch()
    answers = Answers(monkeypatch, "2", str(sheets[0]), str(sheets[1]), "", "", "", str(relay), "")
    assert completed(Given()) == Given(shares=tuple(sheets), relays=(relay,))
    assert answers.left == []


def test_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(monkeypatch, "3")
    assert completed(Given()) == Given(is_nothing=True)
    assert answers.left == []
