"""What a node tells apps about itself: schema/report.capnp (spec 05, 2)."""

from __future__ import annotations

from offset.base.credits import Amount, Balance, Rate
from offset.base.ids import Currency, HashResult, PublicKey, RandValue, Signature
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import Extensible, Extra
from offset.wire.friend import CurrencyBalance

FriendStatus = bool
"""True: enabled, the node tries to reach the friend."""
FriendLiveness = bool
"""True: online."""


class CountersInfo(Message):
    """How often the channel was reset, and how many messages passed since."""

    inconsistency_counter: int
    move_token_counter: int


class BalanceInfo(Message):
    """Balance, and what each side has frozen."""

    balance: Balance
    local_pending_debt: Amount
    remote_pending_debt: Amount


class CurrencyBalanceInfo(Message):
    """The balances in one currency."""

    currency: Currency
    balance_info: BalanceInfo


class McInfo(Message):
    """All mutual credits of a channel, sorted by currency, as `local` sees them."""

    local_public_key: PublicKey
    remote_public_key: PublicKey
    balances: tuple[CurrencyBalanceInfo, ...]


class TokenInfo(Message):
    """What a move token agrees on."""

    mc: McInfo
    counters: CountersInfo


class MoveTokenHashedReport(Message):
    """Proof of the balances last agreed, signed by the friend (spec 01, 5.3)."""

    prefix_hash: HashResult
    token_info: TokenInfo
    rand_nonce: RandValue
    new_token: Signature


class McBalanceReport(Message):
    """Balance and frozen credits of one currency, as this node sees them."""

    balance: Balance
    local_pending_debt: Amount
    remote_pending_debt: Amount


class CurrencyReport(Message):
    """One active currency."""

    currency: Currency
    balance: McBalanceReport


class ResetTermsReport(Message):
    """What the friend would restart from, as the friend sees it."""

    reset_token: Signature
    balance_for_reset: tuple[CurrencyBalance, ...]


class ChannelInconsistent(Message):
    """The ledgers disagree: our terms, and the friend's when known."""

    local_reset_terms: tuple[CurrencyBalance, ...]
    opt_remote_reset_terms: ResetTermsReport | None


class ChannelConsistent(Message):
    """Normal: one entry per active currency."""

    currency_reports: tuple[CurrencyReport, ...]


ChannelStatus = ChannelInconsistent | ChannelConsistent


class CurrencyConfigReport(Message):
    """What this node set for a friend and currency."""

    currency: Currency
    rate: Rate
    remote_max_debt: Amount
    is_open: bool


class FriendReport(Message):
    """All a node says about one friend."""

    name: str
    remote_relays: tuple[RelayAddress, ...]
    currency_configs: tuple[CurrencyConfigReport, ...]
    opt_last_incoming_move_token: MoveTokenHashedReport | None
    liveness: FriendLiveness
    channel_status: ChannelStatus
    status: FriendStatus


class PkFriendReport(Message):
    """Entry of the map of friends."""

    friend_public_key: PublicKey
    friend_report: FriendReport


class PkFriendReportList(Message):
    """The map of friends; any order, unique keys."""

    list: tuple[PkFriendReport, ...]


class FunderReport(Message):
    """Identity, relays and friends of a node."""

    local_public_key: PublicKey
    relays: tuple[NamedRelayAddress, ...]
    friends: PkFriendReportList


class AddFriendReport(Message):
    """A new friend: disabled, offline, without currencies."""

    friend_public_key: PublicKey
    name: str
    relays: tuple[RelayAddress, ...]
    opt_last_incoming_move_token: MoveTokenHashedReport | None
    channel_status: ChannelStatus


class SetRemoteRelays(Message):
    """The friend's relays are now these."""

    relays: tuple[RelayAddress, ...]


class SetName(Message):
    """The friend's local name is now this."""

    name: str


class UpdateCurrencyConfig(Message):
    """Settings of one currency were made or changed."""

    config: CurrencyConfigReport


class RemoveCurrencyConfig(Message):
    """Settings of one currency are gone."""

    currency: Currency


class SetChannelStatus(Message):
    """The whole state of the channel is now this."""

    channel_status: ChannelStatus


class SetStatus(Message):
    """Enabled or disabled."""

    status: FriendStatus


class SetOptLastIncomingMoveToken(Message):
    """The newest proof."""

    opt_move_token_hashed: MoveTokenHashedReport | None


class SetLiveness(Message):
    """Online or offline."""

    liveness: FriendLiveness


FriendReportMutation = (
    SetRemoteRelays
    | SetName
    | UpdateCurrencyConfig
    | RemoveCurrencyConfig
    | SetChannelStatus
    | SetStatus
    | SetOptLastIncomingMoveToken
    | SetLiveness
)


class ChangeFriend(Message):
    """A change of one friend's report."""

    friend_public_key: PublicKey
    friend_report_mutation: FriendReportMutation


class AddRelayMutation(Message):
    """A relay was added, or replaced by key."""

    relay: NamedRelayAddress


class RemoveRelayMutation(Message):
    """A relay was removed."""

    public_key: PublicKey


class RemoveFriendMutation(Message):
    """A friend was removed."""

    public_key: PublicKey


FunderReportMutation = (
    AddRelayMutation | RemoveRelayMutation | AddFriendReport | RemoveFriendMutation | ChangeFriend
)


class IndexClientReport(Message):
    """Index servers of a node, and the one in use."""

    index_servers: tuple[NamedIndexServerAddress, ...]
    opt_connected_server: PublicKey | None


class AddIndexServerMutation(Message):
    """An index server was added, or replaced by key."""

    index_server: NamedIndexServerAddress


class RemoveIndexServerMutation(Message):
    """An index server was removed."""

    public_key: PublicKey


class SetConnectedServer(Message):
    """The node is now connected to this index server, or to none."""

    opt_public_key: PublicKey | None


IndexClientReportMutation = AddIndexServerMutation | RemoveIndexServerMutation | SetConnectedServer


class NodeReport(Message):
    """All a node says about itself."""

    funder_report: FunderReport
    index_client_report: IndexClientReport
    opt_extra: Extra | None = None
    """An extension."""


class FunderMutation(Message):
    """A change of the funder's part."""

    mutation: FunderReportMutation


class IndexClientMutation(Message):
    """A change of the index client's part."""

    mutation: IndexClientReportMutation


NodeReportMutation = FunderMutation | IndexClientMutation

for _cls in (
    CountersInfo,
    BalanceInfo,
    CurrencyBalanceInfo,
    McInfo,
    TokenInfo,
    MoveTokenHashedReport,
    McBalanceReport,
    CurrencyReport,
    ResetTermsReport,
    CurrencyConfigReport,
    FriendReport,
    PkFriendReport,
    PkFriendReportList,
    FunderReport,
    AddFriendReport,
    IndexClientReport,
    NodeReport,
):
    struct(_cls, "report", _cls.__name__)
struct(ChannelInconsistent, "report", "ChannelInconsistentReport")
struct(ChannelConsistent, "report", "ChannelConsistentReport")
struct(ChangeFriend, "report", "PkFriendReportMutation")
union("report", "FriendStatusReport", {"disabled": False, "enabled": True})
union("report", "FriendLivenessReport", {"offline": False, "online": True})
union("report", "ChannelStatusReport", {"inconsistent": ChannelInconsistent, "consistent": ChannelConsistent})
union(
    "report",
    "FriendReportMutation",
    {
        "setRemoteRelays": SetRemoteRelays,
        "setName": SetName,
        "updateCurrencyConfig": UpdateCurrencyConfig,
        "removeCurrencyConfig": RemoveCurrencyConfig,
        "setChannelStatus": SetChannelStatus,
        "setStatus": SetStatus,
        "setOptLastIncomingMoveToken": SetOptLastIncomingMoveToken,
        "setLiveness": SetLiveness,
    },
)
union(
    "report",
    "FunderReportMutation",
    {
        "addRelay": AddRelayMutation,
        "removeRelay": RemoveRelayMutation,
        "addFriend": AddFriendReport,
        "removeFriend": RemoveFriendMutation,
        "pkFriendReportMutation": ChangeFriend,
    },
)
union(
    "report",
    "IndexClientReportMutation",
    {
        "addIndexServer": AddIndexServerMutation,
        "removeIndexServer": RemoveIndexServerMutation,
        "setConnectedServer": SetConnectedServer,
    },
)
union("report", "NodeReportMutation", {"funder": FunderMutation, "indexClient": IndexClientMutation})

struct(NodeReport, "extension", "NodeReport")

NODE_REPORT: Extensible[NodeReport] = Extensible("report", "NodeReport", "opt_extra")
FRIEND_REPORT: Codec[PkFriendReport] = Codec("report", "PkFriendReport")
