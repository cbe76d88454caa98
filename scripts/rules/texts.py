"""No address of a package registry and no path of somebody's machine in a file of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.project import ROOT, Project

# Written with groups, so that this file does not match itself.
REGISTRIES = re.compile(
    r"--(?:extra-)?index-url|https?://[^\s\"']*/(?:simple)/|(?:py)pi\.org|(?:python)hosted\.org|registry\.(?:npmjs)"
    r"|(?:crates)\.io|proxy\.(?:golang)|repo\d*\.(?:maven)|\"(?:resolved)\": *\"http|(?:registry) = \"http"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~$}-])(?:/(?:home|Users|root|work)/[\w.-]|[A-Za-z]:\\+(?:Users)\\)")


def breaches(project: Project) -> Iterator[str]:
    here = f"{ROOT}/"
    for path, text in project.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if found := REGISTRIES.search(line):
                yield f"{path}:{number}: address of a package registry: {found.group()}"
            if found := MACHINE_PATHS.search(line):
                yield f"{path}:{number}: path of a machine: {found.group()}..."
            elif here in line:
                yield f"{path}:{number}: path of this checkout"
