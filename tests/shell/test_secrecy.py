"""No core is dumped of a program that holds a key."""

import subprocess
import sys

import pytest

from offset.shell import secrecy


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is told so")
def test_no_core_is_dumped() -> None:
    """A program that serves is told to Linux as one whose memory nobody may look at, and writes no core file."""
    code = (
        f"import ctypes, resource; from {secrecy.__name__} import forbid_core_dumps; forbid_core_dumps(); "
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 (0, 0)\n"


def test_no_core_file() -> None:
    """A command writes no core file."""
    code = (
        f"import resource; from {secrecy.__name__} import forbid_core_files; forbid_core_files(); "
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(0, 0)\n"
