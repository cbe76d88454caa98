"""The target of locked identities: age files, as texts and as the bytes within."""

from __future__ import annotations

import contextlib
import hashlib

from offset.base.entropy import SeededEntropy
from offset.crypto.age import armor
from offset.crypto.age.faults import AgeFault
from offset.crypto.age.sealed import is_for_passphrase, seal, unseal
from offset.crypto.age.secrets import Key, Lock, Passphrase, Secret


class _Cheap(Passphrase):
    """A passphrase without its cost, which is a choice of who wrote the file: at most 2 GiB for each mutant."""

    __slots__ = ()

    def _stretched(self, salt: bytes, work_factor: int) -> bytes:
        return hashlib.sha256(b"%d" % work_factor + salt).digest()


KEY, CHEAP = Key(bytes(range(32))), _Cheap("käse und brot", 18)
SECRETS: tuple[tuple[Secret, Lock], ...] = ((KEY, KEY.recipient), (CHEAP, CHEAP))


def locked(data: bytes) -> None:
    """A text does not open, for a named reason, or what it holds can be sealed and opened again."""
    texts = [armor.put_on(data)]
    # What is no text is refused before (shell/files.py).
    with contextlib.suppress(UnicodeDecodeError):
        texts.append(data.decode())
    for text in texts:
        with contextlib.suppress(AgeFault):
            is_for_passphrase(text)
        for secret, lock in SECRETS:
            try:
                content = unseal(text, secret)
            except AgeFault:
                continue
            assert unseal(seal(content, [lock], SeededEntropy(1)), secret) == content


def seeds() -> list[bytes]:
    """What opens, of several lengths, and what is cut off."""
    entropy = SeededEntropy("locked")
    good = [
        seal(content, [lock], entropy)
        for content in (b"", b'{"privateKey": "x"}', bytes(70_000))
        for _, lock in SECRETS
    ]
    good.append(seal(b"x", [KEY.recipient, Key(bytes(32)).recipient], entropy))
    bare = [armor.take_off(text) for text in good]
    return [
        b"",
        armor.BEGIN.encode(),
        *[text.encode() for text in good],
        *bare,
        *[data[:-1] for data in bare],
    ]
