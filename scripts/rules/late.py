"""Imports stand at the top of a module. In a function they stand only in a file of the table here, with the reason.

What a program imports late it imports with `LazyGroup`, by the names of modules; that is no import statement.
See docs/decisions/0006-start-time.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rules.project import SOURCE, Project

LATE = {
    "src/offset/base/names.py": "ipaddress, which only who judges addresses of others needs",
    "src/offset/programs/stmgr/identity.py": "age and its ciphers, which only a locked identity needs",
    "src/offset/programs/stmgr/shares.py": "shamir_mnemonic and segno, an extra; the commands say if it is missing",
    "src/offset/shell/identity_file.py": "age and its ciphers, which only a locked identity needs",
    "src/offset/shell/secrecy.py": "resource, which not every system has; ctypes, which takes longer than a help",
    "src/offset/shell/system.py": "uvloop and resource, which not every system has",
    "src/offset/wire/codec.py": "capnp, the heaviest library: programs that send no message start without it",
}


def breaches(project: Project) -> Iterator[str]:
    found: set[str] = set()
    for file in project.python(SOURCE):
        lines = {
            statement.lineno
            for function in ast.walk(file.tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for statement in ast.walk(function)
            if isinstance(statement, ast.Import | ast.ImportFrom)
        }
        if lines:
            found.add(file.path)
        if file.path not in LATE:
            yield from (f"{file.path}:{line}: an import in a function" for line in sorted(lines))
    for path in LATE.keys() & project.files.keys() - found:
        yield f"{path}:1: it imports nothing in a function, so it needs no row in scripts/rules/late.py"
