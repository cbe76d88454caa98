"""Routes: what a text is, and its picture."""

from __future__ import annotations

import asyncio

from offset.wallet import reading
from offset.wallet.qr import draw
from offset.wallet.values.texts import ReadAnswer, ToDraw, ToRead
from offset.wallet.web.table import Ask, Needs, Plain, Route


async def read(ask: Ask) -> ReadAnswer:
    """What a text, a file or a scanned code is, and what can be done with it."""
    body: ToRead = ask.body
    clerk = None if body.card is None else ask.wallet.clerks.get(ask.card_named(body.card).id)
    return await reading.read(body.text, clerk, ask.wallet.own_keys())


async def qr(ask: Ask) -> Plain:
    """The QR code of a text."""
    body: ToDraw = ask.body
    picture = await asyncio.to_thread(draw, body.text, body.form, body.scale)
    return Plain(picture, "image/svg+xml" if body.form == "svg" else "image/png")


ROUTES = (
    Route("POST", "/read", Needs.SEE, read, body=ToRead, answer=ReadAnswer),
    Route("POST", "/qr", Needs.SEE, qr, body=ToDraw, media_type="image/svg+xml"),
)
