"""Ids are typed on command lines."""

from __future__ import annotations

from offset.wallet.row_ids import row_id


def test_no_id_looks_like_an_option() -> None:
    """Whatever is drawn, the first character is a letter, and what is drawn differently stays different."""
    ids = {row_id(bytes([first, second])) for first in range(128) for second in range(256)}
    assert len(ids) == 128 * 256
    assert all(row_id(bytes([first, 0]))[0].isalpha() for first in range(256))
