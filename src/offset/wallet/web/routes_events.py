"""Route: the stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from offset.base.limits import WALLET_BEAT_MS, WALLET_STREAMS_PER_SESSION_MAX
from offset.wallet.refusals import Refusal
from offset.wallet.values.events import Event
from offset.wallet.values.parts import Body
from offset.wallet.web.sessions import Session
from offset.wallet.web.table import Ask, Needs, Route


class After(Body):
    """Where to go on."""

    after: Annotated[str, Meta(max_length=64)] | None = None


async def events(ask: Ask) -> Response:
    """What changes from now on, or since the event named by `Last-Event-ID` or `after`; does not end by itself.

    Each event has `id`, `event` with its kind, and `data` with an Event. It begins with a comment; more of them come
    while nothing happens.
    """
    session = ask.owner
    if session.streams >= WALLET_STREAMS_PER_SESSION_MAX:
        raise Refusal(
            "rate",
            f"A page reads at most {WALLET_STREAMS_PER_SESSION_MAX} streams of events. Close another tab.",
        )
    after = ask.headers.get("last-event-id") or ask.query.after
    return StreamingResponse(_stream(ask, session, after), media_type="text/event-stream")


async def _stream(ask: Ask, session: Session, after: str | None) -> AsyncIterator[bytes]:
    session.streams += 1
    reading = ask.wallet.events.read(after, WALLET_BEAT_MS / 1000)
    try:
        yield f"retry: 1000\n: {ask.wallet.events.last_id}\n\n".encode()
        async for id, event in reading:
            if session.is_over:
                return
            if event is not None and not _is_for(session, event):
                continue
            if event is None:
                yield b": beat\n\n"
            else:
                data = msgspec.json.encode(event)
                yield b"id: %b\nevent: %b\ndata: %b\n\n" % (id.encode(), event.kind.encode(), data)
    finally:
        session.streams -= 1
        await reading.aclose()


def _is_for(session: Session, event: Event) -> bool:
    """A program that has to do with some cards only hears of these only."""
    if session.grant is None or session.grant.cards is None:
        return True
    return (event.kind == "resync" and event.card is None) or (
        event.card is not None and session.sees(event.card)
    )


ROUTES = (
    Route(
        "GET",
        "/events",
        Needs.SEE,
        events,
        query=After,
        media_type="text/event-stream",
    ),
)
