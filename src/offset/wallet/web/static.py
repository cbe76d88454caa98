"""The files of the page, read once: what is not among them is not there, whatever a path says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from offset.wallet.refusals import Refusal
from offset.wallet.web.answers import packed, problem_response

FACE = Path(__file__).parents[1] / "face"
INDEX = "/index.html"
LOGIN = "/login"
"""Where a login link leads: the page, and an order to forget what an earlier owner of this place left there."""
CLEAR = {"Clear-Site-Data": '"cache", "storage"'}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
    ".txt": "text/plain; charset=utf-8",
}
_HASHED = re.compile(r"[.-][0-9a-f]{8,}\.\w+$")
"""The name of a file of a library that says what is in it, so a browser may keep it for ever."""


class _File(NamedTuple):
    path: Path
    media_type: str
    is_forever: bool


class Face:
    """Serves the files of a folder."""

    def __init__(self, folder: Path = FACE) -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            kind = _TYPES.get(path.suffix)
            if kind is not None and path.is_file():
                name = "/" + path.relative_to(folder).as_posix()
                self._files[name] = _File(path, kind, bool(_HASHED.search(path.name)))
        index = self._files.get(INDEX)
        self.index = b"" if index is None else index.path.read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file, or say that there is none."""
        request = Request(scope, receive)
        path = scope["path"]
        file = self._files.get(INDEX if path in ("/", LOGIN) else path)
        if request.method not in ("GET", "HEAD"):
            refusal = Refusal("method-not-allowed", "The files of the page can only be read.")
            await problem_response(refusal, {"Allow": "GET, HEAD"})(scope, receive, send)
        elif file is None:
            await problem_response(Refusal("not-found", "There is no such file."))(scope, receive, send)
        else:
            headers = CLEAR if path == LOGIN else FOREVER if file.is_forever else {}
            accepts = request.headers.get("accept-encoding", "")
            response = await packed(file.path.read_bytes(), file.media_type, 200, accepts, headers)
            await response(scope, receive, send)
