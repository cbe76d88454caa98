"""Whose fault it is, said once (docs/ARCHITECTURE.md, "Whose fault").

The peer's: answer, reset or hang up. The user's: refuse with a reason. Ours: assert.
"""

from __future__ import annotations


class OffsetError(Exception):
    """Root of every error that Offset raises on purpose. Its text is one clear sentence."""


class PeerFault(OffsetError):
    """The other end of a line broke the protocol; the line is closed, nothing else happens."""


class Undecodable(PeerFault):
    """Bytes of a peer are not a message we can read (spec 01, 6.7)."""


class UnknownVariant(Undecodable):
    """A message is whole, but a union in it has a variant that only newer programs know."""


class TextTooLong(Undecodable):
    """A message is whole but for a name in it that is longer than we take; the reference takes any (spec 01, 9)."""


class UserFault(OffsetError):
    """A person or an app asked for something that cannot be done; the text says what to do."""


class NodeStopped(OffsetError):
    """The program cannot go on (disk full, database broken); it ends with a non-zero status."""
