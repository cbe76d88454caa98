"""Sell by the address of an open wallet: python examples/shop_by_address.py WALLET_FOLDER CARD [SALES]"""

import http.client
import json
import socket
import sys
import time
from typing import Any


def get(folder: str, path: str) -> Any:
    wallet = http.client.HTTPConnection("wallet")
    wallet.sock = socket.socket(socket.AF_UNIX)
    wallet.sock.connect(f"{folder}/wallet.sock")
    wallet.request("GET", f"/api/v1/{path}")
    answer = wallet.getresponse()
    value = json.load(answer)
    wallet.close()
    return value if answer.status == 200 else sys.exit(value["detail"])


def sell(folder: str, name: str, count: float = float("inf")) -> None:
    card = next((card["id"] for card in get(folder, "cards") if card["name"] == name), name)
    print(f"Pay any amount: {get(folder, f'cards/{card}/address')['text']}", flush=True)
    sold: set[str] = set()
    while len(sold) < count:
        for sale in get(folder, f"cards/{card}/sales"):
            if sale["stage"] == "collected" and sale["id"] not in sold:
                sold.add(sale["id"])
                payer = sale["payer"] or "Somebody"
                print(f"{payer} paid {sale['amount']} {sale['currency']}: {sale['note']}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sell(*sys.argv[1:3], *map(float, sys.argv[3:]))
