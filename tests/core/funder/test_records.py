"""Records say where they stand, and the type checker refuses what is no place."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy import api

from offset.core.funder import record_kinds, records
from offset.core.funder.record_kinds import RECORDS, in_order
from offset.core.funder.records import Key, Record
from support.records import RECORDS as STRATEGIES

SNIPPET = """
from offset.base.ids import Currency, PublicKey, RequestId
from offset.core.funder.records import ConfigRecord, CreditKey, PendingKey
from offset.core.funder.state.turn import Turn

def drop(turn: Turn, friend: PublicKey, name: Currency, request_id: RequestId, config: ConfigRecord) -> None:
    turn.drop(PendingKey(friend, name, True, request_id))
    turn.drop(config.key())
    turn.drop("pending", friend, name, True, request_id)
    turn.drop(("pending", friend, name, True, request_id))
    turn.drop(PendingKey(friend, name, request_id))
    turn.drop(CreditKey(name, friend))
    turn.drop(config)
    turn.changes[CreditKey(friend, name)] = "nothing"
"""
WRONG = (9, 10, 11, 12, 13, 14)


def test_every_kind_has_its_place_in_the_order() -> None:
    """No record was forgotten, no table or key serves two kinds, and friends come before what belongs to them."""
    found = {**vars(records), **vars(record_kinds)}
    kinds = [cls for cls in found.values() if isinstance(cls, type) and issubclass(cls, Record)]
    assert set(kinds) - {Record} == set(RECORDS) == set(STRATEGIES)
    assert len({kind.TABLE for kind in RECORDS}) == len({kind.KEY for kind in RECORDS}) == len(RECORDS)
    names = [kind.TABLE for kind in RECORDS]
    for earlier, later in (
        ("friends", "configs"),
        ("friends", "channels"),
        ("friends", "credits"),
        ("credits", "pending"),
        ("friends", "queued"),
    ):
        assert names.index(earlier) < names.index(later)


@given(st.one_of(list(STRATEGIES.values())))
def test_a_record_knows_its_key(record: Any) -> None:
    """The key is of the kind that the record declares, and says what the record says."""
    key = record.key()
    assert type(key) is record.KEY
    assert key == record.key()
    for name in key.__struct_fields__:
        holder = record if hasattr(record, name) else record.request
        assert getattr(key, name) == getattr(holder, name)


@given(st.lists(st.one_of(list(STRATEGIES.values()))))
def test_the_order_is_that_of_tables_and_keys(found: list[Any]) -> None:
    """In whatever order rows were written, they come back table by table and key by key."""
    rows: dict[Key, Record] = {record.key(): record for record in found}
    listed = in_order(rows)
    places = [(RECORDS.index(type(record)), msgspec.structs.astuple(record.key())) for record in listed]
    assert places == sorted(places)
    assert len(listed) == len(rows)
    assert listed == in_order(dict(reversed(rows.items())))


def test_the_type_checker_refuses_a_wrong_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of a table in quotes, parts in a wrong order or too few of them are errors before anything runs."""
    monkeypatch.chdir(Path(__file__).parents[3])
    path = tmp_path / "snippet.py"
    path.write_text(SNIPPET)
    found, errors, _ = api.run([str(path)])
    assert errors == ""
    lines = [int(line.split(":")[1]) for line in found.splitlines() if ": error:" in line]
    assert tuple(sorted(dict.fromkeys(lines))) == WRONG, found
