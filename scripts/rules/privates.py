"""Nobody reads or imports what another module keeps to itself: a name that begins with an underscore.

A module may read it of `self` and `cls`, and of any object if the module itself defines an attribute of that name:
as a method, in a class body, in `__slots__`, or by assignment to an attribute of `self` or `cls`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from rules.project import SOURCE, File, Project

OUTSIDE: dict[str, str] = {
    "_get_by_field": "of pycapnp, the only way to read a field that was looked up before",
    "_set_by_field": "of pycapnp, the only way to write a field that was looked up before",
    "_init_by_field": "of pycapnp, the only way to make a part whose field was looked up before",
    "_which_str": "of pycapnp, the variant of a union by its name",
    "_Hash": "hashlib._Hash, the type that the annotations of the standard library have for a hash",
    "_exit": "os._exit, which the standard library documents",
}
"""Names that begin with an underscore, but belong to the interface of a library."""


def is_private(name: str) -> bool:
    """Whether a name begins with an underscore, and is not one of Python's own, such as `__init__`."""
    return name.startswith("_") and not name.endswith("__") and name != "_"


def is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def defined(tree: ast.Module) -> set[str]:
    """The attributes that the classes of a module define."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(body=body):
                for part in body:
                    names |= defined_in_class(part)
            case ast.Attribute(value=value, attr=attr, ctx=ast.Store()) if is_own(value):
                names.add(attr)
    return names


def defined_in_class(part: ast.stmt) -> set[str]:
    """The names that one statement in the body of a class defines."""
    match part:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets, value=value):
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if "__slots__" in names:
                names |= {slot.value for slot in ast.walk(value) if isinstance(slot, ast.Constant)}
            return names
    return set()


def reads(file: File) -> Iterator[tuple[int, str]]:
    """Line and name of each private attribute that is read, set or and is not of this module."""
    own = defined(file.tree)
    for node in ast.walk(file.tree):
        match node:
            case ast.Attribute(value=value, attr=name) if not is_own(value):
                pass
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr" | "setattr" | "delattr"),
                args=[value, ast.Constant(value=str(name)), *_],
            ) if not is_own(value):
                pass
            case _:
                continue
        if is_private(name) and name not in own and name not in OUTSIDE:
            yield node.lineno, name
    for line, module, name in file.imports:
        for part in (*module.split("."), *([name] if name else [])):
            if is_private(part):
                yield line, part


def breaches(project: Project) -> Iterator[str]:
    for file in project.python(SOURCE):
        yield from (f"{file.path}:{line}: {name} is private to another module" for line, name in reads(file))
