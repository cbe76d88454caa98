"""Our calls to mailboxes of others: each as somebody whom nobody knows, over the first relay that leads there.

    trying ──(the owner proves its key in a tunnel)──► a Talk; the other attempts are dropped
       └── no relay is left ──► NOT_REACHED

A fresh key speaks for each call, so neither relays nor the owner see that two calls come from one wallet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from offset.base.ids import CallId, PublicKey
from offset.base.instants import Instant
from offset.base.limits import RELAY_ATTEMPTS_MAX, RELAY_STAGGER_MS
from offset.core.mailbox.correspondence import Correspondence
from offset.core.mailbox.effects import News
from offset.core.mailbox.talk import CallAlarm, Talk
from offset.core.meeting.addresses import usable_relays
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import EffectsBuffer
from offset.core.meeting.inner_line import InnerLine
from offset.core.meeting.tunnels import Tunnel, Tunnels
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress
from offset.wire.text_values import MailboxAddress

MakeCaller = Callable[[], Signer]
"""A fresh key, for one call."""
MakeInnerAs = Callable[[Signer, PublicKey, Instant], InnerLine]
"""A fresh inner line of this signer to the holder of this key."""


@dataclass(slots=True, eq=False)
class Attempt:
    """A call of ours whose mailbox has not answered yet."""

    call: CallId
    owner: PublicKey
    call_key: PublicKey
    tunnels: Tunnels
    queue: list[RelayAddress]
    """Relays still to be tried."""
    trying: dict[LineId, Tunnel] = field(default_factory=dict)


class Calls:
    """The calls on their way to a mailbox."""

    __slots__ = (
        "_allow_private",
        "_attempts",
        "_buffer",
        "_by_line",
        "_make_caller",
        "_make_inner",
    )

    def __init__(
        self,
        buffer: EffectsBuffer[News],
        make_caller: MakeCaller,
        make_inner: MakeInnerAs,
        *,
        allow_private: bool,
    ) -> None:
        self._buffer = buffer
        self._make_caller = make_caller
        self._make_inner = make_inner
        self._allow_private = allow_private
        self._attempts: dict[CallId, Attempt] = {}
        self._by_line: dict[LineId, Attempt] = {}

    def __len__(self) -> int:
        return len(self._attempts)

    def start(self, call: CallId, address: MailboxAddress, now: Instant) -> bool:
        """Call a mailbox, at its relays in this order; returns False when none of them is of use."""
        caller, allow_private = self._make_caller(), self._allow_private
        relays = usable_relays(address.relays, allow_private=allow_private)
        tunnels = Tunnels(
            self._buffer,
            lambda owner, at: self._make_inner(caller, owner, at),
            allow_private=allow_private,
            speaker=caller,
        )
        attempt = Attempt(call, address.mailbox, caller.public_key, tunnels, list(relays))
        self._attempts[call] = attempt
        return self._go_on(attempt, now)

    def of_line(self, line: LineId) -> tuple[Attempt, Tunnel] | None:
        """The attempt that uses this line, and its tunnel there."""
        attempt = self._by_line.get(line)
        return None if attempt is None else (attempt, attempt.trying[line])

    def failed(self, attempt: Attempt, tunnel: Tunnel, now: Instant) -> bool:
        """This tunnel is over, and dropped; returns False when it was the last hope."""
        self._forget(attempt, tunnel)
        return self._go_on(attempt, now)

    def stagger(self, call_key: PublicKey, now: Instant) -> None:
        """The alarm of a relay that kept us waiting."""
        (attempt,) = [attempt for attempt in self._attempts.values() if attempt.call_key == call_key]
        self._go_on(attempt, now)

    def reached(self, attempt: Attempt, tunnel: Tunnel, now: Instant) -> Talk:
        """The owner has proved its key in this tunnel."""
        self._forget(attempt, tunnel)
        self.drop(attempt.call)
        letters = Correspondence(attempt.owner, attempt.call_key, is_owner=False)
        return Talk(attempt.call, attempt.call_key, attempt.tunnels, tunnel, letters, now, now)

    def drop(self, call: CallId) -> bool:
        """Call no more; returns whether we did."""
        attempt = self._attempts.pop(call, None)
        if attempt is None:
            return False
        self._buffer.alarms.stop((CallAlarm.STAGGER, attempt.call_key))
        for tunnel in list(attempt.trying.values()):
            attempt.tunnels.drop(tunnel)
            self._forget(attempt, tunnel)
        return True

    def _go_on(self, attempt: Attempt, now: Instant) -> bool:
        # Two Connects of one key at one relay would push each other out.
        busy = [tunnel.relay.public_key for tunnel in attempt.trying.values()]
        relay = next((relay for relay in attempt.queue if relay.public_key not in busy), None)
        if relay is not None and len(attempt.trying) < RELAY_ATTEMPTS_MAX:
            attempt.queue.remove(relay)
            tunnel = attempt.tunnels.start(attempt.owner, relay, True, now)
            attempt.trying[tunnel.line] = tunnel
            self._by_line[tunnel.line] = attempt
            if attempt.queue:
                self._buffer.alarms.set((CallAlarm.STAGGER, attempt.call_key), now + RELAY_STAGGER_MS)
        if attempt.trying:
            return True
        self.drop(attempt.call)
        return False

    def _forget(self, attempt: Attempt, tunnel: Tunnel) -> None:
        del attempt.trying[tunnel.line]
        del self._by_line[tunnel.line]
