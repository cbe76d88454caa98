"""The rows of a wallet."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from offset.base.ids import PublicKey
from offset.store.wallet.database import CardRow, CurrencyRow, WalletDatabase

LOCAL = CardRow(id="a", kind="local", name="Mine", is_open=True)
REMOTE = CardRow(
    id="b",
    kind="remote",
    name="Far",
    is_open=False,
    node_address="192.0.2.7:1",
    node_key=PublicKey(bytes(32)),
)


def test_rows_are_found_again(tmp_path: Path) -> None:
    """Cards in their order, settings and currencies are there at the next start."""
    path = tmp_path / "wallet.db"
    with closing(WalletDatabase(path)) as database:
        database.put_card(LOCAL)
        database.put_card(REMOTE)
        database.put_settings({"owner": "Eva", "fees_percent": 3})
        database.put_settings({"fees_percent": 4})
        database.put_currency(CurrencyRow("FST", 2, "FST"))
    with closing(WalletDatabase(path)) as database:
        assert database.cards() == [LOCAL, REMOTE]
        assert database.settings() == {"owner": "Eva", "fees_percent": 4}
        assert database.currencies() == [CurrencyRow("FST", 2, "FST")]


def test_a_card_is_changed_in_its_place_and_removed(tmp_path: Path) -> None:
    """Changes keep the order; a removed card is gone."""
    with closing(WalletDatabase(tmp_path / "wallet.db")) as database:
        database.put_card(LOCAL)
        database.put_card(REMOTE)
        renamed = CardRow(id="a", kind="local", name="Yours", is_open=False)
        database.put_card(renamed)
        assert database.cards() == [renamed, REMOTE]
        database.remove_card("a")
        assert database.cards() == [REMOTE]
