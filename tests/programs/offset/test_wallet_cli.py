"""The command `offset wallet` as far as it needs no daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.programs.offset import main, wallet_cli
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
