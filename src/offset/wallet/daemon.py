"""The daemon: a wallet with its servers, from the start to an end in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from offset.wallet.card import Attend
from offset.wallet.wallet import Wallet
from offset.wallet.web.server import Web


async def _nothing() -> None:
    return


class Daemon:
    """An open wallet that is served. Ends in order at `stop`."""

    def __init__(self, wallet: Wallet, web: Web) -> None:
        """Use `start`."""
        self.wallet, self.web = wallet, web
        self.ready: Callable[[], Awaitable[None]] = _nothing
        """Called once callers are served and cards are opening; raises what ends the daemon."""
        self._stopping = asyncio.Event()

    @classmethod
    async def start(
        cls,
        folder: Path,
        *,
        port: int = 0,
        origin: str | None = None,
        attend: Attend | None = None,
        unlock: str | None = None,
    ) -> Daemon:
        """Open the wallet in this folder and take its port; the arguments are those of `Wallet` and `Web`.

        Raises UserFault: the wallet is open already, or something cannot be used.
        """
        wallet = Wallet(folder, attend=attend, unlock=unlock)
        try:
            web = Web(wallet, port=port, origin=origin)
        except BaseException:
            await wallet.stop()
            raise
        return cls(wallet, web)

    async def run(self) -> None:
        """Serve until `stop`; then close all cards and let go of everything."""
        serving = asyncio.create_task(self.web.run())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await self.web.until_ready()
            await self.wallet.start()
            await self.ready()
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Streams of events end, so nobody has to be cut off.
            self.wallet.events.close()
            self.web.stop()
            stopping.cancel()
            await asyncio.wait([serving, stopping])
            await self.wallet.stop()
        serving.result()

    def stop(self) -> None:
        """End `run` in order."""
        self._stopping.set()
