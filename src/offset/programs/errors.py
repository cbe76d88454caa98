"""How a command ends: with status 0, or with one sentence on standard error and another status.

The reference ends with status 0 even when it failed, and says why in a log that may be off (spec 05, 7, D-3).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from offset.base.faults import OffsetError
from offset.programs.printing import printable
from offset.shell.secrecy import forbid_core_files

FAILED = 1
USAGE = 2
UNPROVED = 3
"""Nobody can prove whether a payment was paid."""
# As a shell has it: 128 and the number of SIGINT.
INTERRUPTED = 130

BRIEF_OBJECTS = 100_000
"""How many objects a command makes before it looks for garbage: more than one that does not wait for long makes."""


def run(command: click.Command, args: Sequence[str] | None = None) -> int:
    """Run the command line of a program; returns its exit status. `args` are those of the process if None.

    A fault of the user, of a file or of the system becomes one sentence; a fault of ours keeps its trace.
    """
    program = command.name or "offset"
    try:
        _be_lenient()
        # Many commands read a secret key.
        forbid_core_files()
        status = command.main(args, prog_name=program, standalone_mode=False)
        # Here, where it may fail.
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        # The help, on standard error.
        error.show()
        return USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else program
        say(program, f"{_uncapitalized(error.format_message())} See: {path} --help")
        return USAGE
    except click.ClickException as error:
        say(program, _uncapitalized(error.format_message()))
        return FAILED
    except click.Abort:
        return INTERRUPTED
    except OffsetError as error:
        say(program, str(error))
        return FAILED
    except BrokenPipeError:
        # Nobody reads on, which is no fault; what is left in the buffer must not complain when we end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(program, f"{where}{error.strerror or error}")
        return FAILED


def run_briefly(command: click.Command, args: Sequence[str] | None = None) -> int:
    """Run the command line of a program that does one thing and ends; returns its exit status, as `run` does.

    Such a process lives shorter than its first garbage would matter, and Python ends every process with two full
    collections, so none is begun and nothing is left to look at: docs/decisions/0006-start-time.md. With `args` the
    command is a guest in a process that lives on.
    """
    if args is not None:
        return run(command, args)
    gc.set_threshold(BRIEF_OBJECTS)
    try:
        return run(command)
    finally:
        gc.freeze()


def say(program: str, sentence: str) -> None:
    """One line on standard error."""
    click.echo(f"{program}: {printable(sentence)}", err=True)


def _be_lenient() -> None:
    """A character that the terminal does not know is escaped; it is no reason to fail."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _uncapitalized(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
