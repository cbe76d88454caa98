"""House rules that no other tool knows; prints each breach as file:line and fails if there is one.

Homes: each outside library is imported in one place only.
Sizes: no source file above 500 lines, no test file above 800.
Texts: no address of a package registry and no path of somebody's machine in a file of the project.
Pins: what pyproject.toml asks for stands in requirements/dev.in and in requirements/constraints.txt.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE_LINES_MAX = 500
TEST_LINES_MAX = 800

HOMES = {
    "capnp": "offset.wire.codec",
    "cryptography": "offset.crypto",
    "sqlite3": "offset.store.sqlite",
    "click": "offset.programs",
    "uvloop": "offset.shell",
}

# Written with groups, so that this file does not match itself.
REGISTRIES = re.compile(
    r"--(?:extra-)?index-url|https?://[^\s\"']*/(?:simple)/|(?:py)pi\.org|(?:python)hosted\.org|registry\.(?:npmjs)"
    r"|(?:crates)\.io|proxy\.(?:golang)|repo\d*\.(?:maven)|\"(?:resolved)\": *\"http|(?:registry) = \"http"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~$}-])(?:/(?:home|Users|root|work)/[\w.-]|[A-Za-z]:\\+(?:Users)\\)")


def project_files() -> list[Path]:
    """The files git tracks, and those it would: a breach is to be seen before the commit, not after."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [path for name in sorted(set(listed.split("\0"))) if name and (path := ROOT / name).is_file()]


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each absolute import, those inside functions and by importlib too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield node.lineno, module


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def home_breaches(path: Path, text: str) -> Iterator[str]:
    module = module_name(path)
    for line, name in imported_names(ast.parse(text, str(path))):
        library = name.partition(".")[0]
        home = HOMES.get(library)
        if home is not None and module != home and not module.startswith(f"{home}."):
            yield f"{line}: {library} is imported only in {home}"


def size_breaches(text: str, lines_max: int) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines > lines_max:
        yield f"1: {lines} lines, at most {lines_max}: it is asking to become two"


def text_breaches(text: str) -> Iterator[str]:
    here = f"{ROOT}/"
    for number, line in enumerate(text.splitlines(), 1):
        if found := REGISTRIES.search(line):
            yield f"{number}: address of a package registry: {found.group()}"
        if found := MACHINE_PATHS.search(line):
            yield f"{number}: path of a machine: {found.group()}..."
        elif here in line:
            yield f"{number}: path of this checkout"


def package_names(requirements: list[str]) -> set[str]:
    names = (re.match(r"[\w.-]+", line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in names if name}


def pin_breaches() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    table = project["project"]
    asked = package_names(
        [
            *table["dependencies"],
            *table["optional-dependencies"]["dev"],
            *project["build-system"]["requires"],
        ]
    )
    for file in ("requirements/dev.in", "requirements/constraints.txt"):
        held = package_names((ROOT / file).read_text("utf-8").splitlines())
        for name in sorted(asked - held):
            yield f"{file}:1: {name} is missing, pyproject.toml asks for it"


def breaches() -> Iterator[str]:
    for path in project_files():
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        relative = path.relative_to(ROOT)
        found = list(text_breaches(text))
        if path.suffix == ".py" and relative.parts[0] == "src":
            found += [*home_breaches(path, text), *size_breaches(text, SOURCE_LINES_MAX)]
        elif path.suffix == ".py" and relative.parts[0] == "tests":
            found += size_breaches(text, TEST_LINES_MAX)
        yield from (f"{relative}:{breach}" for breach in found)
    yield from pin_breaches()


def main() -> int:
    found = list(breaches())
    for breach in found:
        print(breach)
    print(f"rules: {len(found)} breaches" if found else "rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
