"""What goes wrong between two friends of a test world."""

import msgspec

from offset.wire import app
from offset.wire.friend import MoveTokenRequest
from support.ledger import World


def spoil(world: World, to: str, from_: str) -> None:
    """Make `to` see that its ledger and that of `from_` differ."""
    node = world[to]
    outgoing = world[from_].friend(node).channel.outgoing
    if outgoing is None:
        world.give_token(to, from_)
        outgoing = world[from_].friend(node).channel.outgoing
        assert outgoing is not None
    wrong = msgspec.structs.replace(outgoing, rand_nonce=bytes(16))
    world.took(node, node.funder.friend_message(world[from_].key, MoveTokenRequest(wrong, False)))


def lose_channel(world: World, name: str, other: str, how: str) -> None:
    """`name` loses its channel with `other`."""
    if how == "removed":
        world.control(name, app.RemoveFriend(world[other].key))
    else:
        spoil(world, name, other)
    world.settle()
