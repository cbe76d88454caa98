"""Packed Cap'n Proto to frozen messages and back (spec 01, 6). The only importer of pycapnp.

A message class names its schema struct once; converters are made from both on first use:

    class Edge(Message):
        from_public_key: PublicKey
        to_public_key: PublicKey

    struct(Edge, "index", "Edge")            # fields by name, snake_case here, camelCase there
    EDGE = Codec[Edge]("index", "Edge")
    EDGE.decode(EDGE.encode(Edge(a, b)))

What a schema type becomes in Python is decided here and nowhere else:

    struct with one `inner` buffer   bytes (PublicKey, Signature, Uid, ...)
    CustomUInt128, CustomInt128      int
    Currency, NetAddress             str, with their limits (spec 01, 9, item 4)
    `empty` or `failure`, or a value the value, or None
    struct that is one union         one class per variant, see `union`
    List(T)                          tuple
"""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar, dataclass_transform

import msgspec

from offset.base.faults import Undecodable, UnknownVariant
from offset.base.limits import (
    ADDRESS_BYTES_MAX,
    CURRENCY_BYTES_MAX,
    DECODED_NESTING_MAX,
    DECODED_WORDS_MAX,
)
from offset.wire.codec_values import (
    WORDS,
    Builder,
    Read,
    Reader,
    Write,
    fixed_reader,
    fixed_writer,
    number_reader,
    number_writer,
    text_reader,
    text_writer,
)
from offset.wire.packing import check_segments

_FOLDER = Path(__file__).parent / "schema"

# A message with lists has at most this many words, and two more for each packed byte. Elements become objects,
# and without it 19 bytes would give two million of them. Honest messages stay below: the vectors have 0.5 words a
# byte, a list of keys that are all zero has 1.4, since every element points at something.
_LISTS_WORDS_MAX = 256
_LISTS_WORDS_PER_BYTE = 2

_POINTERS_WORDS_MAX = 64
"""Words around the data of a message without lists."""


@dataclass_transform(frozen_default=True)
class Message(msgspec.Struct, frozen=True, gc=False):
    """A frozen message; equal when all fields are equal."""


M = TypeVar("M")

_structs: dict[tuple[str, str], type[Message]] = {}
_unions: dict[tuple[str, str], dict[str, Any]] = {}
_schemas: dict[str, Any] = {}
_readers: dict[Any, Read] = {}
_writers: dict[Any, Write] = {}


def struct(cls: type[Message], schema: str, name: str) -> None:
    """Say that `cls` is the struct `name` of `schema`.capnp; fields match by name."""
    _structs[schema, name] = cls


def union(schema: str, name: str, variants: dict[str, Any]) -> None:
    """Say what each variant of a struct that is one union becomes.

    A variant with a struct that has a class of its own may name that class: the payload is the message.
    Any other class wraps the payload in its only field, or stands for a variant without payload (no field).
    The two variants of a switch become False and True.
    """
    _unions[schema, name] = variants


class Codec(Generic[M]):
    """Encodes and decodes messages whose root is one struct."""

    __slots__ = ("_has_lists", "_name", "_new", "_parse", "_read", "_schema", "_write")

    def __init__(self, schema: str, name: str) -> None:
        """The root: a struct, and the schema file that defines it."""
        self._schema, self._name = schema, name
        self._read: Read | None = None
        self._write: Write | None = None

    def encode(self, message: M) -> bytes:
        """Packed bytes, segment table included (spec 01, 6.2 and 6.3)."""
        return self.begin(message).to_bytes_packed()  # type: ignore[no-any-return]

    def begin(self, message: M) -> Builder:
        """What is to be encoded, for somebody who puts in more of it (`wire/assembled.py`)."""
        if self._write is None:
            self._write = self._compile_writer()
        self._write(root := self._new(), message)
        return root

    def view(self, data: bytes) -> Reader:
        """What `encode` returned, undecoded, to be put into another message."""
        return getattr(_load(self._schema), self._name).from_bytes_packed(data)

    def decode(self, data: bytes, bytes_max: int = 8 * DECODED_WORDS_MAX) -> M:
        """The message in `data`; bytes after it are ignored (spec 01, 6.3).

        Raises Undecodable: TextTooLong when nothing but the length of a name is wrong, UnknownVariant when it may be
        that only newer programs know the message.
        `bytes_max`: what unpacks to more, but for some words of pointers, is refused before it is unpacked.
        """
        if self._read is None:
            self._read = self._compile_reader()
        words_max = min(DECODED_WORDS_MAX, bytes_max // 8 + _POINTERS_WORDS_MAX)
        if self._has_lists:
            words_max = min(words_max, _LISTS_WORDS_MAX + _LISTS_WORDS_PER_BYTE * len(data))
        try:
            check_segments(data)
            root = self._parse(data, traversal_limit_in_words=words_max, nesting_limit=DECODED_NESTING_MAX)
            return self._read(root)  # type: ignore[no-any-return]
        except Undecodable:
            raise
        except Exception as error:
            # The library raises several unrelated types, which mean the same; the stack of the library is left out.
            reason = str(error).partition("\n")[0]
            raise Undecodable(f"not a {self._name}: {reason[:120]}") from None

    # An app reads what it never writes, so each half is made when it is used first.

    def _compile_reader(self) -> Read:
        node = getattr(_load(self._schema), self._name)
        self._parse, self._has_lists = node.from_bytes_packed, _has_lists(node.schema)
        return _struct_reader(node.schema)

    def _compile_writer(self) -> Write:
        node = getattr(_load(self._schema), self._name)
        self._new = node.new_message
        return _struct_writer(node.schema)


def _load(schema: str) -> Any:
    if schema not in _schemas:
        # Imported here, so that programs which send no message start without it.
        import capnp

        capnp.remove_import_hook()
        _schemas[schema] = capnp.load(str(_FOLDER / f"{schema}.capnp"))
    return _schemas[schema]


def _names(schema: Any) -> tuple[str, str]:
    """(file, struct) of a schema node, from a display name such as `…/common.capnp:PublicKey`."""
    file, _, name = schema.node.displayName.rpartition(":")
    # Asked for each field of each schema, so no Path is made of it.
    return file.rpartition("/")[2].removesuffix(".capnp"), name


def camel_case(name: str) -> str:
    """How the schemas spell a name that is snake_case in Python."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_TEXTS = {"Currency": ("currency", CURRENCY_BYTES_MAX), "NetAddress": ("address", ADDRESS_BYTES_MAX)}
_NUMBERS = {"CustomUInt128": False, "CustomInt128": True}


def _struct_reader(schema: Any) -> Read:
    if (key := _names(schema)) not in _readers:
        _readers[key] = _make_struct_reader(schema, key)
    return _readers[key]


def _make_struct_reader(schema: Any, key: tuple[str, str]) -> Read:
    name = key[1]
    if name in _NUMBERS:
        return number_reader(schema, _NUMBERS[name])
    if name in _TEXTS:
        return text_reader(schema, *_TEXTS[name])
    if key in _unions:
        return _union_reader(schema, _unions[key])
    if key in _structs:
        cls = _structs[key]
        readers = [_field_reader(schema, camel_case(field)) for field in _fields(cls, schema)]
        return _record_reader(cls, readers)
    if schema.union_fields:
        return _group_reader(schema)
    inner = schema.fields["inner"]
    return fixed_reader(schema, WORDS[_names(inner.schema)[1]])


def _record_reader(cls: type[Message], readers: list[Read]) -> Read:
    def read(reader: Reader) -> Message:
        return cls(*[read_field(reader) for read_field in readers])

    return read


def _struct_writer(schema: Any) -> Write:
    if (key := _names(schema)) not in _writers:
        _writers[key] = _make_struct_writer(schema, key)
    return _writers[key]


def _make_struct_writer(schema: Any, key: tuple[str, str]) -> Write:
    name = key[1]
    if name in _NUMBERS:
        return number_writer(schema, _NUMBERS[name])
    if name in _TEXTS:
        return text_writer(schema, _TEXTS[name][0])
    if key in _unions:
        return _union_writer(schema, _unions[key])
    if key in _structs:
        names = _fields(_structs[key], schema)
        writers = [_field_writer(schema, camel_case(field)) for field in names]
        return _record_writer(names, writers)
    if schema.union_fields:
        return _group_writer(schema)
    inner = schema.fields["inner"]
    return fixed_writer(schema, WORDS[_names(inner.schema)[1]])


def _record_writer(names: tuple[str, ...], writers: list[Write]) -> Write:
    values_of = attrgetter(*names)
    if len(names) == 1:
        (only,) = writers
        return lambda builder, message: only(builder, values_of(message))

    def write(builder: Builder, message: Message) -> None:
        for write_field, value in zip(writers, values_of(message), strict=True):
            write_field(builder, value)

    return write


# Fields


def _fields(cls: type[Message], schema: Any) -> tuple[str, ...]:
    """The fields of `cls` that this struct has: last fields with a default may be an extension it lacks."""
    names = cls.__struct_fields__
    optional = names[len(names) - len(cls.__struct_defaults__) :]
    return tuple([name for name in names if name not in optional or camel_case(name) in schema.fields])


def _kind(field: Any) -> str:
    """`group`, or the type of a plain field: struct, list, text, data, uint64, bool, void..."""
    return "group" if field.proto.which() == "group" else str(field.proto.slot.type.which())


def _has_lists(schema: Any) -> bool:
    """Whether there is a list of structs anywhere in a message."""
    kinds = [(_kind(field), field) for field in schema.fields.values()]
    if any(kind == "list" for kind, _ in kinds):
        return True
    return any(kind in ("struct", "group") and _has_lists(field.schema) for kind, field in kinds)


def _field_reader(schema: Any, name: str) -> Read:
    field = schema.fields[name]
    kind = _kind(field)
    if kind == "struct":
        inner = _struct_reader(field.schema)
        return lambda reader: inner(reader._get_by_field(field))
    if kind == "list":
        element = _struct_reader(field.schema.elementType)
        return lambda reader: tuple([element(item) for item in reader._get_by_field(field)])
    if kind == "group":
        group = _group_reader(field.schema)
        return lambda reader: group(reader._get_by_field(field))
    if kind == "data":
        return lambda reader: bytes(reader._get_by_field(field))
    return lambda reader: reader._get_by_field(field)


def _field_writer(schema: Any, name: str) -> Write:
    field = schema.fields[name]
    kind = _kind(field)
    if kind == "struct":
        inner = _struct_writer(field.schema)

        def write_struct(builder: Builder, value: Any) -> None:
            inner(builder._init_by_field(field), value)

        return write_struct
    if kind == "list":
        element = _struct_writer(field.schema.elementType)

        def write_list(builder: Builder, values: tuple[Any, ...]) -> None:
            items = builder.init(name, len(values))
            for index, value in enumerate(values):
                element(items[index], value)

        return write_list
    if kind == "group":
        group = _group_writer(field.schema)

        def write_group(builder: Builder, value: Any) -> None:
            group(builder.init(name), value)

        return write_group
    if kind == "void":
        return lambda builder, _value: builder._set_by_field(field, None)
    if kind in ("uint8", "uint16"):
        # A state or a code: the library refuses members of an IntEnum.
        return lambda builder, value: builder._set_by_field(field, int(value))

    def write_plain(builder: Builder, value: Any) -> None:
        builder._set_by_field(field, value)

    return write_plain


# Unions


def _which(reader: Reader, known: Any) -> str:
    try:
        name: str = reader._which_str()
    except Exception:
        # The library's own way to say that the schema has no such variant.
        raise UnknownVariant("an unknown variant") from None
    if name not in known:
        # Spec 01, 6.7.
        raise UnknownVariant("an unknown variant")
    return name


def _optional(schema: Any) -> tuple[str, str]:
    """(nothing, something): the two variants of an optional value (spec 01, 6.6)."""
    nothing = next(name for name in ("empty", "failure") if name in schema.union_fields)
    (something,) = [name for name in schema.union_fields if name != nothing]
    return nothing, something


def _group_reader(schema: Any) -> Read:
    nothing, something = _optional(schema)
    value = _field_reader(schema, something)

    def read(reader: Reader) -> Any:
        return None if _which(reader, (nothing, something)) == nothing else value(reader)

    return read


def _group_writer(schema: Any) -> Write:
    nothing, something = _optional(schema)
    put, clear = _field_writer(schema, something), _field_writer(schema, nothing)

    def write(builder: Builder, value: Any) -> None:
        if value is None:
            clear(builder, None)
        else:
            put(builder, value)

    return write


def _is_payload(field: Any, cls: Any) -> bool:
    """Whether the payload of a variant is the message itself, not wrapped."""
    if _kind(field) != "struct":
        return False
    return _structs.get(_names(field.schema)) is cls


def _constant(value: Any) -> Read:
    return lambda _: value


def _union_reader(schema: Any, variants: dict[str, Any]) -> Read:
    readers: dict[str, Read] = {}
    for name, cls in variants.items():
        field = schema.fields[name]
        if isinstance(cls, bool):
            readers[name] = _constant(cls)
        elif not cls.__struct_fields__ and _kind(field) == "void":
            readers[name] = _constant(cls())
        elif _is_payload(field, cls):
            readers[name] = _field_reader(schema, name)
        else:
            readers[name] = _record_reader(cls, [_field_reader(schema, name)])

    def read(reader: Reader) -> Any:
        return readers[_which(reader, readers)](reader)

    return read


def _union_writer(schema: Any, variants: dict[str, Any]) -> Write:
    by_class: dict[Any, Write] = {}
    for name, cls in variants.items():
        field = schema.fields[name]
        put = _field_writer(schema, name)
        if isinstance(cls, bool):
            by_class[cls] = put
            continue
        if not _is_payload(field, cls) and cls.__struct_fields__:
            (only,) = cls.__struct_fields__
            put = _unwrapping(put, only)
        by_class[cls] = put

    def write(builder: Builder, message: Any) -> None:
        key = message if isinstance(message, bool) else type(message)
        by_class[key](builder, message)

    return write


def _unwrapping(put: Write, only: str) -> Write:
    def write(builder: Builder, message: Any) -> None:
        put(builder, getattr(message, only))

    return write
