"""The house rules of scripts/rules: each notices a made-up breach, and lets the right way pass."""

from __future__ import annotations

import hashlib
import json

import pytest

from rules import (
    children,
    circles,
    comments,
    faces,
    homes,
    late,
    mirror,
    pins,
    privates,
    sizes,
    texts,
    vendored,
)
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
    assert not list(homes.breaches(source(text, "src/offset/store/sqlite/one.py")))


def test_an_import_in_a_function_is_found() -> None:
    """An import in a function, however deep, needs a row in the table; a row that is not needed is found too."""
    method = "class C:\n    async def g(self):\n        if f:\n            from os import path\n"
    text = f"import os\ndef f():\n    import re\n{method}"
    assert lines_of(late, source(text)) == [3, 7]
    told = next(iter(late.LATE))
    assert not list(late.breaches(source(text, told)))
    assert lines_of(late, source("import os\n", told)) == [1]


def test_a_process_that_may_outlive_its_test_is_found() -> None:
    """A test starts a process with the helper that ends it, or to its end; what is no call is a type."""
    text = "subprocess.run([])\nx: subprocess.Popen[str]\nsubprocess.Popen([])\n"
    assert lines_of(children, source(text, "tests/app/test_one.py")) == [3]
    assert not list(children.breaches(source(text, children.HOME)))
    assert not list(children.breaches(source(text)))


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


MODULE = "src/offset/wire/one.py"
CODE = "def f() -> None: ..."
OTHER = {
    "src/offset/wire/two.py": "from offset.wire import one\nX = 1",
    "tests/wire/test_two.py": "import offset.wire.two",
}


def row(tests: str, why: str, module: str = "wire/one.py") -> str:
    """A table of one row."""
    return f"| Modules | Tested in | Why |\n| --- | --- | --- |\n| `{module}` | {tests} | {why} |\n"


def mirrored(files: dict[str, str], table: str = "") -> list[str]:
    """What the rule says of a project with these files beside the module."""
    return list(mirror.breaches(Project({MODULE: CODE, **OTHER, **files, mirror.TABLE: table})))


@pytest.mark.parametrize("path", ["tests/wire/test_one.py", "tests/wire/test_one_more.py"])
def test_a_test_of_the_same_name_is_enough(path: str) -> None:
    """A module has a test file of its name in the same folder, which imports it."""
    assert not mirrored({path: "from offset.wire.one import f"})
    assert not mirrored({path: "from offset.wire.two import one"})
    (found,) = mirrored({path: "import json"})
    assert found.startswith(f"{path}:1: it does not import {MODULE}")


def test_a_module_without_a_test_is_found() -> None:
    """Neither a test of the name in another folder nor a shorter name counts; what only imports needs none."""
    package = {"src/offset/wire/__init__.py": '"""Doc."""\nfrom offset.wire.one import f\n__all__ = ["f"]'}
    (found,) = mirrored({"tests/link/test_one.py": "import offset.wire.one", **package})
    assert found.startswith(f"{MODULE}:1: it has neither tests/wire/test_one.py nor a row")


def test_the_longest_name_has_the_test() -> None:
    """`test_one_more.py` belongs to `one_more.py` where there is one, and not to `one.py`."""
    files = {
        "src/offset/wire/one_more.py": CODE,
        "tests/wire/test_one_more.py": "import offset.wire.one_more",
    }
    assert [found.partition(":")[0] for found in mirrored(files)] == [MODULE]


@pytest.mark.parametrize(
    "text, helper",
    [
        ("import offset.wire.one", ""),
        ("from support.help import x", "from offset.wire import one"),
        ("from offset.wire import f", ""),
    ],
)
def test_a_row_is_enough(text: str, helper: str) -> None:
    """A row may name a test that imports the module, itself, through a helper or through the package."""
    package = {"src/offset/wire/__init__.py": "from offset.wire.one import f"}
    files = {"tests/link/test_x.py": text, "tests/support/help.py": helper, **package}
    assert not mirrored(files, row("`tests/link/test_x.py`", "it is so"))


@pytest.mark.parametrize(
    "table, words",
    [
        (row("`tests/link/test_none.py`", "it is so"), "there is no tests/link/test_none.py"),
        (row("`tests/wire/test_two.py`", "it is so"), "does not import"),
        (row("", "it is so"), "names a test and a reason"),
        (row("`tests/wire/test_two.py`", ""), "names a test and a reason"),
    ],
)
def test_a_row_that_is_not_so_is_found(table: str, words: str) -> None:
    """The tests of a row exist and import the module, and there is a reason."""
    assert any(words in found for found in mirrored({}, table))


def test_a_row_for_nothing_is_found() -> None:
    """A row whose module is gone, or has a test of its own, is to be removed."""
    own = {"tests/wire/test_one.py": "import offset.wire.one"}
    (gone,) = mirrored(own, row("`tests/wire/test_two.py`", "Run as commands", "wire/gone.py"))
    assert gone.endswith("there is no src/offset/wire/gone.py")
    (needless,) = mirrored(own, row("`tests/wire/test_two.py`", "Run as commands"))
    assert needless.endswith("needs no row")


@pytest.mark.parametrize(
    "test, why", [("import offset.wire.two", "Run by two"), ("import subprocess", "Run as a process")]
)
def test_a_row_may_say_that_it_is_run(test: str, why: str) -> None:
    """What is run through others, or as a process, need not be imported by the test."""
    assert not mirrored({"tests/link/test_x.py": test}, row("`tests/link/test_x.py`", why))


def test_a_vendored_file_that_its_table_does_not_know_is_found() -> None:
    """Every file has its row, its hash and its package a licence; a file of bytes counts as any other."""
    table = "src/vendor/VENDORED.toml"

    def row(path: str, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        return (
            f'[[file]]\npath = "{path}"\npackage = "p"\nversion = "1"\nlicence = "MIT"\nsha256 = "{digest}"\n'
        )

    def found(rows: str, **texts: str) -> list[str]:
        files = {f"src/vendor/{name}": text for name, text in texts.items()}
        return list(vendored.breaches(Project({table: rows, **files}, {"src/vendor/b": b"\xff"})))

    good = row("a", b"1;") + row("b", b"\xff") + row("licences/p", b"You may.")
    texts = {"a": "1;", "licences/p": "You may."}
    assert not found(good, **texts)
    assert "SHA-256" in found(good, **texts | {"a": "2;"})[0]
    assert "no row" in found(good, **texts, c="3;")[0]
    assert "not there" in found(good + row("d", b""), **texts)[0]
    assert "licence of p" in found(row("a", b"1;") + row("b", b"\xff"), a="1;")[0]
    mapped = "1;//# sourceMappingURL=a.map"
    assert (
        "source map"
        in found(row("a", mapped.encode()) + good[good.index("[[file]]", 1) :], **texts | {"a": mapped})[0]
    )


def test_words_that_are_missing_or_shown_nowhere_are_found() -> None:
    """What the page asks for is in its table, and what is in the table is asked for; modules are short."""
    table = json.dumps({"pay.title": "Pay", "sale.open": "open", "old.word": "Old"})
    module = f"{faces.FACE}screens/pay.js"

    def found(text: str) -> list[str]:
        return list(faces.breaches(Project({faces.WORDS: table, module: text})))

    used = 't("pay.title"); t(`sale.${stage}`); t(a ? "old.word" : "");'
    assert not found(used)
    assert "old.word" in found('t("pay.title"); t(`sale.${stage}`);')[0]
    assert "pay.titel" in found(used + 't("pay.titel")')[0]
    assert "lines" in found(used + "\n" * faces.LINES_MAX)[0]
