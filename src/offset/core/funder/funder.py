"""The funder: one event in, one finished turn out (spec 03, 3).

    event → handlers (control, liveness, incoming) → sender → turn: rows, orders, messages, answers

Nothing of a turn may be shown to anybody before its `changes` are durable (I13).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offset.base.entropy import Entropy
from offset.base.ids import PublicKey
from offset.core.funder.control import HANDLERS
from offset.core.funder.friend import catching_up, hellos, incoming, liveness, recovering
from offset.core.funder.friend.reachability import order_lines
from offset.core.funder.friend.revoking import revoke
from offset.core.funder.friend.sender import send_all
from offset.core.funder.ledger.channel_states import ChannelEvent
from offset.core.funder.records import Queue, Record, UsedKey
from offset.core.funder.roles import seller
from offset.core.funder.roles.cancelling import cancel_queued
from offset.core.funder.state import views
from offset.core.funder.state.past import NO_PAST, Past
from offset.core.funder.state.state import FunderState
from offset.core.funder.state.turn import SetRelays, Turn
from offset.core.funder.state.waiting_parts import Payer
from offset.core.funder.twin import Twin
from offset.crypto.lives import LifeCipher
from offset.crypto.own_locks import OwnLocks
from offset.crypto.signer import Signer
from offset.wire.aside import Handover, Hello
from offset.wire.friend import FriendMessage, MoveTokenRequest
from offset.wire.recovery import RecoveryRow
from offset.wire.report import FunderReport, SetChannelStatus, SetOptLastIncomingMoveToken
from offset.wire.revocations import Revocation


class Funder:
    """Credit with friends. Pure: chance is an argument, time plays no part, the disk is somebody else's."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        records: Iterable[Record] = (),
        past: Past = NO_PAST,
        *,
        is_restored: bool = False,
        listens_first: bool = False,
    ) -> None:
        """`records`: the rows of the store, friends before what belongs to them.

        What is over may be left out of them and looked up in `past`. `is_restored`: they are from a copy.
        `listens_first`: nothing is said to a friend before it has spoken, for it may have newer books; so in any case
        when they are from a copy.
        """
        self._signer, self._entropy = signer, entropy
        self.state = FunderState(signer.public_key, past)
        self.state.restore(records)
        for friend in self.state.friends.values():
            friend.is_awaited = listens_first or is_restored or not friend.has_told
        self._lives, self._locks = LifeCipher(signer), OwnLocks(signer)
        self._unix = 0
        self.is_reporting = True
        """Whether apps listen; if not, no reports are made."""

    def set_clock(self, unix: int) -> None:
        """It is `unix` seconds since 1970. What is signed until the next call is signed then."""
        self._unix = unix

    def start(self) -> Turn:
        """What the channeler must know at the start. Everybody is offline, so no request waits for a token."""
        turn = self._turn()
        catching_up.begin(turn)
        turn.orders.append(SetRelays(tuple([relay.unnamed() for relay in self.state.relays])))
        for friend in self.state.friends.values():
            turn.reaching[friend.public_key] = None
            cancel_queued(turn, friend, (Queue.FORWARDED, Queue.USER))
        return self._finish(turn)

    def handles(self, request: Any) -> bool:
        """Whether this app request is the funder's business."""
        return type(request) in HANDLERS

    def control(self, request: Any) -> Turn:
        """A request of an app; the turn says why it was refused if it was."""
        turn = self._turn()
        turn.refusal = HANDLERS[type(request)](turn, request)
        return self._finish(turn)

    def is_incomplete(self, payer: Payer) -> bool:
        """Whether parts of this payer wait for an invoice, and more must come before they can be collected."""
        return seller.is_incomplete(self.state, payer)

    def cancel_incomplete(self, payer: Payer) -> Turn:
        """The rest did not come in time: give back what waits of this payer; the invoice stays open (D23)."""
        turn = self._turn()
        seller.cancel_incomplete(turn, payer)
        return self._finish(turn)

    def online(self, key: PublicKey) -> Turn:
        """There is a line to this friend."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None:
            liveness.came_online(turn, friend)
        return self._finish(turn)

    def offline(self, key: PublicKey) -> Turn:
        """The line to this friend is gone."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None:
            liveness.went_offline(turn, friend)
        return self._finish(turn)

    def owed_since(self, key: PublicKey) -> int | None:
        """The number of our message since which this friend owes us the token; None if it does not."""
        friend = self.state.friends.get(key)
        if friend is None or not friend.owes_token:
            return None
        return friend.channel.move_token_counter

    def overdue(self, key: PublicKey) -> Turn:
        """This friend keeps the token too long."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None:
            liveness.became_overdue(turn, friend)
        return self._finish(turn)

    def is_awaited(self, key: PublicKey) -> bool:
        """Whether nothing is said to this friend before it has spoken, shown why it does not fit, or been silent for
        long.
        """
        friend = self.state.friends.get(key)
        return friend is not None and (friend.is_awaited or friend.is_put_off)

    def silent(self, key: PublicKey) -> Turn:
        """This friend has nothing to say: if it was awaited, we speak. What does not fit does not fit."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None:
            if friend.is_put_off:
                incoming.become_inconsistent(turn, friend, ChannelEvent.MISMATCH)
            liveness.had_nothing_to_say(turn, friend)
        return self._finish(turn)

    def hello(self, key: PublicKey) -> Hello | None:
        """What is said first on a line to this friend; None to a stranger or a disabled friend."""
        friend = self.state.friends.get(key)
        return hellos.hello_to(friend) if friend is not None and friend.is_enabled else None

    def knows(self, key: PublicKey, hello: Hello) -> bool:
        """Whether the newest move token in the hello of this friend is one of the last two that we know."""
        friend = self.state.friends.get(key)
        return friend is None or hellos.knows(friend, hello)

    def heard_hello(self, key: PublicKey, hello: Hello) -> Turn:
        """The first hello of this friend on its line: perhaps we need not let it speak first any more."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None and friend.is_enabled:
            hellos.heard(turn, friend, hello)
        return self._finish(turn)

    def may_hand_over(self, key: PublicKey) -> bool:
        """Whether this friend, if it is behind, may hear from us what it lacks, now or later on this line."""
        friend = self.state.friends.get(key)
        return friend is not None and hellos.may_hand_over(friend)

    def is_to_answer(self, key: PublicKey) -> bool:
        """Whether this friend said what does not fit, and we have handed over to it on this line, who is not ahead.

        Then its books are older than ours. It takes ours over, stops, or tells its terms: we have nothing to decide.
        Books that were begun anew know of no loss, and hand over as well: they are the ones that decide.
        """
        friend = self.state.friends.get(key)
        return friend is not None and friend.is_put_off and friend.has_handed and not friend.is_ahead

    def handed_over(self, key: PublicKey, handover: Handover) -> Turn:
        """This friend shows what we signed to it, and all that followed. It is taken over if our books are a copy's."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None and friend.is_enabled:
            catching_up.handed_over(turn, friend, handover)
            if turn.stopped is None and not self.is_to_answer(key):
                if friend.is_put_off:
                    incoming.become_inconsistent(turn, friend, ChannelEvent.MISMATCH)
                liveness.had_nothing_to_say(turn, friend)
                turn.handing_over[key] = None
        return self._finish(turn)

    def recovery(self) -> list[RecoveryRow]:
        """Who has told after a loss, who has not, and what waits for whose word; by their keys."""
        return recovering.recovery_rows(self._turn())

    @property
    def stopped(self) -> Twin | None:
        """Why this node must not say anything any more: another copy of it lives."""
        return self.state.node.stopped

    def is_newest(self, key: PublicKey, message: FriendMessage) -> bool:
        """Whether this is what we said last to that friend, or our terms, and it has not answered since."""
        friend = self.state.friends.get(key)
        if friend is None:
            return False
        if isinstance(message, MoveTokenRequest):
            return friend.channel.is_consistent and friend.channel.outgoing is message.move_token
        return friend.channel.local_terms == message

    def friend_message(self, key: PublicKey, message: FriendMessage) -> Turn:
        """A message of a friend; strangers and disabled friends are not heard (D33)."""
        turn = self._turn()
        friend = self.state.friends.get(key)
        if friend is not None and friend.is_enabled:
            incoming.friend_message(turn, friend, message)
        return self._finish(turn)

    def take_revocation(self, revocation: Revocation) -> Turn:
        """A revocation that a friend brings. What it does not prove changes nothing; our own is our owner's to take."""
        turn = self._turn()
        key = revocation.public_key
        if key != self.state.local and key not in self.state.revoked:
            revoke(turn, revocation)
        return self._finish(turn)

    @property
    def own_revocation(self) -> Revocation | None:
        """Our owner has revoked this node: its friends are to hear it."""
        row = self.state.revoked.get(self.state.local)
        return None if row is None else Revocation(row.public_key, row.signature)

    def settled(self, used_up: Iterable[UsedKey]) -> None:
        """These ids, used up in a turn, are durable: from now on the past knows them."""
        self.state.used.settled(used_up)

    def report(self) -> FunderReport:
        """All that apps may know."""
        return views.funder_report(self.state)

    def _turn(self) -> Turn:
        # No life ever began in the future, so a clock that says otherwise is slow.
        now = max(self._unix, self.state.node.highest_life)
        return Turn(self.state, self._signer, self._entropy, self._lives, self._locks, now)

    def _finish(self, turn: Turn) -> Turn:
        if self.state.node.stopped is None:
            send_all(turn)
            for key in turn.handing_over:
                hellos.hand_over_to(turn, key)
        order_lines(turn)
        if self.is_reporting:
            self._report(turn)
        return turn

    def _report(self, turn: Turn) -> None:
        """One status per touched friend: what was in between says nothing (spec 03, 3.10)."""
        friends = self.state.friends
        for key in turn.touched:
            turn.change_friend(key, SetChannelStatus(views.channel_status(friends[key])))
        for key in turn.proven:
            turn.change_friend(key, SetOptLastIncomingMoveToken(friends[key].channel.incoming))
