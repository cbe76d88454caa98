"""Keeping a secret key that is in memory out of what the system writes, and from others who could look."""

from __future__ import annotations

from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""As linux/prctl.h has it."""


def forbid_core_dumps() -> None:
    """No core of this process is ever written, nor may others of the same user look into its memory, on Linux.

    It holds a secret key. Only root can still read it.
    """
    import ctypes

    forbid_core_files()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_core_files() -> None:
    """No core of this process is written as a file; for those that live too short to pay for more."""
    try:
        import resource
    except ImportError:
        # Not a Unix.
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
