"""Ids of what a wallet keeps: cards, payments, requests, tokens, sessions."""

from __future__ import annotations

from offset.base import base64url


def row_id(raw: bytes) -> str:
    """Random bytes as base64url that begins with a letter: on a command line a leading "-" would be an option.

    One bit of the first byte is lost.
    """
    return base64url.encode(bytes([raw[0] & 0x7F]) + raw[1:])
