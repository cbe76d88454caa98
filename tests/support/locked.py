"""Locked identities, whose key lies beside them."""

from __future__ import annotations

from pathlib import Path

from offset.base.entropy import SeededEntropy
from offset.crypto.age.sealed import seal
from offset.crypto.age.secrets import Key, Lock, Passphrase
from offset.crypto.identity import Identity
from offset.wire.files import format_identity

KEY = Key(bytes(range(32)))
PHRASE = "käse und brot"
CHEAP_WORK = 4
"""A work factor that costs nothing."""


def locked_text(identity: Identity, lock: Lock = KEY.recipient) -> str:
    """The text of a locked identity, which KEY opens."""
    return seal(format_identity(identity).encode(), [lock], SeededEntropy("locked"))


def locked_with_phrase(identity: Identity) -> str:
    """The text of a locked identity, which PHRASE opens."""
    return locked_text(identity, Passphrase(PHRASE, CHEAP_WORK))


def key_file(folder: Path, text: str = KEY.text()) -> str:
    """A source, as --unlock takes it: a file with the key, or with another text."""
    path = folder / "machine.key"
    path.write_text(f"# a comment\n{text}\n")
    path.chmod(0o600)
    return f"file:{path}"
