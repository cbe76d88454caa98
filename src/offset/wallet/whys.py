"""Why a payment does not work, from the SDK to rows and answers."""

from __future__ import annotations

import msgspec

from offset.app import why as app
from offset.wallet.values.parts import key_text
from offset.wallet.values.payments import Why
from offset.wallet.values.problems import Remedy

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Why)


def why_value(why: app.Why) -> Why:
    """As it is answered."""
    return Why(
        kind=why.cause.value,
        sentence=why.sentence,
        most=None if why.most is None else str(why.most),
        is_at_least=why.is_at_least,
        remedies=tuple(
            Remedy(
                action=remedy.action.value,
                friend=None if remedy.friend is None else key_text(remedy.friend),
                currency=why.currency or None,
                amount=None if remedy.amount is None else str(remedy.amount),
            )
            for remedy in why.remedies
        ),
    )


def pack_why(why: app.Why | Why) -> str:
    """As it stands in a row."""
    return _ENCODER.encode(why if isinstance(why, Why) else why_value(why)).decode()


def unpack_why(text: str | None) -> Why | None:
    """As it is answered, from a row."""
    return None if text is None else _DECODER.decode(text)
