"""What seals and opens a file: a passphrase (scrypt), or a key pair (X25519)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from offset.base.entropy import Entropy
from offset.base.ids import DhPublicKey
from offset.base.limits import AGE_WORK_FACTOR, AGE_WORK_FACTOR_MAX
from offset.crypto.age import bech32
from offset.crypto.age.faults import Damaged, TooCostly, WrongSecret
from offset.crypto.age.header import KEY_BYTES, Stanza, decode, encode, hkdf
from offset.crypto.exchange import DH_KEY_BYTES, dh_public_key, shared_secret

FILE_KEY_BYTES = 16
KEY_BEGINS = "AGE-SECRET-KEY-1"
SCRYPT, X25519 = "scrypt", "X25519"
_SALT_BYTES = 16
_SCRYPT_LABEL = b"age-encryption.org/v1/scrypt"
_X25519_LABEL = b"age-encryption.org/v1/X25519"
_RECIPIENT, _SECRET = "age", "age-secret-key-"
# As many bytes as the key of a file and its tag.
_WRAPPED_BYTES = FILE_KEY_BYTES + 16
_NO_NONCE = bytes(12)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Lock(Protocol):
    """Whatever a file can be sealed for."""

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """The stanza by which the holder of the secret gets at the key of the file."""
        ...


class Secret(Protocol):
    """Whatever opens a file."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes:
        """The key of the file (16 bytes). Raises WrongSecret, Damaged, or TooCostly."""
        ...


class Passphrase:
    """A passphrase: seals and opens. Never shown."""

    __slots__ = ("_secret", "_work_factor")

    def __init__(self, text: str, work_factor: int = AGE_WORK_FACTOR) -> None:
        """`work_factor` is for sealing: 2 to its power is the cost of scrypt, at 1 KiB of memory each."""
        self._secret = normal(text).encode()
        self._work_factor = work_factor

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """The stanza by which the passphrase opens; it stands alone in a header. Takes half a second at 18."""
        salt = entropy.bytes(_SALT_BYTES)
        wrapped = ChaCha20Poly1305(self._stretched(salt, self._work_factor)).encrypt(
            _NO_NONCE, file_key, None
        )
        return Stanza((SCRYPT, encode(salt), str(self._work_factor)), wrapped)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes:
        """The key of the file. Raises WrongSecret, Damaged or TooCostly."""
        if stanzas[0].arguments[0] != SCRYPT:
            raise WrongSecret("it opens with a key")
        arguments, body = stanzas[0]
        if len(arguments) != 3 or _NUMBER.fullmatch(arguments[2]) is None or len(body) != _WRAPPED_BYTES:
            raise Damaged("a passphrase has two arguments")
        salt, work_factor = decode(arguments[1]), int(arguments[2])
        if len(salt) != _SALT_BYTES:
            raise Damaged("a salt of another length")
        if work_factor > AGE_WORK_FACTOR_MAX:
            raise TooCostly(work_factor)
        return _unwrapped(self._stretched(salt, work_factor), body)

    def _stretched(self, salt: bytes, work_factor: int) -> bytes:
        return Scrypt(_SCRYPT_LABEL + salt, KEY_BYTES, 2**work_factor, 8, 1).derive(self._secret)


class Recipient:
    """The public half of a key: seals, and cannot open. Its text `age1...` may be given to anybody."""

    __slots__ = ("_key",)

    def __init__(self, key: DhPublicKey) -> None:
        self._key = key

    @classmethod
    def parse(cls, text: str) -> Recipient:
        """Raises ValueError."""
        return cls(DhPublicKey(_key_of(text, _RECIPIENT)))

    def __str__(self) -> str:
        return bech32.encode(_RECIPIENT, self._key)

    def wrap(self, file_key: bytes, entropy: Entropy) -> Stanza:
        """The stanza by which its key opens. Raises ValueError for a public key to which nothing can be sealed."""
        drawn = entropy.bytes(DH_KEY_BYTES)
        share = dh_public_key(drawn)
        key = hkdf(shared_secret(drawn, self._key), share + self._key, _X25519_LABEL)
        return Stanza((X25519, encode(share)), ChaCha20Poly1305(key).encrypt(_NO_NONCE, file_key, None))


class Key:
    """The secret half of a key: opens. Never shown but by `text`."""

    __slots__ = ("_public", "_secret")

    def __init__(self, secret: bytes) -> None:
        """`secret` has 32 bytes."""
        self._secret = secret
        self._public = dh_public_key(secret)

    @classmethod
    def parse(cls, text: str) -> Key:
        """The key `AGE-SECRET-KEY-1...`. Raises ValueError, whose text tells nothing of it."""
        return cls(_key_of(text, _SECRET))

    def text(self) -> str:
        """Itself, for its file only."""
        return bech32.encode(_SECRET, self._secret).upper()

    @property
    def recipient(self) -> Recipient:
        """Its public half."""
        return Recipient(self._public)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes:
        """The key of the file. Raises WrongSecret or Damaged."""
        for arguments, body in stanzas:
            if arguments[0] != X25519:
                continue
            if len(arguments) != 2 or len(body) != _WRAPPED_BYTES:
                raise Damaged("a key has one argument")
            share = decode(arguments[1])
            if len(share) != DH_KEY_BYTES:
                raise Damaged("a share of another length")
            try:
                shared = shared_secret(self._secret, DhPublicKey(share))
            except ValueError:
                raise Damaged("a share that leads to nothing") from None
            try:
                return _unwrapped(hkdf(shared, share + self._public, _X25519_LABEL), body)
            except WrongSecret:
                # For somebody else; there may be one for us.
                continue
        raise WrongSecret("it was not sealed for this key")


def normal(text: str) -> str:
    """A passphrase as it is used: however a keyboard composes its letters (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


def _key_of(text: str, name: str) -> bytes:
    key = bech32.decode(text, name)
    if len(key) != DH_KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return key


def _unwrapped(key: bytes, wrapped: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(_NO_NONCE, wrapped, None)
    except InvalidTag:
        raise WrongSecret("it was sealed with something else") from None
