"""A library copied into the tree is what its table VENDORED.toml says: file by file, with its licence and its SHA-256.

Every file beside the table has a row, and nothing in it says where it could be loaded from elsewhere.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator

from rules.project import Project

TABLE = "VENDORED.toml"
ASKED = ("package", "version", "licence", "sha256")


def table_breaches(project: Project, path: str) -> Iterator[str]:
    """What is wrong with one table and the files of its folder."""
    folder = path.removesuffix(TABLE)
    rows = {folder + row["path"]: row for row in tomllib.loads(project.texts[path])["file"]}
    files = {
        name: data for name, data in project.contents().items() if name.startswith(folder) and name != path
    }
    for name in sorted(rows.keys() - files.keys()):
        yield f"{path}:1: {name} has a row and is not there"
    for name in sorted(files.keys() - rows.keys()):
        yield f"{name}:1: it has no row in {path}"
    for name in sorted(rows.keys() & files.keys()):
        row = rows[name]
        if missing := [word for word in ASKED if not row.get(word)]:
            yield f"{path}:1: the row of {name} lacks {', '.join(missing)}"
        if hashlib.sha256(files[name]).hexdigest() != row.get("sha256"):
            yield f"{name}:1: its SHA-256 is not that of its row in {path}"
        if b"sourceMappingURL=" in files[name]:
            yield f"{name}:1: it names a source map"
    licensed = {rows[name]["package"] for name in rows if name.startswith(f"{folder}licences/")}
    for package in sorted({row["package"] for row in rows.values()} - licensed):
        yield f"{path}:1: the text of the licence of {package} is missing in {folder}licences/"


def breaches(project: Project) -> Iterator[str]:
    for path in project.texts:
        if path.endswith(f"/{TABLE}"):
            yield from table_breaches(project, path)
