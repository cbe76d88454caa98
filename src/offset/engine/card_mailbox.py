"""The mailbox of a card as a part of an engine: its lines to relays, its timer, and how its effects are carried out.

As with the channeler of a node, each line belongs to the number that the mailbox gave it, which it never uses twice:
a number stands in `_conns` from the dial until the line is over for either side, and what is told of a number that is
gone is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from offset.base.entropy import Entropy
from offset.base.ids import CallId, Conn, PublicKey
from offset.base.limits import LETTER_BYTES_MAX
from offset.core.mailbox.calls import MakeCaller
from offset.core.mailbox.effects import Arrived, Effect, Ended, Heard, Introduced, News, Reached
from offset.core.mailbox.mailbox import Mailbox
from offset.core.meeting.effects import CloseLine, LineId, Notice, OpenLine, SendLine
from offset.crypto.signer import Signer
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
from offset.link.stack import Line
from offset.wire.common import RelayAddress
from offset.wire.mailbox import Body
from offset.wire.text_values import MailboxAddress


class CardMailbox:
    """A mailbox on the lines of an engine, whose identity is that of the mailbox."""

    def __init__(
        self,
        loop: Loop,
        signer: Signer,
        entropy: Entropy,
        make_caller: MakeCaller,
        *,
        news: Callable[[News], None],
        called: Callable[[bool], None] = lambda _: None,
        allow_private_relays: bool = True,
    ) -> None:
        """`make_caller` draws the key of a call; `news` takes letters, and what becomes of calls.

        `called` is told whether anybody can call us, whenever that changes; at first nobody can.
        """
        self._loop = loop
        self._news, self._called = news, called
        self._is_called = False
        self._mailbox = Mailbox(
            signer,
            entropy,
            make_caller,
            lambda speaker, peer, at: Line(
                speaker, entropy, at, expects=peer, framed=False, message_bytes_max=LETTER_BYTES_MAX
            ),
            allow_private_relays=allow_private_relays,
        )
        self._conns: dict[LineId, Conn] = {}
        self.timer = Timer(self._tick)

    def __len__(self) -> int:
        """How many lines to relays there are, those that are being dialed too."""
        return len(self._conns)

    # Orders

    def set_relays(self, relays: Iterable[RelayAddress]) -> None:
        """Be called at these relays, and at no others."""
        self._carry_out(self._mailbox.set_relays(relays, self._loop.now))

    def set_contacts(self, contacts: Collection[PublicKey]) -> None:
        """The mailboxes of our contacts are these."""
        self._mailbox.set_contacts(contacts)

    def call(self, address: MailboxAddress) -> CallId | None:
        """Call a mailbox; Reached or Ended will tell, perhaps before this returns. None: too many calls are made."""
        call, effects = self._mailbox.call(address, self._loop.now)
        self._carry_out(effects)
        return call

    def say(self, call: CallId, body: Body, answer_to: int = 0) -> None:
        """Write a letter; to a line that is over nothing is said."""
        self._carry_out(self._mailbox.say(call, body, self._loop.now, answer_to))

    def hang_up(self, call: CallId) -> None:
        """End a line, or give up a call; no Ended follows."""
        self._carry_out(self._mailbox.hang_up(call, self._loop.now))

    def network_changed(self) -> None:
        """Lines may be dead: listen afresh."""
        self._carry_out(self._mailbox.network_changed(self._loop.now))

    # Events

    def _take(self, line: LineId, news: LineEvent) -> None:
        """What happens on the line of this number."""
        if line not in self._conns:
            # Closed by the mailbox in the very step in which the line ended.
            assert isinstance(news, LineClosed), "of a line that was hung up only its end may still be told"
            return
        now = self._loop.now
        match news:
            case LineMessage():
                self._carry_out(self._mailbox.line_message(line, news.data, now))
            case LineOpened():
                self._carry_out(self._mailbox.line_opened(line, now))
            case LineClosed():
                del self._conns[line]
                self._carry_out(self._mailbox.line_closed(line, now, news.reason))
            case LineCongested() | LineDrained():
                # How much is said on a line is bounded, and small.
                pass

    def _tick(self) -> None:
        self._carry_out(self._mailbox.tick(self._loop.now))

    # Effects

    def _carry_out(self, effects: list[Effect]) -> None:
        self.timer.at = self._mailbox.deadline()
        if (is_called := self._mailbox.is_called()) is not self._is_called:
            self._is_called = is_called
            self._called(is_called)
        for effect in effects:
            match effect:
                case SendLine():
                    # An earlier effect of this list may have led to its end.
                    conn = self._conns.get(effect.line)
                    if conn is not None:
                        self._loop.send(conn, effect.data)
                case OpenLine():
                    self._open(effect)
                case CloseLine():
                    conn = self._conns.pop(effect.line, None)
                    if conn is not None:
                        self._loop.lines.hangup(conn)
                case Notice():
                    self._loop.add(Tell("relay", effect.text))
                case Arrived() | Reached() | Introduced() | Heard() | Ended():
                    self._news(effect)

    def _open(self, effect: OpenLine) -> None:
        assert effect.line not in self._conns, "a number is never used twice"
        relay = effect.relay
        self._conns[effect.line] = self._loop.lines.dial(
            relay.address,
            relay.public_key,
            partial(self._take, effect.line),
            self._loop.now,
            public_only=effect.public_only,
            speaker=effect.speaker,
        )
