"""Friends of the node, and what is agreed with them. Permission: config.

A node of ours says why it refused a request; one of the reference says only that it was processed (spec 05, 2.3). So
each request here compares the report in the moment of the acknowledgement with what was asked, and raises Refused
with the reason that the report shows (D-4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from offset.app.errors import NoAnswer, NoReport, Refused
from offset.app.session import Session
from offset.app.settings import checked_name
from offset.base import base64url
from offset.base.credits import Amount, Rate, is_amount
from offset.base.faults import UserFault
from offset.base.ids import PUBLIC_KEY_BYTES, Currency, PublicKey
from offset.base.limits import FRIEND_RELAYS_MAX, U32_MAX
from offset.base.names import check_currency
from offset.core.apps.reports import balance_of, config_of, friend_named, is_key
from offset.wire.app import (
    AddFriend,
    AppRequest,
    CloseFriendCurrency,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    RemoveFriend,
    RemoveFriendCurrency,
    ResetFriendChannel,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    SetFriendName,
    SetFriendRelays,
)
from offset.wire.common import RelayAddress
from offset.wire.orders import GiveUp, ResetByProof, Revoke, Succeed, TakeFriend
from offset.wire.report import (
    ChannelInconsistent,
    CurrencyConfigReport,
    FriendReport,
    MoveTokenHashedReport,
)
from offset.wire.revocations import Revocation, revocation_bytes

FriendRef = PublicKey | str
"""A friend: its public key, or the name that the owner of the node gave it."""

RESET_S = 10.0
"""Seconds in which a reset shows when the friend is online."""


class Friends:
    """Who is trusted, and how far."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def key_of(self, friend: FriendRef) -> PublicKey:
        """The key of a friend. Raises UserFault when there is no such friend, or when a name means several.

        Without a report a key is taken as it is: the node says whether it has such a friend. A name raises NoReport.
        """
        known = self._session.known
        if not self._session.wants_report:
            friend = _key_in(friend)
            if known is None:
                return friend
        friends = self._session.report.friends
        if isinstance(friend, str):
            return friend_named(friends, friend)
        if friend not in friends:
            raise UserFault(f"the node has no friend with the public key {base64url.encode(friend)}")
        return friend

    def report(self, friend: FriendRef) -> FriendReport:
        """All that the node says about a friend. Raises UserFault, and NoReport without a report."""
        return self._session.wanted_report.friends[self.key_of(friend)]

    # The friend

    async def add(self, public_key: PublicKey, relays: Iterable[RelayAddress], name: str) -> None:
        """Make a friend: disabled at first, without currencies. Raises Refused."""
        session = self._session
        relays = _checked_relays(relays)
        known = None if session.known is None else session.known.friends.get(public_key)
        if known is not None:
            raise Refused(f"this node is a friend already, named {known.name!r}")
        if public_key == session.node:
            raise Refused("a node cannot be its own friend")
        await session.ask(
            AddFriend(public_key, relays, _checked_friend_name(name)),
            lambda: None if public_key in session.report.friends else "the node did not take the friend",
        )

    async def remove(self, friend: FriendRef) -> None:
        """Forget a friend and all that is owed: adding it again leads to an inconsistency. Raises Refused."""
        key = self.key_of(friend)
        await self._session.ask(
            RemoveFriend(key),
            lambda: "the node kept the friend" if key in self._session.report.friends else None,
        )

    async def enable(self, friend: FriendRef) -> None:
        """Talk to a friend. Raises Refused."""
        key = self.key_of(friend)
        await self._change(key, EnableFriend(key), lambda report: report.status, "did not enable the friend")

    async def disable(self, friend: FriendRef) -> None:
        """Stop talking to a friend. Raises Refused."""
        key = self.key_of(friend)
        await self._change(
            key, DisableFriend(key), lambda report: not report.status, "did not disable the friend"
        )

    async def rename(self, friend: FriendRef, name: str) -> None:
        """Give a friend another name; only this node sees it. Raises Refused."""
        key = self.key_of(friend)
        request = SetFriendName(key, _checked_friend_name(name))
        await self._change(key, request, lambda report: report.name == name, "did not take the name")

    async def set_relays(self, friend: FriendRef, relays: Iterable[RelayAddress]) -> None:
        """Say where a friend can be reached. Raises Refused."""
        key, wanted = self.key_of(friend), _checked_relays(relays)
        await self._change(
            key,
            SetFriendRelays(key, wanted),
            lambda report: report.remote_relays == wanted,
            "did not take the relays of the friend",
        )

    async def reset(self, friend: FriendRef, *, proof: MoveTokenHashedReport | None = None) -> bool:
        """Accept the friend's terms after an inconsistency. False: it is done as soon as the friend is online.

        With `proof`, a move token that this node signed to the friend, as the friend exports it, only if that proves
        that nothing is lost by the terms. Raises UserFault when there is nothing to accept; Refused when the friend
        has made new terms meanwhile, or they are not proved, with the difference; NoReport without the report, which
        has the terms; and with `proof` NotOffered when the program of the node is that of 0.1.11.
        """
        friends = self._session.wanted_report.friends
        key = self.key_of(friend)
        before = friends[key].channel_status
        if not isinstance(before, ChannelInconsistent):
            raise UserFault("the channel with this friend is consistent: there is nothing to reset")
        terms = before.opt_remote_reset_terms
        if terms is None:
            raise UserFault("the friend has not told its terms yet: try again when it is online")

        def refusal() -> str | None:
            report = self._session.report.friends.get(key)
            if report is None:
                return "the friend was removed"
            after = report.channel_status
            is_same = not isinstance(after, ChannelInconsistent) or after.opt_remote_reset_terms == terms
            return None if is_same else "the friend has made new terms meanwhile: look at them first"

        def is_reset() -> bool:
            report = self._session.report.friends.get(key)
            return report is not None and not isinstance(report.channel_status, ChannelInconsistent)

        if proof is None:
            await self._session.ask(ResetFriendChannel(key, terms.reset_token), refusal)
        else:
            await self._session.ask(ResetByProof(key, terms.reset_token, proof), refusal)
        if not is_reset() and self._session.report.friends[key].liveness:
            try:
                await self._session.report.wait_until(lambda _: is_reset(), RESET_S)
            except NoAnswer:
                raise Refused(f"the channel was not reset within {RESET_S:g} s") from None
        return is_reset()

    # Its key

    async def take(self, public_key: PublicKey, name: str) -> None:
        """Let somebody be a friend again whom a node has found that looks for its friends (`Node.found`).

        What stands between the two is what this node signed last; limits and rates are to be set anew. Raises Refused,
        or NotOffered of a node that cannot do it.
        """
        await self._session.ask(TakeFriend(public_key, name))

    async def give_up(self, public_key: PublicKey) -> None:
        """After a loss: cancel what waits for the word of somebody who will never tell (`Node.recovery`).

        If it did collect, and shows that later, what it was paid is lost. Raises Refused, or NotOffered.
        """
        await self._session.ask(GiveUp(public_key))

    async def succeed(self, friend: FriendRef, successor: FriendRef, *, counts_frozen: bool = False) -> None:
        """Offer the balances of a friend whose key is lost to its new card, which is a new friend.

        The old one is disabled, and removed when the new one has accepted the terms. `counts_frozen`: also while
        payments are under way with the old one: what it has frozen counts as paid, what we have frozen as not. Raises
        Refused, or NotOffered of a node that cannot do it.
        """
        await self._session.ask(Succeed(self.key_of(friend), self.key_of(successor), counts_frozen))

    async def revoke(self, revocation: Revocation) -> None:
        """Take the word of a friend that its key is not to be trusted any more: it is disabled for ever.

        Raises Refused, or NotOffered of a node that cannot do it.
        """
        await self._session.ask(Revoke(revocation_bytes(revocation)))

    # Its currencies

    async def open_currency(self, friend: FriendRef, currency: str) -> None:
        """Let payments of others pass over this friend. Raises Refused."""
        await self._configure(friend, currency, OpenFriendCurrency, lambda config: config.is_open)

    async def close_currency(self, friend: FriendRef, currency: str) -> None:
        """Let no payments of others pass over this friend. Raises Refused."""
        await self._configure(friend, currency, CloseFriendCurrency, lambda config: not config.is_open)

    async def set_max_debt(self, friend: FriendRef, currency: str, amount: Amount) -> None:
        """Say how many credits the friend may owe. Raises Refused."""
        if not is_amount(amount):
            raise UserFault("a limit is a number of at most 128 bits, not below 0")
        await self._configure(
            friend,
            currency,
            lambda key, name: SetFriendCurrencyMaxDebt(key, name, amount),
            lambda config: config.remote_max_debt == amount,
        )

    async def set_rate(self, friend: FriendRef, currency: str, rate: Rate) -> None:
        """Say what passing on a payment of this friend costs: x * mul / 2**32 + add for x credits. Raises Refused."""
        if not (0 <= rate.mul <= U32_MAX and 0 <= rate.add <= U32_MAX):
            raise UserFault(f"both parts of a rate are numbers between 0 and {U32_MAX}")
        await self._configure(
            friend,
            currency,
            lambda key, name: SetFriendCurrencyRate(key, name, rate),
            lambda config: config.rate == rate,
        )

    async def remove_currency(self, friend: FriendRef, currency: str) -> None:
        """Forget the settings of a currency that is not active. Raises Refused."""
        # Not checked: a friend of another make may have set a name that we would not.
        key, name = self.key_of(friend), Currency(currency)
        known = self._session.known
        if known is not None and key in known.friends and config_of(known.friends[key], name) is None:
            raise Refused(f"nothing is set for the currency {name!r} of this friend")

        def refusal() -> str | None:
            after = self._session.report.friends.get(key)
            if after is None or config_of(after, name) is None:
                return None
            if balance_of(after, name) is not None:
                return (
                    f"the currency {name!r} is active, so the node keeps it: close it, or remove the friend"
                )
            return f"the node kept the currency {name!r}: the friend wants to use it too"

        await self._session.ask(RemoveFriendCurrency(key, name), refusal)

    async def _configure(
        self,
        friend: FriendRef,
        currency: str,
        request: Callable[[PublicKey, Currency], AppRequest],
        is_so: Callable[[CurrencyConfigReport], bool],
    ) -> None:
        key, name = self.key_of(friend), check_currency(currency)

        def is_done(report: FriendReport) -> bool:
            config = config_of(report, name)
            return config is not None and is_so(config)

        await self._change(key, request(key, name), is_done, f"did not change the currency {name!r}")

    async def _change(
        self, key: PublicKey, request: AppRequest, is_done: Callable[[FriendReport], bool], refusal: str
    ) -> None:
        """Send a request about a friend; refused if the report does not show the change when it is processed."""

        def look() -> str | None:
            report = self._session.report.friends.get(key)
            if report is None:
                return "the friend was removed meanwhile"
            return None if is_done(report) else f"the node {refusal}"

        await self._session.ask(request, look)


def _key_in(friend: FriendRef) -> PublicKey:
    """A public key, or the one that a text is. Raises NoReport."""
    if not isinstance(friend, str):
        return friend
    if not is_key(friend):
        raise NoReport
    return PublicKey(base64url.decode(friend, PUBLIC_KEY_BYTES))


def _checked_friend_name(name: str) -> str:
    """`name` when a friend may have it. Raises UserFault."""
    if is_key(name):
        raise UserFault(
            "a friend cannot be named like a public key: a command could mean either of two friends"
        )
    return checked_name(name)


def _checked_relays(relays: Iterable[RelayAddress]) -> tuple[RelayAddress, ...]:
    checked = tuple(relays)
    if len(checked) > FRIEND_RELAYS_MAX:
        raise UserFault(f"a friend has at most {FRIEND_RELAYS_MAX} relays, not {len(checked)}")
    return checked
