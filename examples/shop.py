"""Ask for credits, wait, collect: python examples/shop.py APP.IDENT NODE.TICKET CURRENCY AMOUNT"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from offset.app import OffsetError, connect_files, format_invoice


async def sell(identity: str, ticket: str, currency: str, amount: str, wait_s: float = 86_400) -> None:
    name = next(f"shop{number}" for number in count(1) if not Path(f"shop{number}.invoice").exists())
    async with connect_files(identity, ticket) as node:
        invoice = await node.seller.create_invoice(currency, int(amount))
        Path(f"{name}.invoice").write_text(format_invoice(invoice), "utf-8")
        print(f"Pay {name}.invoice and put what you get into {name}.commit.", flush=True)
        commit = node.seller.wait_for_commit(invoice, Path(f"{name}.commit"), wait_s)
        await node.seller.settle(invoice, commit, timeout_s=wait_s)
        print(f"Sold for {amount} {currency}. Thank you!")


if __name__ == "__main__":
    try:
        asyncio.run(sell(*sys.argv[1:])) if len(sys.argv) == 5 and sys.argv[4].isdecimal() else sys.exit(
            __doc__
        )
    except (OffsetError, KeyboardInterrupt) as error:
        sys.exit(str(error) or "Stopped: the invoice is withdrawn.")
