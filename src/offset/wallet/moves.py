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
        amount: Amount = 0,
        to_come: Amount = 0,
    ) -> None:
        """Of a purchase: what was sent over each friend, and what is paid. Of a sale: what its buyers pay."""
        self.id, self.currency = id, currency
        self.sent = tuple(parts)
        self.parts = list(self.sent)
        """Those that were not seen in the ledgers yet."""
        self.is_exact = sum(part.amount for part in self.sent) == amount
        """Whether all of them are paid; else some came back, and others were sent in their place."""
        self.to_come = to_come
        self.lost_with: PublicKey | None = None
        """Of a sale: the friend whose books came to differ from ours, or went, while it may have held its credits."""
        self._others: dict[PublicKey, list[Amount]] = {}
        """What each friend has frozen since the sale waits: of other payments, since its own was frozen before."""

    def paid_over(self, friend: PublicKey, most: Amount) -> PartRow | None:
        """A part over this friend that costs `most` or less, and has not been seen yet; taken off the list."""
        found = [part for part in self.parts if part.friend == friend and 0 < part.cost <= most]
        if not found:
            return None
        part = max(found, key=lambda part: part.cost)
        self.parts.remove(part)
        return part

    @property
    def is_seen(self) -> bool:
        """Whether credits of the sale are still to come, and will be seen when they do."""
        return self.to_come > 0 and self.lost_with is None

    def frozen_anew(self, friend: PublicKey, amount: Amount) -> None:
        """The friend has frozen so much more."""
        self._others.setdefault(friend, []).append(amount)

    def is_of_another(self, friend: PublicKey, freed: Amount) -> bool:
        """Whether what the friend let go of is as much as it froze for another payment; that one is over then."""
        others = self._others.get(friend, [])
        if freed not in others:
            return False
        others.remove(freed)
        return True

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
        self.frozen: dict[Key, Amount] = {}
        """What each friend has frozen for us, where it is not 0, as the history saw it last."""

    def frozen_in(self, currency: Currency) -> Amount:
        """What all friends have frozen for us, as the history saw it last."""
        return sum(amount for (_, its), amount in self.frozen.items() if its == currency)


class Ledgers:
    """The balances as they were seen last, and the moves from one look to the next."""

    def __init__(self, known: Mapping[Key, Balance], expected: Expectations, *, is_first: bool) -> None:
        """`known`: what was written down. `is_first`: nothing ever was."""
        self._seen: dict[PublicKey, dict[Currency, Standing]] = {}
        for (friend, currency), balance in known.items():
            self._seen.setdefault(friend, {})[currency] = Standing(balance, None, None)
        self._expected = expected
        self._is_first = is_first
        self._unseen = Standing(0, None, None)
        """How it stood with whom nothing is known of: before the first report, something may have been frozen."""
        self._names: dict[PublicKey, str] = {}
        self._freed: dict[Currency, PublicKey] = {}
        """The friend that let go of credits for us last."""
        self.totals: dict[Currency, Balance] = {}
        for (_, currency), balance in known.items():
            self.totals[currency] = self.totals.get(currency, 0) + balance

    def balances(self, keys: Iterable[Key]) -> dict[Key, Balance | None]:
        """What stands there now; None for what is there no more."""
        found = {key: self._seen.get(key[0], {}).get(key[1]) for key in keys}
        return {key: None if standing is None else standing.balance for key, standing in found.items()}

    def whole(self, friends: Mapping[PublicKey, FriendReport], at: Millis) -> list[Move]:
        """A whole report: what came of it while nobody looked."""
        cause = BEGIN if self._is_first else AWAY
        self._is_first = False
        moves: list[Move] = []
        # First of all friends: what one has frozen cannot have come over another.
        self._expected.frozen = {
            (friend, currency): standing.back
            for friend, report in friends.items()
            for currency, standing in _standings(report.channel_status).items()
            if standing.back
        }
        for friend in [friend for friend in self._seen if friend not in friends]:
            moves += self._gone(friend, list(self._seen[friend]), cause, at)
        for friend, report in friends.items():
            moves += self.friend(friend, report.name, report.channel_status, at, cause)
        self._unseen = Standing()
        return moves

    def friend(
        self, friend: PublicKey, name: str, status: ChannelStatus, at: Millis, cause: str = PASSING
    ) -> list[Move]:
        """One friend, as it was told last."""
        self._names[friend] = name
        now = _standings(status)
        gone = [currency for currency in self._seen.get(friend, {}) if currency not in now]
        moves = self._gone(friend, gone, RESET if cause == PASSING else cause, at)
        for currency, standing in now.items():
            moves += self._change((friend, currency), standing, cause, at)
        return moves

    def removed(self, friend: PublicKey, at: Millis) -> list[Move]:
        """The friend was removed, with whatever it owed."""
        return self._gone(friend, list(self._seen.get(friend, {})), REMOVED, at)

    def settle(self, id: str, at: Millis) -> list[Move]:
        """The node calls it paid: what was not seen of it goes into rows of its own, beside what passed.

        When several payments move in one report, one may hide another.
        """
        moves: list[Move] = []
        bought = self._expected.purchases.pop(id, None)
        # Where some parts came back nobody tells which.
        if bought is not None and bought.is_exact:
            for part in bought.parts:
                found = Piece(-part.cost, part.fee, id, None)
                moves += self._found((part.friend, bought.currency), found, at)
        sold = self._expected.sales.pop(id, None)
        if sold is not None and sold.to_come and sold.currency in self._freed:
            found = Piece(sold.to_come, None, None, id)
            moves += self._found((self._freed[sold.currency], sold.currency), found, at)
        return moves

    def _found(self, key: Key, piece: Piece, at: Millis) -> list[Move]:
        """A piece that hid behind what passed, which is so much less."""
        balance = self._seen.get(key[0], {}).get(key[1], Standing()).balance
        return self._moves(key, balance, [piece, Piece(-piece.delta, None, None, None)], PASSING, at)

    def _gone(self, friend: PublicKey, currencies: Iterable[Currency], cause: str, at: Millis) -> list[Move]:
        """Nothing is owed in these any more."""
        moves: list[Move] = []
        for currency in currencies:
            self._lose((friend, currency), self._seen[friend][currency])
            moves += self._change((friend, currency), Standing(), cause, at)
            del self._seen[friend][currency]
        if not self._seen.get(friend, True):
            del self._seen[friend]
        return moves

    def _change(self, key: Key, now: Standing, cause: str, at: Millis) -> list[Move]:
        seen = self._seen.setdefault(key[0], {})
        before = seen.get(key[1], self._unseen)
        if not now.is_agreed:
            self._lose(key, before)
        seen[key[1]] = now
        if now.back:
            self._expected.frozen[key] = now.back
        else:
            self._expected.frozen.pop(key, None)
        if before.back is not None and now.back is not None and before.back > now.back:
            self._freed[key[1]] = key[0]
        delta = now.balance - before.balance
        if cause == PASSING and not (now.is_agreed and before.is_agreed):
            cause = RESET
        pieces = self._explained(key, delta, before, now, cause)
        return self._moves(key, before.balance, pieces, cause, at)

    def _lose(self, key: Key, before: Standing) -> None:
        """The books with a friend differ or are gone: what it held for sales can no longer be seen to come."""
        # Of what was only written down nobody knows what was frozen. A channel that differed before held nothing.
        if before.is_agreed and before.back != 0:
            for sale in self._expected.sales.values():
                if sale.currency == key[1] and sale.is_seen:
                    sale.lost_with = key[0]

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
            sales = [one for one in self._expected.sales.values() if one.currency == currency and one.is_seen]
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
            # The node has taken the commits of these, so their credits are next to come; but what was agreed on after
            # books differed is no payment.
            came = max(0, delta - sum(piece.delta for piece in pieces))
            if not (before.is_agreed and now.is_agreed):
                came = 0
            # It was frozen at the last look, as what goes is.
            freed = came
            if before.back is not None and now.back is not None:
                freed = max(0, before.back - now.back)
            for sold in sales:
                if before.back is not None and now.back is not None:
                    if cause == PASSING and now.back > before.back:
                        sold.frozen_anew(friend, now.back - before.back)
                    elif now.back < before.back and sold.is_of_another(friend, before.back - now.back):
                        continue
                most = min(came, freed)
                if before.back is None:
                    # Nobody looked: what is frozen now may be its own still.
                    most = min(most, max(0, sold.to_come - self._expected.frozen_in(currency)))
                if taken := sold.came(most):
                    pieces.append(Piece(taken, None, None, sold.id))
                    came, freed = came - taken, freed - taken
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
