"""Owners who accept the terms of a friend whose ledger disagrees with theirs."""

from __future__ import annotations

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.cast.cast import Cast
from offset.wire.app import ResetFriendChannel

LOOK_MS: Millis = 5 * SECOND
"""How often owners look whether a friend's ledger disagrees."""
LATE_MS: Millis = MINUTE
"""After this the other owner of a pair accepts, if the first one has not."""


class ResetOwners:
    """Of each pair the quick owner accepts, or the other one after a while.

    Terms that count lower than what we know cannot be accepted (D32): then only the other one can.
    """

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._disagree_since: dict[tuple[str, str], Instant] = {}

    def begin(self) -> None:
        """Look from now on, again and again."""
        self._cast.world.after(LOOK_MS, self._look)

    def _look(self) -> None:
        cast = self._cast
        for name in cast.scenario.nodes:
            if not (cast.hosts[name].is_alive and cast.is_honest(name)):
                continue
            for friend in cast.state(name).friends.values():
                channel = friend.channel
                other = cast.names[friend.public_key]
                if channel.is_consistent:
                    self._disagree_since.pop((name, other), None)
                if channel.is_consistent or channel.remote_terms is None or channel.reset_wish is not None:
                    continue
                since = self._disagree_since.setdefault((name, other), cast.world.now)
                is_late = cast.world.now - since > LATE_MS
                if is_late or not cast.is_honest(other) or self._accepts_first(name, other):
                    request = ResetFriendChannel(friend.public_key, channel.remote_terms.reset_token)
                    cast.clients[name].tell(request)
        cast.world.after(LOOK_MS, self._look)

    def _accepts_first(self, name: str, other: str) -> bool:
        """Which owner of a pair is quick, or both: then their resets cross (D18)."""
        pair = sorted((name, other))
        quick = self._cast.world.rng.fork(f"owners of {pair}").pick(("lower", "higher", "both"))
        return quick == "both" or (quick == "lower") == (name == pair[0])
