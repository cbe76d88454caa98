"""Bech32, by the examples of BIP 173 and by its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.crypto.age.bech32 import decode, encode

TEXT = encode("age", bytes(range(32)))


def test_the_examples_of_the_specification() -> None:
    """Texts of BIP 173 are read, and written again alike."""
    for text, name, data in (("A12UEL5L", "a", b""), ("a12uel5l", "a", b"")):
        assert decode(text, name) == data
    assert encode("a", b"") == "a12uel5l"
    long = "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio"
    assert decode(f"{long}1tt5tgs", long) == b""


@given(st.binary(max_size=40))
def test_there_and_back(data: bytes) -> None:
    """Any bytes come back, in small and in capital letters."""
    text = encode("age-secret-key-", data)
    assert decode(text, "age-secret-key-") == decode(text.upper(), "age-secret-key-") == data


@pytest.mark.parametrize("at", range(len(TEXT)))
def test_one_wrong_character_is_noticed(at: int) -> None:
    """The checksum finds every single wrong character."""
    for other in "qpz1b":
        if TEXT[at] != other:
            with pytest.raises(ValueError):
                decode(TEXT[:at] + other + TEXT[at + 1 :], "age")


def test_refused() -> None:
    """Another name, mixed letters, and what is cut off are refused."""
    for text, name in ((TEXT, "agf"), (TEXT[:-1] + TEXT[-1].upper(), "age"), (TEXT[:-1], "age"), ("", "age")):
        with pytest.raises(ValueError):
            decode(text, name)
