"""The files of the page: those of the folder, as what they are, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from offset.wallet.web.static import FACE, Face


def _get(face: Face, path: str, method: str = "GET", accepts: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer."""
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"accept-encoding", accepts.encode())],
    }
    asyncio.run(face(scope, receive, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}  # type: ignore[attr-defined]
    return sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:])  # type: ignore[return-value,misc]


@pytest.fixture
def face(tmp_path: Path) -> Face:
    """A folder with a page."""
    folder = tmp_path / "face"
    (folder / "vendor").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page")
    (folder / "app.js").write_text("export {};" * 200)
    (folder / "vendor" / "lib-0123abcd.mjs").write_text("export {};")
    (folder / "VENDORED.toml").write_text("secret")
    (tmp_path / "outside.js").write_text("outside")
    return Face(folder)


def test_files_are_what_they_are(face: Face) -> None:
    """Each has its type; what is named by a hash may be kept for ever, nothing else."""
    status, headers, body = _get(face, "/")
    assert (status, body) == (200, b"<p>page")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "cache-control" not in headers
    assert _get(face, "/app.js")[1]["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in _get(face, "/vendor/lib-0123abcd.mjs")[1]["cache-control"]


def test_long_files_are_packed_for_who_asks(face: Face) -> None:
    """With gzip it is shorter, and the answer says so."""
    status, headers, body = _get(face, "/app.js", accepts="br, gzip")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert len(body) < 200
    assert "content-encoding" not in _get(face, "/", accepts="gzip")[1]


def test_the_login_link_empties_the_place_first(face: Face) -> None:
    """The page that a link leads to orders the browser to forget what an earlier program left here."""
    status, headers, body = _get(face, "/login")
    assert (status, body) == (200, b"<p>page")
    assert headers["clear-site-data"] == '"cache", "storage"'
    assert "clear-site-data" not in _get(face, "/")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.js",
        "/vendor/../../outside.js",
        "//app.js",
        "/VENDORED.toml",
        "/vendor",
        "/no.js",
        "/app.js/",
    ],
)
def test_nothing_else_is_there(face: Face, path: str) -> None:
    """No path leads out of the folder or to what is no part of the page."""
    assert _get(face, path)[0] == 404


def test_files_are_only_read(face: Face) -> None:
    """Another method is refused."""
    assert _get(face, "/", method="POST")[0] == 405


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Without a page the interface is served all the same."""
    face = Face(tmp_path / "none")
    assert face.index == b""
    assert _get(face, "/")[0] == 404


def test_the_first_screen_is_asked_for_at_once() -> None:
    """The page names beforehand all that home needs, nothing that it does not, and only what is there."""
    page = (FACE / "index.html").read_text("utf-8")
    (found,) = re.findall(r'<script type="importmap">(.*?)</script>', page)
    names: dict[str, str] = json.loads(found)["imports"]
    needed: set[str] = set()
    waiting = [FACE / "app.js", FACE / "screens" / "home.js"]
    while waiting:
        module = waiting.pop()
        if module.relative_to(FACE).as_posix() in needed:
            continue
        needed.add(module.relative_to(FACE).as_posix())
        for name in re.findall(r'(?:\bfrom|^import) ?"([^"]+)"', module.read_text("utf-8"), re.MULTILINE):
            waiting.append(
                Path(os.path.normpath(module.parent / name if name.startswith(".") else FACE / names[name]))
            )
    assert set(re.findall(r'rel="modulepreload" href="([^"]+)"', page)) == needed - {"app.js"}
    styles = re.findall(r'@import url\("([^"]+)"\)', (FACE / "style" / "face.css").read_text("utf-8"))
    wanted = {os.path.normpath(f"style/{style}") for style in styles}
    assert set(re.findall(r'rel="preload" as="style" href="([^"]+)"', page)) == wanted
    assert all((FACE / name).is_file() for name in re.findall(r'href="([^"]+)"', page))
