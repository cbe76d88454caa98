"""Terms of a friend that are no loss, by what we signed ourselves (docs/RECOVERY.md).

After a loss of our books both ledgers disagree, and the friend's terms say what it would restart from. A move token
that we signed, which the friend exports, says what we agreed to last. Terms are proved when they give us no less than
that in any currency, and no less than our own books say where these are whole. What was frozen for payments then is
not part of it: a friend that counts it as its own proves nothing, and the owner decides.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from offset.base.credits import Balance
from offset.base.ids import Currency
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.records import Mark
from offset.crypto.lives import LifeCipher
from offset.wire.friend import ResetTerms
from offset.wire.report import CountersInfo, MoveTokenHashedReport
from offset.wire.signing import verify_move_token_hashed

NOT_OURS = "the token is not one that this node signed to this friend"
OLD_LIFE = "the token is of an earlier friendship with this friend, before what the two of you agreed on last"
OLDER = "the token is older than what this node knows itself: ask the friend for the newest one"
OLD_COUNT = "the token is of before an earlier reset, so it says nothing about these terms"


def unproved(
    channel: Channel,
    terms: ResetTerms,
    token: MoveTokenHashedReport,
    *,
    lives: LifeCipher,
    floor: int,
    now: int,
    mark: Mark | None = None,
    has_told: bool = True,
) -> str | None:
    """Why this token does not prove that nothing is lost by these terms; None if it does.

    `floor`: the life below which nothing of ours counts with this friend. `now` in seconds since 1970. `mark`: of the
    newest message of the friend that we know to have held. `has_told`: our books are whole, as far as this friend goes;
    then an older signature proves nothing against them. Else they are from a copy, and the token must not be older.
    """
    mc, counters = token.token_info.mc, token.token_info.counters
    if (mc.local_public_key, mc.remote_public_key) != (channel.local, channel.remote):
        return NOT_OURS
    if not verify_move_token_hashed(token):
        return NOT_OURS
    signed = lives.open(token.rand_nonce, now)
    if signed.life < floor:
        return OLD_LIFE
    if counters.inconsistency_counter + 1 != terms.inconsistency_counter:
        return OLD_COUNT
    if not has_told and signed.life == floor and _is_older(counters, channel, mark):
        return OLDER
    offered = {item.currency: -item.balance for item in terms.balance_for_reset}
    agreed = {item.currency: item.balance_info.balance for item in mc.balances}
    worse = _worse(offered, agreed, channel.credits)
    if worse:
        when = ""
        if signed.at:
            moment = datetime.datetime.fromtimestamp(signed.at, datetime.UTC)
            when = f" on {moment.day} {moment:%B %Y, %H:%M} UTC"
        return _sentence(worse, f"we signed{when}")
    if has_told and channel.local_terms is not None:
        own = {item.currency: item.balance for item in channel.local_terms.balance_for_reset}
        worse = _worse(offered, own, ())
        if worse:
            return _sentence(worse, "our books say")
    return None


def _is_older(counters: CountersInfo, channel: Channel, mark: Mark | None) -> bool:
    """Whether our books, or the kit that they were made from, know of something newer in this friendship."""
    shown = (counters.inconsistency_counter, counters.move_token_counter)
    # The last one that we signed has the number of the channel, or the one before.
    if shown < (channel.inconsistency_counter, channel.move_token_counter - 1):
        return True
    # The friend's message that follows it has the next number.
    return mark is not None and (shown[0], shown[1] + 1) < (
        mark.inconsistency_counter,
        mark.move_token_counter,
    )


def _worse(
    offered: Mapping[Currency, Balance], least: Mapping[Currency, Balance], others: Iterable[Currency]
) -> list[str]:
    return [
        f"{offered.get(name, 0):+} {name} instead of {least.get(name, 0):+}"
        for name in sorted({*least, *offered, *others})
        if offered.get(name, 0) < least.get(name, 0)
    ]


def _sentence(worse: list[str], what: str) -> str:
    return (
        f"by these terms we would have {', '.join(worse)}, which is what {what}: ask the friend why, or accept "
        "without --proof"
    )
