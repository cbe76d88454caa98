"""docs/WALLET-BAD-DAYS.md: each day has its row, its sentences stand in the program, and its tests exist."""

from __future__ import annotations

import ast
import functools
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAID_IN = ("app", "base", "store", "wallet", "wire", "programs/offset")
"""Parts of the program whose words reach a person."""
DAYS = (
    # Of issue 13, in its order.
    "Characters are missing",
    "A newer version",
    "An invoice has expired",
    "An invoice was changed",
    "An invoice of one's own",
    "Amount 0",
    "Not a number",
    "Beyond 2^128 - 1",
    "More than can pass",
    "Fees above the limit",
    "An unknown currency",
    "The node is away",
    "The wallet of the other side is closed: an invoice of theirs",
    "The wallet of the other side is closed: asking",
    "The wallet of the other side is closed: held",
    "A commit for another invoice, by hand",
    "A commit for another invoice, by letter",
    "A double click",
    "Two tabs",
    "Two daemons",
    "Browser back",
    "A reload in the midst of a payment",
    "The daemon is killed in the midst",
    "The clock was changed",
    "The disk is full",
    "A foreign site posts to loopback",
    "A foreign server has our port while the daemon is down",
    "A process of another user of the machine",
    "A token without the right",
    "A label or a note full of markup, or of 64 KiB",
    # Since there are addresses.
    "One character is another one",
    "An address of one's own",
)
"""Days that must have a row; the document may have more."""


@functools.cache
def rows() -> dict[str, list[str]]:
    """The cells of each row, by its day."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs/WALLET-BAD-DAYS.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not re.fullmatch(r"-+", cells[0]) and cells[0] != "Day":
            assert cells[0] not in found, f"{cells[0]!r} has two rows"
            found[cells[0]] = cells
    return found


@functools.cache
def words() -> str:
    """All that the program can say, in small letters, one text a line; what differs each time is …"""
    said = json.loads((ROOT / "src/offset/wallet/face/words/en.json").read_text("utf-8"))
    found = [re.sub(r"\{[\w.-]+\}", "…", text) for text in said.values() if isinstance(text, str)]
    for part in SAID_IN:
        for file in sorted((ROOT / "src/offset" / part).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
            documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            for node in nodes:
                match node:
                    case ast.Constant() if id(node) in documents:
                        pass
                    case ast.Constant(value=str() as text):
                        found.append(text)
                    case ast.JoinedStr(values=values):
                        found.append("".join(_piece(value) for value in values))
    return "\n".join(found).lower()


def _piece(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "…"


def is_said(sentence: str) -> bool:
    """Whether the program can say this: `…` stands for anything within one text."""
    pieces = [re.escape(piece.strip()) for piece in sentence.lower().rstrip(".").split("…")]
    return re.search(".*".join(pieces), words()) is not None


@functools.cache
def functions_of(file: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, functions)}


def claims_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a test asserts, or wants something to be raised."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Attribute) and node.attr in ("raises", "wait_for"))
        for node in ast.walk(function)
    )


def test_sentences_are_found_and_others_are_not() -> None:
    """Else all rows would be right whatever they say."""
    assert is_said("Characters are missing from this text, or have changed: copy the whole text.")
    assert is_said("Your friends let … pass, and … are asked for.")
    assert not is_said("Your friends let … pass, and … are not asked for.")
    assert not is_said("Everything was paid, whatever happens.")


@pytest.mark.parametrize("day", DAYS)
def test_each_day_has_a_row(day: str) -> None:
    """Whichever was asked for."""
    assert day in rows()


@pytest.mark.parametrize("day", rows())
def test_a_row_is_as_the_program_is(day: str) -> None:
    """What is quoted can be said, there is a way on, and the tests exist and claim something."""
    _, said, way, shown = rows()[day]
    assert said
    assert way
    for sentence in re.findall("“([^”]*)”", said + way):
        assert is_said(sentence), sentence
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert tests
    assert len(tests) == shown.count("::")
    for file, name in tests:
        assert (ROOT / file).is_file(), file
        assert name in functions_of(file), f"{file} has no {name}"
        assert claims_something(functions_of(file)[name]), f"{file}::{name} claims nothing"
