"""From reports to moves: what changed of the balances, and which payment explains it. Pure.

Each change of a balance becomes moves whose deltas add up to it, whatever they are called. So all moves together are
what stands in the ledgers, always; the names are as good as what is known at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from offset.base.credits import Amount, Balance
from offset.base.ids import Currency, PublicKey
from offset.base.instants import Millis
from offset.store.card.database import PASSING
from offset.store.card.rows import Move, PartRow
from offset.wire.report import ChannelConsistent, ChannelStatus, FriendReport

AWAY, RESET, REMOVED, BEGIN = "away", "reset", "removed", "begin"
"""While nobody looked; numbers of a friend were accepted; a friend was removed; what stood there at first."""

Key = tuple[PublicKey, Currency]


class Standing(msgspec.Struct, frozen=True):
    """How it stood with a friend in a currency, when it was looked at last."""

    balance: Balance = 0
    out: Amount | None = 0
    """Frozen by us; None where only the balance was written down."""
    back: Amount | None = 0
    """Frozen by the friend."""
    is_agreed: bool = True
    """Whether both said the same."""


class Piece(NamedTuple):
    """Of a change of a balance, what is explained by one thing."""

    delta: Balance
    fees: Amount | None
    purchase: str | None
    sale: str | None


class Expected:
    """A payment whose credits are about to move, or have."""

    def __init__(
        self,
        id: str,
        currency: Currency,
        *,
        parts: Iterable[PartRow] = (),
        to_come: Amount = 0,
    ) -> None:
        """Of a purchase: what was sent over each friend. Of a sale: what its buyers pay."""
        self.id, self.currency = id, currency
        self.sent = tuple(parts)
        self.parts = list(self.sent)
        """Those that were not seen in the ledgers yet."""
        self.to_come = to_come

    def paid_over(self, friend: PublicKey, most: Amount) -> PartRow | None:
        """A part over this friend that costs `most` or less, and has not been seen yet; taken off the list."""
        found = [part for part in self.parts if part.friend == friend and 0 < part.cost <= most]
        if not found:
            return None
        part = max(found, key=lambda part: part.cost)
        self.parts.remove(part)
        return part

    def came(self, most: Amount) -> Amount:
        """How much of `most` is for this sale; taken off what is to come."""
        taken = min(self.to_come, most)
        self.to_come -= taken
        return taken


class Expectations:
    """All of them; the oldest first."""

    def __init__(self) -> None:
        self.purchases: dict[str, Expected] = {}
        self.sales: dict[str, Expected] = {}


class Ledgers:
    """The balances as they were seen last, and the moves from one look to the next."""

    def __init__(self, known: Mapping[Key, Balance], expected: Expectations, *, is_first: bool) -> None:
        """`known`: what was written down. `is_first`: nothing ever was."""
        self._seen = {key: Standing(balance, None, None) for key, balance in known.items()}
        self._expected = expected
        self._is_first = is_first
        self._names: dict[PublicKey, str] = {}
        self.totals: dict[Currency, Balance] = {}
        for (_, currency), balance in known.items():
            self.totals[currency] = self.totals.get(currency, 0) + balance

    def balances(self, keys: Iterable[Key]) -> dict[Key, Balance | None]:
        """What stands there now; None for what is there no more."""
        return {key: self._seen[key].balance if key in self._seen else None for key in keys}

    def whole(self, friends: Mapping[PublicKey, FriendReport], at: Millis) -> list[Move]:
        """A whole report: what came of it while nobody looked."""
        cause = BEGIN if self._is_first else AWAY
        self._is_first = False
        moves: list[Move] = []
        for key in [key for key in self._seen if key[0] not in friends]:
            moves += self._change(key, Standing(), cause, at)
            del self._seen[key]
        # Looked up once: to search for each of many friends would hold the loop.
        held: dict[PublicKey, list[Key]] = {}
        for key in self._seen:
            held.setdefault(key[0], []).append(key)
        for friend, report in friends.items():
            moves += self._friend(friend, report.name, report.channel_status, at, cause, held.get(friend, []))
        return moves

    def friend(
        self, friend: PublicKey, name: str, status: ChannelStatus, at: Millis, cause: str = PASSING
    ) -> list[Move]:
        """One friend, as it was told last."""
        held = [key for key in self._seen if key[0] == friend]
        return self._friend(friend, name, status, at, cause, held)

    def _friend(
        self, friend: PublicKey, name: str, status: ChannelStatus, at: Millis, cause: str, held: list[Key]
    ) -> list[Move]:
        """The same; `held` are the keys of what stood there with this friend."""
        self._names[friend] = name
        now = _standings(status)
        gone = [key for key in held if key[1] not in now]
        moves: list[Move] = []
        for key in gone:
            moves += self._change(key, Standing(is_agreed=False), cause, at)
            del self._seen[key]
        for currency, standing in now.items():
            moves += self._change((friend, currency), standing, cause, at)
        return moves

    def removed(self, friend: PublicKey, at: Millis) -> list[Move]:
        """The friend was removed, with whatever it owed."""
        moves: list[Move] = []
        for key in [key for key in self._seen if key[0] == friend]:
            moves += self._change(key, Standing(), REMOVED, at)
            del self._seen[key]
        return moves

    def settle(self, purchase: str, at: Millis) -> list[Move]:
        """The node calls it paid: parts that were not seen go into rows of their own, beside what passed.

        When several payments move in one report, one may hide another.
        """
        expected = self._expected.purchases.pop(purchase, None)
        if expected is None:
            return []
        moves: list[Move] = []
        for part in expected.parts:
            key = part.friend, expected.currency
            balance = self._seen.get(key, Standing()).balance
            pieces = [Piece(-part.cost, part.fee, purchase, None), Piece(part.cost, None, None, None)]
            moves += self._moves(key, balance, pieces, PASSING, at)
        return moves

    def _change(self, key: Key, now: Standing, cause: str, at: Millis) -> list[Move]:
        before = self._seen.get(key, Standing())
        self._seen[key] = now
        delta = now.balance - before.balance
        if cause == PASSING and not (now.is_agreed and before.is_agreed):
            cause = RESET
        pieces = self._explained(key, delta, before, now, cause)
        return self._moves(key, before.balance, pieces, cause, at)

    def _moves(
        self, key: Key, balance: Balance, pieces: Iterable[Piece], cause: str, at: Millis
    ) -> list[Move]:
        friend, currency = key
        moves: list[Move] = []
        for piece in pieces:
            balance += piece.delta
            total = self.totals[currency] = self.totals.get(currency, 0) + piece.delta
            moves.append(
                Move(
                    at=at,
                    cause=cause,
                    currency=currency,
                    friend=friend,
                    friend_name=self._names.get(friend, ""),
                    delta=piece.delta,
                    balance=balance,
                    total=total,
                    fees=piece.fees,
                    purchase=piece.purchase,
                    sale=piece.sale,
                )
            )
        return moves

    def _explained(
        self, key: Key, delta: Balance, before: Standing, now: Standing, cause: str
    ) -> list[Piece]:
        friend, currency = key
        pieces: list[Piece] = []
        if cause in (PASSING, AWAY):
            sales = [one for one in self._expected.sales.values() if one.currency == currency and one.to_come]
            left = max(0, -delta)
            if cause == PASSING and before.out is not None and now.out is not None:
                # What is collected was frozen at the last look, unless nobody looked meanwhile. What came for a sale
                # may hide what went.
                freed = max(0, before.out - now.out)
                left = freed if sales else min(left, freed)
            for bought in self._expected.purchases.values():
                while bought.currency == currency and (part := bought.paid_over(friend, left)):
                    pieces.append(Piece(-part.cost, part.fee, bought.id, None))
                    left -= part.cost
            # The node has taken the commits of these, so their credits are next to come.
            came = max(0, delta - sum(piece.delta for piece in pieces))
            for sold in sales:
                if taken := sold.came(came):
                    pieces.append(Piece(taken, None, None, sold.id))
                    came -= taken
        rest = delta - sum(piece.delta for piece in pieces)
        return [*pieces, Piece(rest, None, None, None)] if rest else pieces


def _standings(status: ChannelStatus) -> dict[Currency, Standing]:
    """Where the channel is inconsistent, what we claim (spec 05, 6.2)."""
    if isinstance(status, ChannelConsistent):
        return {
            one.currency: Standing(
                one.balance.balance, one.balance.local_pending_debt, one.balance.remote_pending_debt
            )
            for one in status.currency_reports
        }
    return {
        terms.currency: Standing(terms.balance, None, None, is_agreed=False)
        for terms in status.local_reset_terms
    }
