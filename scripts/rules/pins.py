"""What pyproject.toml asks for stands in requirements/dev.in and in requirements/constraints.txt."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator

from rules.project import Project

LISTS = ("requirements/dev.in", "requirements/constraints.txt")


def package_names(requirements: Iterable[str]) -> set[str]:
    """The names in lines such as "ruff==0.1" or "uvloop; sys_platform != 'win32'", as registries compare them."""
    names = (re.match(r"[\w.-]+", line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in names if name}


def breaches(project: Project) -> Iterator[str]:
    settings = tomllib.loads(project.texts["pyproject.toml"])
    table = settings["project"]
    asked = package_names(
        [
            *table["dependencies"],
            *(name for extra in table["optional-dependencies"].values() for name in extra),
            *settings["build-system"]["requires"],
        ]
    )
    for path in LISTS:
        held = package_names(project.texts[path].splitlines())
        for name in sorted(asked - held):
            yield f"{path}:1: {name} is missing, pyproject.toml asks for it"
