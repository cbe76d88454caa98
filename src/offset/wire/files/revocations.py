"""The file of a revocation (docs/manual/keys.md)."""

from __future__ import annotations

from offset.base.ids import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from offset.wire.files.forms import Form, Spelling, raw
from offset.wire.revocations import Revocation

_REVOCATION = Form(
    "a revocation",
    Revocation,
    {"public_key": raw(PUBLIC_KEY_BYTES), "signature": raw(SIGNATURE_BYTES)},
    Spelling.CAMEL,
)

# Text to object, which raises UserFault, and object to text. The signature is not looked at.
parse_revocation, format_revocation = _REVOCATION.parse, _REVOCATION.format
