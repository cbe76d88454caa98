"""docs/LIMITS.md: every limit has a row with its value, and tests that go to it by its name."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from offset.base import limits

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for name in vars(limits) if name.endswith("_MAX") or "_BURST_" in name]
UNITS = {"KiB": 2**10, "MiB": 2**20, "s": 1000}
"""What a unit stands for; any other, such as bytes or friends, is one."""


@functools.cache
def rows() -> dict[str, list[str]]:
    """The cells of each row, by the name of the limit."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs/LIMITS.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            name = cells[0].strip("`")
            assert name not in found, f"{name} has two rows"
            found[name] = cells
    return found


def value_of(cell: str) -> int:
    """The number in a cell: "2^127 - 1", "10 000 friends", "64 KiB"."""
    power = re.fullmatch(r"2\^(\d+) - 1", cell)
    if power:
        return 2 ** int(power[1]) - 1
    digits, unit = re.fullmatch(r"([\d ]+) ([A-Za-z ]+)", cell).groups()  # type: ignore[union-attr]
    return int(digits.replace(" ", "")) * UNITS.get(unit, 1)


@functools.cache
def functions_of(file: str) -> dict[str, str]:
    """The text of each function of a file, with its decorators."""
    text = (ROOT / file).read_text("utf-8")
    lines = text.splitlines()
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = min(line.lineno for line in (node, *node.decorator_list))
            found[node.name] = "\n".join(lines[start - 1 : node.end_lineno])
    return found


def test_every_limit_has_a_row() -> None:
    """The rows are those of base/limits.py, no more and no fewer."""
    assert sorted(rows()) == sorted(NAMES)
    assert len(NAMES) > 50


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_what_is_so(name: str) -> None:
    """The value is the one of the code; each test exists and speaks of the limit by its name."""
    _, value, bounded, beyond, shown = rows()[name]
    assert value_of(value) == getattr(limits, name)
    assert bounded
    assert beyond
    tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)
    assert tests
    for file, function in tests:
        assert function in functions_of(file), f"{file} has no {function}"
    assert any(re.search(rf"\b{name}\b", functions_of(file)[function]) for file, function in tests)


def test_no_limit_hides_elsewhere() -> None:
    """What bounds others has its name in base/limits.py; the few constants that end alike are bounds of our own."""
    own = {"_DOUBLINGS_MAX", "_LISTS_WORDS_MAX", "_PORT_MAX", "ASKS_MAX", "ATTEMPTS_MAX", "PORT_MAX"}
    own |= {"NODES_MAX", "RUNS_MAX", "SEGMENTS_MAX", "STEPS_PER_INSTANT_MAX", "TIMEOUT_S_MAX"}
    own |= {"REFERENCE_OPERATIONS_MAX", "STEPS_PER_SECOND_MAX", "_POINTERS_WORDS_MAX"}  # of the simulator
    found = {
        name
        for path in (ROOT / "src").rglob("*.py")
        if path.name != "limits.py"
        for name in re.findall(r"^(\w+_MAX)(?:: \w+)? = ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert found == own
