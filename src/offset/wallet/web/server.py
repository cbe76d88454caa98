"""The two servers of a wallet, in a loop that is there: on a port of loopback for pages, on a socket for commands."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from offset.base.faults import UserFault
from offset.base.limits import WALLET_CONNECTIONS_MAX
from offset.shell.files import write_new
from offset.wallet.wallet import SOCKET, Wallet
from offset.wallet.web import (
    routes_cards,
    routes_events,
    routes_friends,
    routes_history,
    routes_payments,
    routes_requests,
    routes_sales,
    routes_session,
    routes_settings,
    routes_texts,
    routes_tokens,
)
from offset.wallet.web.app import Api
from offset.wallet.web.confirms import Confirms
from offset.wallet.web.guard import Guard, policy
from offset.wallet.web.openapi import document
from offset.wallet.web.sessions import Sessions
from offset.wallet.web.static import LOGIN, Face
from offset.wallet.web.table import Desk

ROUTES = (
    *routes_session.ROUTES,
    *routes_cards.ROUTES,
    *routes_friends.ROUTES,
    *routes_texts.ROUTES,
    *routes_payments.ROUTES,
    *routes_sales.ROUTES,
    *routes_requests.ROUTES,
    *routes_history.ROUTES,
    *routes_settings.ROUTES,
    *routes_events.ROUTES,
    *routes_tokens.ROUTES,
)
"""The whole interface."""
HOST = "127.0.0.1"
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
NAME_LENGTH = 10
"""50 bits."""
END_S = 2
"""Seconds for answers under way, when the daemon ends."""


class _Server(uvicorn.Server):
    """uvicorn without its signals, and without a look at the clock ten times a second."""

    def __init__(self, app: Guard) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                limit_concurrency=WALLET_CONNECTIONS_MAX,
                timeout_graceful_shutdown=END_S,
            )
        )
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The program has its own."""
        yield

    async def main_loop(self) -> None:
        """Until it is stopped."""
        await self.stopping.wait()

    def stop(self) -> None:
        """Take nobody any more, and end."""
        self.should_exit = True
        self.stopping.set()


class Web:
    """Both servers, and the logins of pages."""

    def __init__(self, wallet: Wallet, *, port: int = 0, origin: str | None = None) -> None:
        """Take the port; 0 draws one. `origin`: the name of this machine in the address of the page.

        Without it a name is drawn, so that nothing that another program left in the browser is of our origin. Raises
        UserFault when the port is taken.
        """
        name = draw_name() if origin is None else check_origin(origin)
        self._port = _tcp(port)
        number = self._port.getsockname()[1]
        self.address = f"http://{name}:{number}/"
        self._path = wallet.folder / SOCKET
        try:
            self._socket = _unix(self._path)
        except BaseException:
            self._port.close()
            raise
        self.sessions = Sessions(changed=lambda: wallet.events.publish("sessions"))
        face = Face()
        made: dict[str, Any] = {}

        def whole() -> dict[str, Any]:
            if not made:
                made.update(document(ROUTES))
            return made

        desk = Desk(wallet, self.sessions, Confirms(), whole, self.new_login, self.address)
        api = Api(desk, ROUTES, face)
        csp = policy(face.index)
        self._servers = [
            (_Server(Guard(api, [f"{name}:{number}"], csp)), self._port),
            (_Server(Guard(api, None, csp)), self._socket),
        ]

    async def run(self) -> None:
        """Serve until `stop`."""
        try:
            await asyncio.gather(*(server.serve([listening]) for server, listening in self._servers))
        finally:
            self.sessions.forget_logins()
            self._path.unlink(missing_ok=True)

    async def until_ready(self) -> None:
        """Return when both take callers."""
        while not all(server.started for server, _ in self._servers):
            await asyncio.sleep(0.001)

    def stop(self) -> None:
        """End `run`; answers under way have two seconds."""
        for server, _ in self._servers:
            server.stop()

    async def new_login(self, as_code: bool = False) -> str:
        """A login that is good once: a code, or the path of a page that leads to the wallet. Raises UserFault."""
        if as_code:
            return self.sessions.new_code()
        login = self.sessions.new_link()
        folder = await asyncio.to_thread(pages_folder)
        path = folder / f"offset-wallet-{secrets.token_hex(6)}.html"
        link = f"{self.address.rstrip('/')}{LOGIN}#login={login}"
        text = _PAGE.format(link=html.escape(link))
        await asyncio.to_thread(lambda: write_new(path, text, secret=True))
        self.sessions.keep_page(login, path)
        return str(path)


# The link is in a file, because what stands in a command line is seen by all users of the machine.
_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={link}">
<title>Offset</title>
<p><a href="{link}">Open the wallet</a></p>
<p>This page is good once, for ten minutes, and only for you.</p>
"""


def draw_name() -> str:
    """A name of loopback that nobody used before; browsers lead all names below localhost there."""
    return "".join(secrets.choice(NAME_LETTERS) for _ in range(NAME_LENGTH)) + ".localhost"


def check_origin(name: str) -> str:
    """`name` when it stands for loopback, as browsers know it. Raises UserFault."""
    lower = name.lower()
    if lower in (HOST, "localhost") or lower.endswith(".localhost"):
        return lower
    raise UserFault(
        f"the page can only be at 127.0.0.1, localhost or a name below it, not at {name!r}: nothing is served "
        "unencrypted beyond this machine"
    )


def pages_folder() -> Path:
    """Where browsers may read a page: those from snap or flatpak read neither dot folders nor /tmp."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            ["xdg-user-dir", "DOWNLOAD"], capture_output=True, text=True, timeout=2, check=True
        ).stdout.strip()
        if told and os.path.isdir(told) and os.access(told, os.W_OK):
            return Path(told)
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else Path.home()


def _tcp(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise UserFault(
            f"the port {port} of {HOST} cannot be had: {error.strerror}; if another program has it, what that one left "
            "in your browser could read this wallet: choose another port, or leave --port out"
        ) from None
    return listening


def _unix(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Of a daemon that was killed: the lock on the folder says that none lives.
        path.unlink(missing_ok=True)
        listening.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise UserFault(
            f"the socket {path} cannot be made: {reason}; name another folder, with a short path"
        ) from None
    return listening
