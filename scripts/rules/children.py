"""A test starts processes so that none outlives it: with `subprocess.run`, or with `support.processes.started`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rules.project import TESTS, Project

HOME = "tests/support/processes.py"


def breaches(project: Project) -> Iterator[str]:
    for file in project.python(TESTS):
        for node in ast.walk(file.tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="Popen") | ast.Name(id="Popen")) if file.path != HOME:
                    yield f"{file.path}:{node.lineno}: start it with `started` of {HOME}, which ends it"
