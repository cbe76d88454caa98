"""The two servers: where the page is, who may come, and how a login gets there."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from offset.base.faults import UserFault
from offset.base.limits import WALLET_CONNECTIONS_MAX
from offset.wallet.web.server import check_origin, draw_name, pages_folder
from support.wallets import Served, served_wallet, until


def test_each_start_is_at_another_place(tmp_path: Path, downloads: Path) -> None:
    """Name and port are drawn, so nothing that was left at an earlier place is of our origin."""
    with served_wallet(tmp_path / "a") as one, served_wallet(tmp_path / "b") as other:
        assert re.fullmatch(r"http://[a-z2-7]{10}\.localhost:\d+/", one.daemon.web.address)
        assert one.daemon.web.address != other.daemon.web.address
    assert len({draw_name() for _ in range(100)}) == 100


def test_a_link_leads_into_the_wallet_once(wallet: Served, downloads: Path) -> None:
    """The page with it is for the owner only, holds it behind the #, and goes when it was used."""
    made = wallet.rest.call("POST", "logins", body={"form": "page"})
    page = Path(made["page"])
    assert page.parent == downloads
    assert page.stat().st_mode & 0o777 == 0o600
    found = re.search(r'url=([^"]*)"', page.read_text())
    assert found is not None
    link = urlsplit(found[1])
    assert f"{link.scheme}://{link.netloc}/" == wallet.daemon.web.address
    assert link.path == "/login"
    login = link.fragment.removeprefix("login=")
    assert wallet.ask("POST", "/session", {"login": login}, key=None).status == 201
    assert not page.exists()
    assert wallet.ask("POST", "/session", {"login": login}, key=None).kind == "wrong-login"


def test_pages_with_logins_go_with_the_daemon(tmp_path: Path, downloads: Path) -> None:
    """What was not used is not left behind."""
    with served_wallet(tmp_path / "wallet") as served:
        served.rest.call("POST", "logins", body={"form": "page"})
        assert len(list(downloads.iterdir())) == 1
    assert not list(downloads.iterdir())


def test_a_code_is_made_by_the_commands_only(wallet: Served) -> None:
    """A page cannot make a login for another one."""
    made = wallet.rest.call("POST", "logins", body={"form": "code"})
    assert wallet.ask("POST", "/session", {"login": made["code"].lower()}, key=None).status == 201
    assert wallet.ask("POST", "/logins", {"form": "code"}).kind == "no-right"


def test_the_session_is_ended(wallet: Served) -> None:
    """A page that logs out is told to forget all, and its key is dead; others are ended from a list."""
    key = wallet.key
    other = wallet.log_in()
    listed = wallet.ask("GET", "/sessions", key=key).body
    assert [(entry["kind"], entry["is_this"]) for entry in listed] == [
        ("page", True),
        ("page", False),
        ("socket", False),
    ]
    assert wallet.ask("DELETE", f"/sessions/{listed[1]['id']}", key=key).status == 204
    assert wallet.ask("GET", "/me", key=other).kind == "no-key"
    assert wallet.ask("DELETE", f"/sessions/{listed[1]['id']}", key=key).kind == "not-found"
    ended = wallet.ask("DELETE", "/session", key=key)
    assert ended.status == 204
    assert ended.headers["clear-site-data"] == '"cache", "storage"'
    assert wallet.ask("GET", "/me", key=key).kind == "no-key"


def test_the_daemon_proves_that_it_is_the_one(wallet: Served) -> None:
    """Only who made the session can answer the nonce; of another session nothing is told."""
    answer = wallet.ask(
        "POST", "/session", {"login": wallet.loop.call(wallet.daemon.web.sessions.new_link)}, key=None
    )
    session = wallet.loop.call(lambda: wallet.daemon.web.sessions.of_key(answer.body["key"]))
    assert session is not None
    nonce = "0123456789abcdef"
    path = f"/health?session={answer.body['session']}&nonce={nonce}"
    assert wallet.ask("GET", path, key=None).body == {"proof": session.proof(nonce)}
    assert wallet.ask("GET", f"/health?session=x&nonce={nonce}", key=None).body == {"proof": None}
    assert wallet.ask("GET", "/health?session=x&nonce=short", key=None).kind == "malformed"


def test_a_taken_port_ends_the_start(tmp_path: Path, downloads: Path) -> None:
    """It says so, and why not to wait for that program to go; the folder is free again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = f"the port {port} .* choose another"
        with pytest.raises(UserFault, match=words), served_wallet(tmp_path / "wallet", port=port):
            pass
    with served_wallet(tmp_path / "wallet", port=port, origin="127.0.0.1") as served:
        assert served.daemon.web.address == f"http://127.0.0.1:{port}/"
        assert served.ask("GET", "/nothing", key=served.log_in()).status == 404


def test_the_page_is_on_this_machine_only() -> None:
    """No name beyond loopback is taken: nothing is encrypted here."""
    assert check_origin("Wallet.localhost") == "wallet.localhost"
    for name in ("example.org", "localhost.example.org", "0.0.0.0", "192.0.2.7", ""):
        with pytest.raises(UserFault, match="beyond this machine"):
            check_origin(name)


def test_pages_lie_where_browsers_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder for downloads where there is one, else at home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pages_folder() == tmp_path
    (tmp_path / "Downloads").mkdir()
    assert pages_folder() == tmp_path / "Downloads"
    (tmp_path / "Mine").mkdir()
    script = tmp_path / "xdg-user-dir"
    script.write_text(f"#!/bin/sh\necho {tmp_path}/Mine\n")
    script.chmod(0o755)
    assert pages_folder() == tmp_path / "Mine"


def test_a_socket_of_a_dead_daemon_is_no_trouble(
    tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed one left is replaced; a folder whose path is too long for a socket is refused in words."""
    folder = tmp_path / "wallet"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        # The whole path may be too long for it.
        monkeypatch.chdir(folder)
        left.bind("wallet.sock")
    with served_wallet(folder) as served:
        assert served.rest.get("me")["rights"]
    with pytest.raises(UserFault, match="short path"), served_wallet(tmp_path / ("x" * 120)):
        pass


def test_callers_are_bounded(wallet: Served) -> None:
    """Beyond WALLET_CONNECTIONS_MAX open connections a request is turned away; when they go it is served again."""
    held = []
    for _ in range(WALLET_CONNECTIONS_MAX):
        connection = http.client.HTTPConnection("127.0.0.1", wallet.port, timeout=30)
        connection.connect()
        held.append(connection)
    until(lambda: wallet.ask("GET", "/me").status == 503)
    for connection in held:
        connection.close()
    until(lambda: wallet.ask("GET", "/me").status == 200)
