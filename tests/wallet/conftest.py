"""A wallet for tests that only look, and one that a test may do anything to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.wallets import Served, served_wallet


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which pages with logins are put."""
    folder = tmp_path / "home" / "Downloads"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setattr("offset.wallet.web.server.pages_folder", lambda: folder)
    return folder


@pytest.fixture
def wallet(tmp_path: Path, downloads: Path) -> Iterator[Served]:
    """A wallet without cards, with somebody logged in."""
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        yield served
