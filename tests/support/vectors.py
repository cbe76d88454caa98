"""The recorded vectors of the reference, read once; tests/vectors/README.md says what they mean."""

import functools
import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[1] / "vectors"

Case = dict[str, Any]


@functools.cache
def _read(file: str) -> tuple[Case, ...]:
    name = file if file.endswith(".json") else f"{file}.json"
    return tuple(json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"])


def cases(file: str, kind: str | None = None) -> list[Case]:
    """The cases of one file ("keys" or "keys.json"), all of them or those of one kind.

    A kind that the file does not have is an error: a misspelled name must not make a test without cases.
    The cases are shared by all tests: read them, do not change them.
    """
    found = [case for case in _read(file) if kind is None or case["kind"] == kind]
    if not found:
        kinds = ", ".join(sorted({case["kind"] for case in _read(file)}))
        raise LookupError(f"{file} has no case of kind {kind!r}; it has: {kinds}")
    return found
