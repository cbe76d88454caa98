"""The bytes of the values of texts, against the schema that other implementations read."""

from __future__ import annotations

import pytest

from offset.base.faults import Undecodable
from offset.crypto.identity import Identity
from offset.wire.files import RemoteNodeCard
from offset.wire.text_values import INVOICE, REQUEST, decode_card, encode_card
from support.texts import BARE, NODE, VALUES, signed


def test_optional_fields_are_kept_apart_from_zero() -> None:
    """No decimals are not 0 decimals, no amount is not 0."""
    request = VALUES["request, open"]
    decoded = REQUEST.decode(REQUEST.encode(request))  # type: ignore[arg-type]
    assert (decoded.opt_amount, decoded.opt_decimals, decoded.opt_currency) == (None, None, None)
    bare = INVOICE.decode(INVOICE.encode(BARE))
    assert (bare.opt_decimals, bare.opt_origin) == (2, None)


def test_a_signed_invoice_comes_back_whole() -> None:
    """With the address and the signature of its origin."""
    assert INVOICE.decode(INVOICE.encode(signed(BARE))) == signed(BARE)


def test_a_remote_card_keeps_its_secret() -> None:
    """The key of the app comes back as it was."""
    card = RemoteNodeCard(NODE.public_key, "node.example.org:9100", Identity(bytes(range(32))))
    read = decode_card(encode_card(card))
    assert read.app_private_key.private_key() == bytes(range(32))
    assert (read.node_public_key, read.node_address) == (card.node_public_key, card.node_address)
    with pytest.raises(Undecodable):
        decode_card(b"\xff")
