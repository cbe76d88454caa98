"""docs/ATTACKS.md: every known defect of the reference has a row, and what the rows name exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = (
    *[f"1-{number}" for number in range(1, 17)],  # spec 01, 9
    *[f"W{number}" for number in range(1, 36)],  # spec 02, 9
    *[f"D{number}" for number in range(1, 41)],  # spec 03, 6.2
    *[f"R{number}" for number in range(1, 11)],  # spec 04, 3.12
    *[f"D-{number}" for number in range(1, 21)],  # spec 05, 7
)
REASON_CHARACTERS_MIN = 10
NO_TEST = "none: "


@functools.cache
def rows() -> dict[str, list[str]]:
    """The cells of each row, by its number."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs/ATTACKS.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(r"[1-9DRW]-?\d+", cells[0]):
            assert cells[0] not in found, f"{cells[0]} has two rows"
            found[cells[0]] = cells
    return found


def named_tests(cell: str) -> list[tuple[str, str]]:
    """The file and function of each test in a cell."""
    return [(file, name) for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", cell)]


@functools.cache
def functions_of(file: str) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def test_every_defect_has_a_row() -> None:
    """The table has all numbers of the specification, in its order, and no other."""
    assert tuple(rows()) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_a_row_says_what_we_do_and_what_shows_it(number: str) -> None:
    """A row has a defect, an answer, and tests that exist or a reason why there is none."""
    _, defect, answer, shown = rows()[number]
    assert defect
    assert answer
    tests = named_tests(shown)
    if not tests:
        assert shown.startswith(NO_TEST)
        assert len(shown) >= len(NO_TEST) + REASON_CHARACTERS_MIN
    for file, name in tests:
        assert (ROOT / file).is_file(), file
        assert name in functions_of(file), f"{file} has no {name}"
