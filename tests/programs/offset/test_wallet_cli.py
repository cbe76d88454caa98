"""The command `offset wallet` as far as it needs no daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.programs.offset import main, wallet_cli
from offset.shell import service
from offset.wallet.daemon import Daemon
from support.wallets import served_wallet


def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the packages of the wallet one sentence says what to install."""
    monkeypatch.setattr(wallet_cli, "NEEDED", ("starlette", "no_such_package"))
    assert main(["wallet", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "needs more packages (no_such_package)" in told
    assert "offset-credit[wallet]" in told


def test_a_page_of_a_closed_wallet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how to open the wallet."""
    assert main(["wallet", "--folder", str(tmp_path), "open"]) == 1
    assert "no wallet is open" in capsys.readouterr().err


def test_one_more_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The browser gets a file, never the secret; without a browser the file is named; a code is printed."""
    shown: list[str] = []
    monkeypatch.setattr("offset.wallet.web.server.pages_folder", lambda: tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda page: shown.append(page) or True)
    folder = str(tmp_path / "wallet")
    with served_wallet(tmp_path / "wallet"):
        assert main(["wallet", "--folder", folder, "open"]) == 0
        assert shown[0].startswith("file://")
        assert "login" not in shown[0]
        monkeypatch.setattr("webbrowser.open", lambda page: False)
        assert main(["wallet", "--folder", folder, "open"]) == 1
        assert "open " in capsys.readouterr().err
        assert main(["wallet", "--folder", folder, "open", "--code"]) == 0
        assert "within ten minutes" in capsys.readouterr().out
        assert main(["wallet", "open", "--code", "--folder", folder]) == 0


def test_the_source_for_locked_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--unlock reaches the daemon, and a source that is none is a wrong command line that is not repeated."""
    given: list[str | None] = []

    async def start(_folder: Path, *, unlock: str | None, **_options: object) -> Daemon:
        given.append(unlock)
        raise UserFault("that is all")

    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    monkeypatch.setattr(Daemon, "start", start)
    # What a program sets in its process: the log that the tests look at, and how threads take turns.
    monkeypatch.setattr(service, "set_up_log", lambda _: None)
    monkeypatch.setattr(service.sys, "setswitchinterval", lambda _: None)
    line = ["wallet", "--folder", str(tmp_path), "--headless"]
    assert main([*line, "--unlock", "file:key"]) == 1
    assert main(line) == 1
    assert given == ["file:key", None]
    assert capsys.readouterr().err == "offset wallet: that is all\n" * 2
    assert main([*line, "--unlock", "my passphrase"]) == 2
    assert "my passphrase" not in capsys.readouterr().err
