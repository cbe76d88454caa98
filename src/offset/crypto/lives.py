"""Lives: each move token of ours says, inside its nonce, in which life of our books it was signed, and when.

    nonce  =  AES-256(K("offset nonce key 1"), life 5 B ‖ signing time 5 B ‖ 6 bytes of chance)

The nonce of a move token is ours to choose (spec 01, 3.5), so everybody else sees a drawn one. Only whoever has our
key reads it: a signature that a friend shows us tells by itself whether it belongs to these books or to earlier ones.
A new life begins where books begin anew: with a friend that is added, or when a copy is restored.
"""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from offset.base.ids import RandValue
from offset.base.limits import SIGNED_AHEAD_SECONDS_MAX
from offset.crypto.signer import Signer

FIRST_LIFE = 1_735_689_600
"""1 January 2025, in seconds since 1970: no life began before."""
LAST_LIFE: int = 2**40 - 1
"""As many seconds as 5 bytes hold."""
_LABEL = b"offset nonce key 1"


class Signed(msgspec.Struct, frozen=True, gc=False):
    """When a move token of ours was made."""

    life: int
    """The life, as the time at which it began: seconds since 1970. 0: of before there were lives."""
    at: int
    """When it was signed, in seconds since 1970; never before its life began. 0 if nobody knows."""


UNKNOWN = Signed(0, 0)
"""The nonce was drawn by a program without lives, or is not ours."""


class LifeCipher:
    """Writes lives into nonces, and reads them. Made once for a node: a cipher costs more than a block."""

    __slots__ = ("_open", "_seal")

    def __init__(self, signer: Signer) -> None:
        cipher = Cipher(algorithms.AES(signer.derived(_LABEL)), modes.ECB())
        self._seal = cipher.encryptor().update
        self._open = cipher.decryptor().update

    def seal(self, life: int, now: int, chance: RandValue) -> RandValue:
        """The nonce of a move token that is signed `now` (seconds since 1970) in this life; of `chance` 6 bytes."""
        at = min(max(life, now), LAST_LIFE)
        return RandValue(self._seal((life << 40 | at).to_bytes(10) + chance[:6]))

    def open(self, nonce: RandValue, now: int) -> Signed:
        """When the move token with this nonce was made; UNKNOWN if it says nothing.

        `now` in seconds since 1970. It bounds what is believed, far above, since clocks are wrong: of 10^7 drawn nonces
        about one passes for a life.
        """
        block = int.from_bytes(self._open(nonce)[:10])
        life, at = block >> 40, block & LAST_LIFE
        latest = max(now, FIRST_LIFE) + SIGNED_AHEAD_SECONDS_MAX
        return Signed(life, at) if FIRST_LIFE <= life <= at <= latest else UNKNOWN


def next_life(now: int, highest: int) -> int:
    """The life that begins `now` (seconds since 1970), above the highest ever seen, however wrong the clock is."""
    return min(max(now, highest + 1, FIRST_LIFE), LAST_LIFE)
