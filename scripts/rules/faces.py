"""The page of the wallet: small modules, and every word of it in one table.

A module of the face is shorter than a screenful of pages; whatever is shown is in `words/en.json`, and each key there
is used. A key that is put together (`t(`sale.${stage}`)`) uses all that begin like it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rules.project import Project

FACE = "src/offset/wallet/face/"
LINES_MAX = 300
WORDS = f"{FACE}words/en.json"
ASKED = re.compile(r"""\b(?:t|has)\(\s*"([^"]+)\"""")
QUOTED = re.compile(r'"([a-z][\w.-]*)"')
BEGUN = re.compile(r"`([a-z][\w-]*\.[\w.-]*)\$\{")


def modules(project: Project) -> dict[str, str]:
    """The scripts of the page that are ours."""
    return {
        path: text
        for path, text in project.texts.items()
        if path.startswith(FACE) and path.endswith(".js") and not path.startswith(f"{FACE}vendor/")
    }


def breaches(project: Project) -> Iterator[str]:
    if WORDS not in project.texts:
        return
    words = set(json.loads(project.texts[WORDS]))
    ours = modules(project)
    for path, text in ours.items():
        lines = text.splitlines()
        if len(lines) >= LINES_MAX:
            yield f"{path}:1: {len(lines)} lines, a module of the face has less than {LINES_MAX}"
        for number, line in enumerate(lines, 1):
            for key in ASKED.findall(line):
                if key not in words:
                    yield f'{path}:{number}: there is no "{key}" in {WORDS}'
    whole = "\n".join(ours.values())
    used = set(QUOTED.findall(whole))
    begun = tuple(BEGUN.findall(whole))
    for key in sorted(words - used):
        if not (begun and key.startswith(begun)) and not (
            key.endswith("-who") and key.removesuffix("-who") in words
        ):
            yield f'{WORDS}:1: nothing shows "{key}"'
