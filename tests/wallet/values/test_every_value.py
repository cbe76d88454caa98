"""Each class of values goes to JSON and back, and has a schema for the OpenAPI document."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest

from offset.wallet.values import (
    cards,
    events,
    friends,
    history,
    parts,
    payments,
    problems,
    session,
    texts,
    tokens,
)

MODULES = (cards, events, friends, history, payments, problems, session, texts, tokens)
SAMPLES: dict[Any, Any] = {
    parts.AmountText: "12",
    parts.BalanceText: "-12",
    parts.KeyText: "A" * 43,
    str: "text",
    int: 3,
    bool: True,
    datetime: datetime(2026, 5, 3, tzinfo=UTC),
    Any: None,
}


def _classes() -> list[type[msgspec.Struct]]:
    return [
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == module.__name__
    ]


def _sample(kind: Any) -> Any:
    """Some value of a type, with every part that may be missing."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    origin = get_origin(kind)
    if origin is Annotated:
        return _sample(get_args(kind)[0])
    if origin is Literal:
        return get_args(kind)[0]
    if origin in (Union, types.UnionType):
        return _sample(next(part for part in get_args(kind) if part is not type(None)))
    if origin is tuple:
        return (_sample(get_args(kind)[0]),)
    if origin is dict:
        return {_sample(get_args(kind)[0]): _sample(get_args(kind)[1])}
    fields = msgspec.structs.fields(kind)
    return kind(**{field.name: _sample(field.type) for field in fields})


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_goes_to_json_and_back(kind: type[msgspec.Struct]) -> None:
    """What is written is read as the same value, with every field there."""
    value = _sample(kind)
    assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


def test_all_have_schemas_under_names_of_their_own() -> None:
    """The document names each class once, so no two classes may have one name."""
    classes = _classes()
    _, components = msgspec.json.schema_components(classes, ref_template="#/components/schemas/{name}")
    assert {kind.__name__ for kind in classes} == set(components)
    assert len(components) == len(classes)


def test_a_problem_leaves_out_what_it_does_not_have() -> None:
    """Members without a value do not stand in a problem."""
    problem = problems.Problem(type="urn:offset:problem:rate", title="t", status=429, detail="d", most="3")
    assert problems.problem_value(problem) == {
        "type": "urn:offset:problem:rate",
        "title": "t",
        "status": 429,
        "detail": "d",
        "most": "3",
    }
