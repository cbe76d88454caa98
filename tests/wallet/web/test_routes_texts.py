"""What a text is, and its picture, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from offset.wire.texts import write_text
from support.texts import FILES, VALUES
from support.wallets import Served


@pytest.mark.parametrize(
    "name, kind, can",
    [
        ("invoice", "invoice", ["pay"]),
        ("commit", "commit", []),
        ("receipt", "receipt", ["check"]),
        ("friend", "friend", ["add-friend"]),
        ("server", "relay", ["add-relay", "add-server"]),
    ],
)
def test_kinds(wallet: Served, name: str, kind: str, can: list[str]) -> None:
    """Text and file say the same, and each is given back as the other."""
    text, file = write_text(VALUES[name]), FILES[name]
    read: list[Any] = [wallet.ask("POST", "/read", {"text": pasted}).body for pasted in (text, text.upper())]
    for one in read:
        assert (one["kind"], one["can"], one["text"], one["file"]) == (kind, can, text, file)
        assert one["hint"].endswith(".")
    assert wallet.ask("POST", "/read", {"text": file}).body["kind"] == kind


def test_a_secret_is_not_shown_again(wallet: Served) -> None:
    """Of a remote card the answer has neither text nor file."""
    secret = write_text(VALUES["remote card"])
    answer = wallet.ask("POST", "/read", {"text": secret})
    assert answer.body["kind"] == "remote-card"
    assert (answer.body["text"], answer.body["file"]) == (None, None)
    assert VALUES["remote card"].app_private_key.private_key().hex() not in str(answer.body)  # type: ignore[union-attr]


def test_pictures(wallet: Served) -> None:
    """SVG and PNG; too long a text has none."""
    text = write_text(VALUES["invoice"])
    svg = wallet.ask("POST", "/qr", {"text": text})
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.body.startswith(b"<svg")
    png = wallet.ask("POST", "/qr", {"text": text, "form": "png", "scale": 2})
    assert png.body.startswith(b"\x89PNG")
    assert wallet.ask("POST", "/qr", {"text": "offset:" + "a" * 5000}).status == 422
    assert wallet.ask("POST", "/qr", {"text": text, "scale": 99}).status == 400


def test_no_card(wallet: Served) -> None:
    """A card that is not there."""
    assert wallet.ask("POST", "/read", {"text": write_text(VALUES["invoice"]), "card": "AAAA"}).status == 404
