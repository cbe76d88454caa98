"""README.md names exactly what a fresh machine needs."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BARE = ROOT / "scripts" / "bare"


def bare(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with nothing on the PATH but what is needed."""
    return subprocess.run(
        [BARE, *command], capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL
    )


def needed() -> list[str]:
    """The programs that scripts/bare leaves on the PATH."""
    found = re.search(r'^needed="(.*)"$', BARE.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1].split()


def test_the_readme_names_what_is_needed() -> None:
    """README.md names each program that a fresh machine needs, and no other."""
    text = (ROOT / "README.md").read_text("utf-8")
    (sentence,) = re.findall(r"^A fresh machine needs (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`([\w-]+)`", sentence)
    assert sorted(named) == sorted([*needed(), "venv", "python3-venv"])


def test_nothing_else_is_on_the_path() -> None:
    """A tool that is not named is not found: neither ps nor a compiler."""
    assert bare("bash", "-c", "type -P ps cc gcc ls grep").stdout == ""
    assert bare("bash", "-c", "type -P " + " ".join(needed())).stdout.count("\n") == len(needed())


def test_the_programs_are_set_up_with_it() -> None:
    """`make setup` and `make help` need no other tool."""
    for target in ("setup", "help"):
        done = bare("make", target)
        assert (done.returncode, done.stderr) == (0, "")
