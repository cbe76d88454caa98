"""Strangers at the relays of a node that looks for its friends: asked what they know, heard, and sent away.

    StrangerUp ──► a hello that knows nothing ──► its handover ──► found, or refused ──► dismissed

A friend of ours whose node knows us as a friend hands over to whoever is behind. Nothing else that it says is heard,
so that nothing is promised or answered before its owner has taken it.
"""

from __future__ import annotations

from collections.abc import Callable

from offset.base.faults import PeerFault
from offset.base.ids import PublicKey, short
from offset.base.instants import SECOND, Millis
from offset.core.channeler.effects import StrangerData, StrangerUp
from offset.core.funder.ledger.judge import Refused
from offset.core.funder.state.found import FoundFriend, FoundFriends
from offset.engine.loop import Loop
from offset.engine.surface import Tell
from offset.wire.aside import NEWEST_BYTES, Aside, Handover, Hello, decode_friend_message, encode_aside

ASKING = Hello(0, 0, bytes(NEWEST_BYTES))
"""Of one who knows no token: nobody has signed this one, so it is unknown to the friend, who hands over."""


class Strangers:
    """The talk with strangers, as a part of a node."""

    def __init__(
        self,
        loop: Loop,
        found: FoundFriends,
        unix: Callable[[], Millis],
        *,
        send: Callable[[PublicKey, bytes], None],
        dismiss: Callable[[PublicKey], None],
    ) -> None:
        """`unix` is the time of day in ms since 1970."""
        self._loop, self._found, self._unix = loop, found, unix
        self._send, self._dismiss = send, dismiss

    def hear(self, news: StrangerUp | StrangerData) -> None:
        """The channeler tells of a stranger."""
        if isinstance(news, StrangerUp):
            self._send(news.stranger, encode_aside(ASKING))
            return
        try:
            message = decode_friend_message(news.data)
        except PeerFault as fault:
            self._loop.add(
                Tell("friend", f"an unreadable message of a stranger, {short(news.stranger)}: {fault}")
            )
            return
        if isinstance(message, Aside) and isinstance(message.body, Handover):
            self._take(news.stranger, message.body)

    def _take(self, stranger: PublicKey, handover: Handover) -> None:
        found = self._found.take(stranger, handover, self._unix() // SECOND)
        match found:
            case FoundFriend():
                self._loop.add(Tell("found", f"{short(stranger)} holds a signature of ours"))
            case Refused():
                self._loop.add(Tell("friend", f"what {short(stranger)} shows is no proof: {found.why}"))
        self._dismiss(stranger)
