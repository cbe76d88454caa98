"""`wallet.db`: a few rows, all of them read at the start and kept in memory by whoever opened it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from offset.base.ids import PublicKey
from offset.store.sqlite.small import Kind, SmallDatabase

WALLET = Kind("a wallet", 0x4F465357, Path(__file__).parent / "migrations")
"""Marked "OFSW"."""


class CardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A card of the wallet."""

    id: str
    kind: str
    """`local` or `remote`."""
    name: str
    is_open: bool
    """Whether it is opened when the wallet starts."""
    node_address: str | None = None
    node_key: PublicKey | None = None


class CurrencyRow(msgspec.Struct, frozen=True):
    """How a currency is shown."""

    currency: str
    decimals: int
    label: str


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A program that may do something."""

    id: str
    name: str
    hash: bytes
    """SHA-256 of its secret."""
    rights: list[str]
    cards: list[str] | None
    """None: all."""
    budgets: list[dict[str, Any]]
    expires: int | None
    """In ms since 1970."""
    made: int


class WalletDatabase:
    """The database of one wallet. Every method that writes is durable when it returns; each raises NodeStopped."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it. Raises UserFault."""
        self._database = SmallDatabase(path, WALLET)

    def cards(self) -> list[CardRow]:
        """All cards, oldest first."""
        rows = self._database.rows(
            "SELECT id, kind, name, is_open, node_address, node_key FROM cards ORDER BY position"
        )
        return [
            CardRow(
                id=id,
                kind=kind,
                name=name,
                is_open=bool(is_open),
                node_address=address,
                node_key=None if key is None else PublicKey(key),
            )
            for id, kind, name, is_open, address, key in rows
        ]

    def put_card(self, card: CardRow) -> None:
        """A new card, or what changed of one."""
        self._database.write(
            "INSERT INTO cards (id, kind, name, is_open, node_address, node_key) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_open = excluded.is_open, "
            "node_address = excluded.node_address, node_key = excluded.node_key",
            card.id,
            card.kind,
            card.name,
            int(card.is_open),
            card.node_address,
            card.node_key,
        )

    def remove_card(self, card: str) -> None:
        """Forget a card."""
        self._database.write("DELETE FROM cards WHERE id = ?", card)

    def settings(self) -> dict[str, Any]:
        """What was set, by name."""
        return {
            name: json.loads(value) for name, value in self._database.rows("SELECT name, value FROM settings")
        }

    def put_settings(self, settings: dict[str, Any]) -> None:
        """Set these; the others stay."""
        with self._database.group():
            for name, value in settings.items():
                self._database.write(
                    "INSERT INTO settings (name, value) VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    name,
                    json.dumps(value),
                )

    def currencies(self) -> list[CurrencyRow]:
        """How currencies are shown, of those that are not shown in whole credits under their name."""
        return [
            CurrencyRow(*row)
            for row in self._database.rows(
                "SELECT currency, decimals, label FROM currencies ORDER BY currency"
            )
        ]

    def put_currency(self, row: CurrencyRow) -> None:
        """Show a currency so."""
        self._database.write(
            "INSERT INTO currencies (currency, decimals, label) VALUES (?, ?, ?) "
            "ON CONFLICT (currency) DO UPDATE SET decimals = excluded.decimals, label = excluded.label",
            row.currency,
            row.decimals,
            row.label,
        )

    def tokens(self) -> list[TokenRow]:
        """All tokens, oldest first."""
        return [
            TokenRow(
                id=id,
                name=name,
                hash=digest,
                rights=json.loads(rights),
                cards=json.loads(cards),
                budgets=json.loads(budgets),
                expires=expires,
                made=made,
            )
            for id, name, digest, rights, cards, budgets, expires, made in self._database.rows(
                "SELECT id, name, hash, rights, cards, budgets, expires, made FROM tokens ORDER BY position"
            )
        ]

    def add_token(self, row: TokenRow) -> None:
        """A new token."""
        self._database.write(
            "INSERT INTO tokens (id, name, hash, rights, cards, budgets, expires, made) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row.id,
            row.name,
            row.hash,
            json.dumps(row.rights),
            json.dumps(row.cards),
            json.dumps(row.budgets),
            row.expires,
            row.made,
        )

    def remove_token(self, id: str) -> None:
        """Forget a token: its program may do nothing any more."""
        self._database.write("DELETE FROM tokens WHERE id = ?", id)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
