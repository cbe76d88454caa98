"""Noticing that the machine slept or moved, with clocks and addresses of the test."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offset.base.limits import SLEEP_MS_MIN
from offset.engine.surface import NetworkChanged
from offset.shell import network as network_module
from offset.shell.bounds import Bounds
from offset.shell.driver import Driver
from offset.shell.network import Addresses, InterfaceWatch, own_addresses
from shell.toys import Toy, running

Run = Callable[[Coroutine[Any, Any, None]], None]


class Machine:
    """A machine that sleeps and moves when it is told to."""

    def __init__(self) -> None:
        self.asleep_ms = 1_000
        self.addresses: Addresses = ("192.0.2.7", None)
        self.looks = 0
        self.network = InterfaceWatch(lambda: self.asleep_ms, self._look)

    def _look(self) -> Addresses:
        self.looks += 1
        return self.addresses

    def moves(self, *addresses: str | None) -> bool:
        self.addresses = addresses
        return self.network.has_changed()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_w34_a_machine_that_stays_has_not_changed(machine: Machine) -> None:
    """Neither the constant of the clocks nor the first addresses are news."""
    assert not machine.network.has_changed()


def test_w34_sleep_is_noticed_once(machine: Machine) -> None:
    """A sleep of the smallest length that matters is told, at one look."""
    machine.asleep_ms += SLEEP_MS_MIN
    assert machine.network.has_changed()
    assert not machine.network.has_changed()


def test_w34_clocks_that_drift_are_no_sleep(machine: Machine) -> None:
    """What is less between two looks counts for nothing, however often it comes."""
    for _ in range(10):
        machine.asleep_ms += SLEEP_MS_MIN - 1
        assert not machine.network.has_changed()
    machine.asleep_ms -= 5
    assert not machine.network.has_changed()


def test_w34_another_address_is_noticed_once(machine: Machine) -> None:
    """A new address of either family is told, at one look."""
    assert machine.moves("198.51.100.7", None)
    assert not machine.network.has_changed()
    assert machine.moves("198.51.100.7", "2001:db8::7")


def test_w34_a_lost_network_is_told_when_there_is_one_again(machine: Machine) -> None:
    """Without a network there is nothing to try; the same address after a gap is worth trying."""
    assert not machine.moves(None, None)
    assert not machine.network.has_changed()
    assert machine.moves("192.0.2.7", None)


def test_own_addresses() -> None:
    """There is an answer for each family, an address of that family or None."""
    four, six = own_addresses()
    if four is not None:
        socket.inet_pton(socket.AF_INET, four)
    if six is not None:
        socket.inet_pton(socket.AF_INET6, six.partition("%")[0])


def test_no_network_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system knows no way, or no such family, there is no address, and no failure."""
    monkeypatch.setattr(network_module, "_FAR", ((socket.AF_INET6, "192.0.2.1"), (socket.AF_INET, "::1")))
    assert own_addresses() == (None, None)


def test_own_addresses_are_those_of_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel tells from which address it would speak to the other one."""
    monkeypatch.setattr(network_module, "_FAR", ((socket.AF_INET, "127.0.0.1"),))
    assert own_addresses() == ("127.0.0.1",)


def test_w34_the_driver_looks_again_and_again(run: Run, machine: Machine) -> None:
    """The engine hears NetworkChanged each time it has, and nothing when it has not."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy, network=machine.network, bounds=Bounds(network_look_ms=1))
        async with running(driver):
            machine.asleep_ms += SLEEP_MS_MIN
            await toy.heard(NetworkChanged)
            looks = machine.looks
            while machine.looks < looks + 2:
                await asyncio.sleep(0)
            assert len(toy.of(NetworkChanged)) == 1
            machine.addresses = ("198.51.100.7", None)
            await toy.heard(NetworkChanged, 2)

    run(story())
