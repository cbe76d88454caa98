"""Bodies that break the rules, each in its own way, made of the engines of honest ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from offset.base.credits import Rate
from offset.base.entropy import Entropy, new_invoice_id, new_rand_value, new_request_id, new_reset_token
from offset.base.ids import LOCK_BYTES, SIGNATURE_BYTES, UNSIGNED, Currency, HashedLock, PublicKey
from offset.base.instants import SECOND, Instant, Millis
from offset.core.channeler.effects import News, Offline
from offset.core.funder.ledger.mutual_credit import OperationRefused
from offset.core.funder.ledger.token_channel import draft_to_send, make
from offset.core.funder.records import LOST, Record
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.core.index.effects import SendClients
from offset.core.relay import SendLeg
from offset.crypto.identity import Identity
from offset.engine.index import IndexEngine
from offset.engine.node import NodeEngine
from offset.engine.node_apps import Trust
from offset.engine.relay import RelayEngine
from offset.engine.surface import Effect, Event
from offset.wire.aside import Aside, decode_friend_message
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CurrencyBalance,
    CurrencyOperations,
    FriendMessage,
    FriendsRoute,
    MoveTokenRequest,
    RequestOp,
    ResetTerms,
    ResponseOp,
)
from offset.wire.index import MultiRoute, ResponseRoutes

REFERENCE_OPERATIONS_MAX = 16
Said = list[tuple[PublicKey, FriendMessage]]


class Mischief:
    """What all have in common that do more, or less, than they should."""

    is_quiet = False
    """Set when faults stop: from then on it only does what it has to."""

    def stop_mischief(self) -> None:
        """Faults stop."""
        self.is_quiet = True


class _Twister(Mischief, NodeEngine):
    """A node that is right inside, and says something else.

    It steps in where a node's own machines pass things to one another: `_say`, `_release` and `_take_friend`.
    """

    def __init__(
        self,
        identity: Identity,
        entropy: Entropy,
        trust: Trust,
        records: Iterable[Record],
        now: Instant,
        **options: Any,
    ) -> None:
        super().__init__(identity, entropy, trust, records, now, **options)
        self.entropy = entropy
        self.state = self.view().state

    def _release(self, turn: Turn, *rest: Any) -> None:
        if not self.is_quiet:
            said: Said = []
            for friend, message in turn.messages:
                said += self.twist(friend, message)
            turn.messages[:] = said
        super()._release(turn, *rest)

    def _tell_friend(self, friend: PublicKey, message: FriendMessage) -> None:
        # It says the same as often as it likes.
        self._channeler.send(friend, FRIEND_MESSAGE.encode(message))

    def twist(self, friend: PublicKey, message: FriendMessage) -> Said:
        """What is said in place of this."""
        return [(friend, message)]

    def happens(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return int.from_bytes(self.entropy.bytes(2), "big") % 100 < percent


class Liar(_Twister):
    """Wrong signatures, wrong balances, bogus terms."""

    def twist(self, friend: PublicKey, message: FriendMessage) -> Said:
        entropy = self.entropy
        if isinstance(message, ResetTerms):
            greedy = tuple(CurrencyBalance(item.currency, 10**9) for item in message.balance_for_reset)
            return [(friend, msgspec.structs.replace(message, balance_for_reset=greedy))]
        if not self.happens(8):
            return [(friend, message)]
        token = message.move_token
        if self.happens(30):
            token = msgspec.structs.replace(token, new_token=entropy.bytes(SIGNATURE_BYTES))
        elif self.happens(30):
            token = msgspec.structs.replace(token, info_hash=entropy.bytes(32))
        elif self.happens(50):
            token = msgspec.structs.replace(token, old_token=entropy.bytes(SIGNATURE_BYTES))
        else:
            terms = ResetTerms(
                new_reset_token(entropy),
                1 + entropy.bytes(1)[0],
                (CurrencyBalance(Currency("FST"), -(10**6)),),
            )
            return [(friend, message), (friend, terms)]
        return [(friend, msgspec.structs.replace(message, move_token=token))]


class Greedy(_Twister):
    """Asks for more than it may, uses ids twice, and tries to jam others for nothing; in perfectly signed messages."""

    def _say(self, turn: Turn, ack: Any) -> None:
        if not self.is_quiet:
            for friend in self.state.friends.values():
                if friend.is_online and friend.channel.is_consistent and self.happens(5):
                    self._overdraw(turn, friend)
        super()._say(turn, ack)

    def _overdraw(self, turn: Turn, friend: Friend) -> None:
        channel = friend.channel
        if channel.outgoing is not None or not channel.credits:
            return
        entropy = self.entropy
        currency = next(iter(channel.credits))
        if self.happens(30):
            self._ask(turn, friend, currency, self._worthless(friend, currency))
            return
        known = [
            key
            for other in self.state.friends.values()
            for credit in other.channel.credits.values()
            for key in (*credit.local, *credit.remote)
        ]
        request_id = known[0] if known and self.happens(50) else new_request_id(entropy)
        amount = 10**6 if self.happens(70) else 2**126
        route = tuple(key for key in self.state.friends if key != friend.public_key)[:2]
        op = RequestOp(
            request_id,
            HashedLock(entropy.bytes(LOCK_BYTES)),
            FriendsRoute(route),
            amount,
            amount,
            new_invoice_id(entropy),
            5,
        )
        self._ask(turn, friend, currency, op)

    def _worthless(self, friend: Friend, currency: Currency) -> RequestOp:
        """Nothing, to a payee of others: under their lock or a new one, straight on or by way of the friend."""
        entropy = self.entropy
        seen = [pending.request for pending in friend.channel.credits[currency].local.values()]
        friends = [key for key in self.state.friends if key != friend.public_key]
        if seen and self.happens(70):
            request = seen[int.from_bytes(entropy.bytes(1), "big") % len(seen)]
            lock = request.src_hashed_lock if self.happens(50) else HashedLock(entropy.bytes(LOCK_BYTES))
            changed = {"request_id": new_request_id(entropy), "src_hashed_lock": lock, "dest_payment": 0}
            return msgspec.structs.replace(request, **changed, left_fees=0)
        route = FriendsRoute((*friends[:1], PublicKey(entropy.bytes(32))))
        lock = HashedLock(entropy.bytes(LOCK_BYTES))
        return RequestOp(new_request_id(entropy), lock, route, 0, 0, new_invoice_id(entropy), 0)

    def _ask(self, turn: Turn, friend: Friend, currency: Currency, op: RequestOp) -> None:
        channel, entropy = friend.channel, self.entropy
        drafts = draft_to_send(channel, None)
        try:
            drafts[currency].send_request(op, LOST)
        except OperationRefused:
            return
        groups = (CurrencyOperations(currency, (op,)),)
        nonce = new_rand_value(entropy)
        message = make(channel, turn.signer, nonce, drafts, groups, None, None)
        turn.changed_credits(friend, drafts, [])
        turn.put(channel.record())
        turn.messages.append((friend.public_key, MoveTokenRequest(message, True)))


class Replayer(_Twister):
    """Says old things again."""

    def twist(self, friend: PublicKey, message: FriendMessage) -> Said:
        old: Said = self.__dict__.setdefault("said", [])
        old.append((friend, message))
        del old[:-30]
        if self.happens(15):
            again = old[int.from_bytes(self.entropy.bytes(1), "big") % len(old)]
            return [(friend, message), again] if self.happens(50) else [again, (friend, message)]
        return [(friend, message)]


class SilentNode(_Twister):
    """Keeps its mouth shut at the worst moments: when it ought to pass on a promise, and now and then."""

    def twist(self, friend: PublicKey, message: FriendMessage) -> Said:
        if isinstance(message, MoveTokenRequest):
            ops = [op for group in message.move_token.currencies_operations for op in group.operations]
            if any(isinstance(op, ResponseOp) for op in ops) and self.happens(50):
                return []
        return [] if self.happens(5) else [(friend, message)]


class Nagger(_Twister):
    """Asks for the last message again and again, with terms that are older than it (D17)."""

    NAGS = 20

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        them = self.state.friends.get(friend)
        is_new = them is not None and them.channel.is_consistent and them.channel.outgoing is not None
        if is_new and not self.is_quiet and self.happens(10):
            message = decode_friend_message(data)
            if isinstance(message, MoveTokenRequest):
                nag = FRIEND_MESSAGE.encode(ResetTerms(message.move_token.old_token, 0, ()))
                for _ in range(self.NAGS):
                    self._channeler.send(friend, nag)
        super()._take_friend(friend, data)


class Keeper(_Twister):
    """Hangs, as with a full disk: takes nothing more of a friend that has asked for something, but stays online.

    So it keeps the token of that friend. When faults stop it takes all that came.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: dict[PublicKey, list[bytes]] = {}

    def _hear(self, news: News) -> None:
        if isinstance(news, Offline):
            # What came on a line that is over would be taken for an answer to what is said on the next one.
            self._kept.pop(news.friend, None)
        super()._hear(news)

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        if self.is_quiet and self._kept:
            kept, self._kept = self._kept, {}
            self._loop.now = now
            for friend, pieces in kept.items():
                for data in pieces:
                    super()._take_friend(friend, data)
        return super().handle(event, now)

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        if friend in self._kept:
            self._kept[friend].append(data)
            return
        super()._take_friend(friend, data)
        if not self.is_quiet and _asks(decode_friend_message(data)) and self.happens(20):
            self._kept[friend] = []


def _asks(message: FriendMessage | Aside) -> bool:
    """Whether a friend asks for something to be paid."""
    return isinstance(message, MoveTokenRequest) and any(
        isinstance(op, RequestOp)
        for group in message.move_token.currencies_operations
        for op in group.operations
    )


class Odd(_Twister):
    """Keeps the rules like the reference does (spec 03, 3.4 and 8): repeats its last message at every event, in bursts;
    never asks for the token back with a response; says at most 16 operations at a time; is taken aback by a friend
    that did not hear yet how it accepted its terms (D17)."""

    def start(self, now: Instant) -> list[Effect]:
        """What to do first."""
        self.state.operations_max = REFERENCE_OPERATIONS_MAX
        self.state.operations_with_cancels_max = REFERENCE_OPERATIONS_MAX
        return super().start(now)

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        them = self.state.friends.get(friend)
        last = them and them.channel.is_consistent and them.channel.outgoing
        if last:
            message = decode_friend_message(data)
            if isinstance(message, ResetTerms) and message.reset_token == last.old_token:
                unknown = msgspec.structs.replace(message, reset_token=UNSIGNED)
                data = FRIEND_MESSAGE.encode(unknown)
        super()._take_friend(friend, data)

    def _say(self, turn: Turn, ack: Any) -> None:
        friends = [friend for friend in self.state.friends.values() if friend.is_online]
        # One friend at a time, and less than one copy for each event: else odd friends echo one another for ever.
        if friends and self.happens(40):
            friend = friends[int.from_bytes(self.entropy.bytes(2), "big") % len(friends)]
            channel = friend.channel
            if channel.local_terms is not None:
                turn.messages += [(friend.public_key, channel.local_terms)] * 2
            elif channel.outgoing is not None:
                turn.messages += [(friend.public_key, MoveTokenRequest(channel.outgoing, friend.asked))] * 2
        super()._say(turn, ack)

    def twist(self, friend: PublicKey, message: FriendMessage) -> Said:
        if isinstance(message, MoveTokenRequest) and message.token_wanted:
            ops = [op for group in message.move_token.currencies_operations for op in group.operations]
            them = self.state.friends.get(friend)
            if them is not None and any(isinstance(op, ResponseOp) for op in ops) and not any(them.queues):
                them.asked = False
                return [(friend, msgspec.structs.replace(message, token_wanted=False))]
        return [(friend, message)]


class DroppingRelay(Mischief, RelayEngine):
    """A relay that loses some of what it should carry."""

    def __init__(self, identity: Identity, entropy: Entropy, now: Instant) -> None:
        super().__init__(identity, entropy, now)
        self.entropy = entropy

    def _carry_out(self, effects: list[Any]) -> None:
        kept = [
            effect
            for effect in effects
            if self.is_quiet or not isinstance(effect, SendLeg) or not self._drops()
        ]
        super()._carry_out(kept)

    def _drops(self) -> bool:
        return self.entropy.bytes(1)[0] < 8


class InventingIndex(IndexEngine):
    """An index server that answers with routes that are not there, or cost something else."""

    def _carry_out(self, effects: list[Any]) -> None:
        super()._carry_out([self._invent(effect) for effect in effects])

    def _invent(self, effect: Any) -> Any:
        if not (isinstance(effect, SendClients) and isinstance(effect.message, ResponseRoutes)):
            return effect
        routes = tuple(
            MultiRoute(
                tuple(
                    msgspec.structs.replace(route, rate=Rate(0, 0), capacity=10**9) for route in multi.routes
                )
            )
            for multi in effect.message.multi_routes
        )
        return msgspec.structs.replace(
            effect, message=msgspec.structs.replace(effect.message, multi_routes=routes)
        )


class MuteIndex(IndexEngine):
    """An index server that soon says nothing to its clients any more, neither the time nor routes, and stays so.

    Its clients know another one.
    """

    MUTE_AFTER_MS: Millis = 20 * SECOND

    def __init__(
        self, identity: Identity, entropy: Entropy, trusted: Mapping[PublicKey, str], now: Instant
    ) -> None:
        super().__init__(identity, entropy, trusted, now)
        self._mute_from = now + self.MUTE_AFTER_MS

    def _carry_out(self, effects: list[Any]) -> None:
        is_mute = self._loop.now >= self._mute_from
        super()._carry_out(
            [effect for effect in effects if not (is_mute and isinstance(effect, SendClients))]
        )


NODES: dict[str, type[NodeEngine]] = {
    "liar": Liar,
    "greedy": Greedy,
    "replayer": Replayer,
    "silent": SilentNode,
    "nagger": Nagger,
    "keeper": Keeper,
    "odd": Odd,
}
"""By the word of the scenario."""
INDEXES: dict[str, type[IndexEngine]] = {"invents": InventingIndex, "mute": MuteIndex}
HONEST = ("odd", "keeper")
"""Strange, but within the rules."""
