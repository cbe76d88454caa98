"""What a node signs: its move tokens, and as a seller its promises; each once, and nothing else."""

from itertools import pairwise

from offset.wire.friend import MoveTokenRequest, ResponseOp
from support.ledger import World
from support.signers import CountingSigner


def _signing(names: str) -> tuple[World, dict[str, CountingSigner]]:
    """Friends in a row whose keys lie behind signers, which start to count now."""
    world = World(names)
    world.chain()
    signers = {name: CountingSigner(world[name].identity) for name in names}
    for name, signer in signers.items():
        world[name].identity = signer
        world.restart(name)
    for left, right in pairwise(names):
        world.connect(left, right)
    world.settle()
    for signer in signers.values():
        signer.signed.clear()
    return world, signers


def _made(world: World, name: str) -> dict[bytes, MoveTokenRequest]:
    """All move tokens that a node has made, by their signature; one that is said again counts once."""
    return {
        message.move_token.new_token: message
        for sender, _, message in world.messages
        if sender == name and isinstance(message, MoveTokenRequest)
    }


def test_a_payment_is_signed_where_it_must_be() -> None:
    """Each node signs each of its move tokens; the seller also its promise, which the mediator passes on unsigned."""
    world, signers = _signing("abc")
    before = {name: _made(world, name) for name in signers}
    world.pay("abc", 10)
    for name, signer in signers.items():
        made = {token: message for token, message in _made(world, name).items() if token not in before[name]}
        assert made
        promises = {
            operation.signature
            for message in made.values()
            for group in message.move_token.currencies_operations
            for operation in group.operations
            if isinstance(operation, ResponseOp) and name == "c"
        }
        assert len(promises) == (name == "c")
        signed = [world[name].identity.sign(buffer) for buffer in list(signer.signed)]
        assert len(signed) == len(set(signed))
        assert set(signed) == made.keys() | promises
