"""What a program loads before it has anything to do: starting is most of the time of a command."""

import subprocess
import sys

import pytest

HEAVY = ("asyncio", "capnp", "cryptography", "msgspec", "sqlite3", "uvloop")


def loaded(*args: str) -> tuple[set[str], str]:
    """The top modules that a Python process loaded, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *args],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        text=True,
        check=True,
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return {name.partition(".")[0] for name in names}, done.stdout


@pytest.mark.parametrize("program", ["stctrl", "stmgr", "stverify"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing(program: str, option: str) -> None:
    """A command that only explains itself loads no library but that of command lines."""
    modules, printed = loaded("-m", f"offset.programs.{program}", option)
    assert program in printed
    assert "click" in modules
    assert not modules & set(HEAVY)


def test_measured() -> None:
    """The list of loaded modules names what a program did load."""
    assert "sqlite3" in loaded("-c", "import sqlite3")[0]
