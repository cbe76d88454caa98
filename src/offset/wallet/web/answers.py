"""Answers on their way out: JSON, problems, small enough."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from offset.app.errors import Disconnected, NoAnswer, NotPermitted, PaymentError
from offset.base.faults import NodeStopped, OffsetError, UserFault
from offset.wallet.refusals import Refusal
from offset.wallet.values.problems import problem_value
from offset.wallet.web.table import Plain

log = logging.getLogger("offset")

ZIPPED_BYTES = 1024
"""An answer shorter than this is sent as it is."""
THREAD_BYTES = 32 * 1024
"""A longer one is packed in a thread, so that the loop goes on."""
ZIP_LEVEL = 5
PLAIN_TYPES = (
    "text/",
    "application/json",
    "application/problem+json",
    "image/svg+xml",
    "application/manifest+json",
)
PROBLEM = "application/problem+json"

_encoder = msgspec.json.Encoder(decimal_format="string")


async def answer(value: Any, status: int, accepts: str) -> Response:
    """The response with a value, a Plain, or nothing. `accepts`: the encodings that the caller takes."""
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status_code=204)
    if isinstance(value, Plain):
        return await packed(value.content, value.media_type, status, accepts, value.headers)
    return await packed(_encoder.encode(value), "application/json", status, accepts)


async def packed(
    content: bytes, media_type: str, status: int, accepts: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with these bytes, zipped where that makes them shorter."""
    response_headers = {"Vary": "Accept-Encoding", **(headers or {})}
    if takes_gzip(accepts) and (zipped := await zipped_if_shorter(content, media_type)) is not None:
        response_headers["Content-Encoding"] = "gzip"
        content = zipped
    return Response(content, status, response_headers, media_type)


async def zipped_if_shorter(content: bytes, media_type: str) -> bytes | None:
    """The same, zipped; None where that makes it hardly shorter."""
    if len(content) < ZIPPED_BYTES or not media_type.startswith(PLAIN_TYPES):
        return None
    if len(content) >= THREAD_BYTES:
        return await asyncio.to_thread(gzip.compress, content, ZIP_LEVEL)
    return gzip.compress(content, ZIP_LEVEL)


def takes_gzip(accepts: str) -> bool:
    """Whether an Accept-Encoding has gzip, and does not rule it out."""
    for part in accepts.split(","):
        name, _, weight = part.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def problem_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The response with a problem."""
    return Response(
        _encoder.encode(problem_value(refusal.problem)), refusal.status, dict(headers or {}), PROBLEM
    )


def refusal_of(error: Exception) -> Refusal:
    """What an error means to whoever asked. A fault of ours is logged, and told without its details."""
    match error:
        case Refusal():
            return error
        case NotPermitted():
            return Refusal("no-right", str(error), cause="node")
        case NoAnswer():
            return Refusal("no-answer", f"{error}; whether it was done is not known", remedies=["try-again"])
        case Disconnected():
            return Refusal("node-down", str(error), remedies=["wait"])
        case PaymentError():
            return Refusal("cannot-pay", str(error))
        case UserFault():
            return Refusal("refused", str(error))
        case NodeStopped():
            return Refusal("disk", str(error), remedies=["make-room"])
        case OffsetError():
            return Refusal("refused", str(error))
    log.error("a fault of the wallet", exc_info=error)
    return Refusal(
        "ours", "This is a fault of the wallet; its log says more. Look again before you repeat it."
    )
