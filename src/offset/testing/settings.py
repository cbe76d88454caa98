"""What a fake node does when its owner changes settings: at once what a node does once its friends have agreed."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from offset.base.credits import Rate
from offset.base.ids import Conn, Currency
from offset.core.apps.reports import config_of
from offset.testing.fake_core import FakeCore
from offset.wire import app
from offset.wire.report import (
    AddFriendReport,
    AddIndexServerMutation,
    AddRelayMutation,
    ChangeFriend,
    ChannelConsistent,
    CurrencyConfigReport,
    FriendReport,
    FriendReportMutation,
    FunderMutation,
    IndexClientMutation,
    NodeReportMutation,
    RemoveCurrencyConfig,
    RemoveFriendMutation,
    RemoveIndexServerMutation,
    RemoveRelayMutation,
    SetChannelStatus,
    SetName,
    SetRemoteRelays,
    SetStatus,
    UpdateCurrencyConfig,
)

SETTINGS = (
    *(app.AddRelay, app.RemoveRelay, app.AddIndexServer, app.RemoveIndexServer),
    *(app.AddFriend, app.RemoveFriend, app.SetFriendName, app.SetFriendRelays),
    *(app.EnableFriend, app.DisableFriend, app.ResetFriendChannel),
    *(app.OpenFriendCurrency, app.CloseFriendCurrency, app.RemoveFriendCurrency),
    *(app.SetFriendCurrencyMaxDebt, app.SetFriendCurrencyRate),
)
"""The requests that change settings."""


def change_settings(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """Carry out a request of SETTINGS."""
    node.change(*_mutations(node, message.app_request), ack=message.app_request_id)


def _mutations(node: FakeCore, request: Any) -> list[NodeReportMutation]:
    """What a request of the owner changes; nothing where a node refuses in silence."""
    match request:
        case app.AddRelay():
            return [FunderMutation(AddRelayMutation(request.relay))]
        case app.RemoveRelay():
            return [FunderMutation(RemoveRelayMutation(request.public_key))]
        case app.AddIndexServer():
            return [IndexClientMutation(AddIndexServerMutation(request.index_server))]
        case app.RemoveIndexServer():
            return [IndexClientMutation(RemoveIndexServerMutation(request.public_key))]
        case app.AddFriend():
            if request.friend_public_key in node.view.friends:
                return []
            added = AddFriendReport(
                request.friend_public_key, request.name, request.relays, None, ChannelConsistent(())
            )
            return [FunderMutation(added)]
    key = request.friend_public_key
    friend = node.view.friends.get(key)
    if friend is None:
        return []
    if isinstance(request, app.RemoveFriend):
        return [FunderMutation(RemoveFriendMutation(key))]
    return [FunderMutation(ChangeFriend(key, _friend_mutation(friend, request)))]


def config_or_new(friend: FriendReport, currency: Currency) -> CurrencyConfigReport:
    """What the node grants a friend in a currency; nothing if it was never set."""
    return config_of(friend, currency) or CurrencyConfigReport(currency, Rate(0, 0), 0, False)


def _friend_mutation(friend: FriendReport, request: Any) -> FriendReportMutation:
    match request:
        case app.SetFriendName():
            return SetName(request.name)
        case app.SetFriendRelays():
            return SetRemoteRelays(request.relays)
        case app.EnableFriend() | app.DisableFriend():
            return SetStatus(isinstance(request, app.EnableFriend))
        case app.RemoveFriendCurrency():
            return RemoveCurrencyConfig(request.currency)
        case app.ResetFriendChannel():
            return SetChannelStatus(ChannelConsistent(()))
    config = config_or_new(friend, request.currency)
    match request:
        case app.SetFriendCurrencyMaxDebt():
            return UpdateCurrencyConfig(replace(config, remote_max_debt=request.remote_max_debt))
        case app.SetFriendCurrencyRate():
            return UpdateCurrencyConfig(replace(config, rate=request.rate))
        case _:
            is_open = isinstance(request, app.OpenFriendCurrency)
            return UpdateCurrencyConfig(replace(config, is_open=is_open))
