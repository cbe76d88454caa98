"""A comment stands above what it explains, never behind it on the same line.

Words for tools (`# noqa`, `# type:`, `# pragma:`) stay where the tools look for them, with their reason.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from rules.project import SOURCE, File, Project, is_within

FOR_TOOLS = re.compile(r"#\s*(?:noqa\b|type:|pragma:)")

TABLES: dict[str, str] = {
    "src/offset/base/limits.py": "a table, one row a limit: name, value, what it bounds and where that stands",
}
"""Files that read as a table, in which a remark is the last column."""


def trailing(file: File) -> Iterator[tuple[int, str]]:
    """Line and text of each comment behind code."""
    for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            yield token.start[0], token.string


def breaches(project: Project) -> Iterator[str]:
    for file in project.python(SOURCE):
        if is_within(file.path, TABLES):
            continue
        for line, text in trailing(file):
            if not FOR_TOOLS.match(text):
                yield f"{file.path}:{line}: a comment behind code: it belongs on the line above"
