"""The example shop that sells by the address of a wallet, run as a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.processes import started
from support.purses import two_purses
from support.wallets import until

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop_by_address.py"


def test_two_customers(tmp_path: Path) -> None:
    """It prints its address, and who has paid what for what; then it ends. It stays under forty lines."""
    assert len(SHOP.read_text("utf-8").splitlines()) < 40
    with two_purses(tmp_path) as (buyer, seller):
        until(lambda: seller.ask("GET", "address").status == 200)
        command = [sys.executable, SHOP, seller.served.folder, "Right", "2"]
        with started(command, stdout=subprocess.PIPE, text=True) as shop:
            assert shop.stdout is not None
            to = shop.stdout.readline().removeprefix("Pay any amount: ").strip()
            for payer, amount, said in (
                ("Ann", "20", "Ann paid 20 FST: Bread"),
                ("", "5", "Somebody paid 5 FST: Bread"),
            ):
                body = {"to": to, "amount": amount, "currency": "FST", "note": "Bread", "payer": payer}
                made = buyer.do("purchases", body)
                buyer.until_stage("purchases", made["id"], "priced")
                buyer.do(f"purchases/{made['id']}/confirm", {"fees_max": "0"})
                assert shop.stdout.readline().strip() == said
            assert shop.wait(60) == 0


def test_no_such_card(tmp_path: Path) -> None:
    """One sentence, and a status that says so."""
    with two_purses(tmp_path) as (_, seller):
        command = [sys.executable, SHOP, seller.served.folder, "Nobody"]
        with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shop:
            _, err = shop.communicate(timeout=60)
        assert (shop.returncode, err.strip()) == (1, "There is no such card in this wallet.")
