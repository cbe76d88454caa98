"""Values of one field each, as schemas write them: bytes of a fixed size, large numbers, short texts (spec 01, 6.6).

Bytes and numbers are UInt64 words that hold them in big-endian order. For `codec.py` alone.
"""

from __future__ import annotations

import struct as pack
from collections.abc import Callable
from typing import Any

from offset.base.faults import TextTooLong

# pycapnp has no types.
Reader = Any
Builder = Any
Read = Callable[[Reader], Any]
Write = Callable[[Builder, Any], None]

WORDS = {"Buffer128": 2, "Buffer256": 4, "Buffer512": 8}


def fixed_reader(schema: Any, words: int) -> Read:
    inner = schema.fields["inner"]
    fields = [inner.schema.fields[f"x{i}"] for i in range(words)]
    join = pack.Struct(f">{words}Q").pack
    if words == 2:
        a, b = fields

        def read2(reader: Reader) -> bytes:
            word = reader._get_by_field(inner)._get_by_field
            return join(word(a), word(b))

        return read2
    if words == 4:
        a, b, c, d = fields

        def read4(reader: Reader) -> bytes:
            word = reader._get_by_field(inner)._get_by_field
            return join(word(a), word(b), word(c), word(d))

        return read4

    def read(reader: Reader) -> bytes:
        word = reader._get_by_field(inner)._get_by_field
        return join(*[word(field) for field in fields])

    return read


def fixed_writer(schema: Any, words: int) -> Write:
    inner = schema.fields["inner"]
    fields = [inner.schema.fields[f"x{i}"] for i in range(words)]
    split = pack.Struct(f">{words}Q").unpack
    if words == 2:
        a, b = fields

        def write2(builder: Builder, value: bytes) -> None:
            put = builder._init_by_field(inner)._set_by_field
            word_a, word_b = split(value)
            put(a, word_a)
            put(b, word_b)

        return write2
    if words == 4:
        a, b, c, d = fields

        def write4(builder: Builder, value: bytes) -> None:
            put = builder._init_by_field(inner)._set_by_field
            word_a, word_b, word_c, word_d = split(value)
            put(a, word_a)
            put(b, word_b)
            put(c, word_c)
            put(d, word_d)

        return write4

    def write(builder: Builder, value: bytes) -> None:
        put = builder._init_by_field(inner)._set_by_field
        for field, word in zip(fields, split(value), strict=True):
            put(field, word)

    return write


def number_reader(schema: Any, signed: bool) -> Read:
    inner = schema.fields["inner"]
    high, low = (inner.schema.fields[name] for name in ("x0", "x1"))

    def read(reader: Reader) -> int:
        word = reader._get_by_field(inner)._get_by_field
        value: int = word(high) << 64 | word(low)
        return value - (1 << 128) if signed and value >> 127 else value

    return read


def number_writer(schema: Any, signed: bool) -> Write:
    inner = schema.fields["inner"]
    high, low = (inner.schema.fields[name] for name in ("x0", "x1"))
    split = pack.Struct(">2Q").unpack

    def write(builder: Builder, value: int) -> None:
        # Raises rather than send another amount.
        words = split(value.to_bytes(16, "big", signed=signed))
        put = builder._init_by_field(inner)._set_by_field
        put(high, words[0])
        put(low, words[1])

    return write


def text_reader(schema: Any, field_name: str, limit: int) -> Read:
    field = schema.fields[field_name]

    def read(reader: Reader) -> str:
        text: str = reader._get_by_field(field)
        if len(text) > limit or (not text.isascii() and len(text.encode()) > limit):
            raise TextTooLong(f"a {field_name} longer than {limit} bytes")
        return text

    return read


def text_writer(schema: Any, field_name: str) -> Write:
    field = schema.fields[field_name]

    def write(builder: Builder, value: str) -> None:
        builder._set_by_field(field, value)

    return write
