"""Nodes with many friends, in memory."""

from offset.base.credits import Rate
from offset.base.ids import Currency, PublicKey
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.state import Friend, FunderState


def friends(count: int, currencies: int) -> FunderState:
    """A node with so many friends and currencies with each."""
    state = FunderState(PublicKey(b"m" * 32))
    for number in range(count):
        key = PublicKey(number.to_bytes(32, "big"))
        friend = state.friends[key] = Friend(state.local, key, f"friend {number}", ())
        for index in range(currencies):
            name = Currency(f"C{index}")
            friend.configs[name] = ConfigRecord(key, name, Rate(), 5, True)
    return state
