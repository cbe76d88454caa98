"""Routes: settings of the whole wallet, and how currencies are shown."""

from __future__ import annotations

from offset.wallet.values.session import CurrencyView, CurrencyViewChange, Settings, SettingsChange
from offset.wallet.web.table import Ask, Needs, Route


async def settings(ask: Ask) -> Settings:
    """What holds for the whole wallet."""
    return ask.wallet.settings


async def change_settings(ask: Ask) -> Settings:
    """Change what is named; the rest stays."""
    return await ask.wallet.change_settings(ask.body)


async def currencies(ask: Ask) -> tuple[CurrencyView, ...]:
    """The currencies of all cards, and how their amounts are shown."""
    return tuple(ask.wallet.currencies(ask.cards))


async def change_currency(ask: Ask) -> CurrencyView:
    """Show amounts of a currency with so many digits behind the point, and a label."""
    return await ask.wallet.change_currency(ask.path["currency"], ask.body)


ROUTES = (
    Route("GET", "/settings", Needs.SEE, settings, answer=Settings),
    Route("PATCH", "/settings", Needs.OWN, change_settings, body=SettingsChange, answer=Settings),
    Route("GET", "/currencies", Needs.SEE, currencies, answer=tuple[CurrencyView, ...]),
    Route(
        "PUT",
        "/currencies/{currency:path}",
        Needs.OWN,
        change_currency,
        body=CurrencyViewChange,
        answer=CurrencyView,
    ),
)
