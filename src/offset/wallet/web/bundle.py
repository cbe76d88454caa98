"""The modules of the first screen as one, put together when the wallet starts: a browser asks once, not thirty times.

Each module becomes a function that is called once, in the order in which a browser would run them; what it exports the
whole exports under the same name. The import map leads every other module of the page here, so there is one of each.
What is served is what stands in the folder, with fewer ways to go.

Only those forms of `import` and `export` are read that the page's modules and the vendored ones have; what else comes
is refused when the wallet starts, and by a test before that.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

NAME = "first.js"
"""Where the whole is, beside the page."""
ENTRIES = ("begin.js", "app.js", "screens/home.js")
"""What the page runs, and the screen that it shows first."""

_MAP = re.compile(r'(<script type="importmap">)(.*?)(</script>)', re.DOTALL)
_ENTRY = re.compile(r'^ *<script type="module" src="[^"]+"></script>\n', re.MULTILINE)
_PRELOAD = re.compile(r'^ *<link rel="modulepreload" href="[^"]+" />\n', re.MULTILINE)

_AT = r"(?:^|(?<=[;}]))"
"""Where a statement may begin; a vendored module is one line."""
_IMPORT = re.compile(_AT + r'import\s*(?:(\w+)\s|\{([^}]*)\}\s*)from\s*"([^"]+)";?', re.MULTILINE)
_PASSED_ON = re.compile(_AT + r'export\s*\{([^}]*)\}\s*from\s*"([^"]+)";?', re.MULTILINE)
_LIST = re.compile(_AT + r"export\s*\{([^}]*)\};?", re.MULTILINE)
_NAMED = re.compile(r"^export (?=(?:(?:async )?function|const|class) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(_AT + r"export default function ?(\w*)", re.MULTILINE)
_LEFT = re.compile(_AT + r"(?:import\s*[\w{*\"]|export\b).*", re.MULTILINE)


class Bundle(NamedTuple):
    """What is served in place of many modules."""

    page: str
    """The page, which asks for the whole."""
    script: str
    parts: tuple[str, ...]
    """The paths of the modules in it."""


class _Module(NamedTuple):
    body: str
    exports: dict[str, str]
    """What each exported name stands for."""


def bundle(page: str, read: Callable[[str], str]) -> Bundle:
    """What the page needs first as one module; `read` gives the text of a path. Raises ValueError for other forms."""
    found = _MAP.search(page)
    if found is None:
        raise ValueError("the page has no import map")
    names: dict[str, str] = json.loads(found[2])["imports"]
    modules: dict[str, _Module] = {}
    for entry in ENTRIES:
        _add(entry, read, {name: posixpath.normpath(path) for name, path in names.items()}, modules, ())
    # The whole has one default, which is that of the screen.
    named = [
        path for path, module in modules.items() if path == ENTRIES[-1] or "default" not in module.exports
    ]
    inside = {name: f"./{NAME}" for name, path in names.items() if posixpath.normpath(path) in named}
    # By its path, too, as the other modules of the page know it.
    inside |= {f"./{path}": f"./{NAME}" for path in named}
    page = _PRELOAD.sub("", _ENTRY.sub("", page))
    page = _MAP.sub(
        lambda found: (
            found[1]
            + json.dumps({"imports": names | inside}, separators=(",", ":"))
            + found[3]
            + f'\n    <script type="module" src="{NAME}"></script>'
        ),
        page,
    )
    return Bundle(page, _script(modules), tuple(modules))


def _script(modules: Mapping[str, _Module]) -> str:
    exported: dict[str, str] = {}
    for path, module in modules.items():
        for name, meaning in module.exports.items():
            # What is passed on is the same thing as where it comes from.
            whole = meaning if meaning.startswith("from_") else f"{_constant(path)}.{name}"
            if name == "default":
                # It has no name of its own: only the screen is asked for so.
                continue
            if exported.setdefault(name, whole) != whole:
                raise ValueError(f"{path} exports {name}, as another module of the first screen does")
    return "".join(
        (
            *[_function(path, module) for path, module in modules.items()],
            *[f"export const {name} = {whole};\n" for name, whole in exported.items()],
            f"export default {_constant(ENTRIES[-1])}.default;\n",
        )
    )


def _function(path: str, module: _Module) -> str:
    got = "".join(f"get {name}() {{ return {meaning}; }}, " for name, meaning in module.exports.items())
    # Only what nobody imports may wait for something.
    kind = "async () =>" if not module.exports else "() =>"
    return f"const {_constant(path)} = ({kind} {{\n{module.body}\nreturn {{ {got}}};\n}})();\n"


def _constant(path: str) -> str:
    return "from_" + re.sub(r"\W", "_", path)


def _add(
    path: str,
    read: Callable[[str], str],
    names: Mapping[str, str],
    modules: dict[str, _Module],
    above: tuple[str, ...],
) -> None:
    """Add a module behind all that it imports. Raises ValueError."""
    if path in modules:
        return
    if path in above:
        raise ValueError(f"{path} needs itself, by way of {', '.join(above)}")

    def place(specifier: str) -> str:
        if specifier.startswith("."):
            return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
        return names[specifier]

    text, exports = read(path), {}
    if "/" in path and re.search(r"\bimport(?:\.meta|\()", text):
        raise ValueError(f"{path} names files by where it is, which is not where the whole is")
    for needed in re.finditer(rf"{_IMPORT.pattern}|{_PASSED_ON.pattern}", text, re.MULTILINE):
        _add(place(needed[3] or needed[5]), read, names, modules, (*above, path))

    def take(found: re.Match[str]) -> str:
        whole = _constant(place(found[3]))
        if found[1] is not None:
            return f"const {found[1]} = {whole}.default;"
        return f"const {{ {', '.join(f'{name}: {own}' for name, own in _pairs(found[2]))} }} = {whole};"

    def pass_on(found: re.Match[str]) -> str:
        exports.update({own: f"{_constant(place(found[2]))}.{name}" for name, own in _pairs(found[1])})
        return ""

    def give(found: re.Match[str]) -> str:
        exports.update({name: own for own, name in _pairs(found[1])})
        return ""

    def give_default(found: re.Match[str]) -> str:
        exports["default"] = found[1] or "unnamed"
        return f"function {found[1]}" if found[1] else "const unnamed = function"

    text = _LIST.sub(give, _PASSED_ON.sub(pass_on, _IMPORT.sub(take, text)))
    exports.update({name: name for name in _NAMED.findall(text)})
    text = _DEFAULT.sub(give_default, _NAMED.sub("", text))
    if left := _LEFT.search(text):
        raise ValueError(f"{path} has a form that is not read here: {left[0][:60]}")
    modules[path] = _Module(text, exports)


def _pairs(listed: str) -> list[tuple[str, str]]:
    """The names in braces, each with the one behind `as`, or itself."""
    pairs = [one.split() for one in listed.split(",") if one.strip()]
    return [(words[0], words[-1]) for words in pairs]
