"""One seed gives one run."""

import os
import subprocess
import sys

CODE = """
from offset.sim.script.plan import draw
from offset.sim.course.simulation import simulate
for seed in (3, 6, 9):
    outcome = simulate(draw(seed))
    print(seed, outcome.trace, outcome.steps, outcome.violation)
"""


def test_same_trace_in_another_process() -> None:
    """Another process, with other hashes, another time zone and another locale, sees the very same run."""
    outputs = []
    for hashes, zone in (("1", "UTC"), ("4242", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": hashes, "TZ": zone, "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == 3


def test_no_clock_is_read() -> None:
    """The day does not matter: neither the simulator nor what it runs asks what time it is."""
    code = (
        "import time, random, os\n"
        "def no(*_): raise AssertionError('the world outside was asked')\n"
        "from offset.sim.script.plan import draw\nfrom offset.sim.course.simulation import simulate\n"
        "time.time = time.monotonic = time.time_ns = time.monotonic_ns = random.random = os.urandom = no\n"
        "assert simulate(draw(2)).violation is None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
