"""The report of a node for apps, friend by friend: in pieces that are made quickly (docs/WIRE.md).

The report of 10 000 friends takes seconds to make, during which the node would do nothing else, and may be longer than
an app takes. So an app of ours asks for one piece after the other. A piece shows its friends as they are when it is
made, and goes out in its place among the changes: an app skips changes of friends that it does not have yet, for the
piece that brings them is made later.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from offset.base.ids import Conn, PublicKey
from offset.base.limits import (
    REPORT_FRIEND_PARTS,
    REPORT_PIECE_PARTS_MAX,
    REPORT_WHOLE_PARTS_MAX,
)
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.views import friend_report
from offset.wire.extension import CREDIT_LINES, FriendCreditLines, FriendPart
from offset.wire.report import (
    FRIEND_REPORT,
    ChannelInconsistent,
    FriendReport,
    PkFriendReport,
)


class Piece(msgspec.Struct, frozen=True):
    """Some friends of a report."""

    keys: tuple[PublicKey, ...]
    friends: tuple[FriendPart, ...]
    is_last: bool


class ReportPieces:
    """The encoded friends of a node, kept until they change, and how far each app has come."""

    def __init__(self, state: FunderState, whole_parts_max: int = REPORT_WHOLE_PARTS_MAX) -> None:
        """`whole_parts_max`: a report of so many friends and currencies is sent whole to every app."""
        self._state, self._whole_parts_max = state, whole_parts_max
        self._piece_parts_max = min(whole_parts_max, REPORT_PIECE_PARTS_MAX)
        self._encoded: dict[PublicKey, FriendPart] = {}
        self._shorter: dict[PublicKey, bytes] = {}
        """Reports of friends without what a report in one message may lack."""
        self._left: dict[Conn, Iterator[PublicKey] | None] = {}
        """Friends that an app is still to be told of, or that are gone by now; None: it has all."""

    def is_offered(self) -> bool:
        """Whether the report is so long that apps are offered pieces."""
        parts = 0
        for friend in self._state.friends.values():
            parts += _parts(friend)
            if parts > self._whole_parts_max:
                return True
        return False

    def changed(self, friends: Iterable[PublicKey]) -> None:
        """Something about these friends is not as before."""
        if self._encoded or self._shorter:
            for key in friends:
                self._encoded.pop(key, None)
                self._shorter.pop(key, None)

    def begin(self, conn: Conn) -> bool:
        """Whether an app has no report yet: give it one without friends. Those who are added later it is told of."""
        if conn in self._left:
            return False
        self._left[conn] = iter(list(self._state.friends))
        return True

    def gave_whole(self, conn: Conn) -> None:
        """An app has its report otherwise."""
        self._left[conn] = None

    def drop(self, conn: Conn) -> None:
        """The app is gone."""
        self._left.pop(conn, None)

    def take(self, conn: Conn) -> Piece | None:
        """The next friends; None for an app that has all of them."""
        left = self._left[conn]
        if left is None:
            return None
        keys: list[PublicKey] = []
        parts, is_last = 0, True
        for key in left:
            friend = self._state.friends.get(key)
            if friend is None:
                continue
            keys.append(key)
            parts += _parts(friend)
            if parts >= self._piece_parts_max:
                is_last = False
                break
        if is_last:
            self._left[conn] = None
        return Piece(tuple(keys), tuple(map(self._part, keys)), is_last)

    def encode_some(self, *, is_short: bool) -> bool:
        """Encode as many friends as one piece may have, of those that are not encoded. False: all of them are.

        `is_short`: without their last tokens, relays, and terms of a reset.
        """
        known: Container[PublicKey] = self._shorter if is_short else self._encoded
        parts = 0
        for key, friend in self._state.friends.items():
            if key not in known:
                self.report_of(key, is_short=is_short)
                parts += _parts(friend)
                if parts >= self._piece_parts_max:
                    break
        return parts > 0

    def report_of(self, key: PublicKey, *, is_short: bool) -> bytes:
        """FRIEND_REPORT of a friend."""
        if not is_short:
            return self._part(key).report
        report = self._shorter.get(key)
        if report is None:
            shorter = _shorter(friend_report(self._state.friends[key]))
            report = self._shorter[key] = FRIEND_REPORT.encode(PkFriendReport(key, shorter))
        return report

    def _part(self, key: PublicKey) -> FriendPart:
        part = self._encoded.get(key)
        if part is None:
            friend = self._state.friends[key]
            report = FRIEND_REPORT.encode(PkFriendReport(key, friend_report(friend)))
            lines = friend.credit_lines
            told = b"" if lines is None else CREDIT_LINES.encode(FriendCreditLines(key, lines))
            part = self._encoded[key] = FriendPart(report, told)
        return part


def _parts(friend: Friend) -> int:
    """What the report of a friend costs: it takes as long as some currencies, beside those with it."""
    terms = friend.channel.remote_terms
    return REPORT_FRIEND_PARTS + len(friend.configs) + (0 if terms is None else len(terms.balance_for_reset))


def _shorter(friend: FriendReport) -> FriendReport:
    status = friend.channel_status
    if isinstance(status, ChannelInconsistent):
        status = replace(status, opt_remote_reset_terms=None)
    return replace(friend, remote_relays=(), opt_last_incoming_move_token=None, channel_status=status)
