"""The files of the page, read once: what is not among them is not there, whatever a path says."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from offset.wallet.refusals import Refusal
from offset.wallet.web.answers import ZIPPED_BYTES, problem_response, takes_gzip, zipped_if_shorter
from offset.wallet.web.bundle import ENTRIES, NAME, bundle

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


_IMPORT = re.compile(rb'^@import url\("([^"]+)"\)(?: layer\((\w+)\))?;\n', re.MULTILINE)
"""A whole line, as the styles of the page have it."""


class _File(NamedTuple):
    path: Path
    media_type: str
    is_forever: bool


class _Kept(NamedTuple):
    """What was read of a file, and when what was read had last changed."""

    changed: tuple[tuple[Path, int], ...]
    content: bytes
    zipped: bytes


class Face:
    """Serves the files of a folder. Each is read and packed once, and again when it was changed.

    The page and the modules of its first screen are put together when this is made, and stay as they were.
    """

    def __init__(self, folder: Path = FACE) -> None:
        self._files: dict[str, _File] = {}
        self._kept: dict[str, _Kept] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            kind = _TYPES.get(path.suffix)
            if kind is not None and path.is_file():
                name = "/" + path.relative_to(folder).as_posix()
                self._files[name] = _File(path, kind, bool(_HASHED.search(path.name)))
        index = self._files.get(INDEX)
        self.index = b"" if index is None else index.path.read_bytes()
        """The page as it is served."""
        self._made: dict[str, bytes] = {}
        """Files that do not stand in the folder as they are served."""
        if f"/{ENTRIES[0]}" in self._files:
            made = bundle(self.index.decode(), lambda name: (folder / name).read_text("utf-8"))
            self.index = made.page.encode()
            self._files[f"/{NAME}"] = _File(folder / NAME, _TYPES[".js"], False)
            self._made = {INDEX: self.index, f"/{NAME}": made.script.encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file, or say that there is none."""
        request = Request(scope, receive)
        path = scope["path"]
        name = INDEX if path in ("/", LOGIN) else path
        file = self._files.get(name)
        if request.method not in ("GET", "HEAD"):
            refusal = Refusal("method-not-allowed", "The files of the page can only be read.")
            await problem_response(refusal, {"Allow": "GET, HEAD"})(scope, receive, send)
        elif file is None:
            await problem_response(Refusal("not-found", "There is no such file."))(scope, receive, send)
        else:
            headers = CLEAR if path == LOGIN else FOREVER if file.is_forever else {}
            accepts = request.headers.get("accept-encoding", "")
            kept = await self._read(name, file)
            headers = {"Vary": "Accept-Encoding", **headers}
            content = kept.content
            if kept.zipped and takes_gzip(accepts):
                content, headers["Content-Encoding"] = kept.zipped, "gzip"
            await Response(content, 200, headers, file.media_type)(scope, receive, send)

    async def _read(self, name: str, file: _File) -> _Kept:
        kept = self._kept.get(name)
        if kept is None or any(path.stat().st_mtime_ns != changed for path, changed in kept.changed):
            changed: dict[Path, int] = {}
            content = self._made.get(name)
            if content is None:
                content = _whole(file.path, changed)
            zipped = await zipped_if_shorter(content, file.media_type) or b""
            kept = _Kept(tuple(changed.items()), content, zipped)
            # What cannot be packed is long, and seldom asked for.
            if zipped or len(content) < ZIPPED_BYTES:
                self._kept[name] = kept
        return kept


def _whole(path: Path, changed: dict[Path, int]) -> bytes:
    """A file; in a style those that it imports stand in their places, so that a browser asks once."""
    changed[path] = path.stat().st_mtime_ns
    content = path.read_bytes()
    return _IMPORT.sub(partial(_imported, path, changed), content) if path.suffix == ".css" else content


def _imported(path: Path, changed: dict[Path, int], found: re.Match[bytes]) -> bytes:
    # Only the beginning of a file may name its characters.
    style = _whole(path.parent / found[1].decode(), changed).removeprefix(b'@charset "UTF-8";')
    return style + b"\n" if found[2] is None else b"@layer %b {\n%b\n}\n" % (found[2], style)
