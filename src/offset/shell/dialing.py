"""Connections that we open: to a host by name or address, all its addresses, staggered (spec 02, W25)."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from itertools import chain, zip_longest
from typing import Any

from offset.base.faults import UserFault
from offset.base.ids import Conn
from offset.base.instants import Millis
from offset.base.limits import CONNECT_STAGGER_MS
from offset.base.names import is_public_ip
from offset.engine.surface import Dial
from offset.shell.addresses import Address, parse_address
from offset.shell.resolving import Lookups

SocketName = tuple[socket.AddressFamily, tuple[Any, ...]]


class Dials:
    """The dials under way, by the numbers of their connections."""

    __slots__ = ("_connect_ms", "_failed", "_lookups", "_make_protocol", "_tasks")

    def __init__(
        self,
        make_protocol: Callable[[Conn], asyncio.Protocol],
        failed: Callable[[Conn, str], None],
        connect_ms: Millis,
    ) -> None:
        """`make_protocol` serves a connection that is made; `failed` hears why one is not."""
        self._make_protocol = make_protocol
        self._failed = failed
        self._connect_ms = connect_ms
        self._lookups = Lookups()
        self._tasks: dict[Conn, asyncio.Task[None]] = {}

    def start(self, dial: Dial) -> None:
        """Begin; ends in a protocol with a connection, in `failed`, or in `give_up`."""
        self._tasks[dial.conn] = asyncio.get_running_loop().create_task(self._dial(dial))

    def made(self, conn: Conn) -> bool:
        """The protocol has its connection; False: it comes too late, the dial was given up."""
        return self._tasks.pop(conn, None) is not None

    def give_up(self, conn: Conn) -> bool:
        """End a dial; False: there is none of this number."""
        task = self._tasks.pop(conn, None)
        if task is None:
            return False
        task.cancel()
        return True

    async def give_up_all(self) -> None:
        """End all dials, and wait until their sockets are closed."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dial(self, dial: Dial) -> None:
        conn, address = dial.conn, dial.address
        try:
            async with asyncio.timeout(self._connect_ms / 1000):
                where = parse_address(address)
                opened = await open_socket(where, self._lookups, public_only=dial.public_only)
                try:
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(lambda: self._make_protocol(conn), sock=opened)
                except BaseException:
                    opened.close()
                    raise
            return
        except TimeoutError:
            reason = f"no connection to {address} within {self._connect_ms} ms"
        except UserFault as fault:
            reason = str(fault)
        except (OSError, UnicodeError, ValueError) as error:
            # The last two mean that no host can have such a name.
            reason = f"no connection to {address}: {_words(error)}"
        if self._tasks.pop(conn, None) is not None:
            self._failed(conn, reason)


def _words(error: Exception) -> str:
    """What the system says; asyncio puts words of its own in their place, with a tuple of Python."""
    number = getattr(error, "errno", None)
    if number is not None and number > 0:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)


async def open_socket(address: Address, lookups: Lookups, *, public_only: bool = False) -> socket.socket:
    """A connected socket; the caller bounds the time. Raises OSError when no address of the host answers.

    `public_only`: addresses outside of the public network are left out. They are looked at here because a name may
    stand for one, and so may a number in an unusual form.

    The families take turns and an address gets a short start before the next one joins the race: asyncio does
    the same (`happy_eyeballs_delay`), but uvloop does not.
    """
    names = await _resolve(address, lookups)
    if public_only:
        names = [name for name in names if is_public_ip(name[1][0])]
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    try:
        for name in names:
            attempts.add(asyncio.create_task(_connect(*name)))
            winner = await _first(attempts, failures, CONNECT_STAGGER_MS / 1000)
            if winner is not None:
                return winner
        while attempts:
            winner = await _first(attempts, failures, None)
            if winner is not None:
                return winner
    finally:
        await _give_up(attempts)
    if not failures:
        raise OSError(f"{address.host} has no {'public ' if public_only else ''}address")
    raise failures[0]


async def _first(
    attempts: set[asyncio.Task[socket.socket]], failures: list[OSError], timeout: float | None
) -> socket.socket | None:
    """The socket of the first attempt that succeeds. None when the time is over or an attempt failed."""
    done, _ = await asyncio.wait(attempts, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    winner: socket.socket | None = None
    for attempt in done:
        attempts.discard(attempt)
        error = attempt.exception()
        if isinstance(error, OSError):
            failures.append(error)
        elif error is not None:
            raise error
        elif winner is None:
            winner = attempt.result()
        else:
            # Two succeeded at once.
            attempt.result().close()
    return winner


async def _give_up(attempts: set[asyncio.Task[socket.socket]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for late in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(late, socket.socket):
            # It succeeded while we looked elsewhere.
            late.close()


async def _connect(family: socket.AddressFamily, name: tuple[Any, ...]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, name)
    except BaseException:
        opened.close()
        raise
    return opened


async def _resolve(address: Address, lookups: Lookups) -> list[SocketName]:
    """The addresses of a host, the two families in turn, the system's favourite first."""
    families: dict[socket.AddressFamily, list[SocketName]] = {}
    for family, _, _, _, name in await lookups.find(address):
        families.setdefault(family, []).append((family, name))
    return [name for name in chain.from_iterable(zip_longest(*families.values())) if name is not None]
