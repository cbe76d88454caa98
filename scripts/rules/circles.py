"""No circle of imports between modules; an import in a function or under TYPE_CHECKING counts like any other.

That a submodule needs its package does not count, and neither does an import whose name is put together at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.project import SOURCE, Project


def imports_between(project: Project) -> dict[str, set[str]]:
    """The modules of the project that each of them imports."""
    files = {file.module: file for file in project.python(SOURCE)}
    found: dict[str, set[str]] = {}
    for module, file in files.items():
        named = (
            submodule if name is not None and (submodule := f"{whole}.{name}") in files else whole
            for _, whole, name in file.imports
        )
        found[module] = {name for name in named if name in files and name != module}
    return found


def reached_from(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    """What a module imports, and what that imports, and so on."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in imports[waiting.pop()] - reached:
            reached.add(name)
            waiting.append(name)
    return reached


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module, each sorted."""
    reached = {module: reached_from(module, imports) for module in imports}
    found = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in imports
        if module in reached[module]
    }
    return [list(circle) for circle in sorted(found)]


def breaches(project: Project) -> Iterator[str]:
    paths = {file.module: file.path for file in project.python(SOURCE)}
    for circle in circles(imports_between(project)):
        yield f"{paths[circle[0]]}:1: these modules import each other in a circle: {', '.join(circle)}"
