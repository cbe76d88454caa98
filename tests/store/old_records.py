"""What stands in `old_database.sql`, record by record.

The dump was written by the program at the commit "Let servers start with closed standard streams" (format 1), which
was given these records. It is never made again: it stands for the databases that people have.
"""

from offset.base.credits import Rate
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import (
    LOST,
    OWN,
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    From,
    HistoryRecord,
    IndexServersRecord,
    InvoiceRecord,
    PaymentRecord,
    PaymentStage,
    PendingRecord,
    Queue,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
    TransactionRecord,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, Receipt, RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyBalance,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    RequestOp,
    ResetTerms,
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

NODE = bytes(range(32))
TIME = 1_700_000_000_000
"""When everything in the history was written, in ms since 1970."""


def of(size: int, number: int) -> bytes:
    """Bytes that are easy to tell apart, zeros and high ones among them."""
    return bytes((number + 37 * place) % 256 for place in range(size))


ANN, BOB = of(32, 1), of(32, 2)
RELAY, SERVER = of(32, 3), of(32, 4)
REQUESTS = [
    RequestOp(of(16, number), of(32, number), FriendsRoute(route), 2**100 + number, 2**128 - 1, of(32, 9), 7)
    for number, route in ((10, ()), (11, (BOB,)), (12, (BOB, ANN, RELAY)))
]
RESPONSE = ResponseOp(of(16, 11), of(32, 20), True, of(16, 21), of(64, 22))
UNSURE = ResponseOp(of(16, 12), of(32, 20), False, of(16, 23), of(64, 24))
OPERATIONS = (*REQUESTS, RESPONSE, CancelOp(of(16, 13)), CollectOp(of(16, 14), of(32, 25), of(32, 26)))
ADDRESSES = (RelayAddress(RELAY, "relay.example:1"), RelayAddress(SERVER, ""))
RELAYS = (NamedRelayAddress(RELAY, "[2001:db8::1]:1", 'Rélay "1"; --'), NamedRelayAddress(SERVER, "b:2", ""))
TOKEN = MoveToken(
    of(64, 30),
    (CurrencyOperations("FST", OPERATIONS), CurrencyOperations("€", ())),
    ADDRESSES,
    ("FST", "€"),
    of(32, 31),
    of(16, 32),
    of(64, 33),
)
BARE_TOKEN = MoveToken(of(64, 34), (), None, None, of(32, 35), of(16, 36), of(64, 37))
HASHED = MoveTokenHashedReport(
    of(32, 40),
    TokenInfo(
        McInfo(ANN, NODE, (CurrencyBalanceInfo("FST", BalanceInfo(-(2**127), 2**128 - 1, 0)),)),
        CountersInfo(2**64 - 1, 2**128 - 1),
    ),
    of(16, 41),
    of(64, 42),
)
OUR_TERMS = ResetTerms(of(64, 50), 2**64 - 1, (CurrencyBalance("FST", -5), CurrencyBalance("€", 2**127 - 1)))
THEIR_TERMS = ResetTerms(of(64, 51), 3, ())
RECEIPT = Receipt(of(32, 60), of(32, 9), "FST", of(32, 61), of(32, 62), True, 12, 2**128 - 1, of(64, 63))

OLD_RECORDS: tuple[Record, ...] = (
    RelaysRecord(RELAYS),
    IndexServersRecord((NamedIndexServerAddress(SERVER, "index.example:3", "Größe"),)),
    FriendRecord(ANN, "Änn; -- 'a'", True, ADDRESSES, SentRelays(RELAYS, ())),
    FriendRecord(BOB, "", False, (), SentRelays()),
    ConfigRecord(ANN, "FST", Rate(2**32 - 1, 1), 2**128 - 1, True),
    ConfigRecord(ANN, "€"),
    ChannelRecord(ANN, TOKEN, HASHED, 2**64 - 1, 2**128 - 1, ("FST", "€"), (), None, None, None, OUR_TERMS),
    ChannelRecord(BOB, BARE_TOKEN, None, 0, 0, (), ("FST",), OUR_TERMS, THEIR_TERMS, of(64, 51), None),
    CreditRecord(ANN, "FST", -(2**127), 2**128 - 1, 0),
    CreditRecord(ANN, "€", 2**127 - 1, 0, 1),
    PendingRecord(ANN, "FST", False, REQUESTS[0], None, OWN),
    PendingRecord(ANN, "FST", True, REQUESTS[0], None, OWN),
    PendingRecord(ANN, "FST", True, REQUESTS[1], RESPONSE, LOST),
    PendingRecord(ANN, "€", True, REQUESTS[2], UNSURE, From(BOB)),
    *(QueuedRecord(ANN, number, Queue(number % 3), "FST", op, OWN) for number, op in enumerate(OPERATIONS)),
    QueuedRecord(BOB, 2**40, Queue.FORWARDED, "€", REQUESTS[1], LOST),
    QueuedRecord(BOB, 2**40 + 1, Queue.FORWARDED, "€", REQUESTS[1], From(ANN)),
    InvoiceRecord(of(32, 9), "FST", 2**128 - 1, of(32, 70), of(32, 71), None, True),
    InvoiceRecord(of(32, 72), "€", 0, of(32, 73), None, None, True),
    PaymentRecord(of(16, 80), of(32, 9), "FST", 1, ANN, of(32, 85), PaymentStage.NEW, 2, None, None, True),
    PaymentRecord(
        of(16, 81), of(32, 9), "FST", 2, ANN, of(32, 85), PaymentStage.IN_PROGRESS, 1, None, None, True
    ),
    PaymentRecord(
        of(16, 82),
        of(32, 9),
        "€",
        2**128 - 1,
        ANN,
        of(32, 85),
        PaymentStage.SUCCEEDED,
        1,
        RECEIPT,
        of(16, 86),
        True,
    ),
    PaymentRecord(
        of(16, 83), of(32, 9), "FST", 4, BOB, of(32, 85), PaymentStage.CANCELED, 0, None, of(16, 87), True
    ),
    PaymentRecord(
        of(16, 84),
        of(32, 9),
        "FST",
        5,
        BOB,
        of(32, 85),
        PaymentStage.ACKNOWLEDGED,
        3,
        RECEIPT,
        of(16, 88),
        True,
    ),
    TransactionRecord(of(16, 10), of(16, 80), ANN, 2**128 - 1, 0, None),
    TransactionRecord(of(16, 11), of(16, 81), ANN, 1, 2, RESPONSE),
    HistoryRecord(1, HistoryKind.LOST, of(16, 90), "FST", 2**128 - 1, BOB, b""),
    HistoryRecord(2, HistoryKind.PAID, of(16, 91), "FST", 1, ANN, b"\x00receipt"),
    HistoryRecord(3, HistoryKind.RECEIVED, of(32, 92), "€", 2, NODE, b"commit\xff"),
    HistoryRecord(4, HistoryKind.UNPAID, of(16, 93), "FST", 3, ANN, b""),
    HistoryRecord(5, HistoryKind.WITHDRAWN, of(32, 94), "FST", 4, NODE, b""),
)
"""In the order of the tables, and of the keys in each."""
