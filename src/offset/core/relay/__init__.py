"""Join those who connect with those who listen; never read what they say (spec 02, 3)."""

from offset.core.relay.effects import Effect, HangupLeg, PauseLeg, ResumeLeg, SendLeg
from offset.core.relay.quotas import Quotas
from offset.core.relay.relay import Relay
from offset.core.relay.views import RelayView

__all__ = [
    "Effect",
    "HangupLeg",
    "PauseLeg",
    "Quotas",
    "Relay",
    "RelayView",
    "ResumeLeg",
    "SendLeg",
]
