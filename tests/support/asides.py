"""One aside of each kind."""

from offset.wire.aside import (
    AsideBody,
    HandedCredit,
    HandedRequest,
    Handover,
    Hello,
    KeptCollect,
    Notice,
    NoticeKind,
)
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine
from offset.wire.friend import (
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
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

REQUEST = RequestOp(bytes(16), bytes(32), FriendsRoute((bytes(32),)), 10, 20, bytes(32), 1)
COLLECT = KeptCollect("FST", CollectOp(bytes(16), bytes(32), bytes(32)))
SHOWN = MoveTokenHashedReport(
    bytes(32),
    TokenInfo(
        McInfo(bytes(32), bytes(32), (CurrencyBalanceInfo("FST", BalanceInfo(-5, 11, 0)),)),
        CountersInfo(0, 7),
    ),
    bytes(16),
    bytes(64),
)
TOKEN = MoveToken(
    bytes(64), (CurrencyOperations("FST", (REQUEST,)),), None, ("FST",), bytes(32), bytes(16), bytes(64)
)
PROMISE = ResponseOp(bytes(16), bytes(32), True, bytes(16), bytes(64))
HANDOVER = Handover(
    SHOWN,
    TOKEN,
    ("FST",),
    ("FST", "USD"),
    (HandedCredit("FST", 5, (HandedRequest(REQUEST, None),), (HandedRequest(REQUEST, PROMISE),)),),
    (COLLECT,),
    (RelayAddress(bytes(32), "relay:1"),),
    (CreditLine("FST", 100, True),),
)
BODIES: tuple[AsideBody, ...] = (
    Hello(1, 2, bytes(range(16))),
    HANDOVER,
    Notice(NoticeKind.TOO_LONG, 5000),
    Revocation(bytes(32), bytes(64)),
)
