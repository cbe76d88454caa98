"""The page on curl: its commands do what it says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from support.wallets import served_wallet

PAGE = Path(__file__).resolve().parents[2] / "examples" / "curl.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_commands_of_the_page(tmp_path: Path, downloads: Path) -> None:
    """One after another, as they stand there, they make a card, ask for credits, and remove the card again."""
    lines = PAGE.read_text("utf-8").splitlines()
    # A token wants a yes, which is tested with its commands.
    commands = [
        line[4:] for line in lines if line.startswith("    ") and "oken" not in line and "TOKEN" not in line
    ]
    with served_wallet(tmp_path / "wallet") as served:
        place = next(line for line in commands if line.startswith("W="))
        commands[commands.index(place)] = f"W={served.folder}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"openapi":"3.1.0"' in done.stdout
        assert '"add-friend"' in done.stdout
        assert served.rest.get("cards") == []
