"""Log lines."""

import logging
import re
from collections.abc import Iterator

import pytest

from offset.engine.surface import Tell
from offset.shell.log import log_tell, set_up_log

LINE = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ([A-Z]+) prog\] (.*)\n")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    log = logging.getLogger("offset")
    before = log.handlers, log.propagate, log.level
    yield
    log.handlers, log.propagate, log.level = before


def told(capsys: pytest.CaptureFixture[str], *tells: Tell) -> list[tuple[str, str]]:
    """Level and text of each line."""
    set_up_log("prog")
    for tell in tells:
        log_tell(tell)
    text = capsys.readouterr().err
    assert "".join(match.group() for match in LINE.finditer(text)) == text
    return [(match[1], match[2]) for match in LINE.finditer(text)]


TELLS = (Tell("error", "e"), Tell("warning", "w"), Tell("news", "n"), Tell("debug", "d"))


def test_default_level(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings and errors are logged when nothing else is said."""
    monkeypatch.delenv("OFFSET_LOG", raising=False)
    assert told(capsys, *TELLS) == [("ERROR", "e"), ("WARNING", "w")]


@pytest.mark.parametrize(
    "level, count", [("off", 0), ("error", 1), ("warning", 2), ("INFO", 3), ("debug", 4)]
)
def test_levels(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, level: str, count: int
) -> None:
    """OFFSET_LOG names the lowest level that is logged; what is no level is news."""
    monkeypatch.setenv("OFFSET_LOG", level)
    lines = told(capsys, *TELLS)
    assert lines == [("ERROR", "e"), ("WARNING", "w"), ("INFO", "news: n"), ("DEBUG", "d")][:count]


def test_no_such_level(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A level that does not exist is told, and the default holds."""
    monkeypatch.setenv("OFFSET_LOG", "loud")
    (level, text), *rest = told(capsys, *TELLS)
    assert level == "WARNING"
    assert "loud" in text
    assert len(rest) == 2
