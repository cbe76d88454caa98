"""The report of a node as an app keeps it: the first one, and every change since (spec 05, 2.3; spec 01, 6.9.7).

The parts are frozen messages, so whoever holds one holds it as it was: "before" and "after" are two references.
A change replaces the part it names and costs nothing for the rest of the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from msgspec.structs import replace

from offset.base import base64url
from offset.base.faults import PeerFault, UserFault
from offset.base.ids import PUBLIC_KEY_BYTES, Currency, PaymentId, PublicKey, short
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.extension import (
    CREDIT_LINES,
    CreditLine,
    Extra,
    FriendCreditLines,
    LinkStatus,
    LostPayment,
    NetworkStatus,
    ReportPiece,
    StatusChange,
)
from offset.wire.report import (
    FRIEND_REPORT,
    AddFriendReport,
    AddIndexServerMutation,
    AddRelayMutation,
    ChangeFriend,
    ChannelConsistent,
    CurrencyConfigReport,
    FriendReport,
    FriendReportMutation,
    FunderMutation,
    FunderReport,
    FunderReportMutation,
    IndexClientMutation,
    IndexClientReport,
    IndexClientReportMutation,
    McBalanceReport,
    NodeReport,
    NodeReportMutation,
    PkFriendReport,
    PkFriendReportList,
    RemoveCurrencyConfig,
    RemoveFriendMutation,
    RemoveIndexServerMutation,
    RemoveRelayMutation,
    SetChannelStatus,
    SetConnectedServer,
    SetLiveness,
    SetName,
    SetOptLastIncomingMoveToken,
    SetRemoteRelays,
    SetStatus,
    UpdateCurrencyConfig,
)

OFFLINE = False
DISABLED = False


class ReportView:
    """What a node said about itself, kept up to date; relays and index servers in order, last added last."""

    __slots__ = (
        "_links",
        "_snapshot",
        "_status",
        "connected_server",
        "credit_lines",
        "friends",
        "index_servers",
        "is_whole",
        "lost_payments",
        "public_key",
        "relays",
    )

    public_key: PublicKey
    """The key of the node."""
    relays: dict[PublicKey, NamedRelayAddress]
    friends: dict[PublicKey, FriendReport]
    index_servers: dict[PublicKey, NamedIndexServerAddress]
    connected_server: PublicKey | None
    """The index server that the node is connected to."""
    credit_lines: dict[PublicKey, tuple[CreditLine, ...]]
    """The lines that friends grant to the node, as far as they told them (an extension)."""
    lost_payments: dict[PaymentId, LostPayment]
    """Payments of the node of which parts are lost with their channel (an extension)."""

    is_whole: bool
    """False while friends are still to come in pieces; changes of friends that are not here yet are skipped."""

    def __init__(self, report: NodeReport) -> None:
        """Begin with the first report. Raises PeerFault when a key stands in a list twice."""
        funder, index = report.funder_report, report.index_client_report
        self.public_key = funder.local_public_key
        self.relays = {relay.public_key: relay for relay in funder.relays}
        self.friends = {entry.friend_public_key: entry.friend_report for entry in funder.friends.list}
        self.index_servers = {server.public_key: server for server in index.index_servers}
        self.connected_server = index.opt_connected_server
        self.credit_lines = {}
        self.lost_payments = {}
        self._links: dict[PublicKey, LinkStatus] = {}
        self._status: NetworkStatus | None = None
        """Its links are left out; `_links` has them."""
        self.is_whole = report.opt_extra is None or not report.opt_extra.friends_follow
        self.take_extra(report.opt_extra)
        self._snapshot: NodeReport | None = report if self.is_whole else None
        if (len(self.relays), len(self.friends), len(self.index_servers)) != (
            len(funder.relays),
            len(funder.friends.list),
            len(index.index_servers),
        ):
            raise PeerFault("the report of the node names somebody twice")

    def apply(self, mutation: NodeReportMutation) -> None:
        """Change one part. Raises PeerFault, with nothing changed, when this report is out of step."""
        match mutation:
            case FunderMutation():
                self._apply_funder(mutation.mutation)
            case IndexClientMutation():
                self._apply_index(mutation.mutation)
            case _:
                assert_never(mutation)
        self._snapshot = None

    def apply_all(self, mutations: Iterable[NodeReportMutation]) -> None:
        """Apply mutations in order. After a PeerFault those before the bad one stand: fetch a new report."""
        for mutation in mutations:
            self.apply(mutation)

    def take_extra(self, extra: Extra | None) -> None:
        """Take what only our nodes tell. Raises PeerFault when a piece of the report is unreadable."""
        if extra is None:
            return
        if extra.opt_piece is not None:
            self._take_piece(extra.opt_piece)
        for told in extra.credit_lines:
            if told.friend_public_key in self.friends:
                self.credit_lines[told.friend_public_key] = told.credit_lines
        for lost in extra.lost_payments:
            if not lost.is_forgotten:
                self.lost_payments[lost.payment_id] = lost
            else:
                self.lost_payments.pop(lost.payment_id, None)
        if extra.opt_status is not None:
            self._links = {link.friend_public_key: link for link in extra.opt_status.links}
            self._status = replace(extra.opt_status, links=())
        if extra.opt_status_change is not None:
            self._take_status_change(extra.opt_status_change)
        self._snapshot = None

    @property
    def status(self) -> NetworkStatus | None:
        """How the node stands with relays and friends; None if it does not tell (an extension)."""
        return None if self._status is None else replace(self._status, links=tuple(self._links.values()))

    def _take_status_change(self, change: StatusChange) -> None:
        self._status = NetworkStatus(change.now, change.relays, (), change.index_servers)
        for link in change.links:
            self._links[link.friend_public_key] = link
        for key in change.gone:
            self._links.pop(key, None)

    def _take_piece(self, piece: ReportPiece) -> None:
        """Friends as they are now, even if they were told of before."""
        for part in piece.friends:
            entry = FRIEND_REPORT.decode(part.report)
            self.friends[entry.friend_public_key] = entry.friend_report
            if part.credit_lines:
                told = CREDIT_LINES.decode(part.credit_lines)
                self.credit_lines[entry.friend_public_key] = told.credit_lines
        self.is_whole |= piece.is_last

    def snapshot(self) -> NodeReport:
        """The whole report as it is now; made once per change at most."""
        if self._snapshot is None:
            friends = tuple([PkFriendReport(key, friend) for key, friend in self.friends.items()])
            self._snapshot = NodeReport(
                FunderReport(self.public_key, tuple(self.relays.values()), PkFriendReportList(friends)),
                IndexClientReport(tuple(self.index_servers.values()), self.connected_server),
                self._extra(),
            )
        return self._snapshot

    def _extra(self) -> Extra | None:
        status = self.status
        if status is None and not self.credit_lines and not self.lost_payments:
            return None
        lines = [FriendCreditLines(key, lines) for key, lines in self.credit_lines.items()]
        return Extra(tuple(lines), status, lost_payments=tuple(self.lost_payments.values()))

    def _apply_funder(self, mutation: FunderReportMutation) -> None:
        match mutation:
            case ChangeFriend():
                key = mutation.friend_public_key
                if self.is_whole or key in self.friends:
                    self.friends[key] = changed_friend(self._friend(key), mutation.friend_report_mutation)
            case AddRelayMutation():
                relay = mutation.relay
                # The node, too, moves a replaced relay to the end.
                self.relays.pop(relay.public_key, None)
                self.relays[relay.public_key] = relay
            case RemoveRelayMutation():
                # The node tells of unknown keys as well: spec 05, 2.5.
                self.relays.pop(mutation.public_key, None)
            case AddFriendReport():
                if mutation.friend_public_key in self.friends:
                    raise out_of_step(f"friend {short(mutation.friend_public_key)} is added twice")
                self.friends[mutation.friend_public_key] = new_friend(mutation)
            case RemoveFriendMutation():
                if self.is_whole:
                    self._friend(mutation.public_key)
                self.friends.pop(mutation.public_key, None)
                self.credit_lines.pop(mutation.public_key, None)
            case _:
                assert_never(mutation)

    def _apply_index(self, mutation: IndexClientReportMutation) -> None:
        match mutation:
            case AddIndexServerMutation():
                server = mutation.index_server
                self.index_servers.pop(server.public_key, None)
                self.index_servers[server.public_key] = server
            case RemoveIndexServerMutation():
                self.index_servers.pop(mutation.public_key, None)
            case SetConnectedServer():
                self.connected_server = mutation.opt_public_key
            case _:
                assert_never(mutation)

    def _friend(self, key: PublicKey) -> FriendReport:
        friend = self.friends.get(key)
        if friend is None:
            raise out_of_step(f"there is no friend {short(key)}")
        return friend


def out_of_step(reason: str) -> PeerFault:
    """What we know and what the node says do not fit together: connect again."""
    return PeerFault(f"the report is out of step with the node: {reason}")


def new_friend(report: AddFriendReport) -> FriendReport:
    """A friend that was just added: disabled, offline, nothing configured (spec 03, 3.10)."""
    return FriendReport(
        name=report.name,
        remote_relays=report.relays,
        currency_configs=(),
        opt_last_incoming_move_token=report.opt_last_incoming_move_token,
        liveness=OFFLINE,
        channel_status=report.channel_status,
        status=DISABLED,
    )


def changed_friend(friend: FriendReport, mutation: FriendReportMutation) -> FriendReport:
    """The report of a friend after one change."""
    match mutation:
        case SetChannelStatus():
            return replace(friend, channel_status=mutation.channel_status)
        case SetOptLastIncomingMoveToken():
            return replace(friend, opt_last_incoming_move_token=mutation.opt_move_token_hashed)
        case SetLiveness():
            return replace(friend, liveness=mutation.liveness)
        case SetStatus():
            return replace(friend, status=mutation.status)
        case UpdateCurrencyConfig():
            return replace(friend, currency_configs=_with_config(friend, mutation.config))
        case RemoveCurrencyConfig():
            left = tuple(
                [config for config in friend.currency_configs if config.currency != mutation.currency]
            )
            return replace(friend, currency_configs=left)
        case SetName():
            return replace(friend, name=mutation.name)
        case SetRemoteRelays():
            return replace(friend, remote_relays=mutation.relays)
        case _:
            assert_never(mutation)


def _with_config(friend: FriendReport, config: CurrencyConfigReport) -> tuple[CurrencyConfigReport, ...]:
    """A known currency keeps its place, a new one comes last."""
    known = {old.currency: old for old in friend.currency_configs}
    known[config.currency] = config
    return tuple(known.values())


# Questions about friends


def friend_named(friends: Mapping[PublicKey, FriendReport], name: str) -> PublicKey:
    """The key of the friend with this name. Raises UserFault when there is none, or several.

    The text of a public key serves as a name too, and first: names need not be unique.
    """
    if is_key(name) and (key := PublicKey(base64url.decode(name, PUBLIC_KEY_BYTES))) in friends:
        return key
    found = [key for key, friend in friends.items() if friend.name == name]
    if len(found) > 1:
        keys = ", ".join(sorted(base64url.encode(key) for key in found))
        raise UserFault(f"{len(found)} friends are named {name!r}; give a public key instead: {keys}")
    if found:
        return found[0]
    raise UserFault(f"there is no friend named {name!r}")


def is_key(name: str) -> bool:
    """Whether this is the text of a public key, like which no friend can be named."""
    try:
        base64url.decode(name, PUBLIC_KEY_BYTES)
    except UserFault:
        return False
    return True


def balances(friend: FriendReport) -> dict[Currency, McBalanceReport]:
    """What stands between us and the friend, by active currency; nothing while the channel is inconsistent."""
    status = friend.channel_status
    if not isinstance(status, ChannelConsistent):
        return {}
    return {report.currency: report.balance for report in status.currency_reports}


def balance_of(friend: FriendReport, currency: Currency) -> McBalanceReport | None:
    """What stands between us and the friend in one currency, or None when it is not active."""
    status = friend.channel_status
    if isinstance(status, ChannelConsistent):
        for report in status.currency_reports:
            if report.currency == currency:
                return report.balance
    return None


def config_of(friend: FriendReport, currency: Currency) -> CurrencyConfigReport | None:
    """What the owner set for one currency, or None."""
    for config in friend.currency_configs:
        if config.currency == currency:
            return config
    return None
