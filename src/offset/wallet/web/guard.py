"""What stands before every request: the right place, and headers that keep others out of the page."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offset.wallet.refusals import Refusal
from offset.wallet.web.answers import problem_response

_IMPORT_MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)


def policy(index: bytes) -> str:
    """The Content-Security-Policy; `index` is the page, whose one script in the text is let in by its hash."""
    hashes = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(found).digest()).decode()}'"
        for found in _IMPORT_MAP.findall(index)
    )
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'wasm-unsafe-eval'{hashes}",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class Guard:
    """Wraps the application as one listener serves it."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, csp: str) -> None:
        """`hosts`: what the header Host may say; None at the socket, which no browser reaches."""
        self._app = app
        self._hosts = None if hosts is None else {host.encode() for host in hosts}
        self._headers = [
            (b"content-security-policy", csp.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(self)"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            # There are neither web sockets nor a lifespan.
            return
        scope["offset.socket"] = self._hosts is None

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *self._headers]
                if b"cache-control" not in present:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if self._hosts is not None and (len(hosts) != 1 or hosts[0].lower() not in self._hosts):
            refused = Refusal(
                "other-host", "This is not the address of the wallet. Open it with: offset wallet open"
            )
            await problem_response(refused)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)
