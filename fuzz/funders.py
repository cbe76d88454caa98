"""A funder among two hostile friends who know their own keys, and an app."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import msgspec

from fuzz import script
from fuzz.shelf import Shelf
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.core.funder.ledger import token_channel
from offset.core.funder.ledger.reset import _token_info
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.turn import Turn
from offset.crypto.identity import Identity
from offset.crypto.locks import hash_lock
from offset.wire.app import APP_TO_APP_SERVER, ResetFriendChannel
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    MoveTokenRequest,
    Operation,
    RequestOp,
    ResetTerms,
    ResponseOp,
)
from offset.wire.signing import (
    flip,
    info_hash,
    move_token_buffer,
    move_token_prefix_hash,
    response_buffer,
    response_hash,
)
from support.ledger import FST, Node, World
from support.ledger_checks import snapshot

SAID, SIGNED, OPERATIONS, TERMS, RESET, LINE, ASK, RESTART = range(8)
_AMOUNTS = (0, 1, 2, 5, 10, 100, 1000, 2**64, 2**126, 2**127 - 1, 2**127, 2**128 - 1)


class _Before:
    """What every run begins with: X and Y are friends of V, and payments of all kinds are under way."""

    def __init__(self) -> None:
        world = World("xvy", 7)
        world.chain()
        for route in ("xvy", "yvx", "xv", "yv", "vx", "vy"):
            world.promise(route, 5, 1 if len(route) == 3 else 0)
        world.invoice("v", 20)
        self.rows = world["v"].rows.records()
        self.identities = {name: world[name].identity for name in "xy"}
        self.keys = tuple(world[name].key for name in "xvy")
        self.locks = tuple(self._locks(world))
        self.invoices = (*world["v"].state.invoices, bytes(32))

    @staticmethod
    def _locks(world: World) -> Iterator[bytes]:
        for node in world.nodes.values():
            yield from [invoice.dest_plain_lock for invoice in node.state.invoices.values()]
            yield from [payment.src_plain_lock for payment in node.state.payments.values()]


@functools.cache
def before() -> _Before:
    return _Before()


class _Victim:
    """V, started from its rows; whatever a turn does is checked by `Node.absorb`."""

    def __init__(self) -> None:
        self.node = Node("v", 7)
        self.node.entropy = SeededEntropy("victim")
        self.node.rows.apply({record.key(): record for record in before().rows})
        self.shelf = Shelf(before().rows)
        self.took(self.node.reborn())
        self.online: dict[str, bool] = {}
        self.talk: list[Any] = []
        for name in "xy":
            self.set_online(name, True)

    def took(self, turn: Turn) -> None:
        self.node.absorb(turn)
        self.shelf.write(turn.changes)
        for _, message in turn.messages:
            FRIEND_MESSAGE.encode(message)
        for result in turn.results:
            assert result is not None

    def key(self, name: str) -> bytes:
        return before().identities[name].public_key

    def friend(self, name: str) -> Friend | None:
        return self.node.state.friends.get(self.key(name))

    def set_online(self, name: str, online: bool) -> None:
        funder = self.node.funder
        self.online[name] = online
        self.took(funder.online(self.key(name)) if online else funder.offline(self.key(name)))

    def hear(self, name: str, message: Any) -> None:
        if self.online[name]:
            self.took(self.node.funder.friend_message(self.key(name), message))

    def accepting(self, request: Any) -> Any:
        """The request; the acceptance of terms names those that the friend told last, whatever they are."""
        friend = self.node.state.friends.get(getattr(request, "friend_public_key", b""))
        if (
            not isinstance(request, ResetFriendChannel)
            or friend is None
            or friend.channel.remote_terms is None
        ):
            return request
        return msgspec.structs.replace(request, reset_token=friend.channel.remote_terms.reset_token)

    def finish(self) -> None:
        """Whatever happened, the node can start again, and it is the same (I12)."""
        state = FunderState(self.node.key)
        state.restore(self.shelf.load())
        assert snapshot(state) == snapshot(self.node.state)
        self.shelf.close()


def friend(data: bytes) -> None:
    """No message of a friend does more than end in an inconsistency with that friend."""
    victim = _Victim()
    for op, arg, what in script.read(data, 8):
        name = "xy"[arg & 1]
        friend, identity = victim.friend(name), before().identities[name]
        match op:
            case 0 | 1 | 3:
                try:
                    message = FRIEND_MESSAGE.decode(what)
                except PeerFault:
                    continue
                if friend is not None and op != SAID:
                    message = _corrected(friend, identity, message)
                victim.hear(name, message)
            case 2 if friend is not None:
                groups = tuple(_groups(friend, identity, what))
                token = MoveToken(bytes(64), groups, None, None, bytes(32), bytes([arg]) * 16, bytes(64))
                victim.hear(name, MoveTokenRequest(_signed(friend, identity, token), bool(arg & 2)))
            case 4 if friend is not None and friend.channel.local_terms is not None:
                victim.hear(name, MoveTokenRequest(_reset(friend, identity), bool(arg & 2)))
            case 5:
                victim.set_online(name, not victim.online[name])
            case 6:
                try:
                    request = victim.accepting(APP_TO_APP_SERVER.decode(what).app_request)
                except PeerFault:
                    continue
                if victim.node.funder.handles(request):
                    turn = victim.node.funder.control(request)
                    assert turn.refusal is None or turn.refusal
                    victim.took(turn)
            case 7:
                victim.took(victim.node.reborn())
                for each in "xy":
                    victim.set_online(each, victim.online[each])
    victim.finish()


# What a hostile friend can make with its own key


def _corrected(friend: Friend, identity: Identity, message: Any) -> Any:
    if isinstance(message, MoveTokenRequest):
        return msgspec.structs.replace(message, move_token=_signed(friend, identity, message.move_token))
    counter = friend.channel.inconsistency_counter + 1
    return msgspec.structs.replace(message, inconsistency_counter=counter)


def _signed(friend: Friend, identity: Identity, token: MoveToken) -> MoveToken:
    """The token as the friend would sign it, balances and all, as far as its operations are legal."""
    channel = friend.channel
    if channel.outgoing is not None:
        token = msgspec.structs.replace(token, old_token=channel.outgoing.new_token)
    try:
        drafts = token_channel._draft_credits(channel, token.opt_active_currencies)
        token_channel._take(channel, token.currencies_operations, drafts, friend.max_debt)
        balances = {name: draft.info() for name, draft in drafts.items()}
        info = info_hash(flip(channel.info_with(balances, 1)))
    except (PeerFault, OverflowError):
        info = token.info_hash
    token = msgspec.structs.replace(token, info_hash=info)
    buffer = move_token_buffer(move_token_prefix_hash(token), info, token.rand_nonce)
    return msgspec.structs.replace(token, new_token=identity.sign(buffer))


def _reset(friend: Friend, identity: Identity) -> MoveToken:
    """The friend accepts our terms."""
    channel = friend.channel
    terms = channel.local_terms
    assert isinstance(terms, ResetTerms)
    info = info_hash(_token_info(channel.remote, channel.local, terms))
    token = MoveToken(terms.reset_token, (), None, None, info, bytes(16), bytes(64))
    buffer = move_token_buffer(move_token_prefix_hash(token), info, token.rand_nonce)
    return msgspec.structs.replace(token, new_token=identity.sign(buffer))


def _groups(friend: Friend, identity: Identity, data: bytes) -> Iterator[CurrencyOperations]:
    """Operations from a few bytes each, about requests that exist and some that do not."""
    operations = []
    for at in range(0, len(data) - 3, 4):
        operations.append(_operation(friend, identity, data[at : at + 4]))
    if operations:
        yield CurrencyOperations(FST, tuple(operations))


def _operation(friend: Friend, identity: Identity, data: bytes) -> Operation:
    kind, which, how, much = data
    credit = friend.channel.credits.get(FST)
    local = list(credit.local) if credit else []
    remote = list(credit.remote) if credit else []
    ids = [*local, *remote, bytes([which]) * 16]
    request_id = ids[which % len(ids)]
    locks = before().locks
    match kind % 4:
        case 0:
            return _request(ids[-1] if how & 0x80 else request_id, which, how, much)
        case 1:
            pending = credit.local.get(request_id) if credit else None
            return _response(identity, request_id, pending.request if pending else None, how)
        case 2:
            return CancelOp(request_id)
        case _:
            return CollectOp(request_id, locks[how % len(locks)], locks[much % len(locks)])


def _request(request_id: bytes, which: int, how: int, much: int) -> RequestOp:
    x, v, y = before().keys
    routes = ((), (y,), (x,), (v,), (y, x), (x, y), (y, v), (y, v, x), (y, b"\x09" * 32), (y, y))
    amount = _AMOUNTS[much % len(_AMOUNTS)]
    fees = _AMOUNTS[(much >> 4) % len(_AMOUNTS)]
    invoices = before().invoices
    lock = hash_lock(before().locks[which % len(before().locks)])
    route = FriendsRoute(routes[how % len(routes)])
    return RequestOp(request_id, lock, route, amount, amount, invoices[which % len(invoices)], fees)


def _response(identity: Identity, request_id: bytes, request: RequestOp | None, how: int) -> ResponseOp:
    lock = hash_lock(before().locks[how % len(before().locks)])
    signature = bytes(64)
    if request is not None:
        signature = identity.sign(
            response_buffer(
                response_hash(request_id, bytes(16)),
                request.src_hashed_lock,
                lock,
                bool(how & 1),
                request.dest_payment,
                request.total_dest_payment,
                request.invoice_id,
                FST,
            )
        )
    return ResponseOp(request_id, lock, bool(how & 1), bytes(16), signature)
