"""stmgr as tests run it: in this process, in a folder of its own."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from offset.programs.stmgr import main
from support.commands import Done, contents, one_sentence, run_main


class Stmgr:
    """The command line, in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, line: str, *more: str) -> Done:
        """Run a command."""
        return run_main(main, [*line.split(), *more], self.capsys)

    def good(self, line: str, *more: str) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.run(line, *more)
        assert (done.status, done.stderr) == (0, "")
        return done.stdout

    def bad(self, line: str, *more: str) -> str:
        """Run a command that must fail and change nothing; its one sentence."""
        before = contents(self.folder)
        done = self.run(line, *more)
        assert (done.status, done.stdout) == (1, "")
        assert contents(self.folder) == before
        return one_sentence("stmgr", done.stderr)

    def text(self, name: str) -> str:
        """The text of a file, which is readable for its owner only."""
        path = self.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        return path.read_text("utf-8")
