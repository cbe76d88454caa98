"""The channeler of a node: its lines to relays, its timer, and how its effects are carried out.

The channeler numbers its lines itself and never uses a number twice. Each line that is dialed for it belongs to its
number, so news finds its way without a look-up; `_conns` leads the other way. A number stands there from the dial
until the line is over for either side, and what is told of a number that is gone is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from offset.base.ids import Conn, PublicKey
from offset.core.channeler.channeler import Channeler
from offset.core.channeler.effects import (
    Effect,
    FriendData,
    News,
    Offline,
    Online,
    StrangerData,
    StrangerUp,
)
from offset.core.funder.state.turn import DropFriend, Order, SetRelays, UpdateFriend
from offset.core.meeting.effects import CloseLine, LineId, Notice, OpenLine, SendLine
from offset.engine.line_events import (
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
)
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Tell
from offset.wire.extension import NetworkStatus


class NodeChanneler:
    """The channeler as a part of a node."""

    def __init__(
        self, loop: Loop, channeler: Channeler, *, news: Callable[[News], None], moved: Callable[[], None]
    ) -> None:
        """`news` takes what concerns friends, `moved` hears when our standing with anybody may have changed."""
        self._loop = loop
        self._channeler = channeler
        self._news, self._moved = news, moved
        self._conns: dict[LineId, Conn] = {}
        self.timer = Timer(self._tick, channeler.deadline())

    def __len__(self) -> int:
        """How many lines to relays there are, those that are being dialed too."""
        return len(self._conns)

    # Orders

    def order(self, order: Order) -> None:
        """The funder wants a friend to be reached, or our relays to be used, from now on."""
        channeler, now = self._channeler, self._loop.now
        match order:
            case SetRelays():
                self._carry_out(channeler.set_relays(order.relays, now))
            case UpdateFriend():
                relays, local = order.friend_relays, order.local_relays
                self._carry_out(channeler.update_friend(order.friend, relays, local, now))
            case DropFriend():
                self._carry_out(channeler.remove_friend(order.friend, now))

    def conn_of(self, friend: PublicKey) -> Conn | None:
        """The connection that carries the link to this friend; None when it is offline."""
        line = self._channeler.line_of(friend)
        return None if line is None else self._conns.get(line)

    def send(self, friend: PublicKey, data: bytes) -> None:
        """Say something to a friend; to one that is offline nothing is said."""
        self._carry_out(self._channeler.send(friend, data, self._loop.now))

    def send_aside(self, friend: PublicKey, data: bytes) -> None:
        """Say something beside the token; to one that is offline nothing is said."""
        self._carry_out(self._channeler.send_aside(friend, data, self._loop.now))

    def send_stranger(self, stranger: PublicKey, data: bytes) -> None:
        """Say something to somebody who is no friend; to one that has left nothing is said."""
        self._carry_out(self._channeler.send_stranger(stranger, data, self._loop.now))

    def dismiss_stranger(self, stranger: PublicKey) -> None:
        """Whatever this one had to say was said."""
        self._carry_out(self._channeler.dismiss_stranger(stranger, self._loop.now))

    def network_changed(self) -> None:
        """Links may be dead: try everything afresh."""
        self._carry_out(self._channeler.network_changed(self._loop.now))

    def status(self) -> NetworkStatus:
        """How we stand with each relay and each enabled friend."""
        return self._channeler.status(self._loop.now)

    def linked(self) -> Collection[PublicKey]:
        """The friends that are enabled: they have a link, in whatever state."""
        return self._channeler.friends()

    def status_of(self, friends: Iterable[PublicKey]) -> NetworkStatus:
        """How we stand with each relay, and with those of these friends that are enabled."""
        return self._channeler.status_of(friends, self._loop.now)

    # Events

    def _take(self, line: LineId, news: LineEvent) -> None:
        """What happens on the line of this number."""
        if line not in self._conns:
            # Closed by the channeler in the very step in which the line ended.
            assert isinstance(news, LineClosed), "of a line that was hung up only its end may still be told"
            return
        now = self._loop.now
        match news:
            case LineMessage():
                effects = self._channeler.line_message(line, news.data, now)
            case LineOpened():
                effects = self._channeler.line_opened(line, now)
                self._moved()
            case LineClosed():
                del self._conns[line]
                effects = self._channeler.line_closed(line, now, news.reason)
                self._moved()
            case LineCongested():
                effects = self._channeler.line_congested(line, now)
            case LineDrained():
                effects = self._channeler.line_drained(line, now)
        self._carry_out(effects)

    def _tick(self) -> None:
        self._carry_out(self._channeler.tick(self._loop.now))
        self._moved()

    # Effects

    def _carry_out(self, effects: list[Effect]) -> None:
        self.timer.at = self._channeler.deadline()
        for effect in effects:
            match effect:
                case SendLine():
                    # An earlier effect of this list may have led to its end.
                    conn = self._conns.get(effect.line)
                    if conn is not None:
                        self._loop.send(conn, effect.data)
                case FriendData() | StrangerData():
                    self._news(effect)
                case OpenLine():
                    self._open(effect)
                case CloseLine():
                    conn = self._conns.pop(effect.line, None)
                    if conn is not None:
                        self._loop.lines.hangup(conn)
                case Notice():
                    self._moved()
                    self._loop.add(Tell("relay", effect.text))
                case Online() | Offline() | StrangerUp():
                    self._moved()
                    self._news(effect)

    def _open(self, effect: OpenLine) -> None:
        assert effect.line not in self._conns, "a number is never used twice"
        self._moved()
        relay = effect.relay
        self._conns[effect.line] = self._loop.lines.dial(
            relay.address,
            relay.public_key,
            partial(self._take, effect.line),
            self._loop.now,
            public_only=effect.public_only,
        )
