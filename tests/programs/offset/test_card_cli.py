"""The commands `offset card ...`, over the socket of a wallet that runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset import card_cli, main
from offset.shell import unlock_reading
from offset.shell.identity_file import open_identity
from offset.testing import NODE, STRANGER
from offset.wire.files import Ticket, format_ticket
from offset.wire.texts import read_text
from support.locked import PHRASE, key_file, locked_with_phrase
from support.wallets import Served, served_wallet

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A wallet without cards."""
    with served_wallet(tmp_path / "wallet") as made:
        yield made


@pytest.fixture
def run(served: Served, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `offset card ...` in this wallet: status, output, errors."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["card", words[0], "--folder", str(served.folder), *words[1:]])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def _json(run: Run, *words: str) -> Any:
    status, out, err = run(words[0], "--json", *words[1:])
    assert status == 0, err
    return json.loads(out)


def test_a_card_from_making_to_removing(served: Served, run: Run) -> None:
    """Made, listed, shown, renamed, closed, opened, removed after a question."""
    assert run("list") == (0, "none\n", "")
    assert run("show")[0] == 1
    made = _json(run, "new", "Mine")
    served.until(lambda: served.rest.get("cards", made["id"])["state"] == "open")
    _, out, _ = run("list")
    assert "Mine" in out
    assert made["id"] in out
    assert "relays: none" in run("show")[1]
    assert _json(run, "rename", "Yours")["name"] == "Yours"
    assert _json(run, "close")["state"] == "closed"
    assert "closed" in run("show", "--card", "Yours")[1]
    assert run("open")[1] == "the card Yours opens\n"
    status, _, err = run("remove", "Yours")
    assert status == 1
    assert "wants to be confirmed" in err
    assert run("remove", "Yours", "--yes")[0] == 0
    assert _json(run, "list") == []


def test_one_card_is_chosen(run: Run) -> None:
    """With several a name or an id says which; what is not there, or there twice, is named."""
    first, second = _json(run, "new", "A"), _json(run, "new", "A")
    told = run("show")[2]
    assert "several cards" in told
    assert f"{first['id']} (A)" in told
    assert f"{first['id']}, {second['id']}" in run("show", "--card", "A")[2]
    assert _json(run, "rename", "--card", second["id"], "B")["name"] == "B"
    assert "there is no card named 'C'; there are: A, B" in run("show", "--card", "C")[2]


def test_relays_and_index_servers(served: Served, run: Run, tmp_path: Path) -> None:
    """Set by their tickets, removed by their names; then the exported card can be used."""
    card = served.new_card()
    for name, key in (("one", NODE.public_key), ("two", STRANGER.public_key)):
        (tmp_path / name).write_text(format_ticket(Ticket(key, "192.0.2.7:1234")))
    status, out, err = run("export")
    assert (status, "no relay" in err) == (0, True)
    assert run("add-relay", str(tmp_path / "one"), "--name", "home")[0] == 0
    assert run("add-index", str(tmp_path / "two"), "--name", "guide")[0] == 0
    assert "192.0.2.7:1234" in run("show")[1]
    _, out, err = run("export")
    assert err == ""
    assert read_text(out).public_key == served.daemon.wallet.cards.get(card).public_key  # type: ignore[union-attr]
    assert run("export", "--file", str(tmp_path / "mine.friend"))[0] == 0
    assert read_text((tmp_path / "mine.friend").read_text()) == read_text(out)
    assert "name one of those that the card uses: home" in run("remove-relay", "other")[2]
    assert run("remove-relay", "home")[0] == 0
    assert run("remove-index", "guide")[0] == 0

    def is_alone() -> bool:
        standing = _json(run, "show")["standing"]
        return (standing["relays"], standing["servers"]) == ([], [])

    # How the node stands is told a moment after its settings.
    served.until(is_alone)


def test_a_remote_card(served: Served, run: Run, tmp_path: Path) -> None:
    """By the ticket of its node; while that cannot be reached the card says why."""
    ticket = tmp_path / "node.ticket"
    ticket.write_text(format_ticket(Ticket(NODE.public_key, "127.0.0.1:9")))
    assert _json(run, "new", "Far", "--node", str(ticket))["kind"] == "remote"
    served.until(lambda: served.rest.get("cards")[0]["state"] == "away")
    assert "cannot reach the node" in run("list")[1].replace("\n", " ")
    assert "no such file" in run("new", "Far", "--node", str(tmp_path / "none"))[2]


def test_commands_have_a_home() -> None:
    """All of them are in the group."""
    assert {"list", "new", "show", "open", "close", "rename", "remove", "export"} <= set(
        card_cli.card.commands
    )


def test_a_locked_card(served: Served, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unlocked at the terminal, or by any other source; a wrong passphrase is one sentence."""
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    made = _json(run, "new", "Mine")
    served.until(lambda: served.rest.get("cards", made["id"])["state"] == "open")
    assert run("close")[0] == 0
    path = served.folder / "cards" / made["id"] / "node.ident"
    path.write_text(locked_with_phrase(open_identity(path)))
    assert run("open")[0] == 0
    served.until(lambda: served.rest.get("cards", made["id"])["state"] == "locked")
    assert "locked: its passphrase" in " ".join(run("list")[1].split())
    asked: list[str] = []
    monkeypatch.setattr(unlock_reading, "ask", lambda prompt: asked.append(prompt) or "wrong")
    status, _, err = run("unlock")
    assert status == 1
    assert "The passphrase does not open Mine." in err
    assert asked == ["What opens the card Mine: "]
    unlocked = run("unlock", "--unlock", key_file(tmp_path, PHRASE))
    assert unlocked == (0, "the card Mine is unlocked and opens\n", "")
    served.until(lambda: served.rest.get("cards", made["id"])["state"] == "open")
