"""The friends of a node: what they say, and what they are told.

A friend that has used up its share of processor time waits, on its own connection (`friend_work.py`), and is told
nothing twice within a second (`repeats.py`). Each line begins with a hello (`asides.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, short
from offset.base.limits import FRIEND_WORK_PER_MESSAGE, FRIEND_WORK_PER_ROW
from offset.core.channeler.effects import FriendData, Offline, Online
from offset.core.funder.funder import Funder
from offset.core.funder.records import Changes
from offset.core.funder.state.past import Past
from offset.core.funder.state.turn import Turn
from offset.engine.asides import Asides, LineNumber
from offset.engine.friend_work import FriendWork, cost
from offset.engine.handing_over import encoded, promises_in
from offset.engine.loop import Loop, Timer
from offset.engine.outbox import Release
from offset.engine.reading import Reading, Reason
from offset.engine.repeats import Repeats
from offset.engine.surface import Tell
from offset.wire.aside import (
    Aside,
    AsideBody,
    Handover,
    Hello,
    Notice,
    NoticeKind,
    decode_friend_message,
    encode_aside,
)
from offset.wire.friend import FriendMessage, ResetTerms
from offset.wire.revocations import Revocation

_ROWS_PER_SIGNATURE = FRIEND_WORK_PER_MESSAGE // FRIEND_WORK_PER_ROW
"""As how many rows a signature counts that is to be checked."""


class FriendLines(Protocol):
    """Who carries what is said to friends."""

    def conn_of(self, friend: PublicKey) -> Conn | None:
        """The connection that carries the link to this friend; None when it is offline."""
        ...

    def send(self, friend: PublicKey, data: bytes) -> None:
        """Say something about the token."""
        ...

    def send_aside(self, friend: PublicKey, data: bytes) -> None:
        """Say something beside it."""
        ...


class NodeFriends:
    """The talk with friends, as a part of a node."""

    def __init__(
        self,
        loop: Loop,
        reading: Reading,
        funder: Funder,
        past: Past,
        *,
        lines: Callable[[], FriendLines],
        take: Callable[[PublicKey, bytes], None],
        say: Callable[[Turn], None],
        put: Callable[[Changes, Release], None],
    ) -> None:
        """`take` is where a message goes whose turn it is: to `take` here, unless somebody stands between.

        `say` carries out a turn, `put` makes rows durable and then calls what it is given; both keep the order.
        """
        self._loop, self._reading, self._funder, self._past = loop, reading, funder, past
        self._lines, self._hand_in, self._say, self._put = lines, take, say, put
        self._asides = Asides(funder)
        self._asides_timer = Timer(self._speak_to_silent)
        self._work = FriendWork()
        self._work_timer = Timer(self._hear_those_who_wait)
        self._repeats = Repeats()
        self._repeats_timer = Timer(self._repeat)
        self.timers = (self._asides_timer, self._work_timer, self._repeats_timer)

    @property
    def repeated(self) -> int:
        """How many copies of messages were said."""
        return self._repeats.count

    def drop(self, friend: PublicKey) -> None:
        """There is no such friend any more."""
        self._work.drop(friend)
        self._repeats.drop(friend)

    # Hearing

    def hear(self, news: Online | Offline | FriendData) -> None:
        """The channeler tells of a friend."""
        match news:
            case FriendData():
                if self._work.must_wait(news.friend, news.data, self._loop.now):
                    self._leave_unread(news.friend)
                else:
                    self._hand_in(news.friend, news.data)
            case Online():
                self._online(news.friend)
            case Offline():
                self._asides.offline(news.friend)
                self._work.hung_up(news.friend)
                self._say(self._funder.offline(news.friend))

    def _online(self, friend: PublicKey) -> None:
        self._repeats.new_line(friend)
        number = self._asides.online(friend, self._loop.now)
        hello = self._funder.hello(friend)
        if hello is not None:
            self._aside(friend, number, hello)
        self._say(self._funder.online(friend))
        self._look(friend)

    def _look(self, friend: PublicKey) -> None:
        """Perhaps the friend is awaited from now on, or not any more."""
        self._asides.look(friend, self._loop.now)
        self._asides_timer.at = self._asides.deadline()

    def take(self, friend: PublicKey, data: bytes) -> None:
        """A message of a friend."""
        rows, is_aside = 0, True
        try:
            message = decode_friend_message(data)
        except PeerFault as fault:
            # Skipped, as the reference does (spec 01, 2.7); an aside of a kind that we do not know, too.
            self._loop.add(Tell("friend", f"an unreadable message of {short(friend)}: {fault}"))
        else:
            if isinstance(message, Aside):
                rows = self._take_aside(friend, message.body)
            else:
                turn = self._funder.friend_message(friend, message)
                rows, is_aside = len(turn.changes), False
                self._say(turn)
            self._look(friend)
        self._work.spend(friend, cost(data, rows, is_aside=is_aside), self._loop.now)

    def _take_aside(self, friend: PublicKey, body: AsideBody) -> int:
        """Returns how many rows it changed."""
        match body:
            case Hello() if self._asides.greeted(friend):
                return self._greeted(friend, body)
            case Handover() if self._asides.gives_nothing(friend):
                turn = self._funder.handed_over(friend, body)
                self._say(turn)
                return len(turn.changes) + promises_in(body) * _ROWS_PER_SIGNATURE
            case Notice(NoticeKind.NOTHING) if self._asides.gives_nothing(friend):
                return 0
            case Notice(NoticeKind.TOO_LONG):
                text = (
                    f"friend {short(friend)} has {body.amount} requests under way, too many to hand them over"
                )
                self._loop.add(Tell("warning", text))
                return 0
            case Revocation():
                turn = self._funder.take_revocation(body)
                self._say(turn)
                return len(turn.changes)
            case _:
                return 0

    def _greeted(self, friend: PublicKey, hello: Hello) -> int:
        """Its first hello on this line. Returns how many rows it changed."""
        is_known = self._funder.knows(friend, hello)
        turn = self._funder.heard_hello(friend, hello)
        self._say(turn)
        number = self._asides.number_of(friend)
        if is_known:
            self._asides.gives_nothing(friend)
        elif number is not None and not self._funder.may_hand_over(friend):
            self._aside(friend, number, Notice(NoticeKind.NOTHING))
        self._reveal_to(friend)
        return len(turn.changes)

    def _leave_unread(self, friend: PublicKey) -> None:
        """What came of this friend waits already."""
        conn = self._lines().conn_of(friend)
        if conn is not None:
            self._reading.pause(conn, Reason.WORK)
        self._work_timer.at = self._work.deadline()

    def _hear_those_who_wait(self) -> None:
        """Friends that had used up their share have some of it again."""
        while (waiting := self._work.pop(self._loop.now)) is not None:
            friend, data = waiting
            self._hand_in(friend, data)
            conn = self._lines().conn_of(friend)
            if self._work.look(friend, self._loop.now) and conn is not None:
                self._reading.resume(conn, Reason.WORK)
        self._work_timer.at = self._work.deadline()

    def _speak_to_silent(self) -> None:
        """Friends that were to speak first have nothing to say."""
        while (friend := self._asides.pop(self._loop.now)) is not None:
            self._say(self._funder.silent(friend))
        self._asides_timer.at = self._asides.deadline()

    # Saying

    def tell(self, friend: PublicKey, message: FriendMessage) -> None:
        """Say this to a friend: now, or a little later if it was told the same just now."""
        data = self._repeats.say(friend, message, self._loop.now)
        if data is not None:
            if isinstance(message, ResetTerms):
                self._loop.add(Tell("inconsistent", f"with friend {short(friend)}"))
            self._lines().send(friend, data)
        self._repeats_timer.at = self._repeats.deadline()

    def _repeat(self) -> None:
        """It is time to say once more what friends were told last, unless they have answered it meanwhile."""
        while (due := self._repeats.pop(self._loop.now)) is not None:
            friend, message = due
            if self._funder.is_newest(friend, message):
                self.tell(friend, message)
        self._repeats_timer.at = self._repeats.deadline()

    def hand_over(self, friend: PublicKey, handover: Handover) -> None:
        """Say all this to a friend that lacks it, now that it is durable, with the collects that it may have lost."""
        # On another line its hello is to come, and leads here again.
        if self._asides.has_greeted(friend):
            data = encoded(handover, self._past.collects(friend))
            self._work.spend(friend, cost(data, 0), self._loop.now)
            self._lines().send_aside(friend, data)

    def reveal(self) -> None:
        """Our own key is revoked: tell those who are here and know asides. Others are told when they say hello."""
        for friend in self._asides.greeters():
            self._reveal_to(friend)

    def _reveal_to(self, friend: PublicKey) -> None:
        revocation, number = self._funder.own_revocation, self._asides.number_of(friend)
        if revocation is not None and number is not None:
            self._aside(friend, number, revocation)

    def _aside(self, friend: PublicKey, line: LineNumber, body: AsideBody) -> None:
        """Say this beside the token, on this line, once all is durable that it may tell of."""

        def release() -> None:
            if self._asides.is_up(friend, line):
                self._lines().send_aside(friend, encode_aside(body))

        self._put({}, release)
