"""The command lines that scripts and people repeat most, without the library of command lines.

    stctrl -I FILE -T FILE info WHAT

Loading click takes as long as asking the node. So this very form is read here, and every other one by click, which
would print just the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from offset.base.faults import OffsetError

if TYPE_CHECKING:
    from offset.wire.report import NodeReport

_SHOWN = ("balance", "friends", "index", "public-key", "relays")
FAILED, INTERRUPTED = 1, 130  # as in offset.programs.errors, which loads click


def shortcut(args: Sequence[str]) -> int | None:
    """The exit status of a command line that was carried out here; None: it is for click."""
    match list(args):
        case ["-I" | "--idfile", idfile, "-T" | "--ticket", ticket, "info", what] if what in _SHOWN:
            return _info(Path(idfile), Path(ticket), what)
        case _:
            return None


def _info(idfile: Path, ticket: Path, what: str) -> int | None:
    from offset.programs.stctrl.target import CONNECT_S, Target

    try:
        text = _text(Target(idfile, ticket).glance(CONNECT_S), what)
    except OffsetError as fault:
        from offset.programs.errors import say
        from offset.programs.stctrl.target import PROGRAM

        say(PROGRAM, str(fault))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    try:
        print(text, flush=True)
    except (
        OSError,
        UnicodeError,
    ):  # nobody reads, the disk is full, or the terminal does not know a character:
        return None  # what to do then is known in one place only
    return 0


def _text(report: NodeReport, what: str) -> str:
    if what == "friends":
        from offset.programs.stctrl import show_friends

        return show_friends.friends_text(report)
    from offset.programs.stctrl import show

    match what:
        case "balance":
            return show.balances_text(report)
        case "index":
            return show.index_servers_text(report)
        case "public-key":
            return show.public_key_text(report)
        case _:
            return show.relays_text(report)
