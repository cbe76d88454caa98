"""How far one move token walks through the code of a mediator: from the bytes that came in to the commit.

benchmarks/walk.py                          calls, modules, and moves between files
benchmarks/walk.py --list 1                 each move of step 1: a run of calls in one file

Three nodes and an index server in the virtual world of the tests, one payment from the first node to the last. Told
are the mediator's steps that begin with `Received` and end in a commit: it takes a move token of one friend and says
one to the other. Counted are calls of Python functions below `src/offset`. The figures depend on the code and on the
version of Python, never on the machine.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from types import FrameType

import offset
from offset.base.instants import Instant
from offset.engine.node import NodeEngine
from offset.engine.surface import Effect, Event, Persist, Received
from offset.wire.app import CommitInvoice, Complete

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

SOURCE = str(Path(offset.__file__).parent)
PRICE, FEE = 10, 1
SETTLE_MS = 1000

Call = tuple[str, str]
"""File below `src/offset`, and function."""


def watch(engine: NodeEngine) -> list[list[Call]]:
    """From now on note the calls of each step of this engine that leads from bytes to a commit."""
    walks: list[list[Call]] = []
    handle = engine.handle

    def watched(event: Event, now: Instant) -> list[Effect]:
        if not isinstance(event, Received):
            return handle(event, now)
        calls: list[Call] = []

        def called(frame: FrameType, kind: str, _: object) -> None:
            file = frame.f_code.co_filename
            if kind == "call" and file.startswith(SOURCE):
                calls.append((file[len(SOURCE) + 1 :], frame.f_code.co_qualname))

        sys.setprofile(called)
        try:
            effects = handle(event, now)
        finally:
            sys.setprofile(None)
        if any(isinstance(effect, Persist) for effect in effects):
            walks.append(calls)
        return effects

    engine.handle = watched  # type: ignore[method-assign]
    return walks


def walks_of_a_payment() -> list[list[Call]]:
    """Pay once through a mediator; the calls of each of its steps, in order."""
    from support.nodes import Town

    town = Town("abc", has_index=True)
    invoice = town.invoice("c", PRICE)
    walks = watch(town.engine("b"))
    payment, request = town.send("abc", invoice, PRICE, FEE)
    result = town.result("a", request).result
    assert isinstance(result, Complete), "the payment arrives"
    town.apps["c"].ask(CommitInvoice(result.commit))
    town.ending("a", payment)
    town.world.run_for(SETTLE_MS)
    return walks


def moves_of(walk: list[Call]) -> list[tuple[str, list[str]]]:
    """Runs of calls in one file: the file, and the functions."""
    return [(file, [name for _, name in run]) for file, run in itertools.groupby(walk, lambda call: call[0])]


def figures(walk: list[Call]) -> str:
    """The length of a walk."""
    return f"{len(walk)} calls, {len({file for file, _ in walk})} modules, {len(moves_of(walk))} moves"


def main() -> None:
    """Print the figures of each walk."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", type=int, metavar="STEP", help="print each move of this step")
    options = parser.parse_args()
    walks = walks_of_a_payment()
    if options.list is not None:
        for file, names in moves_of(walks[options.list - 1]):
            print(f"{file:36} {', '.join(names)}")
    for number, walk in enumerate(walks, 1):
        print(f"step {number}: {figures(walk)}")
    print(f"all {len(walks)} steps: {figures([call for walk in walks for call in walk])}")


if __name__ == "__main__":
    main()
