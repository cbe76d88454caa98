"""Lists and messages as JSON: what is read is what was written, and each operation is known by its fields."""

import msgspec
import pytest

from offset.store.schema import texts
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    Operation,
    RequestOp,
    ResponseOp,
)

ID, KEY, LOCK, SIGNATURE = bytes(16), bytes(32), bytes(range(32)), bytes(64)
OPERATIONS: list[Operation] = [
    RequestOp(ID, LOCK, FriendsRoute((KEY, LOCK)), 5, 9, LOCK, 2**127 - 1),
    ResponseOp(ID, LOCK, True, ID, SIGNATURE),
    CancelOp(ID),
    CollectOp(ID, LOCK, LOCK),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_an_operation_is_known_by_its_fields(operation: Operation) -> None:
    """Each kind of operation is read as what it was, the largest amount too."""
    assert texts.read_operation(texts.text(operation)) == operation


def test_a_move_token_comes_back() -> None:
    """A move token with all kinds of operations is what it was, and so is one without anything."""
    groups = (CurrencyOperations("FST", tuple(OPERATIONS)), CurrencyOperations("X", ()))
    token = MoveToken(SIGNATURE, groups, (RelayAddress(KEY, "a:1"),), ("FST",), LOCK, ID, SIGNATURE)
    assert texts.read_move_token(texts.text(token)) == token
    bare = msgspec.structs.replace(
        token, currencies_operations=(), opt_local_relays=None, opt_active_currencies=None
    )
    assert texts.read_move_token(texts.text(bare)) == bare
    assert texts.reader(MoveToken)(texts.text(bare)) == bare


@pytest.mark.parametrize("text", ["", "{", '{"old_token": "!"}', "[]", '{"old_token": ""}'])
def test_a_damaged_text_is_told(text: str) -> None:
    """What is no token is an error of msgspec, which stops the node (test_database.py), and never half a token."""
    with pytest.raises(msgspec.MsgspecError):
        texts.read_move_token(text)
