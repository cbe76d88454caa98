"""Meet others at relays: listen there, join them in tunnels, and prove one's keys inside (spec 02, 4 to 6).

What is met there, and why, is the business of whoever stands on this: the channeler meets friends.
"""

from offset.core.meeting.effects import CloseLine, LineId, OpenLine, SendLine
from offset.core.meeting.inner_line import InnerLine, MakeInner

__all__ = ["CloseLine", "InnerLine", "LineId", "MakeInner", "OpenLine", "SendLine"]
