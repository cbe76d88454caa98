"""Call the mailboxes of others, and be called at one's own (docs/MAILBOX.md)."""

from offset.core.mailbox.effects import (
    Arrived,
    CallEnd,
    Effect,
    Ended,
    Heard,
    Introduced,
    Reached,
)
from offset.core.mailbox.mailbox import Mailbox

__all__ = [
    "Arrived",
    "CallEnd",
    "Effect",
    "Ended",
    "Heard",
    "Introduced",
    "Mailbox",
    "Reached",
]
