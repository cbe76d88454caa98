"""Standard streams that were closed before the program began."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Let them lead nowhere.

    Else a file or a connection gets their descriptor and what is printed goes into it; and uvloop, which never
    closes a standard stream, aborts the process for it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest that is free: this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
