"""What schemathesis is told about the wallet: ids that are there, and which answers are faults."""

from __future__ import annotations

import os
import random
from typing import Any

import schemathesis

KNOWN = {
    "card": os.environ.get("CARD", ""),
    "friend": os.environ.get("FRIEND", ""),
    "key": os.environ.get("FRIEND", ""),
    "currency": "FST",
}
SHARE = 0.8
"""How often an id is replaced by one that is there."""
NOT_FAULTS = {"node-down", "no-answer", "busy"}
"""Kinds of problems with a status of 500 or above that are no faults of the wallet: a card is closed meanwhile."""


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Put ids into the path that are there."""
    if path_parameters:
        for name in path_parameters.keys() & KNOWN.keys():
            if random.random() < SHARE:
                path_parameters[name] = KNOWN[name]
    return path_parameters


@schemathesis.check
def no_fault_of_the_wallet(context: Any, response: Any, case: Any) -> None:
    """A status of 500 or above is that of a node which cannot be asked."""
    if response.status_code >= 500:
        kind = response.json()["type"].rpartition(":")[2]
        assert kind in NOT_FAULTS, f"{kind}: {response.text}"
