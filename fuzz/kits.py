"""The target of kits: what is read of one once it is opened, and the rows that it would set."""

from __future__ import annotations

import zlib

from fuzz import engines
from offset.base.faults import UserFault
from offset.core.funder.record_kinds import in_order
from offset.store.schema.kits import FORMAT, Kit, content_of, kit_bytes, read_kit, records_of


def kit(data: bytes) -> None:
    """The JSON in a kit, or its packed bytes, are refused in a sentence, or make rows and can be written again."""
    for packed in (data, zlib.compress(data)):
        try:
            found = read_kit(packed)
        except UserFault:
            continue
        assert read_kit(kit_bytes(found)) == found
        keys = [row.key() for row in records_of(found.content, {})]
        assert len(keys) >= len(found.content.friends)


def seeds() -> list[bytes]:
    """The kit of a node that knows people, packed and as text, and what is no kit."""
    rows = {row.key(): row for row in engines.node_rows()}
    content = content_of(engines.KEYS[0], in_order(rows), {})
    packed = kit_bytes(Kit(FORMAT, 7, 1_790_000_000_000, content))
    text = zlib.decompress(packed)
    return [b"", packed, packed[:-1], text, text[:-1], b"{}", b"[]", text.replace(b"1", b"1" * 60)]
