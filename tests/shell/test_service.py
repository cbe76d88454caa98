"""From the start of a program to its exit status."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Iterator

import pytest

from offset.base.faults import NodeStopped, UserFault
from offset.engine.surface import Effect, Event, Woken
from offset.shell.driver import Driver
from offset.shell.service import STATUS_FAILED, STATUS_GOOD, announce, run_program
from shell.toys import HOST, Toy


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A program may change its process; the tests that follow want theirs back."""
    log = logging.getLogger("offset")
    before = log.handlers, log.propagate, log.level
    switch = sys.getswitchinterval()
    yield
    log.handlers, log.propagate, log.level = before
    sys.setswitchinterval(switch)
    gc.unfreeze()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals(capsys: pytest.CaptureFixture[str], number: signal.Signals) -> None:
    """SIGTERM and SIGINT end a program in order, with status 0 and no word about it."""

    def react(event: Event) -> list[Effect]:
        if isinstance(event, Woken):
            os.kill(os.getpid(), number)
        return []

    async def start() -> Driver:
        driver = Driver(Toy(react))
        announce(f"prog: listening on {await driver.listen('door', HOST, 0)}")
        return driver

    assert run_program("prog", start) == STATUS_GOOD
    printed = capsys.readouterr()
    assert printed.out.startswith("prog: listening on 127.0.0.1:")
    assert printed.err == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_program_starts(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """It ends in order too, as soon as it has started: whoever sees its port may end it at once."""

    async def start() -> Driver:
        driver = Driver(Toy(lambda _: []))
        announce(f"prog: listening on {await driver.listen('door', HOST, 0)}")
        os.kill(os.getpid(), number)
        await asyncio.sleep(0)
        return driver

    assert run_program("prog", start) == STATUS_GOOD
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "error, sentence",
    [
        (UserFault("there is no such thing"), "there is no such thing"),
        (NodeStopped("the disk is full"), "the disk is full"),
        (FileNotFoundError(2, "No such file or directory", "x.json"), "x.json: No such file or directory"),
        (OSError("something odd"), "something odd"),
    ],
)
def test_known_failures(capsys: pytest.CaptureFixture[str], error: Exception, sentence: str) -> None:
    """A failure with a reason is one sentence on standard error and status 1, before and after the start."""

    async def fail() -> Driver:
        raise error

    assert run_program("prog", fail) == STATUS_FAILED
    assert capsys.readouterr().err == f"prog: {sentence}\n"

    def react(_: Event) -> list[Effect]:
        raise error

    async def start() -> Driver:
        return Driver(Toy(react))

    assert run_program("prog", start) == STATUS_FAILED
    assert capsys.readouterr().err == f"prog: {sentence}\n"


def test_what_comes_before_the_loop(capsys: pytest.CaptureFixture[str]) -> None:
    """A program may ask a person before it serves: no loop runs, and who breaks it off ends the program."""

    def ask() -> Awaitable[Driver]:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_program("prog", ask)

    def refuse() -> Awaitable[Driver]:
        raise UserFault("it is locked")

    assert run_program("prog", refuse) == STATUS_FAILED
    assert capsys.readouterr().err == "prog: it is locked\n"


def test_our_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault of ours is one sentence too, and its trace is in the log."""

    async def fail() -> Driver:
        raise ZeroDivisionError("what a shame")

    assert run_program("prog", fail) == STATUS_FAILED
    *log, last = capsys.readouterr().err.splitlines()
    assert last == "prog: stopped by a fault of its own (ZeroDivisionError: what a shame)"
    assert "Traceback (most recent call last):" in log


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed standard output does not keep a program from serving."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        announce("ready")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), closed.fileno())  # so that closing it does not complain


def test_faults_of_the_loop(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes wrong in the loop itself is logged once in a while, and the program goes on."""

    async def start() -> Driver:
        loop = asyncio.get_running_loop()
        for _ in range(100):
            loop.call_exception_handler(
                {"message": "no room", "exception": OSError(24, "Too many open files")}
            )
        loop.call_exception_handler({"message": "oops", "exception": ZeroDivisionError("ours")})
        driver = Driver(Toy())
        driver.stop()
        return driver

    assert run_program("prog", start) == STATUS_GOOD
    told = capsys.readouterr().err
    assert told.count("ERROR prog] no room: Too many open files\n") == told.count("no room") == 1
    assert "ERROR prog] oops\nZeroDivisionError: ours\n" in told
