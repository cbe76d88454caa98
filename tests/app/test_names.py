"""The names that `offset.app` offers, each imported when it is used first."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import offset.app as sdk


def test_every_name_is_there() -> None:
    """Each name leads to what type checkers take it for: the same name of the same module."""
    tree = ast.parse(Path(sdk.__file__).read_text("utf-8"))
    told = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == sdk._HOMES
    assert sorted(told) == sdk.__all__
    for name, module in told.items():
        assert getattr(sdk, name) is getattr(sys.modules[module], name)


def test_unknown_name() -> None:
    """A name that is not offered is no attribute, as in any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Buyers'"):
        _ = sdk.Buyers


def test_a_name_loads_what_it_needs() -> None:
    """Who only looks at a node loads no payments."""
    code = "import sys; from offset.app import report_once; print('offset.app.payment.buyer' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_no_name_is_that_of_a_module() -> None:
    """A module that is imported becomes an attribute of its package, and would hide a name that is loaded late."""
    modules = {path.stem for path in Path(sdk.__file__).parent.iterdir()}
    assert not modules & set(sdk.__all__)
