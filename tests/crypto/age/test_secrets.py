"""Keys and passphrases as texts; that they open and seal is in test_sealed.py."""

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.ids import DhPublicKey
from offset.crypto.age.secrets import KEY_BEGINS, Key, Passphrase, Recipient, normal

KEY = Key(bytes(range(32)))


def test_texts() -> None:
    """A key and its recipient are read from what they print."""
    assert KEY.text().startswith(KEY_BEGINS)
    assert Key.parse(KEY.text()).text() == KEY.text()
    assert str(Recipient.parse(str(KEY.recipient))) == str(KEY.recipient)
    assert str(KEY.recipient).startswith("age1")


@pytest.mark.parametrize("text", ["", "age1", str(KEY.recipient)[:-1], KEY.text()])
def test_no_recipient(text: str) -> None:
    """What is no recipient is refused; a secret key in its place, too."""
    with pytest.raises(ValueError):
        Recipient.parse(text)


def test_a_key_is_not_told() -> None:
    """Neither the fault of a key that is not whole nor what Python shows of secrets tells them."""
    text = KEY.text()[:-1]
    with pytest.raises(ValueError) as caught:
        Key.parse(text)
    assert text not in str(caught.value)
    for shown in (repr(KEY), repr(Passphrase("käse und brot"))):
        assert KEY.text() not in shown
        assert "brot" not in shown


def test_a_public_key_that_leads_to_nothing() -> None:
    """Nothing can be sealed for a public key of small order."""
    with pytest.raises(ValueError):
        Recipient(DhPublicKey(bytes(32))).wrap(bytes(16), SeededEntropy(1))


def test_letters_are_composed() -> None:
    """A letter and its accent become one character."""
    assert normal("ka\u0308se") == "käse"
