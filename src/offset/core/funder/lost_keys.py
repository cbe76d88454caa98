"""The rows about friends whose keys are lost or stolen."""

from __future__ import annotations

from offset.base.ids import PublicKey, Signature
from offset.core.funder.records import Key, Record


class SuccessorKey(Key):
    """A friend whose key is lost."""

    friend: PublicKey


class SuccessorRecord(Record):
    """A friend that hands its balances over to another one, until that one has accepted them. It stays disabled."""

    TABLE = "successors"
    KEY = SuccessorKey

    friend: PublicKey
    successor: PublicKey

    def key(self) -> SuccessorKey:
        return SuccessorKey(self.friend)


class RevokedKey(Key):
    """A key."""

    public_key: PublicKey


class RevokedRecord(Record):
    """A key of a friend whose owner has revoked it: as a friend it stays disabled. The row is never removed."""

    TABLE = "revoked"
    KEY = RevokedKey

    public_key: PublicKey
    signature: Signature
    """By that key: the proof."""

    def key(self) -> RevokedKey:
        return RevokedKey(self.public_key)
