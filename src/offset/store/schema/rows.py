"""Functions that make a row of a record, and the record again.

They are written out for each kind of record when the program starts, as the standard library does it for data classes:
nothing is looked up for a row, so it costs what a function written by hand would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from offset.store.schema.columns import FLATTENED, Column

Row = tuple[Any, ...]


def row_writer(columns: tuple[Column, ...]) -> Callable[[Any], Row]:
    """Makes the row of a record or key, in the order of the columns."""
    names: dict[str, Any] = {}
    cells = ""
    for column in columns:
        value = "record." + ".".join(column.path)
        cell = value
        if column.form.to_cell is not None:
            names[f"to_{column.name}"] = column.form.to_cell
            cell = f"to_{column.name}({value})"
            if column.is_optional:
                cell = f"None if {value} is None else {cell}"
        cells += f"{cell}, "
    return _function(f"lambda record: ({cells})", names)


def row_reader(kind: type[Any], columns: tuple[Column, ...]) -> Callable[..., Any]:
    """Makes a record of this kind from the cells of its row, which are its arguments."""
    names: dict[str, Any] = {"make_record": kind}
    values = ""
    for field, group in groupby(columns, lambda column: column.path[0]):
        inner = ", ".join(_value(column, names) for column in group)
        flat = FLATTENED.get((kind, field))
        if flat is not None:
            names[f"make_{field}"] = flat.fields
            inner = f"make_{field}({inner})"
        values += f"{inner}, "
    return _function(f"lambda {', '.join(column.name for column in columns)}: make_record({values})", names)


def _value(column: Column, names: dict[str, Any]) -> str:
    if column.form.from_cell is None:
        return column.name
    names[f"from_{column.name}"] = column.form.from_cell
    value = f"from_{column.name}({column.name})"
    return f"None if {column.name} is None else {value}" if column.is_optional else value


def _function(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    # Nothing but names of our own fields and columns is in the source.
    function: Callable[..., Any] = eval(source, names)
    return function
