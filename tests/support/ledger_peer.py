"""A friend that says what it likes, as the reference or an attacker might: its own keys and ledgers, no manners."""

from typing import Any

from offset.base.entropy import SeededEntropy
from offset.base.ids import Currency
from offset.base.limits import U128_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import Draft, Pending
from offset.core.funder.ledger.reset import accept_terms, is_reset_by, make_terms, take_reset
from offset.core.funder.ledger.token_channel import (
    Mismatch,
    Next,
    Taken,
    apply_next,
    draft_to_send,
    make,
    receive,
)
from offset.core.funder.state.turn import Turn
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendMessage,
    FriendsRoute,
    MoveToken,
    MoveTokenRequest,
    Operation,
    RequestOp,
    ResetTerms,
    ResponseOp,
)
from offset.wire.signing import move_token_buffer, response_buffer, response_hash
from support.ledger import FST, World

ANY_LIMIT = U128_MAX


class Peer:
    """One outsider, a friend of some nodes of a world. It keeps its ledgers as the protocol demands."""

    def __init__(self, world: World, name: str, *friends: str, limit: int = 1000) -> None:
        self.world, self.name = world, name
        self.entropy = SeededEntropy(f"outsider {name}")
        self.identity = Identity(self.entropy.bytes(32))
        self.key = self.identity.public_key
        self.channels: dict[str, Channel] = {}
        self.terms: dict[str, ResetTerms] = {}
        self.taken: list[Taken] = []
        self.mismatches: list[str] = []
        for friend in friends:
            self._open(friend, limit)

    def _open(self, name: str, limit: int) -> None:
        node = self.world[name]
        self.channels[name] = Channel(self.key, node.key)
        self.world.control(name, app.AddFriend(self.key, (), self.name))
        self.world.control(name, app.EnableFriend(self.key))
        self.world.control(name, app.SetFriendCurrencyMaxDebt(self.key, FST, limit))
        self.world.control(name, app.OpenFriendCurrency(self.key, FST))
        self.online(name)
        self.say(name, currencies=(FST,))
        self.say(name)
        self.say(name)
        assert FST in self.channels[name].credits
        assert FST in node.friend(self.key).channel.credits

    # Lines

    def online(self, name: str) -> Turn:
        """A line to a node comes up."""
        node = self.world[name]
        turn = self.world.took(node, node.funder.online(self.key))
        self.hear()
        return turn

    def offline(self, name: str) -> Turn:
        """The line breaks."""
        node = self.world[name]
        return self.world.took(node, node.funder.offline(self.key))

    def send(self, name: str, message: FriendMessage) -> Turn:
        """Send anything."""
        node = self.world[name]
        turn = self.world.took(node, node.funder.friend_message(self.key, message))
        self.hear()
        return turn

    def hear(self) -> None:
        """Take in what the nodes said."""
        for name, message in self.world.outside.pop(self.key, []):
            if isinstance(message, ResetTerms):
                self.terms[name] = message
                continue
            found = receive(self.channels[name], message.move_token, lambda _: ANY_LIMIT)
            if isinstance(found, Next):
                apply_next(self.channels[name], found)
                self.taken += found.taken
            elif isinstance(found, Mismatch):
                self.mismatches.append(found.reason)

    # Talking

    def get_token(self, name: str) -> None:
        """Ask for the token, if it is away."""
        outgoing = self.channels[name].outgoing
        if outgoing is not None:
            self.send(name, MoveTokenRequest(outgoing, True))
        assert self.channels[name].outgoing is None, "the node does not return the token"

    def make(
        self,
        name: str,
        *ops: Operation,
        currency: Currency = FST,
        relays: tuple[RelayAddress, ...] | None = None,
        currencies: tuple[Currency, ...] | None = None,
    ) -> MoveToken:
        """The next move token with these operations, whatever they are."""
        self.get_token(name)
        channel = self.channels[name]
        drafts = draft_to_send(channel, currencies)
        for op in ops:
            _force(drafts[currency], op)
        groups = (CurrencyOperations(currency, ops),) if ops else ()
        nonce = self.entropy.bytes(16)
        return make(channel, self.identity, nonce, drafts, groups, relays, currencies)

    def say(self, name: str, *ops: Operation, wanted: bool = False, **details: Any) -> Turn:
        """Make the next move token and send it."""
        return self.send(name, MoveTokenRequest(self.make(name, *ops, **details), wanted))

    def become_inconsistent(self, name: str) -> ResetTerms:
        """Make terms and tell the node."""
        channel = self.channels[name]
        terms = make_terms(channel, self.entropy)
        # What the node still says before it hears of it is taken as usual.
        self.send(name, terms)
        channel.local_terms = terms
        return terms

    def accept(self, name: str) -> MoveTokenRequest:
        """The message that accepts the terms of a node. Not sent yet."""
        channel = self.channels[name]
        channel.remote_terms = self.terms[name]
        channel.local_terms = channel.local_terms or make_terms(channel, self.entropy)
        channel.reset_wish = channel.remote_terms.reset_token
        token = accept_terms(channel, self.identity, self.entropy.bytes(16), ())
        return MoveTokenRequest(token, True)

    def say_anything(self, name: str) -> Turn:
        """A signed message that is no answer to anything."""
        signature = self.identity.sign(move_token_buffer(bytes(32), bytes(32), bytes(16)))
        token = MoveToken(bytes(64), (), None, None, bytes(32), bytes(16), signature)
        return self.send(name, MoveTokenRequest(token, True))

    def take_reset(self, name: str, terms: ResetTerms) -> None:
        """The owner of the node accepts `terms`, and this peer takes the reset if the terms are its own."""
        channel = self.channels[name]
        request = app.ResetFriendChannel(self.key, terms.reset_token)
        turn = self.world.control(name, request)
        resets = [
            message.move_token
            for key, message in turn.messages
            if key == self.key and isinstance(message, MoveTokenRequest)
        ]
        self.world.outside.pop(self.key, None)
        if resets and is_reset_by(channel, resets[0], terms):
            take_reset(channel, resets[0], terms)

    # Operations

    def request(
        self,
        request_id: int | bytes,
        amount: int,
        *,
        fees: int = 0,
        route: tuple[bytes, ...] = (),
        invoice_id: bytes = bytes(32),
        total: int | None = None,
        src_lock: bytes = bytes(32),
    ) -> RequestOp:
        """A request. `src_lock` is the plain lock."""
        key = request_id if isinstance(request_id, bytes) else request_id.to_bytes(16, "big")
        return RequestOp(
            key,
            sha512_256(src_lock),
            FriendsRoute(route),
            amount,
            amount if total is None else total,
            invoice_id,
            fees,
        )

    def response(
        self,
        request: RequestOp,
        *,
        currency: Currency = FST,
        dest_lock: bytes = bytes(32),
        is_complete: bool = True,
    ) -> ResponseOp:
        """The promise of a seller, signed by this peer."""
        nonce = self.entropy.bytes(16)
        buffer = response_buffer(
            response_hash(request.request_id, nonce),
            request.src_hashed_lock,
            sha512_256(dest_lock),
            is_complete,
            request.dest_payment,
            request.total_dest_payment,
            request.invoice_id,
            currency,
        )
        signature = self.identity.sign(buffer)
        return ResponseOp(request.request_id, sha512_256(dest_lock), is_complete, nonce, signature)

    def answers(self) -> dict[bytes, type]:
        """What the nodes answered: the last operation for each request of this peer."""
        return {taken.op.request_id: type(taken.op) for taken in self.taken if taken.answered is not None}


def _force(draft: Draft, op: Operation) -> None:
    """What saying this does to our ledger, right or wrong (spec 03, 1.3)."""
    match op:
        case RequestOp():
            draft.local_debt = min(draft.local_debt + op.dest_payment + op.left_fees, U128_MAX)
            draft.local[op.request_id] = Pending(op)
        case ResponseOp():
            pending = draft.find_remote(op.request_id)
            if pending is not None:
                draft.remote[op.request_id] = Pending(pending.request, op)
        case CancelOp() | CollectOp():
            pending = draft.find_remote(op.request_id)
            if pending is not None:
                draft.remote[op.request_id] = None
                draft.remote_debt -= pending.frozen
                if isinstance(op, CollectOp):
                    draft.balance += pending.frozen
