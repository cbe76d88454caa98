"""A request that comes again with the same key is not carried out again: it gets the same answer.

So a double click, or a page that sends anew after a lost connection, makes one thing. What was refused may be tried
again under its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from offset.base.limits import WALLET_REPEATS_MAX
from offset.wallet.refusals import Refusal

T = TypeVar("T")


class _Done(NamedTuple):
    request: bytes
    answer: asyncio.Future[Any]


class Repeats:
    """The answers that are kept, oldest first."""

    def __init__(self) -> None:
        self._done: dict[tuple[str, str], _Done] = {}

    async def once(self, caller: str, key: str, request: bytes, do: Callable[[], Awaitable[T]]) -> T:
        """What `do` answers, now or when the request came first.

        `request` is the hash of the whole request. Raises Refusal when the key came with another one, and what `do`
        raises, which is not kept.
        """
        name = (caller, key)
        found = self._done.get(name)
        if found is not None:
            if found.request != request:
                raise Refusal(
                    "other-body", "The same Idempotency-Key came with another request. Use a new one."
                )
            # A caller that leaves must not take the answer from the other.
            answered: T = await asyncio.shield(found.answer)
            return answered
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._done[name] = _Done(request, answer)
        while len(self._done) > WALLET_REPEATS_MAX:
            del self._done[next(iter(self._done))]
        try:
            value = await do()
        except BaseException as error:
            self._done.pop(name, None)
            answer.set_exception(
                error
                if isinstance(error, Exception)
                else Refusal("busy", "The request was broken off. Try again.")
            )
            # Looked at, because nobody may wait for it.
            answer.exception()
            raise
        answer.set_result(value)
        return value
