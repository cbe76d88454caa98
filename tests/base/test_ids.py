"""Sizes and short names of ids."""

from offset.base.ids import short


def test_short() -> None:
    """A long name is shown by its first bytes, an empty one by nothing."""
    assert short(bytes.fromhex("0123456789ab")) == "01234567"
    assert short(b"") == ""
