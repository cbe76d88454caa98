"""Standard streams that were closed before the program began."""

import os
import subprocess
import sys

import pytest

import offset.programs
from offset.programs.streams import open_closed_streams

PROGRAM = """
import os, sys
import offset.programs
import offset.wire.friend
print("into nothing")
null = os.stat(os.devnull).st_rdev
assert all(os.fstat(number).st_rdev == null for number in {closed})
assert None not in (sys.stdout, sys.stderr)
"""


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_they_lead_nowhere(closed: tuple[int, ...]) -> None:
    """Before any library is loaded that could get their descriptors, such as that of the wire format."""

    def close() -> None:
        for number in closed:
            os.close(number)

    code = PROGRAM.format(closed=closed)
    done = subprocess.run([sys.executable, "-c", code], preexec_fn=close, timeout=60, check=False)
    assert done.returncode == 0


def test_open_streams_are_left_alone() -> None:
    """What leads somewhere goes on to lead there."""
    before = [os.fstat(number) for number in range(3)]
    out, err = sys.stdout, sys.stderr
    # The package itself calls it, before anything else.
    assert offset.programs.open_closed_streams is open_closed_streams
    open_closed_streams()
    assert [os.fstat(number).st_ino for number in range(3)] == [stat.st_ino for stat in before]
    assert (sys.stdout, sys.stderr) == (out, err)
