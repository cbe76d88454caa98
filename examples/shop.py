"""Ask for credits, wait, collect: python examples/shop.py APP.IDENT NODE.TICKET CURRENCY AMOUNT"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from offset.app import OffsetError, connect_files, format_invoice

DAY_S = 86_400


async def sell(identity: str, ticket: str, currency: str, amount: str) -> None:
    name = next(f"shop{number}" for number in count(1) if not Path(f"shop{number}.invoice").exists())
    async with connect_files(identity, ticket) as node:
        invoice = await node.seller.create_invoice(currency, int(amount))
        Path(f"{name}.invoice").write_text(format_invoice(invoice), "utf-8")
        print(f"Pay {name}.invoice and put what you get into {name}.commit.", flush=True)
        commit = node.seller.wait_for_commit(invoice, Path(f"{name}.commit"), DAY_S)
        is_here = await node.seller.settle(invoice, commit, timeout_s=DAY_S)
        print(f"Sold for {amount} {currency}. Thank you!" if is_here else "The credits are on their way.")


try:
    asyncio.run(sell(*sys.argv[1:])) if len(sys.argv) == 5 and sys.argv[4].isdecimal() else sys.exit(__doc__)
except (OffsetError, KeyboardInterrupt) as error:
    sys.exit(str(error) or "Stopped: the invoice is withdrawn.")
