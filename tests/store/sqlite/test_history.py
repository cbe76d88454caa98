"""Taking the history out of a database: what is read, what is pruned, and what stays for ever."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import Changes, HistoryRecord, Record, UsedKey, UsedRecord
from offset.store.sqlite.database import Database
from offset.store.sqlite.history import Span, open_history

KEY = bytes(range(32))


def row(number: int) -> HistoryRecord:
    return HistoryRecord(number, HistoryKind.PAID, number.to_bytes(16, "big"), "FST", 5, KEY, b"receipt")


def used(number: int) -> UsedRecord:
    return UsedRecord(UsedKind.PAYMENT, number.to_bytes(16, "big"))


def changes_of(*records: Record) -> Changes:
    return {record.key(): record for record in records}


@pytest.fixture
def filled(path: Path) -> Path:
    """Five rows, one for each second, each with its used id."""
    now = [0]
    with closing(Database.open(path, KEY, now=lambda: now[0])) as database:
        for number in range(1, 6):
            now[0] = 1000 * number
            database.write(changes_of(row(number), used(number)))
        database.flush()
    return path


def numbers(path: Path, span: Span) -> list[int]:
    with open_history(path, alone=False) as history:
        return [noted.row.number for noted in history.rows(span)]


def prune(path: Path, span: Span) -> None:
    with open_history(path, alone=True) as history:
        history.prune(span, len(list(history.rows(span))))


def test_spans(filled: Path) -> None:
    """By number and by time; the last time is too late."""
    assert numbers(filled, Span()) == [1, 2, 3, 4, 5]
    assert numbers(filled, Span(first=2, last=4)) == [2, 3, 4]
    assert numbers(filled, Span(since=2000, until=4000)) == [2, 3]
    assert numbers(filled, Span(first=3, until=4000)) == [3]


def test_reading_while_a_node_runs(filled: Path) -> None:
    """What it made durable is there; pruning is refused, as the node counts on its rows."""
    with closing(Database.open(filled, KEY)) as database:
        database.write(changes_of(row(6)))
        database.flush()
        assert numbers(filled, Span()) == [1, 2, 3, 4, 5, 6]
        with pytest.raises(UserFault, match="another program"), open_history(filled, alone=True):
            pass


@pytest.mark.parametrize("span", [Span(), Span(first=4), Span(last=2)], ids=["all", "newest", "oldest"])
def test_what_stays_when_rows_are_pruned(filled: Path, span: Span) -> None:
    """The others, the ids as used, and the numbers: none comes again, also when the newest rows went."""
    gone = numbers(filled, span)
    prune(filled, span)
    with closing(Database.open(filled, KEY)) as database:
        rest = [noted.row for noted in database.past.oldest(0, 9)]
        assert rest == [row(number) for number in range(1, 6) if number not in gone]
        assert database.past.last_number() == 5
        for number in range(1, 6):
            assert database.past.is_used(UsedKey(UsedKind.PAYMENT, number.to_bytes(16, "big")))
        database.write(changes_of(row(6)))
        database.flush()
    prune(filled, Span())
    with closing(Database.open(filled, KEY)) as database:
        assert database.past.last_number() == 6
        assert database.past.newest(None, 9) == []


def test_nothing_is_pruned_that_was_not_read(filled: Path) -> None:
    """If the span holds another number of rows than were written down, all of them stay."""
    with open_history(filled, alone=True) as history, pytest.raises(UserFault, match="none was"):
        history.prune(Span(), 4)
    assert numbers(filled, Span()) == [1, 2, 3, 4, 5]


def test_a_row_that_cannot_be_read(filled: Path) -> None:
    """One sentence that says what to do."""
    with closing(sqlite3.connect(filled)) as person:
        person.execute("UPDATE history SET amount = 'many' WHERE number = 3")
        person.commit()
    with pytest.raises(UserFault, match="a row of history cannot be read, it is damaged"):
        numbers(filled, Span())


@pytest.mark.parametrize("change, said", [(-1, "start its node once"), (1, "a newer program wrote")])
def test_other_formats(filled: Path, change: int, said: str) -> None:
    """An older database is brought to the newest format by its node; a newer one is for a newer program."""
    with closing(sqlite3.connect(filled)) as person:
        (found,) = person.execute("PRAGMA user_version").fetchone()
        person.execute(f"PRAGMA user_version = {found + change}")
        person.commit()
    with pytest.raises(UserFault, match=said):
        numbers(filled, Span())
