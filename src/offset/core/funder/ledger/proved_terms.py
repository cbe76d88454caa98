"""Terms of a friend that are no loss, by what we signed ourselves (docs/RECOVERY.md).

After a loss of our books both ledgers disagree, and the friend's terms say what it would restart from. A move token
that we signed, which the friend exports, says what we agreed to last. Terms are proved when they give us no less than
that in any currency. What was frozen for payments then is not part of it: a friend that counts it as its own proves
nothing, and the owner decides.
"""

from __future__ import annotations

import datetime

from offset.core.funder.ledger.channel import Channel
from offset.crypto.lives import LifeCipher
from offset.wire.friend import ResetTerms
from offset.wire.report import MoveTokenHashedReport
from offset.wire.signing import verify_move_token_hashed

NOT_OURS = "the token is not one that this node signed to this friend"
OLD_LIFE = "the token is of an earlier friendship with this friend, before what the two of you agreed on last"
OLD_COUNT = "the token is of before an earlier reset, so it says nothing about these terms"


def unproved(
    channel: Channel,
    terms: ResetTerms,
    token: MoveTokenHashedReport,
    *,
    lives: LifeCipher,
    floor: int,
    now: int,
) -> str | None:
    """Why this token does not prove that nothing is lost by these terms; None if it does.

    `floor`: the life below which nothing of ours counts with this friend. `now` in seconds since 1970.
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
    agreed = {item.currency: item.balance_info.balance for item in mc.balances}
    offered = {item.currency: -item.balance for item in terms.balance_for_reset}
    worse = [
        f"{offered.get(name, 0):+} {name} instead of {agreed.get(name, 0):+}"
        for name in sorted({*agreed, *offered, *channel.credits})
        if offered.get(name, 0) < agreed.get(name, 0)
    ]
    if not worse:
        return None
    when = ""
    if signed.at:
        moment = datetime.datetime.fromtimestamp(signed.at, datetime.UTC)
        when = f" on {moment.day} {moment:%B %Y, %H:%M} UTC"
    return (
        f"by these terms we would have {', '.join(worse)}, which is what we signed{when}: ask the friend why, or "
        "accept without --proof"
    )
