"""A wallet that runs as a program, and what happens in it, for the benchmarks."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from offset.base.faults import OffsetError
from offset.programs.offset.rest import ROOT, SOCKET, Rest

OFFSET = Path(sys.executable).with_name("offset")
WAIT_S = 60.0
"""Only a program that hangs takes so long."""
_LOOK_S = 0.02
_KEPT_S = 2.0
"""The daemon hangs up on who has said nothing for five seconds."""


class Wallet:
    """A daemon; made by `running_wallet`."""

    def __init__(self, folder: Path, process: subprocess.Popen[str], address: str) -> None:
        self.folder, self.pid, self.address = folder, process.pid, address
        self.rest = Rest(folder, lambda _: True)

    def new_card(self, **wish: str) -> str:
        """The id of a new card that is open."""
        made: str = self.rest.call("POST", "cards", body=wish)["id"]
        self.until_open(made)
        return made

    def until_open(self, card: str) -> None:
        """Wait for a card."""
        until(lambda: self.rest.get("cards", card)["state"] == "open", "a card did not open")

    @contextmanager
    def hearing(self, told: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """Be told all events, in a thread, until the block ends."""
        connection = _Socket(self.folder / SOCKET)
        connection.request("GET", f"{ROOT}/events", headers={"Accept": "text/event-stream"})
        stream = connection.getresponse()
        # The first lines say that it has begun.
        stream.readline()

        def hear() -> None:
            while line := stream.readline():
                if line.startswith(b"data: "):
                    told(json.loads(line[len(b"data: ") :]))

        thread = threading.Thread(target=hear)
        thread.start()
        try:
            yield
        finally:
            connection.sock.shutdown(socket.SHUT_RDWR)
            thread.join()
            connection.close()


class Line:
    """One connection to a wallet that is kept, as a page keeps it; for one thread."""

    def __init__(self, wallet: Wallet) -> None:
        self._connection = _Socket(wallet.folder / SOCKET)
        self._used = time.monotonic()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What is answered. Raises OffsetError."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        if time.monotonic() - self._used > _KEPT_S:
            # The next request opens it again.
            self._connection.close()
        self._connection.request(method, f"{ROOT}/{path}", data, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self._used = time.monotonic()
        if answer.status >= 400:
            raise OffsetError(f"{method} {path}: {content.decode(errors='replace')}")
        return json.loads(content) if content else None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class _Socket(http.client.HTTPConnection):
    """HTTP over the socket of a wallet."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=WAIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@contextmanager
def running_wallet(folder: Path) -> Iterator[Wallet]:
    """A daemon in this folder, with no page, until the block ends."""
    command = [str(OFFSET), "wallet", "--headless", "--folder", str(folder)]
    environment = {**os.environ, "HOME": str(folder.parent)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        words = process.stdout.readline()
        if not words:
            raise OffsetError("the wallet did not start")
        yield Wallet(folder, process, words.split()[-1])
    finally:
        process.terminate()
        process.wait()


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait for something. Raises OffsetError."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise OffsetError(otherwise)
        time.sleep(_LOOK_S)
