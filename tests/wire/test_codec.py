"""What the codec does with bytes of somebody hostile, and with values of our own that do not fit."""

import struct
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.credits import Rate
from offset.base.faults import Undecodable
from offset.base.limits import (
    DECODED_NESTING_MAX,
    DECODED_WORDS_MAX,
    I128_MAX,
    I128_MIN,
    U32_MAX,
    U64_MAX,
    U128_MAX,
)
from offset.wire import codec as codec_module
from offset.wire.app import (
    APP_TO_APP_SERVER,
    AppToAppServer,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
)
from offset.wire.codec import Codec
from offset.wire.friend import FRIEND_MESSAGE, CurrencyBalance, ResetTerms
from offset.wire.keepalive import KA_MESSAGE, Payload
from support.fields import codec_of
from support.vectors import cases

MESSAGES = [
    (codec_of(case["schema"], case["type"]), bytes.fromhex(case["bytes"]))
    for case in cases("capnp", "message")
]
ROOTS = list({(case["schema"], case["type"]): case for case in cases("capnp", "message")})


def words_of(packed: bytes) -> Iterator[bytes]:
    """The words of a packed message."""
    at = 0
    while at < len(packed):
        tag, at = packed[at], at + 1
        word = bytearray(8)
        for bit in range(8):
            if tag >> bit & 1:
                word[bit], at = packed[at], at + 1
        yield bytes(word)
        if tag == 0:
            yield from [bytes(8)] * packed[at]
            at += 1
        elif tag == 0xFF:
            count, at = packed[at], at + 1
            for _ in range(count):
                yield packed[at : at + 8]
                at += 8


def pack(words: list[bytes]) -> bytes:
    """`words` packed, runs of zeros as short as they can be."""
    packed = bytearray()
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        packed.append(sum(1 << bit for bit in range(8) if word[bit]))
        packed += bytes(byte for byte in word if byte)
        if word == bytes(8):
            run = next((n for n, follower in enumerate(words[at : at + 255]) if any(follower)), None)
            run = min(255, len(words) - at) if run is None else run
            packed.append(run)
            at += run
        elif all(word):
            packed.append(0)
    return bytes(packed)


def message(words: list[bytes]) -> bytes:
    """A packed message of one segment."""
    return pack([struct.pack("<II", 0, len(words)), *words])


def struct_pointer(offset: int, data_words: int, pointers: int) -> bytes:
    return struct.pack("<iHH", offset << 2, data_words, pointers)


def list_pointer(offset: int, code: int, count: int) -> bytes:
    return struct.pack("<iI", offset << 2 | 1, code | count << 3)


def reset_terms(elements: int, element_pointers: int, *body: bytes) -> bytes:
    """A FriendMessage.inconsistencyError whose list of balances has `elements` with so many pointers each."""
    words = elements * element_pointers
    return message(
        [
            struct_pointer(0, 1, 1),
            struct.pack("<Q", 1),  # the variant
            struct_pointer(0, 1, 2),
            bytes(8),
            bytes(8),
            list_pointer(0, 7, words),
            struct_pointer(elements, 0, element_pointers),
            *(body or [bytes(8)] * words),
        ]
    )


def take(codec: Codec[Any], data: bytes) -> None:
    """The one rule for foreign bytes: Undecodable, or a value that we can write and read again."""
    try:
        value = codec.decode(data)
    except Undecodable:
        return
    assert codec.decode(codec.encode(value)) == value


def test_packing_of_this_test() -> None:
    """The helpers of this test unpack what the reference packed, and pack to what it reads."""
    for codec, data in MESSAGES:
        assert codec.decode(pack(list(words_of(data)))) == codec.decode(data)


@given(st.sampled_from(ROOTS), st.binary(max_size=300))
def test_arbitrary_bytes(root: tuple[str, str], data: bytes) -> None:
    """Bytes that mean nothing are Undecodable or a value, never another error."""
    take(codec_of(*root), data)


@given(st.sampled_from(MESSAGES), st.data())
def test_altered_bytes(original: tuple[Codec[Any], bytes], data: st.DataObject) -> None:
    """A good message cut, lengthened or altered anywhere is Undecodable or a value, never another error."""
    codec, packed = original
    altered = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(altered)))
        until = data.draw(st.integers(at, min(at + 4, len(altered))))
        altered[at:until] = data.draw(st.binary(max_size=4))
    take(codec, bytes(altered))


@given(st.sampled_from(MESSAGES), st.data())
def test_altered_words(original: tuple[Codec[Any], bytes], data: st.DataObject) -> None:
    """Pointers and sizes that lie, behind a packing that is sound, are Undecodable or a value."""
    codec, packed = original
    words = list(words_of(packed))
    word = st.one_of(
        st.binary(min_size=8, max_size=8),
        st.builds(struct_pointer, st.integers(-99, 99), st.integers(0, 9), st.integers(0, 9)),
        st.builds(list_pointer, st.integers(-99, 99), st.integers(0, 7), st.integers(0, 2**29 - 1)),
        st.sampled_from(words),
    )
    for _ in range(data.draw(st.integers(1, 3))):
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(word)
    take(codec, pack(words))


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(reset_terms(1_000_000, 1), id="zero runs"),
        pytest.param(reset_terms(2_000_000, 0), id="elements without a size"),
        pytest.param(reset_terms(2**29 - 1, 0), id="as many elements as can be said"),
        pytest.param(
            reset_terms(250, 2, *[list_pointer(0, 1, 2**29 - 1), bytes(8)] * 250), id="lists of a bit"
        ),
        pytest.param(message([bytes(8)] * 2_000_000), id="nothing, two million words long"),
    ],
)
def test_packed_bombs_are_bounded(bomb: bytes) -> None:
    """A few bytes do not become millions of objects: that many elements are refused before one is read."""
    assert len(bomb) < 20_000
    with pytest.raises(Undecodable):
        FRIEND_MESSAGE.decode(bomb)


def test_elements_are_bounded_by_the_bytes_that_bring_them() -> None:
    """The most elements that bytes can bring is a few for each of them, and some hundred for a small message."""

    def elements(bomb: bytes) -> int:
        try:
            terms = FRIEND_MESSAGE.decode(bomb)
        except Undecodable:
            return 0
        assert isinstance(terms, ResetTerms)
        return len(terms.balance_for_reset)

    for pointers in (0, 1):
        bombs = [reset_terms(count, pointers) for count in range(0, 4000, 50)]
        assert 100 <= max(elements(bomb) for bomb in bombs) <= 300


def test_many_honest_elements_pass() -> None:
    """A friend with thousands of currencies, all balances zero, is no bomb."""
    balances = tuple(CurrencyBalance(f"{number}", 0) for number in range(5000))
    terms = ResetTerms(bytes(64), 0, balances)
    assert FRIEND_MESSAGE.decode(FRIEND_MESSAGE.encode(terms)) == terms


def test_payload_of_zeros_passes() -> None:
    """Bytes of the layer above may be anything, zeros too: they become one object, however many they are."""
    payload = Payload(bytes(2**20))
    packed = KA_MESSAGE.encode(payload)
    assert len(packed) < 2**11
    assert KA_MESSAGE.decode(packed) == payload


def test_words_are_bounded() -> None:
    """What unpacks to DECODED_WORDS_MAX words is read, one word more is refused, however short it is on the wire."""
    envelope = 8  # words: pointers and the union around the payload, some of them counted twice
    longest = Payload(bytes(8 * (DECODED_WORDS_MAX - envelope)))
    assert KA_MESSAGE.decode(KA_MESSAGE.encode(longest)) == longest
    with pytest.raises(Undecodable):
        KA_MESSAGE.decode(KA_MESSAGE.encode(Payload(bytes(8 * DECODED_WORDS_MAX))))


def test_depth_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """DECODED_NESTING_MAX is handed to the library, and no honest message comes near it."""
    deepest = DECODED_NESTING_MAX // 4
    for nesting, refused in ((deepest, 0), (2, 10)):
        monkeypatch.setattr(codec_module, "DECODED_NESTING_MAX", nesting)
        faults = 0
        for codec, data in MESSAGES:
            try:
                codec.decode(data)
            except Undecodable:
                faults += 1
        assert (faults > 0) == (refused > 0)


def test_nesting_is_bounded() -> None:
    """A struct that points at itself is no endless loop: the schema ends it."""
    itself = struct_pointer(-1, 0, 1)
    take(FRIEND_MESSAGE, message([struct_pointer(0, 1, 1), struct.pack("<Q", 1), itself]))


@pytest.mark.parametrize(
    "edge, beyond",
    [
        (SetFriendCurrencyRate(bytes(32), "FST", Rate(U32_MAX, 0)), Rate(U32_MAX + 1, 0)),
        (SetFriendCurrencyRate(bytes(32), "FST", Rate(0, U32_MAX)), Rate(0, U32_MAX + 1)),
    ],
)
def test_rates_have_32_bits(edge: SetFriendCurrencyRate, beyond: Rate) -> None:
    """A part of a rate of U32_MAX comes back; a larger one is not written."""
    whole = AppToAppServer(bytes(16), edge)
    assert APP_TO_APP_SERVER.decode(APP_TO_APP_SERVER.encode(whole)) == whole
    with pytest.raises(Exception, match="out-of-range"):
        APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), msgspec.structs.replace(edge, rate=beyond)))


def test_counters_have_64_bits() -> None:
    """A counter of U64_MAX comes back; a larger one is not written."""
    terms = ResetTerms(bytes(64), U64_MAX, ())
    assert FRIEND_MESSAGE.decode(FRIEND_MESSAGE.encode(terms)) == terms
    with pytest.raises(OverflowError):
        FRIEND_MESSAGE.encode(ResetTerms(bytes(64), U64_MAX + 1, ()))


@given(st.integers(I128_MIN, I128_MAX))
def test_balances_come_back(balance: int) -> None:
    """Every signed 128-bit number is read as it was written."""
    terms = ResetTerms(bytes(64), 0, (CurrencyBalance("FST", balance),))
    assert FRIEND_MESSAGE.decode(FRIEND_MESSAGE.encode(terms)) == terms


@pytest.mark.parametrize("balance", [I128_MIN - 1, I128_MAX + 1])
def test_balance_that_does_not_fit_is_not_written(balance: int) -> None:
    """A balance out of range is an error of ours, never another balance."""
    with pytest.raises(OverflowError):
        FRIEND_MESSAGE.encode(ResetTerms(bytes(64), 0, (CurrencyBalance("FST", balance),)))


@pytest.mark.parametrize("amount", [-1, U128_MAX + 1])
def test_amount_that_does_not_fit_is_not_written(amount: int) -> None:
    """An amount out of range is an error of ours, never another amount."""
    request = SetFriendCurrencyMaxDebt(bytes(32), "FST", amount)
    with pytest.raises(OverflowError):
        APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), request))


@pytest.mark.parametrize("token", [b"", bytes(63), bytes(65)])
def test_bytes_of_another_length_are_not_written(token: bytes) -> None:
    """A key, hash or signature of a wrong length is an error of ours."""
    with pytest.raises(struct.error):
        FRIEND_MESSAGE.encode(ResetTerms(token, 0, ()))


def test_fault_is_one_line() -> None:
    """What is said of undecodable bytes fits a line of a log."""
    with pytest.raises(Undecodable) as caught:
        FRIEND_MESSAGE.decode(reset_terms(2_000_000, 0))
    assert str(caught.value).startswith("not a FriendMessage: ")
    assert "\n" not in str(caught.value)
