"""The OpenAPI 3.1 document of the wallet, made of the table of routes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from offset import __version__
from offset.base.limits import CURRENCY_BYTES_MAX
from offset.wallet.values.problems import Problem
from offset.wallet.web.app import KEY_CHARACTERS, ROOT
from offset.wallet.web.table import Needs, Route

_PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")
_REFERENCE = "#/components/schemas/{name}"
_KEY_ONLY: list[dict[str, list[str]]] = [{"key": []}]
_KEY_OR_TOKEN: list[dict[str, list[str]]] = [{"key": []}, {"token": []}]


_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,86}$"}
_KEY = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
_REPEAT = {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS}
_IN_PATHS: dict[str, dict[str, Any]] = {
    "friend": _KEY,
    "key": _KEY,
    "currency": {"type": "string", "minLength": 1, "maxLength": CURRENCY_BYTES_MAX},
}
"""The schemas of parameters in paths; the others are ids."""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """All routes, with the schemas of what they take and answer."""
    routes = list(routes)
    types: list[Any] = [Problem]
    for route in routes:
        types += [kind for kind in (route.body, route.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", ROOT + route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Offset wallet",
            "version": __version__,
            "description": "Amounts are texts of whole credits, keys and ids base64url, times RFC 3339.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Offset-Key"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    words = inspect.getdoc(route.handler) or ""
    problem = {"application/problem+json": {"schema": schema_of[repr(Problem)]}}
    responses: dict[str, Any] = {"default": {"description": "A problem", "content": problem}}
    if route.answer is None and route.media_type == "application/json":
        responses["204"] = {"description": "Done"}
    elif route.answer is None:
        content: dict[str, Any] = {route.media_type: {}}
        responses[str(route.status)] = {"description": "The answer", "content": content}
    else:
        content = {route.media_type: {"schema": schema_of[repr(route.answer)]}}
        responses[str(route.status)] = {"description": "The answer", "content": content}
    if route.asks:
        responses["428"] = {
            "description": "To be confirmed: the same request again, with the code in X-Offset-Confirm",
            "content": problem,
        }
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '_', route.path)}".rstrip("_"),
        "summary": words.partition("\n")[0],
        "description": f"{words}\n\nNeeds: {route.needs.value}.",
        "parameters": [*_parameters(route)],
        "responses": responses,
        "security": _security(route),
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[repr(route.body)]}},
        }
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.needs is Needs.NOTHING:
        return []
    return _KEY_ONLY if route.needs is Needs.OWN else _KEY_OR_TOKEN


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATHS.get(name, _ID)}
        for name, _ in _PARAMETER.findall(route.path)
    ]
    if route.query is not None:
        schema = msgspec.json.schema(route.query)
        described = schema["$defs"][route.query.__name__]
        for name, kind in described["properties"].items():
            is_required = name in described.get("required", ())
            found.append({"name": name, "in": "query", "required": is_required, "schema": kind})
    if route.method == "POST" and route.needs is not Needs.NOTHING:
        found.append({"name": "Idempotency-Key", "in": "header", "schema": _REPEAT})
    if route.asks:
        found.append({"name": "X-Offset-Confirm", "in": "header", "schema": {"type": "string"}})
    return found
