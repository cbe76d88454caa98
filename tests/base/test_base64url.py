"""Base64 as keys, ids and signatures are written (tests/vectors/keys.json)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base import base64url
from offset.base.faults import UserFault
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("keys", "identity"), ids=lambda case: str(case["name"]))
def test_keys_are_written_as_in_the_reference(case: Case) -> None:
    """Both keys of an identity have the text of the reference, and are read from it."""
    for name in ("privateKey", "publicKey"):
        raw, text = bytes.fromhex(case[name]), case[f"{name}Text"]
        assert base64url.encode(raw) == text
        assert base64url.decode(text, 32) == raw


@pytest.mark.parametrize("case", cases("keys", "publicKeyFromText"), ids=lambda case: str(case["what"]))
def test_verdict_on_texts(case: Case) -> None:
    """A text is a key when the reference says so; padding may be there, anything else must be exact."""
    if case["accepted"]:
        assert base64url.decode(case["text"], 32).hex() == case["value"]
    else:
        with pytest.raises(UserFault, match="43 characters"):
            base64url.decode(case["text"], 32)


@given(st.binary(max_size=70))
def test_bytes_come_back(raw: bytes) -> None:
    """Bytes are read as they were written, with and without padding, and not as another number of bytes."""
    text = base64url.encode(raw)
    assert base64url.decode(text, len(raw)) == raw
    assert base64url.decode(text + "=" * (-len(text) % 4), len(raw)) == raw
    for count in (len(raw) + 1, len(raw) + 2, *range(max(0, len(raw) - 2), len(raw))):
        with pytest.raises(UserFault):
            base64url.decode(text, count)


@given(st.text(max_size=50))
def test_one_text_for_each_value(text: str) -> None:
    """Whatever is read is written again as the same text, padding aside."""
    for count in (0, 1, 2, 3, 16):
        try:
            raw = base64url.decode(text, count)
        except UserFault:
            continue
        assert base64url.encode(raw) == text.rstrip("=")


@pytest.mark.parametrize("count, length", [(16, 22), (32, 43), (64, 86)])
def test_lengths(count: int, length: int) -> None:
    """Ids, keys and signatures have the length that the specification says."""
    assert len(base64url.encode(bytes(count))) == length


def test_secret_is_not_in_the_sentence() -> None:
    """What is refused is not shown: it may be a private key with a slip of the pen."""
    with pytest.raises(UserFault) as caught:
        base64url.decode("secret", 32)
    assert "secret" not in str(caught.value)
