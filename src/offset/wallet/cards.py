"""The cards of a wallet: made, opened, closed, renamed, removed. What is answered is on the disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from msgspec.structs import replace

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.base.limits import WALLET_CARDS_MAX
from offset.base.names import check_reachable
from offset.crypto.age.armor import is_sealed
from offset.crypto.identity import Identity
from offset.shell.files import write_new
from offset.store.wallet.database import CardRow, WalletDatabase
from offset.wallet.card import APP, Attend, Card, Watch
from offset.wallet.local import make_node, new_identity
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.values.cards import NewCard
from offset.wallet.values.parts import checked_name, key_text
from offset.wire.files import RemoteNodeCard, Ticket, format_identity, parse_identity
from offset.wire.texts import read_text

CARD_ID_BYTES = 9
"""So that the text has no rest that could be written in two ways."""


class Cards:
    """The cards by id, in the order in which they were made."""

    def __init__(
        self,
        folder: Path,
        database: WalletDatabase,
        *,
        attend: Attend = lambda _: nullcontext(),
        watch: Watch = lambda _card, _update: None,
        unlock: str | None = None,
    ) -> None:
        """`folder` is that of the wallet; `unlock` says where the passphrase or key of locked cards is."""
        self._unlock = unlock
        self._folder, self._removed = folder / "cards", folder / "removed"
        self._database, self._attend, self._watch = database, attend, watch
        self._cards: dict[str, Card] = {}
        self._writing = asyncio.Lock()

    def __iter__(self) -> Iterator[Card]:
        return iter(list(self._cards.values()))

    def __len__(self) -> int:
        return len(self._cards)

    def get(self, id: str) -> Card:
        """The card with this id. Raises Refusal."""
        found = self._cards.get(id)
        if found is None:
            raise Refusal("not-found", "There is no such card in this wallet.")
        return found

    # Life

    async def start(self) -> None:
        """Find the cards, and open those that were open. Raises UserFault."""
        rows = self._database.cards()
        await asyncio.to_thread(self._tidy, {row.id for row in rows})
        for row in rows:
            card = self._cards[row.id] = self._card(row)
            if row.is_open:
                card.open()

    async def stop(self) -> None:
        """Close all, which does not say that they shall stay closed."""
        await asyncio.gather(*(card.close() for card in self))

    def _tidy(self, known: set[str]) -> None:
        """A folder without a row is of a card whose making or removing was cut off: nobody counts on it."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for path in self._folder.iterdir():
            if path.name not in known:
                self._put_away(path)

    def _put_away(self, path: Path) -> Path:
        self._removed.mkdir(mode=0o700, exist_ok=True)
        target = self._removed / f"{path.name}-{time.time_ns()}"
        path.rename(target)
        return target

    # What is done with cards

    async def make(self, wish: NewCard) -> Card:
        """A new card, which opens at once. Raises Refusal or UserFault."""
        checked_name(wish.name)
        async with self._writing:
            if len(self._cards) >= WALLET_CARDS_MAX:
                raise Refusal("refused", f"A wallet has at most {WALLET_CARDS_MAX} cards. Remove one first.")
            id = row_id(os.urandom(CARD_ID_BYTES))
            if wish.kind == "local":
                if wish.node is not None or wish.identity is not None:
                    raise UserFault("a local card has a node of its own: leave out the node and the identity")
                await asyncio.to_thread(self._make_folder, id, None)
                row = CardRow(id=id, kind="local", name=wish.name, is_open=True)
            else:
                key, address, app = _remote(wish)
                self._refuse_twin(key)
                await asyncio.to_thread(self._make_folder, id, app)
                row = CardRow(
                    id=id, kind="remote", name=wish.name, is_open=True, node_address=address, node_key=key
                )
            await asyncio.to_thread(self._database.put_card, row)
            card = self._cards[id] = self._card(row)
        card.open()
        return card

    async def open(self, card: Card) -> None:
        """Open it now and at each start. Raises NodeStopped when that cannot be written down."""
        await self._put(card, replace(card.row, is_open=True))
        card.open()

    async def close(self, card: Card) -> None:
        """Close it, and leave it closed."""
        await self._put(card, replace(card.row, is_open=False))
        await card.close()

    async def rename(self, card: Card, name: str) -> None:
        """Call it so."""
        await self._put(card, replace(card.row, name=checked_name(name)))
        card.rename(name)

    async def remove(self, card: Card) -> Path:
        """Close it and put its files away; returns where. Whoever calls this has asked the owner."""
        async with self._writing:
            await card.close()
            await asyncio.to_thread(self._database.remove_card, card.id)
            self._cards.pop(card.id, None)
            return await asyncio.to_thread(self._put_away, card.folder)

    async def _put(self, card: Card, row: CardRow) -> None:
        async with self._writing:
            if self._cards.get(card.id) is not card:
                raise Refusal("not-found", "This card was removed meanwhile.")
            await asyncio.to_thread(self._database.put_card, row)
            card.row = row

    def _card(self, row: CardRow) -> Card:
        return Card(row, self._folder / row.id, attend=self._attend, watch=self._watch, unlock=self._unlock)

    def _make_folder(self, id: str, app: Identity | None) -> None:
        folder = self._folder / id
        folder.mkdir(mode=0o700)
        try:
            if app is None:
                make_node(folder)
            else:
                write_new(folder / APP, format_identity(app), secret=True)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _refuse_twin(self, key: PublicKey) -> None:
        for card in self:
            if card.public_key == key:
                raise Refusal("conflict", f"The card {card.name} is of this node already, {key_text(key)}.")


def _remote(wish: NewCard) -> tuple[PublicKey, str, Identity]:
    """The key and the address of a node, and who we are there. Raises UserFault."""
    if wish.node is None:
        raise UserFault("a remote card needs the ticket of its node (stmgr node-ticket), or an .rcard")
    found = read_text(wish.node)
    if isinstance(found, RemoteNodeCard):
        if wish.identity is not None:
            raise UserFault("an .rcard holds an identity already: leave out the other one")
        return found.node_public_key, check_reachable(found.node_address), found.app_private_key
    if not isinstance(found, Ticket):
        raise UserFault("this is neither the ticket of a node (stmgr node-ticket) nor an .rcard")
    if wish.identity is not None and is_sealed(wish.identity):
        raise UserFault("this identity is locked; give a plain one, made with: stmgr export-ident")
    app = new_identity() if wish.identity is None else parse_identity(wish.identity)
    return found.public_key, check_reachable(found.address), app
