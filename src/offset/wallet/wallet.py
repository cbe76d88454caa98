"""A wallet: a folder with cards, what is set for all of them, and what changes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import asdict, replace

from offset.app.updates import Update
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.base.limits import CURRENCY_BYTES_MAX
from offset.base.names import check_currency
from offset.store.sqlite.lock import Lock, Taken
from offset.store.wallet.database import CurrencyRow, WalletDatabase
from offset.wallet import views
from offset.wallet.card import Attend, Card
from offset.wallet.cards import Cards
from offset.wallet.clerk import Clerks
from offset.wallet.events import Events
from offset.wallet.tokens import Tokens
from offset.wallet.values.parts import checked_name, key_text
from offset.wallet.values.session import CurrencyView, CurrencyViewChange, Settings, SettingsChange
from offset.wire.extension import Extra
from offset.wire.report import (
    AddFriendReport,
    AddRelayMutation,
    ChangeFriend,
    FunderMutation,
    NodeReport,
    RemoveFriendMutation,
    RemoveRelayMutation,
)

DATABASE = "wallet.db"
SOCKET = "wallet.sock"
DEFAULTS = Settings(owner="", main_card=None, fees_percent=3, sound=True)
START_BYTES = 9


class Wallet:
    """An open wallet. For the thread of the loop."""

    def __init__(self, folder: Path, *, attend: Attend | None = None, unlock: str | None = None) -> None:
        """Lock the folder, made if it is missing, and open its database.

        `attend` is what goes with each open card, its clerk unless something else is given; `unlock` is the source of
        the passphrase or key of cards whose identity is locked (`--unlock`). Raises UserFault: another
        wallet has it open, or it cannot be used.
        """
        self.folder = folder
        _prepare(folder)
        try:
            self._lock = Lock(folder / "wallet")
        except Taken as taken:
            raise UserFault(
                f"this wallet is open already (process {taken.holder or 'unknown'}, folder {folder}); "
                f"see its page with: offset wallet --folder {folder} open"
            ) from None
        try:
            self._database = WalletDatabase(folder / DATABASE)
        except BaseException:
            self._lock.release()
            raise
        self.start_id = secrets.token_urlsafe(START_BYTES)
        self.events = Events(self.start_id)
        self.clerks = Clerks(
            self.events.changed,
            decimals=lambda currency: self.currency(currency).decimals,
            cards=lambda: [(card.id, card.row.name, card.folder) for card in self.cards],
        )
        self.cards = Cards(
            folder, self._database, attend=attend or self.clerks.attend, watch=self._watch, unlock=unlock
        )
        self.tokens = Tokens(self._database)
        self._settings = Settings(**{**asdict(DEFAULTS), **_known(self._database.settings())})
        self._currencies = {row.currency: row for row in self._database.currencies()}
        self._writing = asyncio.Lock()

    async def start(self) -> None:
        """Open the cards that were open. Raises UserFault."""
        await self.cards.start()

    async def stop(self) -> None:
        """Close all cards and let go of the folder."""
        await self.cards.stop()
        self.events.close()
        self._database.close()
        self._lock.release()

    async def remove_card(self, card: Card) -> Path:
        """Close a card and put its files away; returns where. Whoever calls this has asked the owner."""
        where = await self.cards.remove(card)
        self.events.flush()
        self.events.publish("card-removed", card=card.id)
        if self._settings.main_card == card.id:
            async with self._writing:
                await asyncio.to_thread(self._database.put_settings, {"main_card": None})
                self._settings = replace(self._settings, main_card=None)
        return where

    def own_keys(self) -> list[PublicKey]:
        """The keys of the nodes of all cards, as far as they are known."""
        return [card.public_key for card in self.cards if card.public_key is not None]

    # Settings

    @property
    def settings(self) -> Settings:
        """What holds for all cards."""
        return self._settings

    async def change_settings(self, change: SettingsChange) -> Settings:
        """Set what is named. Raises Refusal, or NodeStopped when it cannot be written down."""
        if change.main_card:
            self.cards.get(change.main_card)
        if change.owner:
            checked_name(change.owner)
        named = {name: value for name, value in asdict(change).items() if value is not None}
        async with self._writing:
            await asyncio.to_thread(self._database.put_settings, named)
            self._settings = replace(self._settings, **named)
        self.events.publish("settings", value=self._settings)
        return self._settings

    def currencies(self, cards: Iterable[Card] | None = None) -> list[CurrencyView]:
        """Those that one of these cards uses, of all unless named, or that the owner has set, by name."""
        looked_at = self.cards if cards is None else cards
        used = {total.currency for card in looked_at for total in card.value().sums}
        return [self.currency(name, is_used=name in used) for name in sorted({*used, *self._currencies})]

    def currency(self, name: str, *, is_used: bool = False) -> CurrencyView:
        """How a currency is shown."""
        row = self._currencies.get(name, CurrencyRow(name, 0, name))
        return CurrencyView(
            currency=name,
            decimals=row.decimals,
            label=row.label or name,
            smallest=str(10**row.decimals),
            is_used=is_used,
        )

    async def change_currency(self, name: str, change: CurrencyViewChange) -> CurrencyView:
        """Show a currency so. Raises UserFault, or NodeStopped when it cannot be written down."""
        if change.label:
            checked_name(change.label, CURRENCY_BYTES_MAX)
        row = CurrencyRow(check_currency(name), change.decimals, change.label)
        async with self._writing:
            await asyncio.to_thread(self._database.put_currency, row)
            self._currencies[name] = row
        self.events.publish("currencies", value=self.currencies())
        return next(view for view in self.currencies() if view.currency == name)

    # Events

    def _watch(self, card: Card, update: Update | None) -> None:
        """Tell pages what an update of a card means to them."""
        events, id = self.events, card.id
        events.changed("card", card.value, card=id)
        match update:
            case None:
                return
            case NodeReport():
                events.publish("resync", card=id)
            case FunderMutation(mutation=mutation):
                match mutation:
                    case AddFriendReport(friend_public_key=key) | ChangeFriend(friend_public_key=key):
                        self._friend_changed(card, key)
                    case RemoveFriendMutation(public_key=key):
                        events.changed("friend", lambda: None, card=id, key=key_text(key))
                    case AddRelayMutation() | RemoveRelayMutation():
                        self._standing_changed(card)
            case Extra():
                for told in update.credit_lines:
                    self._friend_changed(card, told.friend_public_key)
                if update.opt_status is not None or update.opt_status_change is not None:
                    self._standing_changed(card)
                    changed = update.opt_status_change or update.opt_status
                    assert changed is not None
                    for link in changed.links:
                        self._friend_changed(card, link.friend_public_key)
            case _:
                # Of the index client.
                self._standing_changed(card)

    def _friend_changed(self, card: Card, key: PublicKey) -> None:
        def value() -> object:
            if key not in card.report.friends:
                return None
            return views.friend_value(card.look(), key)

        self.events.changed("friend", value, card=card.id, key=key_text(key))

    def _standing_changed(self, card: Card) -> None:
        # It can be long, so it is read by whoever shows it.
        self.events.changed("standing", lambda: None, card=card.id)


def _prepare(folder: Path) -> None:
    """The folder, for the eyes of its owner only. Raises UserFault."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
        if mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise UserFault(f"the folder of the wallet {folder} cannot be used: {error.strerror}") from None


def _known(settings: dict[str, object]) -> dict[str, object]:
    """Those that this program knows; a newer one may have written more."""
    return {name: value for name, value in settings.items() if hasattr(DEFAULTS, name)}
