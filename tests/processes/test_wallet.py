"""`offset wallet` as a process: it starts, is the only one, ends in order, and comes back after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from offset.programs.offset.folder import default_folder
from offset.programs.offset.rest import Rest
from support.processes import started
from support.wallets import until

OFFSET = Path(sys.executable).with_name("offset")


@contextmanager
def running_wallet(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and what it said first."""
    command = [OFFSET, "wallet", "--folder", folder, *options]
    environment = {**os.environ, "HOME": str(folder.parent), "BROWSER": "true"}
    with started(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline()


def test_it_comes_back_after_a_kill(tmp_path: Path) -> None:
    """A card that was answered is there, with its key, however the daemon ended."""
    folder = tmp_path / "wallet"
    rest = Rest(folder)
    cards: dict[str, str] = {}
    for _ in range(3):
        with running_wallet(folder, "--headless") as (process, line):
            assert line.startswith("offset wallet: listening at http://")
            until(lambda: all(card["state"] == "open" for card in rest.get("cards")))
            assert {card["id"]: card["public_key"] for card in rest.get("cards")} == cards
            rest.call("POST", "cards", body={"name": "Mine", "kind": "local"})
            until(lambda: all(card["state"] == "open" for card in rest.get("cards")))
            cards = {card["id"]: card["public_key"] for card in rest.get("cards")}
            process.kill()
            process.wait()
    assert len(cards) == 3


def test_it_ends_in_order(tmp_path: Path) -> None:
    """At SIGTERM it ends with status 0 while a page listens, leaves no socket, and lets the next one in."""
    folder = tmp_path / "wallet"
    for number in (signal.SIGTERM, signal.SIGINT):
        with running_wallet(folder, "--headless") as (process, _):
            assert Rest(folder).get("me")["rights"]
            process.send_signal(number)
            assert process.wait(30) == 0
        assert not (folder / "wallet.sock").exists()


def test_the_second_one_is_told(tmp_path: Path) -> None:
    """It ends with one sentence; the first goes on."""
    folder = tmp_path / "wallet"
    with running_wallet(folder, "--headless") as (process, _):
        with running_wallet(folder, "--headless") as (other, line):
            assert f"is open already (process {process.pid}" in line
            assert other.wait(30) == 1
        assert Rest(folder).get("me")["rights"]


def test_it_opens_a_page_or_prints_a_code(tmp_path: Path) -> None:
    """The page is a file with a login; with --code ten characters stand on the terminal instead."""
    folder = tmp_path / "wallet"
    with running_wallet(folder):
        until(lambda: len(list(tmp_path.glob("offset-wallet-*.html"))) == 1)
    assert not list(tmp_path.glob("offset-wallet-*.html"))
    with running_wallet(folder, "--code") as (process, _):
        assert process.stdout is not None
        assert "type " in process.stdout.readline()


def test_where_a_wallet_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below XDG_DATA_HOME, if that is a whole path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert default_folder() == Path("/elsewhere/offset")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_folder() == tmp_path / ".local/share/offset"
