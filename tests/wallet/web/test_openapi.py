"""The document of the interface: whole, and true to the table."""

from __future__ import annotations

import re
from typing import Any

from offset.wallet.web.app import ROOT
from offset.wallet.web.openapi import document
from offset.wallet.web.server import ROUTES
from offset.wallet.web.table import Needs
from support.wallets import Served


def _references(value: Any) -> set[str]:
    """All that a part of the document refers to."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(_references, value.values()))
    return set().union(*map(_references, value)) if isinstance(value, list) else set()


def test_every_route_is_described() -> None:
    """Each has a name of its own, words, its parameters, answers, and whether a key is wanted."""
    made = document(ROUTES)
    names = set()
    for route in ROUTES:
        path = ROOT + re.sub(r":\w+\}", "}", route.path)
        operation = made["paths"][path][route.method.lower()]
        names.add(operation["operationId"])
        assert operation["summary"].endswith(".")
        inside = {entry["name"] for entry in operation["parameters"] if entry["in"] == "path"}
        assert inside == set(re.findall(r"\{(\w+)", route.path))
        assert bool(operation["security"]) is (route.needs is not Needs.NOTHING)
        assert ("requestBody" in operation) is (route.body is not None)
        assert ("428" in operation["responses"]) is route.asks
        assert "default" in operation["responses"]
    assert len(names) == len(ROUTES)


def test_all_references_lead_somewhere() -> None:
    """Whatever a schema refers to is among the components."""
    made = document(ROUTES)
    for reference in _references(made):
        name = reference.removeprefix("#/components/schemas/")
        assert name in made["components"]["schemas"]


def test_it_is_served(wallet: Served) -> None:
    """Whoever may ask at all gets it."""
    assert wallet.ask("GET", "/openapi.json").body["openapi"] == "3.1.0"
    assert wallet.ask("GET", "/openapi.json", key=None).kind == "no-key"
