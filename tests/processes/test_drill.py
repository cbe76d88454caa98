"""The short form of `make recovery-drill`: two of its scenes, with real programs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # drill/ is no part of the package

from drill.run import play  # noqa: E402
from drill.scenes import SCENES, old_copy, succession  # noqa: E402


def test_scenes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From an old copy under payments, without a reset; and a new card in the place of a lost one."""
    numbers = [place for place, scene in enumerate(SCENES, 1) if scene.play in (old_copy, succession)]
    assert len(numbers) == 2
    assert asyncio.run(play(tmp_path, numbers)) == 0, capfd.readouterr().out
    said = capfd.readouterr().out
    assert "the history of bob since the copy" in said
    assert "All came back" in said
