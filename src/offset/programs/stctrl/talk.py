"""Work with the node that a call is for, through the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from offset.app.connecting import connect
from offset.app.errors import NoAnswer, NotPermitted
from offset.app.node import Node
from offset.app.session import CONNECT_S
from offset.programs.stctrl.call import Call

T = TypeVar("T")


def talk(
    call: Call,
    permission: str | None,
    work: Callable[[Node], Awaitable[T]],
    extra_s: float = 0,
    *,
    report: bool = True,
) -> T:
    """Do some work with the node, for which the app needs a permission; None: the SDK says which.

    `report`: False for work that needs no report, as for `connect`.

    It may take the time of the call and `extra_s` seconds. Raises UserFault for the files, CannotConnect,
    NotTrusted, NotPermitted, NoAnswer, and what `work` raises.
    """
    identity, ticket = call.load()
    timeout_s = call.timeout_s + extra_s

    async def connected() -> T:
        async with connect(
            ticket, None, identity, timeout_s=min(CONNECT_S, timeout_s), report=report
        ) as node:
            if permission is not None and not getattr(node.permissions, permission):
                raise NotPermitted(f"this app does not have the permission '{permission}' of the node")
            try:
                async with asyncio.timeout(timeout_s):
                    return await work(node)
            except TimeoutError:
                raise NoAnswer(f"the node did not answer within {timeout_s:g} s") from None

    return asyncio.run(connected())
