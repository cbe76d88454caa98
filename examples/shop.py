"""A shop: ask for credits, wait until the customer has paid, collect.

python examples/shop.py APP.IDENT NODE.TICKET CURRENCY AMOUNT
"""

import asyncio
import sys
from pathlib import Path

from offset.app import OffsetError, connect_files, format_invoice

DAY_S = 86_400


async def sell(identity: str, ticket: str, currency: str, amount: str) -> None:
    async with connect_files(identity, ticket) as node:
        invoice = await node.seller.create_invoice(currency, int(amount))
        Path("shop.invoice").write_text(format_invoice(invoice), "utf-8")
        print("Pay shop.invoice and put what you get into shop.commit.", flush=True)
        commit = node.seller.wait_for_commit(invoice, Path("shop.commit"), DAY_S)
        is_here = await node.seller.settle(invoice, commit, timeout_s=DAY_S)
        print(f"Sold for {amount} {currency}. Thank you!" if is_here else "The credits are on their way.")


if __name__ == "__main__":
    try:
        asyncio.run(sell(*sys.argv[1:]))
    except OffsetError as error:
        sys.exit(str(error))
