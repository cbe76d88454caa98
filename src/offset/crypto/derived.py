"""Keys that follow from the key of a node or an app, so that they need no copy of their own (docs/MAILBOX.md).

    K(label)  =  the first 32 bytes of HMAC-SHA512(private key, label)
    M(i)      =  the first 32 bytes of HMAC-SHA512(K("offset mailbox key 1"), i as 4 bytes, big-endian)

A label stands for one use: whoever learns one of these keys learns neither another one nor the key they follow from.
"""

from __future__ import annotations

import hmac

from offset.base.limits import MAILBOX_KEYS_MAX
from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity

_MAILBOX = b"offset mailbox key 1"


def mailbox_identity(owner: Identity, number: int) -> Identity:
    """The mailbox of this number, from 0 on, of the wallet whose node (or app, for a node elsewhere) is `owner`."""
    assert 0 <= number < MAILBOX_KEYS_MAX, "a card has so many mailboxes"
    key = hmac.digest(owner.derived(_MAILBOX), number.to_bytes(4), "sha512")
    return Identity(key[:PRIVATE_KEY_BYTES])
