"""Join those who connect with those who listen; never read what they say (spec 02, 3)."""

from offset.core.relay.effects import Effect, Hangup, Pause, Resume, Send
from offset.core.relay.quotas import Quotas
from offset.core.relay.relay import Relay
from offset.core.relay.views import RelayView

__all__ = [
    "Effect",
    "Hangup",
    "Pause",
    "Quotas",
    "Relay",
    "RelayView",
    "Resume",
    "Send",
]
