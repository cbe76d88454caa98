"""Talking to the daemon of the wallet over its socket, which only its owner can open."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from offset.base.faults import OffsetError, UserFault
from offset.programs.offset.folder import default_folder

ROOT = "/api/v1"
SOCKET = "wallet.sock"
CALL_S = 120.0

Confirm = Callable[[str], bool]
"""Asks a person whether what a sentence says shall be done."""


class Problem(OffsetError):
    """The daemon said no; the text is its sentence, `members` are those of RFC 9457."""

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(str(members.get("detail") or members.get("title") or "the wallet did not say why"))
        self.members = members

    @property
    def kind(self) -> str:
        """The last part of its type."""
        return str(self.members.get("type", "")).rpartition(":")[2]


class Rest:
    """The REST interface of the wallet in one folder."""

    def __init__(self, folder: Path, confirm: Confirm = lambda _: False) -> None:
        """`confirm` is asked where the daemon wants a yes."""
        self._path = folder / SOCKET
        self._folder, self._confirm = folder, confirm

    def get(self, *path: str, **query: str) -> Any:
        """What is at a path; its parts are escaped."""
        return self.call("GET", *path, query=query)

    def content(self, *path: str, **query: str) -> bytes:
        """What is at a path, where that is no JSON. Raises UserFault and Problem like `call`."""
        return self._answer("GET", _target(path, query), None, {})

    def call(
        self,
        method: str,
        *path: str,
        body: Any = None,
        query: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Any:
        """Ask for something; returns the JSON of the answer, None if it has no content.

        A request that makes something carries a key, so that it may come twice. Raises UserFault when no wallet is
        open in the folder, Problem when the daemon says no.
        """
        headers = {"Idempotency-Key": key or secrets.token_urlsafe(16)} if method == "POST" else {}
        target = _target(path, query)
        try:
            return self._once(method, target, body, headers)
        except Problem as problem:
            if problem.kind != "confirm":
                raise
            if not self._confirm(str(problem)):
                raise UserFault("nothing was done") from None
            code = str(problem.members["code"])
            return self._once(method, target, body, {**headers, "X-Offset-Confirm": code})

    def _once(self, method: str, target: str, body: Any, headers: dict[str, str]) -> Any:
        text = self._answer(method, target, body, headers)
        return json.loads(text) if text.strip() else None

    def _answer(self, method: str, target: str, body: Any, headers: dict[str, str]) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers = {**headers, "Content-Type": "application/json"}
        connection = _Connection(self._path)
        try:
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            text = response.read()
        except (FileNotFoundError, ConnectionRefusedError):
            place = "" if self._folder == default_folder() else f" --folder {self._folder}"
            raise UserFault(
                f"no wallet is open in {self._folder}; open one with: offset wallet{place}"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise UserFault(
                f"the wallet in {self._folder} broke off ({error}); whether it was done is not known"
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            value = json.loads(text) if text.strip() else None
            raise Problem(value if isinstance(value, dict) else {})
        return text


def _target(path: Sequence[str], query: Mapping[str, str] | None) -> str:
    target = "/".join([ROOT, *(quote(part, safe="") for part in path)])
    if query:
        target += "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return target


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_S)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
