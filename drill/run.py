"""Rehearse losses with real programs: `drill/run.py [scene...]`. Prints what was lost and how long it took.

Everything happens in a folder of its own, on loopback; at the end nothing is left of it.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from drill.scenes import SCENES  # noqa: E402
from drill.town import Town  # noqa: E402
from offset.base.faults import OffsetError  # noqa: E402

PROGRAMS = Path(sys.executable).parent


def main() -> int:
    """Play the scenes; returns the exit status."""
    parser = argparse.ArgumentParser(description="Rehearse losses with real programs on this machine.")
    parser.add_argument("scenes", nargs="*", type=int, metavar="NUMBER", help="only these, from 1 on")
    options = parser.parse_args()
    numbers = options.scenes or range(1, len(SCENES) + 1)
    if any(not 1 <= number <= len(SCENES) for number in numbers):
        parser.error(f"there are scenes 1 to {len(SCENES)}")
    folder = Path(tempfile.mkdtemp(prefix="offset-drill-"))
    try:
        return asyncio.run(play(folder, list(numbers)))
    finally:
        shutil.rmtree(folder)


async def play(folder: Path, numbers: list[int]) -> int:
    """Set up the town, and lose things."""
    began = time.monotonic()
    town = Town(folder, PROGRAMS)
    try:
        await town.begin()
        print(f"Four friends in a row, and what they owe one another ({time.monotonic() - began:.1f} s).")
        for number in numbers:
            scene, scene_began = SCENES[number - 1], time.monotonic()
            print(f"{number}. {scene.title}", flush=True)
            try:
                lost = await scene.play(town)
            except OffsetError as error:
                print(f"   FAILED: {error}")
                return 1
            print(f"   lost: {lost} ({time.monotonic() - scene_began:.1f} s)")
    finally:
        await asyncio.to_thread(town.network.stop)
    print(f"All came back, in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
