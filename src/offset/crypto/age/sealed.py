"""A whole age file: a header and the content in chunks; a text has armor around both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from offset.base.entropy import Entropy
from offset.base.limits import AGE_HEADER_BYTES_MAX
from offset.crypto.age import armor, header
from offset.crypto.age.faults import Damaged
from offset.crypto.age.header import Header, hkdf
from offset.crypto.age.secrets import FILE_KEY_BYTES, SCRYPT, Lock, Secret

CHUNK_BYTES = 65_536
_SEALED_CHUNK_BYTES = CHUNK_BYTES + 16
_NONCE_BYTES = 16


def seal(content: bytes, locks: Sequence[Lock], entropy: Entropy) -> str:
    """The content as a text that each of the locks opens. A passphrase must be the only one."""
    return armor.put_on(b"".join(seal_pieces([content], locks, entropy)))


def seal_pieces(pieces: Iterable[bytes], locks: Sequence[Lock], entropy: Entropy) -> Iterator[bytes]:
    """The content, which may be too long for memory, as the bytes of a file that each of the locks opens."""
    file_key, nonce = entropy.bytes(FILE_KEY_BYTES), entropy.bytes(_NONCE_BYTES)
    stanzas = [lock.wrap(file_key, entropy) for lock in locks]
    assert len(stanzas) == 1 or all(stanza.arguments[0] != SCRYPT for stanza in stanzas)
    yield header.write(stanzas, file_key) + nonce
    cipher = ChaCha20Poly1305(hkdf(file_key, nonce, b"payload"))
    number, waiting = 0, bytearray()
    for piece in pieces:
        waiting += piece
        # What may be the last chunk waits: a full one is, when nothing follows.
        while len(waiting) > CHUNK_BYTES:
            yield cipher.encrypt(_chunk_nonce(number, False), bytes(waiting[:CHUNK_BYTES]), None)
            del waiting[:CHUNK_BYTES]
            number += 1
    # An empty content has one chunk, too.
    yield cipher.encrypt(_chunk_nonce(number, True), bytes(waiting), None)


def is_for_passphrase(text: str) -> bool:
    """Whether a passphrase opens it, and not a key. Raises Damaged."""
    return _read(armor.take_off(text)).stanzas[0].arguments[0] == SCRYPT


def unseal(text: str, secret: Secret) -> bytes:
    """The content. Raises Damaged, WrongSecret or TooCostly."""
    return b"".join(unseal_pieces(BytesIO(armor.take_off(text)).read, secret))


def unseal_pieces(read: Callable[[int], bytes], secret: Secret) -> Iterator[bytes]:
    """The content of a file without armor, piece by piece. `read` gives as many bytes, or all that are left.

    Raises Damaged, WrongSecret or TooCostly, perhaps only after some pieces: until the last one came they are not
    the whole content.
    """
    data = read(AGE_HEADER_BYTES_MAX)
    found = _read(data)
    file_key = secret.unwrap(found.stanzas)
    if not found.is_whole(file_key):
        raise Damaged("the header was changed")
    rest = data[found.bytes_long :]
    rest += read(max(0, _NONCE_BYTES - len(rest)))
    nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    yield from _opened(hkdf(file_key, nonce, b"payload"), body, read)


def _read(data: bytes) -> Header:
    found = header.read(data)
    if len(found.stanzas) > 1 and any(stanza.arguments[0] == SCRYPT for stanza in found.stanzas):
        raise Damaged("a passphrase stands alone")
    return found


def _opened(key: bytes, start: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    cipher = ChaCha20Poly1305(key)
    number, waiting, is_last = 0, start, False
    while not is_last:
        # One byte more than a chunk tells that another one follows.
        waiting += read(max(0, _SEALED_CHUNK_BYTES + 1 - len(waiting)))
        is_last = len(waiting) <= _SEALED_CHUNK_BYTES
        try:
            piece = cipher.decrypt(_chunk_nonce(number, is_last), waiting[:_SEALED_CHUNK_BYTES], None)
        except InvalidTag:
            raise Damaged("the content was changed, or cut off") from None
        if number > 0 and not piece:
            raise Damaged("an empty last chunk")
        yield piece
        waiting = waiting[_SEALED_CHUNK_BYTES:]
        number += 1


def _chunk_nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])
