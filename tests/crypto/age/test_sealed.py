"""A text that was sealed opens with its secret, here and in pyrage; whatever was changed in it is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pyrage
import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import AGE_WORK_FACTOR_MAX
from offset.crypto.age import armor, header
from offset.crypto.age.faults import AgeFault, Damaged, TooCostly, WrongSecret
from offset.crypto.age.header import Stanza, hkdf
from offset.crypto.age.sealed import CHUNK_BYTES, is_for_passphrase, seal, unseal
from offset.crypto.age.secrets import Key, Lock, Passphrase

CHEAP = 4
"""A work factor that costs nothing."""
KEY, OTHER = Key(bytes(range(32))), Key(bytes(range(1, 33)))
PHRASE = Passphrase("käse und brot", CHEAP)
SIZES = [0, 1, 90, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]

# Made by pyrage 1.4.0 of b"hello", with the passphrase "käse und brot" (composed letters).
OF_PYRAGE = """\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCAyZEUxM25mUmJkR04wUzRG
L0tuM1pnIDEwClU2THZLeU55VUV4dCtwUVdqZ0ZSM1FETStTeFJUNG5tYjFLUVZy
MUViM2MKLS0tIGtSOUZwa3pseXk3di9rTEtiamlZWE1zaFRINWRhMEcxN1RvMjlF
WTkzYTQKpkk0HMedmGObyTmWPWWYr7vQC02S58Jz3uHFoVYVTShWuwjkgg==
-----END AGE ENCRYPTED FILE-----
"""

# Made by age 1.1.1 of b"hello", for KEY and for somebody else.
OF_AGE = """\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB4NGVyY2RsUVV0c2ZIdkt3
dU9LdCtjZHRNQVlFcDZUTklrRzhySEtPVEJVCkNreDNKeDVrd3o2QlVvTWt3Q2c3
RnYwcktUR0U3RDRacFkvRWdlWEF6bzgKLT4gWDI1NTE5IEZ1WEZweW1aNlB0bmNS
YkhMV01PbXpIdFBTMnc1Y3pNY0dCMDVSYjBmakUKcjk0aUlPM1o4TGlQaEQyb0tI
OG15ZElPem0yR2k0RWZ1Ym81b2JDSjBhbwotLS0gSjJsU1gvMU5iYS9IOStKL2Ru
V3hoVEZWalpwNzJlN2U2aXZ3eTh5UVFuNAqJrduPDnpiAi4hCMWuUH/EOVOBK/p+
rIbUOSeIVjdgP6wIpazZ
-----END AGE ENCRYPTED FILE-----
"""


def sealed(content: bytes, *locks: Lock) -> str:
    """The content for these, always with the same chance."""
    return seal(content, locks, SeededEntropy("age"))


def of_size(size: int) -> bytes:
    """Content without a pattern."""
    return SeededEntropy(size).bytes(size)


@pytest.mark.parametrize("size", SIZES)
def test_there_and_back(size: int) -> None:
    """What was sealed for a passphrase or for two keys opens with the passphrase, or with either key."""
    content = of_size(size)
    assert unseal(sealed(content, PHRASE), PHRASE) == content
    both = sealed(content, KEY.recipient, OTHER.recipient)
    assert unseal(both, KEY) == unseal(both, OTHER) == content
    assert is_for_passphrase(sealed(content, PHRASE))
    assert not is_for_passphrase(both)


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_ours_and_we_open_its(size: int) -> None:
    """Another program that knows age opens our texts, and we open its."""
    content = of_size(size)
    theirs = pyrage.x25519.Identity.from_str(KEY.text())
    assert pyrage.decrypt(sealed(content, KEY.recipient, OTHER.recipient).encode(), [theirs]) == content
    assert pyrage.passphrase.decrypt(sealed(content, PHRASE).encode(), "käse und brot") == content
    assert unseal(pyrage.encrypt(content, [theirs.to_public()], armored=True).decode(), KEY) == content


def test_a_passphrase_of_pyrage() -> None:
    """A text that pyrage sealed with a passphrase opens, however the letters of the passphrase are composed."""
    assert unseal(OF_PYRAGE, Passphrase("käse und brot")) == b"hello"
    assert unseal(OF_PYRAGE, Passphrase("ka\u0308se und brot")) == b"hello"


def test_a_text_of_age() -> None:
    """A text that age itself sealed for two keys opens with ours."""
    assert unseal(OF_AGE, KEY) == b"hello"
    with pytest.raises(WrongSecret):
        unseal(OF_AGE, OTHER)


def test_wrong_secrets() -> None:
    """Another passphrase, another key, and the wrong kind of secret do not open."""
    for text, secret in (
        (sealed(b"x", PHRASE), Passphrase("kase und brot")),
        (sealed(b"x", KEY.recipient), OTHER),
        (sealed(b"x", PHRASE), KEY),
        (sealed(b"x", KEY.recipient), PHRASE),
    ):
        with pytest.raises(WrongSecret):
            unseal(text, secret)


def with_factor(factor: str) -> str:
    """A text whose header claims another work factor."""
    data = armor.take_off(sealed(b"x", PHRASE))
    return armor.put_on(data.replace(f" {CHEAP}\n".encode(), f" {factor}\n".encode(), 1))


def test_a_passphrase_that_costs_too_much() -> None:
    """Beyond AGE_WORK_FACTOR_MAX nothing is computed, and the factor is told."""
    with pytest.raises(TooCostly) as caught:
        unseal(with_factor(str(AGE_WORK_FACTOR_MAX + 1)), PHRASE)
    assert caught.value.work_factor == AGE_WORK_FACTOR_MAX + 1


@pytest.mark.parametrize("factor", ["0", "-4", "+4", "04", "0x4", "4x", "", "9" * 10])
def test_a_work_factor_is_a_plain_number(factor: str) -> None:
    """Whatever else stands there is no age."""
    with pytest.raises(Damaged):
        unseal(with_factor(factor), PHRASE)


@pytest.mark.parametrize("secret, lock", [(PHRASE, PHRASE), (KEY, KEY.recipient)], ids=["passphrase", "key"])
def test_every_changed_byte_is_noticed(secret: Passphrase | Key, lock: Lock) -> None:
    """No byte can be changed, and none taken away at the end, without a fault; never anything else is raised."""
    data = armor.take_off(sealed(b"hello", lock))
    for at in range(len(data)):
        for changed in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at]):
            with pytest.raises(AgeFault):
                unseal(armor.put_on(changed), secret)
    with pytest.raises(Damaged):
        unseal(armor.put_on(data + b"x"), secret)


def made_by_hand(
    stanzas: list[Stanza], chunks: Callable[[Callable[[int, bool, bytes], bytes]], bytes]
) -> str:
    """A text whose parts fit, with stanzas and chunks of its own."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce = bytes(16)
    cipher = ChaCha20Poly1305(hkdf(FILE_KEY, nonce, b"payload"))

    def chunk(number: int, is_last: bool, content: bytes) -> bytes:
        return cipher.encrypt(number.to_bytes(11) + bytes([is_last]), content, None)

    return armor.put_on(header.write(stanzas, FILE_KEY) + nonce + chunks(chunk))


FILE_KEY = bytes(range(16))
OURS = KEY.recipient.wrap(FILE_KEY, SeededEntropy("by hand"))
ALONE = PHRASE.wrap(FILE_KEY, SeededEntropy("by hand"))


def test_chunks() -> None:
    """Chunks stand in order, the last one says that it is, and none is empty beside others."""
    full = bytes(CHUNK_BYTES)
    assert unseal(made_by_hand([OURS], lambda chunk: chunk(0, True, b"x")), KEY) == b"x"
    for wrong in (
        lambda chunk: chunk(0, False, b"x"),
        lambda chunk: chunk(0, False, full) + chunk(1, True, b""),
        lambda chunk: chunk(0, True, full) + chunk(1, True, b"x"),
        lambda chunk: chunk(1, False, full) + chunk(0, True, b"x"),
        lambda chunk: chunk(0, False, b"x") + chunk(1, True, b"x"),
        lambda chunk: b"",
    ):
        with pytest.raises(Damaged):
            unseal(made_by_hand([OURS], wrong), KEY)


def test_stanzas() -> None:
    """A passphrase stands alone; what we do not know is skipped; a known one has the form that it must have."""

    def opens(*stanzas: Stanza) -> bytes:
        return unseal(made_by_hand(list(stanzas), lambda chunk: chunk(0, True, b"x")), KEY)

    strange = Stanza(("somebody", "else"), b"")
    assert opens(strange, OURS) == b"x"
    with pytest.raises(WrongSecret):
        opens(strange)
    for wrong in (
        [ALONE, OURS],
        [OURS, ALONE],
        [Stanza((*OURS.arguments, "more"), OURS.body)],
        [Stanza(OURS.arguments[:1], OURS.body)],
        [Stanza(OURS.arguments, OURS.body + b"x")],
        [Stanza(("X25519", header.encode(bytes(32))), OURS.body)],
        [Stanza(("X25519", header.encode(bytes(31))), OURS.body)],
    ):
        with pytest.raises(Damaged):
            opens(*wrong)


def test_passphrase_stanzas() -> None:
    """The stanza of a passphrase has a salt of 16 bytes, a number, and the key of the file."""
    kind, salt, factor = ALONE.arguments
    for wrong in (
        Stanza((kind, salt), ALONE.body),
        Stanza((kind, salt, factor, "more"), ALONE.body),
        Stanza((kind, header.encode(bytes(15)), factor), ALONE.body),
        Stanza((kind, salt, factor), ALONE.body + b"x"),
    ):
        with pytest.raises(Damaged):
            unseal(made_by_hand([wrong], lambda chunk: chunk(0, True, b"x")), PHRASE)


def test_nothing_of_the_content_is_in_the_text() -> None:
    """The content is sealed, and two texts of one content have nothing in common but their form."""
    one, two = (
        base64.b64decode("".join(seal(b"secret" * 9, [PHRASE], SeededEntropy(seed)).split("\n")[1:-2]))
        for seed in (1, 2)
    )
    assert b"secret" not in one
    assert one[-70:] != two[-70:]
