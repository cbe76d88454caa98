"""The files of the page: those of the folder, as what they are, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
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
    assert re.findall(r'<script type="module" src="([^"]+)"', page) == ["begin.js", "app.js"]
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
    assert all((FACE / name).is_file() for name in re.findall(r'href="([^"]+)"', page))


def test_a_style_stands_in_the_place_where_it_is_imported(tmp_path: Path) -> None:
    """A browser asks once, in the order of the rules; what is changed is read again, as all files are."""
    (tmp_path / "style").mkdir()
    (tmp_path / "lib.css").write_text('@charset "UTF-8";i{}')
    (tmp_path / "style" / "a.css").write_text("a{}\n")
    whole = tmp_path / "style" / "face.css"
    whole.write_text('@import url("../lib.css") layer(lib);\n@import url("a.css");\n')
    face = Face(tmp_path)
    assert _get(face, "/style/face.css")[2] == b"@layer lib {\ni{}\n}\na{}\n\n"
    assert _get(face, "/style/a.css")[2] == b"a{}\n"
    (tmp_path / "style" / "a.css").write_text("b{}" * 400)
    os.utime(tmp_path / "style" / "a.css", ns=(0, 1))
    for accepts in ("", "gzip"):
        status, headers, body = _get(face, "/style/face.css", accepts=accepts)
        assert (status, headers.get("content-encoding", "")) == (200, accepts)
        assert (gzip.decompress(body) if accepts else body).endswith(b"b{}" * 400 + b"\n")


def test_the_modules_of_the_first_screen_come_as_one() -> None:
    """The page asks for it, and every other module finds there what it imports; the order is that of a browser."""
    face = Face()
    page = _get(face, "/")[2].decode()
    assert page.encode() == face.index
    assert re.findall(r'<script type="module" src="([^"]+)"', page) == ["first.js"]
    assert "modulepreload" not in page
    (found,) = re.findall(r'<script type="importmap">(.*?)</script>', page)
    names: dict[str, str] = json.loads(found)["imports"]
    assert names["./state.js"] == names["@preact/signals"] == names["./screens/home.js"] == "./first.js"
    assert names["htm"] == "./vendor/htm.mjs"
    script = _get(face, "/first.js")[2].decode()
    exported = set(re.findall(r"^export const (\w+) =", script, re.MULTILINE))
    for path in [*(FACE / "screens").glob("*.js"), *(FACE / "parts").glob("*.js")]:
        for listed, name in re.findall(
            r'^import \{([^}]*)\} from "([^"]+)"', path.read_text("utf-8"), re.MULTILINE
        ):
            where = f"./{(path.parent / name).resolve().relative_to(FACE)}" if name.startswith(".") else name
            if names.get(where) == "./first.js":
                assert {one.split()[0] for one in listed.split(",") if one.strip()} <= exported, path
