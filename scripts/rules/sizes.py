"""No file of source or tests is longer than one can keep in mind."""

from __future__ import annotations

from collections.abc import Iterator

from rules.project import SOURCE, TESTS, Project

LINES_MAX = 500


def breaches(project: Project) -> Iterator[str]:
    for folder in (SOURCE, TESTS):
        for file in project.python(folder):
            lines = len(file.text.splitlines())
            if lines > LINES_MAX:
                yield f"{file.path}:1: {lines} lines, at most {LINES_MAX}: it is asking to become two"
