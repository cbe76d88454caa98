"""The states of a token channel, and what leads from one to the next (spec 03, 2; drawn in states.md).

No field says the state: it follows from whose message was the last one, and from terms. Whoever changes a channel
takes its state before, and says afterwards what has happened (`happened`).
"""

from __future__ import annotations

import enum

from offset.base.transitions import Transitions
from offset.core.funder.ledger.channel import Channel


class ChannelState(enum.StrEnum):
    """Who may speak, or how far a reset is."""

    HOLDING = "we hold the token"
    AWAY = "the friend holds the token"
    INCONSISTENT = "the ledgers disagree"
    """The friend has told no terms that our owner could accept."""
    TERMS_KNOWN = "the friend's terms are known"
    """The ledgers disagree, and our owner may accept these terms."""
    ACCEPTED = "the friend's terms are accepted"
    """Our owner has accepted them; the reset goes out as soon as the friend is online."""


class ChannelEvent(enum.StrEnum):
    """What happens to a channel."""

    ADDED_LOWER = "the friend is added; our key is the lower one"
    ADDED_HIGHER = "the friend is added; our key is the higher one"
    SAID = "we say our next message"
    NEXT = "the friend's next message comes"
    DUPLICATE = "the friend's last message comes again"
    MISSED = "the friend missed our last message"
    MISMATCH = "a message comes that does not fit"
    TERMS_CAME = "terms come that our owner could accept"
    BAD_TERMS_CAME = "terms come that nobody could accept"
    SAME_TERMS_CAME = "the same terms come again"
    SUCCEEDS = "our owner offers it the balances of a friend whose key is lost"
    OWNER_ACCEPTED = "our owner accepts the terms"
    RESET_SAID = "we say the reset"
    RESET_CAME = "the friend's reset comes"
    REMOVED = "the friend is removed"


_DISAGREEING = {
    ChannelEvent.TERMS_CAME: ChannelState.TERMS_KNOWN,
    ChannelEvent.RESET_CAME: ChannelState.HOLDING,
    ChannelEvent.REMOVED: None,
}

CHANNEL = Transitions[ChannelState, ChannelEvent](
    "token channel",
    {
        None: {
            ChannelEvent.ADDED_LOWER: ChannelState.AWAY,
            ChannelEvent.ADDED_HIGHER: ChannelState.HOLDING,
        },
        ChannelState.HOLDING: {
            ChannelEvent.SAID: ChannelState.AWAY,
            ChannelEvent.DUPLICATE: ChannelState.HOLDING,
            ChannelEvent.MISMATCH: ChannelState.INCONSISTENT,
            ChannelEvent.SUCCEEDS: ChannelState.INCONSISTENT,
            ChannelEvent.TERMS_CAME: ChannelState.TERMS_KNOWN,
            ChannelEvent.BAD_TERMS_CAME: ChannelState.INCONSISTENT,
            ChannelEvent.REMOVED: None,
        },
        ChannelState.AWAY: {
            ChannelEvent.NEXT: ChannelState.HOLDING,
            ChannelEvent.MISSED: ChannelState.AWAY,
            ChannelEvent.MISMATCH: ChannelState.INCONSISTENT,
            ChannelEvent.SUCCEEDS: ChannelState.INCONSISTENT,
            ChannelEvent.TERMS_CAME: ChannelState.TERMS_KNOWN,
            ChannelEvent.BAD_TERMS_CAME: ChannelState.INCONSISTENT,
            # Those that we have just accepted: the friend does not know it yet (D17).
            ChannelEvent.SAME_TERMS_CAME: ChannelState.AWAY,
            # Both owners accepted at once, and our key is the higher one (D18).
            ChannelEvent.RESET_CAME: ChannelState.HOLDING,
            ChannelEvent.REMOVED: None,
        },
        ChannelState.INCONSISTENT: {
            **_DISAGREEING,
            ChannelEvent.BAD_TERMS_CAME: ChannelState.INCONSISTENT,
        },
        ChannelState.TERMS_KNOWN: {
            **_DISAGREEING,
            ChannelEvent.BAD_TERMS_CAME: ChannelState.TERMS_KNOWN,
            ChannelEvent.SAME_TERMS_CAME: ChannelState.TERMS_KNOWN,
            ChannelEvent.OWNER_ACCEPTED: ChannelState.ACCEPTED,
        },
        ChannelState.ACCEPTED: {
            **_DISAGREEING,
            ChannelEvent.BAD_TERMS_CAME: ChannelState.ACCEPTED,
            ChannelEvent.SAME_TERMS_CAME: ChannelState.ACCEPTED,
            ChannelEvent.OWNER_ACCEPTED: ChannelState.ACCEPTED,
            ChannelEvent.RESET_SAID: ChannelState.AWAY,
        },
    },
)


def channel_state(channel: Channel) -> ChannelState:
    """The state of a channel."""
    if channel.local_terms is None:
        return ChannelState.HOLDING if channel.outgoing is None else ChannelState.AWAY
    if channel.remote_terms is None:
        return ChannelState.INCONSISTENT
    if channel.reset_wish == channel.remote_terms.reset_token:
        return ChannelState.ACCEPTED
    return ChannelState.TERMS_KNOWN


def happened(channel: Channel, before: ChannelState | None, event: ChannelEvent) -> None:
    """This event has led from the state before to what the channel is now."""
    now = channel_state(channel)
    assert CHANNEL.after(before, event) is now, f"{event} led from {before} to {now}"
