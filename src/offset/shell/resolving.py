"""Names of hosts, looked up in threads of our own (spec 02, W25).

A loop has few threads for that, and waits for them when it ends: some names whose server does not answer would hold up
all others, and a program that was told to stop. Nobody waits for these threads, and who gives up waits no longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from offset.base.limits import NAME_LOOKUPS_MAX
from offset.shell.addresses import Address, is_ip

Found = list[tuple[Any, ...]]
"""What `socket.getaddrinfo` gives."""


class Lookups:
    """Lookups under way in one loop. Whoever asks for a name that is being looked up shares the answer."""

    __slots__ = ("_look_up", "_under_way")

    def __init__(self, look_up: Callable[..., Found] = socket.getaddrinfo) -> None:
        self._look_up = look_up
        self._under_way: dict[Address, asyncio.Future[Found]] = {}

    async def find(self, address: Address) -> Found:
        """The addresses of a host. Raises OSError or UnicodeError, also when too many names are asked for."""
        if is_ip(address.host):
            return self._ask(address)
        return await asyncio.shield(self._under_way.get(address) or self._begin(address))

    def _begin(self, address: Address) -> asyncio.Future[Found]:
        if len(self._under_way) >= NAME_LOOKUPS_MAX:
            raise OSError(f"{NAME_LOOKUPS_MAX} names are being looked up already")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Found] = loop.create_future()
        try:
            threading.Thread(target=self._run, args=(loop, address, found), daemon=True).start()
        except RuntimeError as error:
            # The system has no thread left.
            raise OSError(str(error)) from None
        self._under_way[address] = found
        return found

    def _ask(self, address: Address) -> Found:
        is_number = is_ip(address.host)
        # A text is spelled as an international name first, whose tables take a command as long as its talk with a node.
        host = address.host.encode() if is_number else address.host
        flags = socket.AI_NUMERICHOST if is_number else 0
        return self._look_up(
            host, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=flags
        )

    def _run(self, loop: asyncio.AbstractEventLoop, address: Address, found: asyncio.Future[Found]) -> None:
        result: Found | Exception
        try:
            result = self._ask(address)
        except Exception as error:
            # Whoever asked is told, whatever it is.
            result = error
        # Once the loop is closed, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._tell, address, found, result)

    def _tell(self, address: Address, found: asyncio.Future[Found], result: Found | Exception) -> None:
        del self._under_way[address]
        if isinstance(result, Exception):
            found.set_exception(result)
            # Looked at: all may have given up, and that is no fault.
            found.exception()
        else:
            found.set_result(result)
