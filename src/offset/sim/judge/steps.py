"""What a node may change from one commit to the next: balances, requests, and a ledger that starts again (I8, I15)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from offset.base.ids import Currency, PublicKey, RequestId, short
from offset.base.limits import I128_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.state.state import Friend
from offset.sim.physics.violation import claim
from offset.wire.friend import CollectOp, MoveToken, Operation, RequestOp, ResetTerms, ResponseOp
from offset.wire.report import MoveTokenHashedReport

Stage = tuple[int, bool]
"""Of a request: what it freezes, and whether it was promised."""


class Ledger(msgspec.Struct, frozen=True):
    """One credit at one commit."""

    balance: int
    local: dict[RequestId, Stage]
    remote: dict[RequestId, Stage]

    @property
    def claim(self) -> int:
        """What its owner restarts from: what the friend has frozen counts as paid (spec 03, 1.6)."""
        return self.balance + sum(frozen for frozen, _ in self.remote.values())


class Page(msgspec.Struct, frozen=True):
    """One channel at one commit."""

    ledgers: dict[Currency, Ledger]
    outgoing: MoveToken | None
    incoming: MoveTokenHashedReport | None
    local_terms: ResetTerms | None
    remote_terms: ResetTerms | None
    former_terms: ResetTerms | None
    has_told: bool = True


class Steps:
    """Remembers each channel of each node as it was at the last commit."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, PublicKey], Page] = {}

    def forget(self, name: str) -> None:
        """The node starts a new life, from what was durable."""
        for place in [place for place in self._pages if place[0] == name]:
            del self._pages[place]

    def gone(self, name: str, friend: PublicKey) -> None:
        """The friend is removed."""
        self._pages.pop((name, friend), None)

    def saw(
        self,
        name: str,
        them: Friend,
        mirror: Channel | None,
        *,
        is_alone: bool,
        predecessor: PublicKey | None = None,
    ) -> None:
        """A commit with a change of this friend. `mirror`: its side of the channel, if it keeps the rules.

        Not `is_alone`: of several commits in one step only what they came to is seen. `predecessor`: the friend whose
        place it takes.
        """
        now = msgspec.structs.replace(page(them.channel), has_told=them.has_told)
        before = self._pages.get((name, them.public_key))
        self._pages[name, them.public_key] = now
        # What was claimed is gone.
        is_lost = now.local_terms is not None and not is_alone
        if before is not None and not is_lost:
            former = None if predecessor is None else self._pages.get((name, predecessor))
            step(f"{name} with {short(them.public_key)}", before, now, mirror, former)


def page(channel: Channel) -> Page:
    """This channel now."""
    return Page(
        {currency: _ledger(credit) for currency, credit in channel.credits.items()},
        channel.outgoing,
        channel.incoming,
        channel.local_terms,
        channel.remote_terms,
        channel.former_terms,
    )


def _ledger(credit: MutualCredit) -> Ledger:
    local, remote = (
        {key: (pending.frozen, pending.response is not None) for key, pending in side.items()}
        for side in (credit.local, credit.remote)
    )
    return Ledger(credit.balance, local, remote)


def step(who: str, before: Page, now: Page, mirror: Channel | None, former: Page | None = None) -> None:
    """From one commit to the next. `former`: of the friend whose balances it is offered."""
    restart = _restart(before, now)
    if restart is not None:
        terms, sign = restart
        balances = {currency: ledger.balance for currency, ledger in now.ledgers.items() if ledger.balance}
        wanted = {item.currency: sign * item.balance for item in terms.balance_for_reset if item.balance}
        claim(balances == wanted, "I15", f"{who}: starts again from {balances} in place of {wanted}")
    elif now.local_terms is not None and before.local_terms is None:
        balances = _claims(before if former is None else former)
        wanted = {item.currency: item.balance for item in now.local_terms.balance_for_reset}
        claim(balances == wanted, "I15", f"{who}: claims {wanted} in place of {balances}")
    elif now.local_terms is None:
        heard = _heard(before, now, mirror)
        if heard is None and now.incoming != before.incoming:
            # A message of a node that breaks the rules: what it said is recorded nowhere.
            return
        said = now.outgoing if now.outgoing is not before.outgoing else None
        if heard is not None and mirror is not None and _is_taken_over(before, now, heard):
            # After a loss: as the friend held it when it had said that, and then what was said since.
            theirs = page(mirror).ledgers
            for currency, ledger in now.ledgers.items():
                held = _flipped(theirs[currency]) if currency in theirs else None
                _moved(f"{who} in {currency}, as the friend holds it", held, ledger, currency, None, said)
            return
        for currency, ledger in now.ledgers.items():
            _moved(f"{who} in {currency}", before.ledgers.get(currency), ledger, currency, heard, said)


def _claims(of: Page) -> dict[Currency, int]:
    """What a channel would start again from, or what was said already."""
    if of.local_terms is not None:
        return {item.currency: item.balance for item in of.local_terms.balance_for_reset}
    return {currency: min(ledger.claim, I128_MAX) for currency, ledger in of.ledgers.items()}


def _restart(before: Page, now: Page) -> tuple[ResetTerms, int] | None:
    """The terms that the ledger started again from, and whose they are: 1 ours, -1 the friend's."""
    if now.local_terms is not None:
        return None
    incoming = now.incoming
    if incoming is not None and incoming != before.incoming:
        ours = before.local_terms or before.former_terms
        if ours is not None and incoming.token_info.counters.move_token_counter == 0:
            return ours, 1
    if before.local_terms is not None and before.remote_terms is not None:
        return before.remote_terms, -1
    return None


def _heard(before: Page, now: Page, mirror: Channel | None) -> MoveToken | None:
    """The friend's message that was taken since; it stands in the friend's own ledger until it is answered."""
    if now.incoming is None or now.incoming == before.incoming or mirror is None or mirror.outgoing is None:
        return None
    return mirror.outgoing if mirror.outgoing.new_token == now.incoming.new_token else None


def _is_taken_over(before: Page, now: Page, heard: MoveToken) -> bool:
    """Whether the friend's message does not follow what was known: its books were taken over with it."""
    follows = before.outgoing is not None and heard.old_token == before.outgoing.new_token
    return now.has_told and not before.has_told and not follows


def _flipped(ledger: Ledger) -> Ledger:
    return Ledger(-ledger.balance, ledger.remote, ledger.local)


def _operations(message: MoveToken | None, currency: Currency) -> Iterator[Operation]:
    if message is not None:
        for group in message.currencies_operations:
            if group.currency == currency:
                yield from group.operations


def _moved(
    who: str,
    before: Ledger | None,
    now: Ledger,
    currency: Currency,
    heard: MoveToken | None,
    said: MoveToken | None,
) -> None:
    """I8: only a collect moves a balance; a request is promised and then collected, or goes at any time."""
    balance, local, remote = (
        (0, {}, {}) if before is None else (before.balance, {**before.local}, {**before.remote})
    )
    for message, asked, answered, sign in ((heard, remote, local, -1), (said, local, remote, 1)):
        for op in _operations(message, currency):
            if isinstance(op, RequestOp):
                claim(op.request_id not in asked, "I8", f"{who}: a request twice")
                asked[op.request_id] = (op.dest_payment + op.left_fees, False)
                continue
            claim(op.request_id in answered, "I8", f"{who}: an answer to nothing")
            frozen, is_promised = answered.pop(op.request_id)
            if isinstance(op, ResponseOp):
                claim(not is_promised, "I8", f"{who}: a second promise")
                answered[op.request_id] = (frozen, True)
            elif isinstance(op, CollectOp):
                claim(is_promised, "I8", f"{who}: a collect before its promise")
                balance += sign * frozen
    claim(now.balance == balance, "I8", f"{who}: the balance is {now.balance}, by what was said {balance}")
    claim((now.local, now.remote) == (local, remote), "I8", f"{who}: requests changed without a word")
