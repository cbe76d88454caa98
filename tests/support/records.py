"""Records of every kind, for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from offset.base.credits import Rate
from offset.base.limits import CURRENCY_BYTES_MAX, I128_MAX, I128_MIN, U32_MAX, U64_MAX, U128_MAX
from offset.core.funder.collects import CollectRecord
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.lost_keys import RevokedRecord, SuccessorRecord
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
    LostPart,
    Mark,
    NodeRecord,
    PaymentRecord,
    PaymentStage,
    PendingRecord,
    Queue,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
    TransactionRecord,
    UsedRecord,
    WithdrawnRecord,
)
from offset.core.funder.strays import StrayRecord
from offset.core.funder.twin import BalanceChange, Twin
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

id16 = st.binary(min_size=16, max_size=16)
id32 = st.binary(min_size=32, max_size=32)
id64 = st.binary(min_size=64, max_size=64)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # NUL too; no half surrogate pairs
currencies = texts.filter(lambda text: len(text.encode()) <= CURRENCY_BYTES_MAX)
numbers64 = st.integers(0, U64_MAX)
amounts = st.integers(0, U128_MAX)
balances = st.integers(I128_MIN, I128_MAX)
rates = st.builds(Rate, st.integers(0, U32_MAX), st.integers(0, U32_MAX))
small = st.integers(0, 2**31)


def tuples(element: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(element, max_size=3).map(tuple)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


relay_addresses = st.builds(RelayAddress, id32, texts)
named_relays = st.builds(NamedRelayAddress, id32, texts, texts)
named_servers = st.builds(NamedIndexServerAddress, id32, texts, texts)
origins = st.sampled_from([OWN, LOST]) | st.builds(From, id32)

requests = st.builds(
    RequestOp, id16, id32, st.builds(FriendsRoute, tuples(id32)), amounts, amounts, id32, amounts
)
responses = st.builds(ResponseOp, id16, id32, st.booleans(), id16, id64)
cancels = st.builds(CancelOp, id16)
collects = st.builds(CollectOp, id16, id32, id32)
operations = requests | responses | cancels | collects
move_tokens = st.builds(
    MoveToken,
    id64,
    tuples(st.builds(CurrencyOperations, currencies, tuples(operations))),
    optional(tuples(relay_addresses)),
    optional(tuples(currencies)),
    id32,
    id16,
    id64,
)
token_infos = st.builds(
    TokenInfo,
    st.builds(
        McInfo,
        id32,
        id32,
        tuples(
            st.builds(CurrencyBalanceInfo, currencies, st.builds(BalanceInfo, balances, amounts, amounts))
        ),
    ),
    st.builds(CountersInfo, numbers64, amounts),
)
hashed_tokens = st.builds(MoveTokenHashedReport, id32, token_infos, id16, id64)
reset_terms = st.builds(ResetTerms, id64, numbers64, tuples(st.builds(CurrencyBalance, currencies, balances)))
receipts = st.builds(Receipt, id32, id32, currencies, id32, id32, st.booleans(), amounts, amounts, id64)
stages = st.sampled_from(PaymentStage)
kinds = st.sampled_from(HistoryKind)

twins = st.builds(
    Twin,
    id32,
    amounts,
    small,
    amounts,
    small,
    tuples(st.builds(BalanceChange, currencies, balances, balances)),
)

RECORDS: dict[type[Record], st.SearchStrategy[Any]] = {
    RelaysRecord: st.builds(RelaysRecord, tuples(named_relays)),
    StrayRecord: st.builds(StrayRecord, id32, currencies, id16, collects, optional(responses), st.booleans()),
    CollectRecord: st.builds(CollectRecord, id32, small, small, currencies, collects, optional(responses)),
    WithdrawnRecord: st.builds(WithdrawnRecord, id32, currencies),
    NodeRecord: st.builds(NodeRecord, id32, small, optional(twins), st.booleans()),
    SuccessorRecord: st.builds(SuccessorRecord, id32, id32),
    RevokedRecord: st.builds(RevokedRecord, id32, id64),
    IndexServersRecord: st.builds(IndexServersRecord, tuples(named_servers)),
    FriendRecord: st.builds(
        FriendRecord,
        id32,
        texts,
        st.booleans(),
        tuples(relay_addresses),
        st.builds(SentRelays, optional(tuples(named_relays)), optional(tuples(named_relays))),
        small,
        small,
        st.booleans(),
        optional(st.builds(Mark, numbers64, amounts)),
    ),
    ConfigRecord: st.builds(ConfigRecord, id32, currencies, rates, amounts, st.booleans()),
    ChannelRecord: st.builds(
        ChannelRecord,
        id32,
        optional(move_tokens),
        optional(hashed_tokens),
        numbers64,
        amounts,
        tuples(currencies),
        tuples(currencies),
        optional(reset_terms),
        optional(reset_terms),
        optional(id64),
        optional(reset_terms),
    ),
    CreditRecord: st.builds(CreditRecord, id32, currencies, balances, amounts, amounts),
    PendingRecord: st.builds(
        PendingRecord, id32, currencies, st.booleans(), requests, optional(responses), origins
    ),
    QueuedRecord: st.builds(
        QueuedRecord, id32, small, st.sampled_from(Queue), currencies, operations, origins
    ),
    InvoiceRecord: st.builds(
        InvoiceRecord,
        id32,
        currencies,
        amounts,
        id32,
        optional(id32),
        optional(id32),
        st.booleans(),
    ),
    PaymentRecord: st.builds(
        PaymentRecord,
        id16,
        id32,
        currencies,
        amounts,
        id32,
        id32,
        stages,
        small,
        optional(receipts),
        optional(id16),
        st.booleans(),
        tuples(st.builds(LostPart, id16, id32, amounts)),
        st.booleans(),
    ),
    TransactionRecord: st.builds(TransactionRecord, id16, id16, id32, amounts, amounts, optional(responses)),
    HistoryRecord: st.builds(
        HistoryRecord,
        st.integers(1, 2**31),
        kinds,
        id16 | id32,
        currencies,
        balances,
        id32,
        st.binary(max_size=40),
    ),
    UsedRecord: st.builds(UsedRecord, st.sampled_from(UsedKind), id16 | id32),
}
"""A strategy for each kind of record."""
