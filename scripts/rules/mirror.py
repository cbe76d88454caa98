"""Tests mirror the source: what `src/offset/a/b.py` does is tested in `tests/a/test_b.py`, or in `test_b_*.py` there.

One of these imports the module, be it through others. Where it is tested elsewhere, a row of the table in
docs/TESTING.md says where, and why. Each test that a row names imports the module: itself, through a helper in
`tests/`, or through the package that offers it. If the reason begins with "Run by", others may import it in between;
if it begins with "Run as", the test starts a program or a command and need not import it.

A file with nothing but a docstring, imports, `__all__` and `__version__` needs no test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from rules.project import SOURCE, TESTS, File, Project

PACKAGE = f"{SOURCE}offset/"
TABLE = "docs/TESTING.md"
ROW = re.compile(r"\| (?P<modules>`[^|]*\.py`) \| (?P<tests>[^|]*) \| (?P<why>[^|]*) \|")


def holds_nothing(file: File) -> bool:
    """Whether a file does no more than import."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "__version__"))
        for node in file.tree.body
    )


def place_of(file: File) -> tuple[str, str]:
    """The folder of a module's tests, and the beginning of their names: "tests/base", "test_ids"."""
    path = PurePosixPath(file.path.removeprefix(PACKAGE))
    if file.is_package:
        path = path.parent
    return str(PurePosixPath(TESTS) / path.parent), f"test_{path.stem}"


def own_tests(project: Project) -> dict[str, list[str]]:
    """The test files of each source file by their names; the longest name that fits has it."""
    places = {place_of(file): file.path for file in project.python(PACKAGE)}
    found: dict[str, list[str]] = {path: [] for path in places.values()}
    for test in project.python(TESTS):
        path = PurePosixPath(test.path)
        words = path.stem.split("_")
        for count in range(len(words), 1, -1):
            module = places.get((str(path.parent), "_".join(words[:count])))
            if module is not None:
                found[module].append(test.path)
                break
    return found


class Reach:
    """Which modules a test imports: itself, through helpers in `tests/`, or through the package that offers them."""

    def __init__(self, project: Project) -> None:
        self._files = project.files
        self._modules = {file.module: file for file in project.python(SOURCE)}
        self._helpers = {
            file.path.removeprefix(TESTS)[:-3].replace("/", "."): file.path for file in project.python(TESTS)
        }

    def of(self, test: str, *, deep: bool = False) -> set[str]:
        """The modules, by the path of the test; `deep` adds those that they import in turn."""
        found: set[str] = set()
        seen, waiting = {test}, [test]
        while waiting:
            for _, whole, name in self._files[waiting.pop()].imports:
                for module in (whole, f"{whole}.{name}"):
                    file = self._modules.get(module)
                    onward = self._helpers.get(module)
                    if file is not None:
                        found.add(module)
                        onward = file.path if file.is_package or deep else None
                    if onward is not None and onward not in seen:
                        seen.add(onward)
                        waiting.append(onward)
        return found


class Row(NamedTuple):
    """What the table says of one module."""

    line: int
    module: str
    tests: list[str]
    why: str


def rows(project: Project) -> Iterator[Row]:
    """Each row, once for each of the modules that it names."""
    for number, line in enumerate(project.texts[TABLE].splitlines(), 1):
        if (found := ROW.fullmatch(line)) is not None:
            tests = re.findall(r"`([^`]+)`", found["tests"])
            for module in re.findall(r"`([^`]+)`", found["modules"]):
                yield Row(number, f"{PACKAGE}{module}", tests, found["why"].strip())


def row_breaches(project: Project, row: Row, own: Mapping[str, list[str]], reach: Reach) -> Iterator[str]:
    """What is wrong with a row."""
    if row.module not in project.files:
        yield f"there is no {row.module}"
        return
    if own[row.module]:
        yield f"{row.module} has {own[row.module][0]}, and needs no row"
    if not row.tests or not row.why:
        yield "a row names a test and a reason"
    for test in row.tests:
        if test not in project.files:
            yield f"there is no {test}"
        elif not row.why.startswith("Run as "):
            imported = reach.of(test, deep=row.why.startswith("Run by "))
            if project.files[row.module].module not in imported:
                yield f"{test} does not import {row.module}"


def breaches(project: Project) -> Iterator[str]:
    own, reach, table = own_tests(project), Reach(project), list(rows(project))
    told = {row.module for row in table}
    for file in project.python(PACKAGE):
        tests = own[file.path]
        if tests and not any(file.module in reach.of(test, deep=True) for test in tests):
            yield f"{tests[0]}:1: it does not import {file.path}, whose name it bears"
        if not tests and file.path not in told and not holds_nothing(file):
            yield f"{file.path}:1: it has neither {'/'.join(place_of(file))}.py nor a row in {TABLE}"
    for row in table:
        yield from (f"{TABLE}:{row.line}: {breach}" for breach in row_breaches(project, row, own, reach))
