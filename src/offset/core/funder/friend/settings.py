"""What we set for a friend and currency, and telling apps of it."""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.ids import Currency
from offset.core.funder.friend import credit_lines
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.core.funder.state.views import config_report
from offset.wire.report import UpdateCurrencyConfig


def set_config(turn: Turn, friend: Friend, config: ConfigRecord) -> None:
    """These are the settings now. A currency with settings is announced to the friend."""
    before = friend.configs.get(config.currency)
    friend.configs[config.currency] = config
    turn.put(config)
    if before is None or before.remote_max_debt != config.remote_max_debt or before.is_open != config.is_open:
        credit_lines.changed(friend)
    turn.change_friend(friend.public_key, UpdateCurrencyConfig(config_report(config)))


def configure_active(turn: Turn, friend: Friend, currencies: Iterable[Currency]) -> None:
    """Whatever is active has settings: closed, without credit, if nothing was set (D13)."""
    for name in currencies:
        if name not in friend.configs:
            set_config(turn, friend, ConfigRecord(friend.public_key, name))
