"""Files that somebody altered: each reader gives a value or one sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import UserFault
from offset.wire import files
from support.vectors import cases

READERS = sorted(name.removeprefix("parse_") for name in files.__all__ if name.startswith("parse_"))
RECORDED = [
    file["content"]
    for case in cases("files")
    for file in [case, *case.get("files", ())]
    if isinstance(file.get("content"), str)
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _altered_text(data: st.DataObject) -> str:
    text = data.draw(st.sampled_from(RECORDED))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    return text[:start] + data.draw(st.text(max_size=10)) + text[end:]


def _altered_value(data: st.DataObject) -> str:
    """A file whose JSON is sound, with anything in one place."""
    try:
        whole = json.loads(data.draw(st.sampled_from(RECORDED)))
    except ValueError:
        return "[]"
    holder: Any = whole
    while isinstance(holder, dict) and holder:
        name = data.draw(st.sampled_from(sorted(holder)))
        if not isinstance(holder[name], dict) or data.draw(st.booleans()):
            holder[name] = data.draw(VALUES)
            break
        holder = holder[name]
    return json.dumps(whole)


@pytest.mark.parametrize("alter", [_altered_text, _altered_value], ids=["text", "value"])
@pytest.mark.parametrize("kind", READERS)
@given(st.data())
def test_altered_files(kind: str, alter: Callable[[st.DataObject], str], data: st.DataObject) -> None:
    """Whatever was altered, the answer is one sentence, or a value that is written and read back as it was."""
    read: Callable[[str], Any] = getattr(files, f"parse_{kind}")
    write: Callable[[Any], str] = getattr(files, f"format_{kind}")
    text = alter(data)
    try:
        value = read(text)
    except UserFault as fault:
        sentence = str(fault)
    else:
        sentence = "good"
        _check_written(read, write, value)
    assert sentence
    assert "\n" not in sentence


def _check_written(read: Callable[[str], Any], write: Callable[[Any], str], value: Any) -> None:
    written = write(value)
    assert write(read(written)) == written
