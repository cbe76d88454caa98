"""Messages in the form of the vectors, and back: one walk over the schemas and the registry of the codec.

Field names are those of the schema, byte strings hex, numbers decimal strings, wrappers of fixed-size values left
out, a union an object with one key (tests/vectors/README.md).
"""

import importlib
from typing import Any

from offset.wire import codec

Json = Any

# The names of the reference's schema files, and ours.
SCHEMAS = {
    "common.capnp": "common",
    "dh.capnp": "channel",
    "keepalive.capnp": "keepalive",
    "relay.capnp": "relay",
    "funder.capnp": "friend",
    "index.capnp": "index",
    "report.capnp": "report",
    "app_server.capnp": "app",
}
for _module in SCHEMAS.values():
    importlib.import_module(f"offset.wire.{_module}")  # fills the registry


def codec_of(schema: str, name: str) -> codec.Codec[Any]:
    """The codec of any struct; `schema` is the reference's file name."""
    return codec.Codec(SCHEMAS[schema], name)


def to_fields(schema: str, name: str, message: Any) -> Json:
    """`message` as the vectors show it; `schema` is the reference's file name."""
    return _struct_to_fields(_schema_of(schema, name), message)


def from_fields(schema: str, name: str, fields: Json) -> Any:
    """The message that the vectors show as `fields`; `schema` is the reference's file name."""
    return _struct_from_fields(_schema_of(schema, name), fields)


def _schema_of(schema: str, name: str) -> Any:
    return getattr(codec._load(SCHEMAS[schema]), name).schema


def _struct_to_fields(schema: Any, value: Any) -> Json:
    key = codec._names(schema)
    if key[1] in codec._NUMBERS:
        return str(value)
    if key[1] in codec._TEXTS:
        return value
    if key in codec._unions:
        return _union_to_fields(schema, codec._unions[key], value)
    if key in codec._structs:
        names = codec._fields(codec._structs[key], schema)
        return {
            codec.camel_case(name): _field_to_fields(
                schema.fields[codec.camel_case(name)], getattr(value, name)
            )
            for name in names
        }
    if schema.union_fields:
        return _optional_to_fields(schema, value)
    return value.hex()


def _struct_from_fields(schema: Any, fields: Json) -> Any:
    key = codec._names(schema)
    if key[1] in codec._NUMBERS:
        return int(fields)
    if key[1] in codec._TEXTS:
        return fields
    if key in codec._unions:
        return _union_from_fields(schema, codec._unions[key], fields)
    if key in codec._structs:
        cls = codec._structs[key]
        names = [codec.camel_case(name) for name in codec._fields(cls, schema)]
        assert sorted(names) == sorted(fields), f"{key[1]}: {sorted(fields)}, not {sorted(names)}"
        return cls(*[_field_from_fields(schema.fields[name], fields[name]) for name in names])
    if schema.union_fields:
        return _optional_from_fields(schema, fields)
    return bytes.fromhex(fields)


def _field_to_fields(field: Any, value: Any) -> Json:
    match codec._kind(field):
        case "struct":
            return _struct_to_fields(field.schema, value)
        case "list":
            return [_struct_to_fields(field.schema.elementType, item) for item in value]
        case "group":
            return _optional_to_fields(field.schema, value)
        case "data":
            return value.hex()
        case "text" | "bool":
            return value
        case "void":
            return None
        case _:
            return str(value)


def _field_from_fields(field: Any, fields: Json) -> Any:
    match codec._kind(field):
        case "struct":
            return _struct_from_fields(field.schema, fields)
        case "list":
            return tuple(_struct_from_fields(field.schema.elementType, item) for item in fields)
        case "group":
            return _optional_from_fields(field.schema, fields)
        case "data":
            return bytes.fromhex(fields)
        case "text" | "bool":
            return fields
        case "void":
            return None
        case _:
            return int(fields)


def _optional_to_fields(schema: Any, value: Any) -> Json:
    nothing, something = codec._optional(schema)
    if value is None:
        return {nothing: None}
    return {something: _field_to_fields(schema.fields[something], value)}


def _optional_from_fields(schema: Any, fields: Json) -> Any:
    nothing, something = codec._optional(schema)
    ((variant, payload),) = fields.items()
    if variant == nothing:
        return None
    assert variant == something
    return _field_from_fields(schema.fields[something], payload)


def _union_to_fields(schema: Any, variants: dict[str, Any], value: Any) -> Json:
    for variant, cls in variants.items():
        field = schema.fields[variant]
        if isinstance(cls, bool):
            if value is cls:
                return {variant: None}
        elif type(value) is cls:
            if codec._is_payload(field, cls):
                return {variant: _field_to_fields(field, value)}
            only = [getattr(value, name) for name in cls.__struct_fields__]
            return {variant: _field_to_fields(field, only[0]) if only else None}
    raise TypeError(f"{value!r} is none of {', '.join(variants)}")


def _union_from_fields(schema: Any, variants: dict[str, Any], fields: Json) -> Any:
    ((variant, payload),) = fields.items()
    cls, field = variants[variant], schema.fields[variant]
    if isinstance(cls, bool):
        return cls
    if codec._is_payload(field, cls):
        return _field_from_fields(field, payload)
    return cls(_field_from_fields(field, payload)) if cls.__struct_fields__ else cls()
