"""Recorded command lines (tests/vectors/files.json), and running ours in their place."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.vectors import Case, cases

Main = Callable[[Sequence[str]], int]


class Done(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


def run_main(main: Main, args: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Done:
    """Run a program in this process."""
    capsys.readouterr()
    status = main(args)
    printed = capsys.readouterr()
    return Done(status, printed.out, printed.err)


def recorded(program: str) -> list[tuple[int, Case]]:
    """The recorded commands of a program, each with its place in the file."""
    everything = cases("files")
    return [
        (at, case)
        for at, case in enumerate(everything)
        if case["kind"] == "command" and case["program"] == program
    ]


def succeeded(case: Case) -> bool:
    """Whether the reference did what it was asked to; its exit status does not tell (spec 05, 7, D-3)."""
    return case["exitStatus"] == "0" and not case["stderr"]


def expected_status(case: Case) -> int:
    """Our exit status: 0 done, 1 failed, 2 wrong command line."""
    if succeeded(case):
        return 0
    return 1 if case["exitStatus"] == "0" else 2


def lay_out(folder: Path, before: int) -> None:
    """Make the files that the reference had in its folder before the command at the place `before`."""
    for case in cases("files")[:before]:
        written = [case] if case["kind"] == "file" else case.get("files", [])
        for file in written:
            if file["content"] is not None:
                put(folder / file["path"], file["content"])
        for path in case.get("removed", []):
            (folder / path).unlink(missing_ok=True)


def put(path: Path, text: str) -> None:
    """Write a file, its folders too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def with_field(text: str, name: str, change: Callable[[Any], Any]) -> str:
    """The text of a file with one field changed."""
    value = json.loads(text)
    return json.dumps({**value, name: change(value[name])})


def options_in(help_text: str) -> set[str]:
    """The options, short and long, that a help text names."""
    return {word.strip(",") for word in help_text.split() if word.startswith("-") and word.strip("-,")}


def one_sentence(program: str, stderr: str) -> str:
    """What a program said when it failed: one line that begins with its name. Returns the rest of it."""
    assert stderr.startswith(f"{program}: ")
    assert stderr.endswith("\n")
    assert stderr.count("\n") == 1
    assert "Traceback" not in stderr
    return stderr.removeprefix(f"{program}: ").rstrip("\n")
