"""Networks written by people: friendships with limits, and payments.

# A line that begins with # says nothing.
friends Anna Bert 100 FST          each may owe the other up to 100
friends Bert Cleo 100/50 FST       Cleo may owe Bert 100, Bert may owe Cleo 50
friends Cleo Dora 80 FST rate 2    each charges 2 for passing on what the other sends
pay Anna Dora 30 FST               over the routes that the index server finds
pay Anna Cleo 10 FST over Anna Bert Cleo
"""

from __future__ import annotations

import msgspec

from offset.base.faults import UserFault
from offset.base.ids import Currency
from offset.base.instants import SECOND
from offset.base.limits import CREDIT_MAX, U32_MAX
from offset.base.names import check_currency
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

PAYMENT_EVERY_MS = 10 * SECOND
NODES_MAX = 200


class Wish(msgspec.Struct, frozen=True):
    """A payment that somebody wants to make."""

    buyer: str
    seller: str
    amount: int
    currency: Currency
    route: tuple[str, ...] = ()

    def words(self) -> str:
        """As it is written."""
        over = f" over {' '.join(self.route)}" if self.route else ""
        return f"{self.buyer} pays {self.seller} {self.amount} {self.currency}{over}"


class Topology(msgspec.Struct, frozen=True):
    """Who is whose friend, and who pays whom."""

    friendships: tuple[Friendship, ...]
    wishes: tuple[Wish, ...]

    def scenario(self) -> Scenario:
        """A run without faults, one payment after another."""
        nodes = dict.fromkeys(name for item in self.friendships for name in (item.left, item.right))
        acts = tuple(
            Pay(
                CALM_MS + number * PAYMENT_EVERY_MS,
                wish.buyer,
                wish.seller,
                wish.currency,
                wish.amount,
                (wish.route,) if wish.route else (),
                withdraw_ms=PAYMENT_EVERY_MS - 2 * SECOND,
            )
            for number, wish in enumerate(self.wishes)
        )
        until = CALM_MS + (len(acts) + 1) * PAYMENT_EVERY_MS
        return Scenario(
            0, "as written", tuple(nodes), self.friendships, indexes=1, acts=acts, until=until, delay_max=5
        )


def parse(text: str) -> Topology:
    """Read a topology. Raises UserFault that names the line."""
    friends: dict[tuple[str, str], Friendship] = {}
    wishes: list[Wish] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        try:
            match words:
                case []:
                    continue
                case ["friends", left, right, limits, currency, *rest]:
                    _befriend(friends, left, right, limits, check_currency(currency), rest)
                case ["pay", buyer, seller, amount, currency, *rest]:
                    wishes.append(_wish(buyer, seller, amount, check_currency(currency), rest))
                case _:
                    raise UserFault("a line begins with `friends` or `pay`, see: offset sim --help")
        except UserFault as fault:
            raise UserFault(f"line {number}: {fault}") from None
    names = {name for pair in friends for name in pair}
    if not friends:
        raise UserFault("there are no friends in this file, see: offset sim --help")
    if len(names) > NODES_MAX:
        raise UserFault(f"there are {len(names)} nodes; at most {NODES_MAX} fit")
    for wish in wishes:
        for name in (wish.buyer, wish.seller, *wish.route):
            if name not in names:
                raise UserFault(f"{wish.words()}: {name} has no friends")
    return Topology(tuple(friends.values()), tuple(wishes))


def _befriend(
    friends: dict[tuple[str, str], Friendship],
    left: str,
    right: str,
    limits: str,
    currency: Currency,
    rest: list[str],
) -> None:
    if left == right:
        raise UserFault("nobody is their own friend")
    for name in (left, right):
        if not name.isalnum() or name.startswith(("relay", "index")):
            raise UserFault(f"{name} cannot be a name: letters and digits only, not relay... or index...")
    theirs, _, ours = limits.partition("/")
    pair = (_number(theirs, CREDIT_MAX), _number(ours or theirs, CREDIT_MAX))
    rate = 0
    if rest:
        if len(rest) != 2 or rest[0] != "rate":
            raise UserFault("after the currency only `rate` and a number may follow")
        rate = _number(rest[1], U32_MAX)
    if (right, left) in friends:
        left, right, pair = right, left, (pair[1], pair[0])
    known = friends.get((left, right))
    all_limits = {**(known.limits if known else {}), currency: pair}
    friends[left, right] = Friendship(left, right, all_limits, rate)


def _wish(buyer: str, seller: str, amount: str, currency: Currency, rest: list[str]) -> Wish:
    if rest and (rest[0] != "over" or len(rest) < 3):
        raise UserFault("after the currency only `over` and a route may follow")
    route = tuple(rest[1:])
    if route and (route[0] != buyer or route[-1] != seller):
        raise UserFault(f"the route must lead from {buyer} to {seller}")
    return Wish(buyer, seller, _number(amount, CREDIT_MAX), currency, route)


def _number(text: str, number_max: int) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > number_max:
        raise UserFault(f"{text} is not a number between 0 and {number_max}")
    return int(text)
