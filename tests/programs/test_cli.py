"""Groups of commands that are imported when they are used, and what all command lines have in common."""

import sys

import click
import pytest
from click.testing import CliRunner

from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help, version_option
from offset.programs.offset.cli import offset
from offset.programs.stctrl.root import stctrl
from offset.programs.stmgr import stmgr
from offset.programs.stverify import stverify

HERE = "offset.programs.stverify.receipts"


@pytest.mark.parametrize("program", [offset, stctrl, stmgr, stverify], ids=lambda program: program.name)
def test_first_lines(program: LazyGroup) -> None:
    """What a group says of a command is the first sentence of its help, and it has the name of the command."""
    assert program.lazy
    for name, lazy in program.lazy.items():
        command = lazy.load()
        assert command.name == name
        assert click.Command(name, help=lazy.first_line).get_short_help_str(1000) == (
            command.get_short_help_str(1000)
        )


def make(last: str | None = None) -> LazyGroup:
    """A group with one command that is there, one that is imported late, and `help`."""
    lazy = {"check": LazyCommand(HERE, "verify_receipt", "Check that a receipt proves the payment.")}
    group = LazyGroup("tool", lazy=lazy, last=last, context_settings=CONTEXT)
    group.add_command(click.Command("start", help="Start."))
    add_help(group)
    return version_option("tool")(group)


@pytest.mark.parametrize(
    "last, order", [(None, ["check", "help", "start"]), ("help", ["check", "start", "help"])]
)
def test_order(last: str | None, order: list[str]) -> None:
    """Commands are sorted, and one may stand behind all others."""
    printed = CliRunner().invoke(make(last), ["-h"]).output
    listed = printed[printed.index("Commands:") :].splitlines()[1:]
    assert [line.split()[0] for line in listed] == order


def test_help_imports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The help of a group does not import its commands; that of a command does."""
    monkeypatch.delitem(sys.modules, HERE, raising=False)
    assert "Check that a receipt" in CliRunner().invoke(make(), ["-h"]).output
    assert HERE not in sys.modules
    assert "--receipt" in CliRunner().invoke(make(), ["help", "check"]).output
    assert HERE in sys.modules


def test_unknown_command() -> None:
    """A command that is not there is a usage error, asked for by itself or by `help`."""
    for words in (["chek"], ["help", "chek"]):
        done = CliRunner().invoke(make(), words)
        assert done.exit_code == 2
        assert "No such command 'chek'" in done.output


def test_version() -> None:
    """Both options say the name of the program and the version."""
    printed = [CliRunner().invoke(make(), [option]).output for option in ("-V", "--version")]
    assert printed[0] == printed[1]
    assert printed[0].startswith("tool ")
