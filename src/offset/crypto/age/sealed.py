"""A whole age text: armor around a header and the content in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from offset.base.entropy import Entropy
from offset.crypto.age import armor, header
from offset.crypto.age.faults import Damaged
from offset.crypto.age.header import Header, hkdf
from offset.crypto.age.secrets import FILE_KEY_BYTES, SCRYPT, Lock, Secret

CHUNK_BYTES = 65_536
_SEALED_CHUNK_BYTES = CHUNK_BYTES + 16
_NONCE_BYTES = 16


def seal(content: bytes, locks: Sequence[Lock], entropy: Entropy) -> str:
    """The content as a text that each of the locks opens. A passphrase must be the only one."""
    file_key, nonce = entropy.bytes(FILE_KEY_BYTES), entropy.bytes(_NONCE_BYTES)
    stanzas = [lock.wrap(file_key, entropy) for lock in locks]
    assert len(stanzas) == 1 or all(stanza.arguments[0] != SCRYPT for stanza in stanzas)
    cipher = ChaCha20Poly1305(hkdf(file_key, nonce, b"payload"))
    # An empty content has one chunk, too.
    pieces = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)] or [b""]
    sealed = [
        cipher.encrypt(_chunk_nonce(number, number == len(pieces) - 1), piece, None)
        for number, piece in enumerate(pieces)
    ]
    return armor.put_on(b"".join((header.write(stanzas, file_key), nonce, *sealed)))


def is_for_passphrase(text: str) -> bool:
    """Whether a passphrase opens it, and not a key. Raises Damaged."""
    return _read(armor.take_off(text)).stanzas[0].arguments[0] == SCRYPT


def unseal(text: str, secret: Secret) -> bytes:
    """The content. Raises Damaged, WrongSecret or TooCostly."""
    data = armor.take_off(text)
    found = _read(data)
    file_key = secret.unwrap(found.stanzas)
    if not found.is_whole(file_key):
        raise Damaged("the header was changed")
    rest = data[found.bytes_long :]
    nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    return b"".join(_opened(hkdf(file_key, nonce, b"payload"), body))


def _read(data: bytes) -> Header:
    found = header.read(data)
    if len(found.stanzas) > 1 and any(stanza.arguments[0] == SCRYPT for stanza in found.stanzas):
        raise Damaged("a passphrase stands alone")
    return found


def _opened(key: bytes, body: bytes) -> Iterator[bytes]:
    cipher = ChaCha20Poly1305(key)
    starts = range(0, len(body), _SEALED_CHUNK_BYTES) or (0,)
    for number, at in enumerate(starts):
        is_last = number == len(starts) - 1
        try:
            piece = cipher.decrypt(_chunk_nonce(number, is_last), body[at : at + _SEALED_CHUNK_BYTES], None)
        except InvalidTag:
            raise Damaged("the content was changed, or cut off") from None
        if number > 0 and not piece:
            raise Damaged("an empty last chunk")
        yield piece


def _chunk_nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])
