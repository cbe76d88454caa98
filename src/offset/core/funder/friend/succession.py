"""A friend whose key is lost has a new card, which takes over the balances by one signed reset.

    owner: succeed ──► the old friend is disabled; terms of its balances go to the new one, whose channel is fresh
    the new friend accepts them, as any 0.1.11 node can ──► its signature is under the balances; the old one is removed

Until then nothing is lost: whoever removes the new friend has the old one as it was, and may enable it again.
"""

from __future__ import annotations

from offset.base.entropy import new_reset_token
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, FRIEND_CURRENCIES_MAX
from offset.core.funder.friend.leaving import disable, remove
from offset.core.funder.friend.settings import set_config
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.lost_keys import SuccessorRecord
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.friend import CurrencyBalance, ResetTerms


def why_not(turn: Turn, old: Friend, new: Friend, *, counts_frozen: bool) -> str | None:
    """Why the new friend cannot take over the balances of the old one; None: it can."""
    state = turn.state
    if old is new:
        return "a card cannot succeed itself"
    if new.public_key in state.revoked:
        return "the owner of the new card has revoked its key"
    if old.public_key in state.successors:
        return "this friend has a successor already; to take another one, remove that successor first"
    if old.public_key in state.successors.values():
        return "this friend is to take over balances itself, and has not accepted them yet"
    if not _is_fresh(new.channel):
        return (
            "the new card must be a new friend: there is a balance with it, something is under way, or a reset was "
            "made, and the terms would wipe that out"
        )
    if not _balances(old.channel):
        return "there is no balance with this friend that somebody could take over; remove it instead"
    if len({*old.configs, *new.configs}) > CURRENCIES_PER_FRIEND_MAX:
        return f"there would be more than {CURRENCIES_PER_FRIEND_MAX} currencies with the new card"
    added = len(old.configs.keys() - new.configs.keys())
    if sum([len(other.configs) for other in state.friends.values()]) + added > FRIEND_CURRENCIES_MAX:
        return f"there would be more than {FRIEND_CURRENCIES_MAX} currencies with all friends together"
    under_way = sum([len(credit.local) + len(credit.remote) for credit in old.channel.credits.values()])
    if under_way and not counts_frozen:
        return (
            f"payments are under way with this friend ({under_way}): what it has frozen for them would count as paid "
            "to us, what we have frozen as not paid; wait until they have ended, or say that this is agreed"
        )
    return None


def terms_of(turn: Turn, old: Friend) -> ResetTerms:
    """Terms for a fresh channel, made of the balances of the old friend."""
    return ResetTerms(new_reset_token(turn.entropy), 1, _balances(old.channel))


def began(turn: Turn, old: Friend, new: Friend) -> None:
    """The terms are offered: the old friend is disabled, and what was set for it holds for the new one, too."""
    key = old.public_key
    turn.state.successors[key] = new.public_key
    turn.put(SuccessorRecord(key, new.public_key))
    disable(turn, old)
    for name, config in old.configs.items():
        if name not in new.configs:
            set_config(
                turn,
                new,
                ConfigRecord(new.public_key, name, config.rate, config.remote_max_debt, config.is_open),
            )


def took_over(turn: Turn, new: Friend) -> None:
    """This friend has accepted terms of ours. If they were made of the balances of another one, that one is over."""
    key = turn.state.predecessor_of(new.public_key)
    if key is None:
        return
    old = turn.state.friends[key]
    for item in _balances(old.channel):
        if item.balance:
            kind = HistoryKind.SUCCEEDED if item.balance > 0 else HistoryKind.OWING
            turn.note(kind, key, item.currency, abs(item.balance), new.public_key, b"")
    remove(turn, old)


def _is_fresh(channel: Channel) -> bool:
    """Whether nothing can be wiped out by terms."""
    return (
        channel.is_consistent
        and channel.inconsistency_counter == 0
        and all(
            credit.balance == 0 and not credit.local and not credit.remote
            for credit in channel.credits.values()
        )
    )


def _balances(channel: Channel) -> tuple[CurrencyBalance, ...]:
    """What we claim of the owner of this channel: our terms, or what they would be."""
    if channel.local_terms is not None:
        return channel.local_terms.balance_for_reset
    return tuple(
        CurrencyBalance(name, channel.credits[name].balance_for_reset()) for name in sorted(channel.credits)
    )
