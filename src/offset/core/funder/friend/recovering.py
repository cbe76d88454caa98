"""How a recovery stands, for people: who has told, who has not, and what waits for whose word."""

from __future__ import annotations

from offset.base.credits import Amount
from offset.base.ids import Currency, PublicKey
from offset.core.funder.friend import reconciling
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.recovery import RecoveryRow, Stake


def recovery_rows(turn: Turn) -> list[RecoveryRow]:
    """A row for each friend, and for each key that is no friend and for whose word something waits; by their keys."""
    stakes = _stakes(turn)
    known = {key: _row(turn, friend, stakes.get(key, ())) for key, friend in turn.state.friends.items()}
    strangers = {key: RecoveryRow(key, "unknown", 0, stakes[key]) for key in stakes if key not in known}
    return [row for _, row in sorted({**known, **strangers}.items())]


def _row(turn: Turn, friend: Friend, stakes: tuple[Stake, ...]) -> RecoveryRow:
    return RecoveryRow(friend.public_key, _state(friend), _known_at(turn, friend), stakes)


def _state(friend: Friend) -> str:
    if not friend.channel.is_consistent:
        return "differs"
    if friend.has_told:
        return "told"
    return "here" if friend.is_online else "away"


def _known_at(turn: Turn, friend: Friend) -> int:
    """When the newest of our signatures was made that our books hold; our answered one is not kept."""
    outgoing = friend.channel.outgoing
    return 0 if outgoing is None else turn.lives.open(outgoing.rand_nonce, turn.now).at


def _stakes(turn: Turn) -> dict[PublicKey, tuple[Stake, ...]]:
    """What friends have frozen for requests that wait for the word of each key."""
    sums: dict[PublicKey, dict[Currency, Amount]] = {}
    for key, currency, amount in reconciling.waiting_for_word(turn):
        of_key = sums.setdefault(key, {})
        of_key[currency] = of_key.get(currency, 0) + amount
    return {
        key: tuple(Stake(currency, amount) for currency, amount in sorted(of_key.items()))
        for key, of_key in sums.items()
    }
