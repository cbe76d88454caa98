"""Asides: they come back as they were, and whoever does not know one drops it and nothing else."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.faults import Undecodable, UnknownVariant
from offset.base.limits import (
    CURRENCIES_PER_FRIEND_MAX,
    FRIEND_RELAYS_MAX,
    HANDOVER_REQUESTS_MAX,
    INNER_MESSAGE_BYTES_MAX,
    KEPT_COLLECTS_MAX,
    ROUTE_KEYS_MAX,
)
from offset.wire.aside import (
    ASIDE_MESSAGE,
    HANDS_OVER,
    NEWEST_BYTES,
    Aside,
    HandedCredit,
    HandedRequest,
    Handover,
    Hello,
    KeptCollect,
    Notice,
    decode_friend_message,
    encode_aside,
)
from offset.wire.codec import Codec
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CollectOp,
    CurrencyOperations,
    FriendMessage,
    FriendsRoute,
    MoveToken,
    MoveTokenRequest,
    RequestOp,
    ResponseOp,
)
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)
from offset.wire.revocations import Revocation
from support.asides import BODIES, COLLECT, HANDOVER, REQUEST, TOKEN

OLD_FRIEND: Codec[FriendMessage] = Codec("friend", "FriendMessage")

u64 = st.integers(0, 2**64 - 1)
u128 = st.integers(0, 2**128 - 1)
i128 = st.integers(-(2**127), 2**127 - 1)
names = st.text("ABC", min_size=1, max_size=5)


def fixed(size: int) -> Any:
    return st.binary(min_size=size, max_size=size)


def several(values: Any, most: int = 2) -> Any:
    return st.lists(values, max_size=most).map(tuple)


keys = fixed(32)
relays = st.builds(RelayAddress, keys, st.just("relay:1"))
routes = st.builds(FriendsRoute, several(keys))
requests = st.builds(RequestOp, fixed(16), fixed(32), routes, u128, u128, fixed(32), u128)
responses = st.builds(ResponseOp, fixed(16), fixed(32), st.booleans(), fixed(16), fixed(64))
collects = st.builds(CollectOp, fixed(16), fixed(32), fixed(32))
operations = several(st.one_of(requests, responses, collects))
tokens = st.builds(
    MoveToken,
    fixed(64),
    several(st.builds(CurrencyOperations, names, operations)),
    st.none() | several(relays),
    st.none() | several(names),
    fixed(32),
    fixed(16),
    fixed(64),
)
balances = st.builds(CurrencyBalanceInfo, names, st.builds(BalanceInfo, i128, u128, u128))
infos = st.builds(
    TokenInfo, st.builds(McInfo, keys, keys, several(balances)), st.builds(CountersInfo, u64, u128)
)
shown = st.builds(MoveTokenHashedReport, fixed(32), infos, fixed(16), fixed(64))
handed = st.builds(HandedRequest, requests, st.none() | responses)
handed_credits = st.builds(HandedCredit, names, i128, several(handed), several(handed))
hellos = st.builds(
    Hello,
    u64,
    u128,
    st.just(b"") | fixed(NEWEST_BYTES),
    u64,
    st.integers(0, 2**16 - 1),
    st.binary(max_size=NEWEST_BYTES),
)
handovers = st.builds(
    Handover,
    shown,
    tokens,
    several(names),
    several(names),
    several(handed_credits),
    several(st.builds(KeptCollect, names, collects, st.none() | responses)),
    several(relays),
    several(st.builds(CreditLine, names, u128, st.booleans())),
)
notices = st.builds(Notice, st.integers(0, 2**16 - 1), u64)
revocations = st.builds(Revocation, keys, fixed(64))


@settings(max_examples=60)
@given(st.one_of(hellos, handovers, notices, revocations))
def test_round_trip(body: Any) -> None:
    assert decode_friend_message(encode_aside(body)) == Aside(body)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_old_readers_drop_it(body: Any) -> None:
    """A program of 0.1.11, or one of ours without asides, finds a variant that it does not know (spec 01, 2.7)."""
    data = encode_aside(body)
    for codec in (OLD_FRIEND, FRIEND_MESSAGE):
        with pytest.raises(UnknownVariant):
            codec.decode(data)


def test_bytes_of_a_hello() -> None:
    """Recorded: tag 2 of the message, tag 0 of the aside, then the hello."""
    data = encode_aside(Hello(3, 5, b"newest token 16b"))
    assert data.hex() == RECORDED
    assert decode_friend_message(bytes.fromhex(RECORDED)) == Aside(Hello(3, 5, b"newest token 16b"))


RECORDED = (
    "101050010101025001010000500303010101010103410801111182111502100200000105"
    "ff6e65776573742074016f6b656e20313662"
)


def test_tokens_are_read_as_ever() -> None:
    message = MoveTokenRequest(TOKEN, True, (CreditLine("FST", 10, True),))
    assert decode_friend_message(FRIEND_MESSAGE.encode(message)) == message
    assert decode_friend_message(OLD_FRIEND.encode(message)) == MoveTokenRequest(TOKEN, True)


@pytest.mark.parametrize("kind", ["keep", "kept", "fetch", "kit", "share", "rehearse", "rehearsed"])
def test_kinds_that_are_not_used_are_dropped(kind: str) -> None:
    schema = _schema()
    message = schema.AsideMessage.new_message()
    setattr(message.init("aside"), kind, None if kind == "fetch" else b"something")
    with pytest.raises(UnknownVariant):
        decode_friend_message(message.to_bytes_packed())


def test_a_kind_of_the_future_is_dropped() -> None:
    """The packed bytes of a notice have its tag, 9, once."""
    data = encode_aside(BODIES[2])
    assert data.count(bytes([9])) == 1
    with pytest.raises(UnknownVariant):
        decode_friend_message(data.replace(bytes([9]), bytes([77])))


def _schema() -> Any:
    ASIDE_MESSAGE.encode(Aside(BODIES[0]))
    from offset.wire import codec

    return codec._load("extension_aside")


def test_features_of_the_future() -> None:
    """Bits that we do not know are kept, and mean nothing."""
    hello = Hello(0, 0, b"", features=2**63 | HANDS_OVER)
    read = decode_friend_message(encode_aside(hello))
    assert isinstance(read, Aside)
    assert isinstance(read.body, Hello)
    assert read.body.features & HANDS_OVER


def handover(**changes: Any) -> bytes:
    return encode_aside(msgspec.structs.replace(HANDOVER, **changes))


def many(count: int) -> tuple[HandedCredit, ...]:
    return (HandedCredit("FST", 0, (HandedRequest(REQUEST, None),) * count, ()),)


def route(keys: int) -> tuple[HandedCredit, ...]:
    request = msgspec.structs.replace(REQUEST, route=FriendsRoute((bytes(32),) * keys))
    return (HandedCredit("FST", 0, (), (HandedRequest(request, None),)),)


@pytest.mark.parametrize(
    "field, make, most",
    [
        ("local_currencies", lambda count: ("FST",) * count, CURRENCIES_PER_FRIEND_MAX),
        ("remote_currencies", lambda count: ("FST",) * count, CURRENCIES_PER_FRIEND_MAX),
        ("credits", lambda count: (HandedCredit("FST", 0, (), ()),) * count, CURRENCIES_PER_FRIEND_MAX),
        ("credit_lines", lambda count: (CreditLine("FST", 0, True),) * count, CURRENCIES_PER_FRIEND_MAX),
        ("collects", lambda count: (COLLECT,) * count, KEPT_COLLECTS_MAX),
        ("relays", lambda count: (RelayAddress(bytes(32), "relay:1"),) * count, FRIEND_RELAYS_MAX),
        ("credits", many, HANDOVER_REQUESTS_MAX),
        ("credits", route, ROUTE_KEYS_MAX),
    ],
)
def test_a_handover_is_bounded(field: str, make: Any, most: int) -> None:
    """As much as a friend may hand over is read, and one more is not."""
    assert isinstance(decode_friend_message(handover(**{field: make(most)})), Aside)
    with pytest.raises(Undecodable):
        decode_friend_message(handover(**{field: make(most + 1)}))


def test_lengths_of_a_hello() -> None:
    for hello in (Hello(0, 0, bytes(15)), Hello(0, 0, bytes(17)), Hello(0, 0, b"", kept_nonce=bytes(17))):
        with pytest.raises(Undecodable):
            decode_friend_message(encode_aside(hello))


def test_what_one_message_holds() -> None:
    """Ids and locks do not pack, so the limit of requests is beyond what fits; one collect takes 130 bytes."""
    chance = random.Random(1)

    def length(requests: int, collects: int) -> int:
        taken = [
            HandedRequest(
                RequestOp(
                    chance.randbytes(16),
                    chance.randbytes(32),
                    FriendsRoute((chance.randbytes(32),)),
                    1000,
                    1000,
                    chance.randbytes(32),
                    5,
                ),
                ResponseOp(
                    chance.randbytes(16),
                    chance.randbytes(32),
                    True,
                    chance.randbytes(16),
                    chance.randbytes(64),
                ),
            )
            for _ in range(requests)
        ]
        kept = [
            KeptCollect("FST", CollectOp(chance.randbytes(16), chance.randbytes(32), chance.randbytes(32)))
            for _ in range(collects)
        ]
        credit = HandedCredit("FST", 0, (), tuple(taken))
        return len(handover(credits=(credit,), collects=tuple(kept)))

    assert length(HANDOVER_REQUESTS_MAX, 0) > INNER_MESSAGE_BYTES_MAX
    assert length(2000, 0) < INNER_MESSAGE_BYTES_MAX
    assert length(1600, KEPT_COLLECTS_MAX) < INNER_MESSAGE_BYTES_MAX
