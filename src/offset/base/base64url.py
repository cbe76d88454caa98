"""Bytes as text: base64, URL-safe alphabet, written without padding (spec 01, 7.1)."""

from __future__ import annotations

import binascii

from offset.base.faults import UserFault


def encode(raw: bytes) -> str:
    """16 bytes give 22 characters, 32 give 43, 64 give 86."""
    text = binascii.b2a_base64(raw, newline=False).decode()
    return text.rstrip("=").replace("+", "-").replace("/", "_")


def decode(text: str, count: int) -> bytes:
    """The `count` bytes in `text`, which may be padded. Raises UserFault, which does not show the text.

    Exactly `count`: the reference cuts a longer value in a file silently, a defect (spec 01, 9, item 13).
    """
    length = (4 * count + 2) // 3
    padding = "=" * (-length % 4)
    unpadded = text.removesuffix(padding)
    if len(unpadded) == length:
        try:
            raw = binascii.a2b_base64(unpadded.replace("-", "+").replace("_", "/") + padding)
        except ValueError:
            raw = b""
        # So there is neither another alphabet nor a bit after the last byte.
        if encode(raw) == unpadded:
            return raw
    raise UserFault(f"expected {length} characters of base64url ({count} bytes)")
