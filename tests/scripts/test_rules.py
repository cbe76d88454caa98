"""The house rules of scripts/rules: each notices a made-up breach, and lets the right way pass."""

from __future__ import annotations

import pytest

from rules import circles, comments, homes, pins, privates, sizes, texts
from rules.project import Project

PINNED = """
[project]
dependencies = ["msgspec"]
optional-dependencies.dev = ["ruff"]
[build-system]
requires = ["Set_Tools>=77"]
"""


def source(text: str, path: str = "src/offset/wire/one.py") -> Project:
    """A project of one file."""
    return Project({path: text})


def lines_of(rule: object, project: Project) -> list[int]:
    """The lines in which a rule finds breaches."""
    return [int(breach.split(":")[1]) for breach in rule.breaches(project)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "import sqlite3",
        "from sqlite3 import Row",
        "def f():\n    __import__('sqlite3')",
        "import_module('sqlite3')",
    ],
)
def test_a_library_away_from_its_home_is_found(text: str) -> None:
    """An outside library may be imported in its home alone, in whatever way."""
    assert len(list(homes.breaches(source(text)))) == 1
    assert not list(homes.breaches(source(text, "src/offset/store/one.py")))


@pytest.mark.parametrize("path", ["src/offset/one.py", "tests/test_one.py"])
def test_a_long_file_is_found(path: str) -> None:
    """A file may have as many lines as the limit says, and no more."""
    longest = "x = 1\n" * sizes.LINES_MAX
    assert not list(sizes.breaches(source(longest, path)))
    assert lines_of(sizes, source(f"{longest}x = 1\n", path)) == [1]


def test_addresses_and_paths_are_found() -> None:
    """What belongs to a registry or to somebody's machine is found in any text; other paths may stand."""
    assert lines_of(texts, Project({"docs/one.md": "fine\nhttps://py" + "pi.org/x\n/ho" + "me/me/x"})) == [
        2,
        3,
    ]
    assert not list(texts.breaches(Project({"docs/one.md": "https://example.org/x /etc/x ~/x"})))


def test_a_requirement_without_pin_is_found() -> None:
    """Each requirement stands in both lists; its name may be written as registries allow."""
    lists = {
        "requirements/dev.in": "ruff\nmsgspec\nset-tools",
        "requirements/constraints.txt": "ruff==1\nset.tools==2",
    }
    found = list(pins.breaches(Project({"pyproject.toml": PINNED, **lists})))
    assert found == ["requirements/constraints.txt:1: msgspec is missing, pyproject.toml asks for it"]


@pytest.mark.parametrize(
    "back",
    [
        "from offset.a import One",
        "from offset import a",
        "from . import a",
        "from .a import One",
        "import offset.a",
        "def f():\n    from offset.a import One",
        "if TYPE_CHECKING:\n    from offset.a import One",
        "import_module('offset.a')",
    ],
)
def test_a_circle_is_found(back: str) -> None:
    """Three modules that import each other in turn are a circle, in whatever way the last one imports."""
    ways = {
        "src/offset/__init__.py": "",
        "src/offset/a.py": "from offset.b import Two",
        "src/offset/b.py": "from offset.c import Three",
        "src/offset/d.py": "from offset.a import One",
    }
    assert not list(circles.breaches(Project({**ways, "src/offset/c.py": "import json"})))
    (found,) = circles.breaches(Project({**ways, "src/offset/c.py": back}))
    assert found.endswith("circle: offset.a, offset.b, offset.c")


def test_two_circles_are_told_apart() -> None:
    """Circles that only touch by an import in one direction are two."""
    imports = {"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}, "e": {"a"}}
    assert circles.circles(imports) == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    "text",
    [
        "x = other._rate",
        "other._rate = 1",
        "x = self.other._rate",
        "getattr(other, '_rate')",
        "x = other.__rate",
        "from offset.other import _rate",
        "from offset._other import rate",
        "import offset._other",
        "class A:\n    def other(self): return self.b._rate",
    ],
)
def test_a_private_attribute_of_others_is_found(text: str) -> None:
    """What begins with an underscore is neither read, set nor imported from outside."""
    assert len(list(privates.breaches(source(text)))) == 1


@pytest.mark.parametrize(
    "definition",
    [
        "class A:\n    def _rate(self): ...",
        "class A:\n    _rate: int",
        "class A:\n    _rate = 1",
        "class A:\n    __slots__ = ('_rate', 'x')",
        "class A:\n    def __init__(self): self._rate = 1",
        "class A:\n    def __init__(self): self._rate: int = 1",
    ],
)
def test_a_module_may_read_what_it_defines(definition: str) -> None:
    """In the module of the class its private attributes are read of other objects too."""
    assert not list(privates.breaches(source(f"{definition}\nx = other._rate")))


@pytest.mark.parametrize(
    "text", ["x = self._rate", "x = cls._rate", "x = a.__class__", "_ = a.rate", "_rate = 1"]
)
def test_what_is_no_private_read_passes(text: str) -> None:
    """Own attributes, those of a parent, Python's own names and private variables may be used."""
    assert not list(privates.breaches(source(text)))


def test_a_comment_behind_code_is_found() -> None:
    """A comment stands on a line of its own, inside brackets too; a hash in a text is none."""
    text = "x = 1  # one\n# two\ny = (\n    1,  # first\n    # second\n    '# no',\n)\n"
    assert lines_of(comments, source(text)) == [1, 4]
    assert not list(comments.breaches(source(text, "src/offset/base/limits.py")))


def test_words_for_tools_may_stand_behind_code() -> None:
    """Only the tools' own words may stand behind code, with their reason."""
    text = "import a  # noqa: F401 - asked for\nx = b  # type: ignore[x]\ny = 1  # pragma: no cover\n"
    assert not list(comments.breaches(source(text)))
    assert lines_of(comments, source("x = 1  # the type: one\n")) == [1]
