"""From a request to its handler, and back: path, rights, rates, body, repetition, errors."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from offset.base.limits import WALLET_BODY_BYTES_MAX
from offset.shell.system import Clock, monotonic_ms
from offset.wallet.refusals import Refusal
from offset.wallet.web.answers import answer, problem_response, refusal_of
from offset.wallet.web.repeats import Repeats
from offset.wallet.web.sessions import Session
from offset.wallet.web.table import Ask, Desk, Needs, Route

log = logging.getLogger("offset")

ROOT = "/api/v1"
KEY_CHARACTERS = 200
"""An Idempotency-Key is shorter."""


class Api:
    """The REST interface as an ASGI application; what is not below its root goes to `face`."""

    def __init__(self, desk: Desk, routes: Iterable[Route], face: Any, clock: Clock = monotonic_ms) -> None:
        """`face` serves the files of the page, as an ASGI application."""
        self._desk, self._face, self._clock = desk, face, clock
        self._repeats = Repeats()
        self._paths: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            methods = by_path.setdefault(route.path, {})
            assert route.method not in methods, f"two routes for {route.method} {route.path}"
            methods[route.method] = route
        for path, methods in by_path.items():
            pattern, _, _ = compile_path(ROOT + path)
            self._paths.append((pattern, methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not (scope["path"] == ROOT or scope["path"].startswith(f"{ROOT}/")):
            await self._face(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except Exception as error:
            refusal = refusal_of(error)
            headers = {}
            if refusal.kind == "no-key":
                headers["WWW-Authenticate"] = "X-Offset-Key"
            if refusal.kind == "method-not-allowed" and refusal.problem.cause:
                headers["Allow"] = refusal.problem.cause
            response = problem_response(refusal, headers)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        route, path = self._route(request)
        session = self._caller(request, route)
        if session is not None and "card" in path and not session.sees(path["card"]):
            raise Refusal("not-found", "There is no such card in this wallet.")
        body, raw = await self._body(request, route)
        target = request.url.path + ("?" + request.url.query if request.url.query else "")
        ask = Ask(
            self._desk,
            session,
            method=request.method,
            target=target,
            path=path,
            headers=request.headers,
            body=body,
            query=self._query(request, route),
            raw=raw,
        )
        accepts = request.headers.get("accept-encoding", "")
        if ask.key is None or request.method != "POST" or route.needs is Needs.NOTHING:
            return await answer(await route.handler(ask), route.status, accepts)
        if not 0 < len(ask.key) <= KEY_CHARACTERS:
            raise Refusal("malformed", f"An Idempotency-Key has 1 to {KEY_CHARACTERS} characters.")
        # In a task of its own: a page that leaves does not break off what it has ordered.
        doing = asyncio.ensure_future(
            self._repeats.once(ask.caller, ask.key, ask.digest, lambda: route.handler(ask))
        )
        return await answer(await asyncio.shield(doing), route.status, accepts)

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        for pattern, methods in self._paths:
            match = pattern.match(request.scope["path"])
            if match is not None:
                route = methods.get(request.method)
                if route is None:
                    allowed = ", ".join(sorted(methods))
                    raise Refusal("method-not-allowed", f"This path takes {allowed}.", cause=allowed)
                return route, match.groupdict()
        raise Refusal("not-found", "There is nothing at this path.")

    def _caller(self, request: Request, route: Route) -> Session | None:
        """Who asks, if it may. Raises Refusal."""
        if route.needs is Needs.NOTHING:
            return None
        now = self._clock()
        sessions = self._desk.sessions
        session: Session | None
        if "authorization" in request.headers:
            # With a token beside a key the token alone counts, which may do less.
            scheme, _, secret = request.headers["authorization"].partition(" ")
            grant = self._desk.wallet.tokens.of_secret(secret.strip()) if scheme.lower() == "bearer" else None
            if grant is None:
                raise Refusal("no-key", "This wallet knows no such token, or its time is over.")
            session = sessions.of_grant(grant)
            session.spend_call(now)
        elif request.scope["offset.socket"]:
            session = sessions.socket
        else:
            key = request.headers.get("x-offset-key")
            session = None if key is None else sessions.of_key(key)
            if session is None:
                raise Refusal(
                    "no-key",
                    "You are not logged in, or the wallet was started anew. Open it with: offset wallet open",
                    remedies=["log-in"],
                )
            session.spend_call(now)
        if route.needs is not Needs.ANY and route.needs.value not in session.rights:
            raise Refusal(
                "no-right", "This wants a right that you do not have here.", cause=route.needs.value
            )
        return session

    async def _body(self, request: Request, route: Route) -> tuple[Any, bytes]:
        """The body as a value, and its bytes. Raises Refusal."""
        parts, length = [], 0
        async for part in request.stream():
            length += len(part)
            if length > WALLET_BODY_BYTES_MAX:
                raise Refusal("too-large", f"A body has at most {WALLET_BODY_BYTES_MAX} bytes.")
            parts.append(part)
        raw = b"".join(parts)
        if route.body is None:
            if raw.strip() not in (b"", b"{}"):
                raise Refusal("malformed", "This takes no body.")
            return None, b""
        # No other site can send this type without being asked for leave, which we never give.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal("not-json", "Send JSON, with Content-Type: application/json.")
        try:
            return msgspec.json.decode(raw, type=route.body), raw
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Refusal("malformed", f"The body is not understood: {error}.") from None

    def _query(self, request: Request, route: Route) -> Any:
        given = dict(request.query_params.multi_items())
        if route.query is None:
            if given:
                raise Refusal("malformed", f"This takes no parameters such as {next(iter(given))}.")
            return None
        try:
            return msgspec.convert(given, route.query, strict=False)
        except msgspec.ValidationError as error:
            raise Refusal("malformed", f"The parameters are not understood: {error}.") from None
