"""What the rules look at: the texts of the project, by their paths.

A rule gets a `Project` and yields its breaches, so that a test can show it a made-up one.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "src/"
TESTS = "tests/"


@dataclass(frozen=True)
class File:
    """A file of Python."""

    path: str
    """From the root of the project, with slashes."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree. Raises SyntaxError."""
        return ast.parse(self.text, self.path)

    @cached_property
    def module(self) -> str:
        """The dotted name of a source file; a package is named without `__init__`."""
        return module_name(self.path)

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__` of a package."""
        return self.path.endswith("/__init__.py")

    @cached_property
    def imports(self) -> list[tuple[int, str, str | None]]:
        """Line, module and name of each import: those in functions, under TYPE_CHECKING and by import_module too.

        The name is None where the module as a whole is imported.
        """
        return list(self._imports())

    def _imports(self) -> Iterator[tuple[int, str, str | None]]:
        package = (self.module if self.is_package else self.module.rpartition(".")[0]).split(".")
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from ((node.lineno, alias.name, None) for alias in names)
                case ast.ImportFrom(module=module, level=level, names=names):
                    above = package[: len(package) - level + 1] if level else []
                    whole = ".".join([*above, *([module] if module else [])])
                    yield from ((node.lineno, whole, alias.name) for alias in names)
                case ast.Call(
                    func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                    args=[ast.Constant(value=str(module)), *_],
                ):
                    yield node.lineno, module, None


class Project:
    """Every text of the project that git tracks or would."""

    def __init__(self, texts: Mapping[str, str], binaries: Mapping[str, bytes] | None = None) -> None:
        self.texts = dict(sorted(texts.items()))
        """The text of each file, by its path from the root."""
        self.binaries = dict(sorted((binaries or {}).items()))
        """The files that are no text, likewise."""
        self.files = {path: File(path, text) for path, text in self.texts.items() if path.endswith(".py")}
        """The files of Python, by their paths from the root."""

    def python(self, folder: str) -> Iterator[File]:
        """The files of Python below a folder: "src/"."""
        return (file for path, file in self.files.items() if path.startswith(folder))

    def contents(self) -> dict[str, bytes]:
        """The bytes of every file, texts and others, by their paths."""
        return {path: text.encode() for path, text in self.texts.items()} | self.binaries


def read_project() -> Project:
    """The files git tracks, and those it would: a breach is to be seen before the commit, not after."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    texts: dict[str, str] = {}
    binaries: dict[str, bytes] = {}
    for name in set(listed.split("\0")):
        path = ROOT / name
        if name and path.is_file():
            data = path.read_bytes()
            try:
                texts[name] = data.decode("utf-8")
            except UnicodeDecodeError:
                binaries[name] = data
    return Project(texts, binaries)


def module_name(path: str) -> str:
    """src/offset/base/ids.py is offset.base.ids."""
    parts = PurePosixPath(path.removeprefix(SOURCE)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_within(path: str, places: Mapping[str, str]) -> bool:
    """Whether a table of exceptions names a file or a folder it is in; the values are the reasons."""
    return any(path == place or path.startswith(f"{place}/") for place in places)
