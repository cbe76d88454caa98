"""Reports for a fake node to begin with."""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey
from offset.testing.identities import FRIEND, INDEX_SERVER, NODE, RELAY
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import Extra
from offset.wire.report import (
    ChannelConsistent,
    ChannelStatus,
    CurrencyConfigReport,
    CurrencyReport,
    FriendReport,
    FunderReport,
    IndexClientReport,
    McBalanceReport,
    MoveTokenHashedReport,
    NodeReport,
    PkFriendReport,
    PkFriendReportList,
)


def consistent(**balances: tuple[int, int, int]) -> ChannelConsistent:
    """A channel on whose balances both sides agree.

    For each currency: the balance (what the friend owes the node), what the node has frozen towards the friend, and
    what the friend has frozen towards the node. `consistent(FST=(20, 0, 0))`: the friend owes 20 FST.
    """
    return ChannelConsistent(
        tuple(CurrencyReport(Currency(name), McBalanceReport(*values)) for name, values in balances.items())
    )


def friend_report(
    name: str = "bob",
    status: ChannelStatus | None = None,
    *,
    enabled: bool = True,
    online: bool = True,
    configs: tuple[CurrencyConfigReport, ...] = (),
    relays: tuple[RelayAddress, ...] = (),
    token: MoveTokenHashedReport | None = None,
) -> FriendReport:
    """A friend; with the currency FST and nothing owed unless told otherwise."""
    return FriendReport(
        name=name,
        remote_relays=relays,
        currency_configs=configs,
        opt_last_incoming_move_token=token,
        liveness=online,
        channel_status=status or consistent(FST=(0, 0, 0)),
        status=enabled,
    )


def node_report(
    friends: dict[PublicKey, FriendReport] | None = None,
    relays: tuple[NamedRelayAddress, ...] = (RELAY,),
    index_servers: tuple[NamedIndexServerAddress, ...] = (INDEX_SERVER,),
    connected: PublicKey | None = INDEX_SERVER.public_key,
    extra: Extra | None = None,
) -> NodeReport:
    """A whole report; with a friend, a relay and an index server that is in use, unless told otherwise.

    Without `extra` it is that of a node of the reference.
    """
    known = {FRIEND.public_key: friend_report()} if friends is None else friends
    entries = tuple(PkFriendReport(key, friend) for key, friend in known.items())
    return NodeReport(
        FunderReport(NODE.public_key, relays, PkFriendReportList(entries)),
        IndexClientReport(index_servers, connected),
        extra,
    )
