"""From a request to its handler: who may ask, what a body must be, and what comes back when it is none."""

from __future__ import annotations

import pytest

from offset.base.limits import WALLET_BODY_BYTES_MAX
from offset.wallet.web.server import ROUTES
from offset.wallet.web.table import Needs, Route
from support.wallets import Served, served_wallet


def _filled(path: str) -> str:
    """A path with something in the place of each parameter."""
    for name in ("card", "friend", "key", "session", "id", "token"):
        path = path.replace(f"{{{name}}}", "A" * 43)
    return path.replace("{currency:path}", "FST")


CLOSED = [route for route in ROUTES if route.needs is not Needs.NOTHING]


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.method} {route.path}")
def test_nothing_is_had_without_a_key(wallet: Served, route: Route) -> None:
    """Every route but login and health wants a key: none, a wrong one and a token of others get the same answer."""
    for headers in ({}, {"Authorization": "Bearer abc"}, {"Cookie": "key=abc"}):
        for key in (None, "wrong", "") if not headers else (None,):
            if key == "":
                key = wallet.key if headers else None
            answer = wallet.ask(route.method, _filled(route.path), b"{}", key=key, headers=headers)
            assert answer.status == 401
            assert answer.kind == "no-key"
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_is_never_a_session(wallet: Served) -> None:
    """Whoever sends a token beside the key of a page gets what the token may, which is nothing."""
    for route in CLOSED:
        answer = wallet.ask(route.method, _filled(route.path), b"{}", headers={"Authorization": "Bearer abc"})
        assert answer.kind == "no-key"


def test_the_key_of_another_start_is_dead(wallet: Served) -> None:
    """Keys live in the memory of one start, so one of an earlier start opens nothing."""
    key = wallet.key
    folder = wallet.folder.with_name("other")
    with served_wallet(folder) as other:
        assert other.ask("GET", "/me", key=key).kind == "no-key"
        assert other.ask("GET", "/me", key=other.log_in()).status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_foreign_site_can_post_is_refused(wallet: Served, kind: str) -> None:
    """The types that a page may send to other places without asking are no bodies here."""
    headers = {"Content-Type": kind, "Origin": "https://evil.example"}
    answer = wallet.ask("POST", "/cards", b'{"name": "x", "kind": "local"}', headers=headers)
    assert answer.kind == "not-json"
    assert wallet.ask("GET", "/cards").body == []


def test_no_other_site_is_given_leave(wallet: Served) -> None:
    """A browser that asks whether another site may send JSON and our header is told no."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = wallet.ask("OPTIONS", "/cards", headers=headers)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"name": 1}',
        b'{"name": "x"}',
        b"\xff",
        b"[" * 50_000,
        b'{"name":"\xed\xa0\x80"}',
    ],
)
def test_a_body_that_is_none_is_refused(wallet: Served, body: bytes) -> None:
    """It is a problem of the caller, with a sentence; nothing breaks and nothing is made."""
    answer = wallet.ask("POST", "/cards", body)
    assert answer.status == 400
    assert answer.kind == "malformed"
    assert answer.body["detail"]


def test_a_body_has_a_limit(wallet: Served) -> None:
    """One byte beyond WALLET_BODY_BYTES_MAX is too much, whatever is in it."""
    padding = b" " * (WALLET_BODY_BYTES_MAX - 2)
    assert wallet.ask("PATCH", "/settings", b"{" + padding + b"}").status == 200
    assert wallet.ask("PATCH", "/settings", b"{ " + padding + b"}").status == 413


def test_unknown_paths_methods_and_parameters(wallet: Served) -> None:
    """Each has a problem of its own kind, and a wrong method says which are right."""
    assert wallet.ask("GET", "/nothing").kind == "not-found"
    assert wallet.ask("GET", "").kind == "not-found"
    answer = wallet.ask("POST", "/me", b"{}")
    assert answer.kind == "method-not-allowed"
    assert answer.headers["allow"] == "GET"
    assert wallet.ask("GET", "/cards?more=1").kind == "malformed"
    assert wallet.ask("GET", f"/cards/{'A' * 12}").kind == "not-found"


def test_long_answers_are_packed_for_who_asks(wallet: Served) -> None:
    """With Accept-Encoding: gzip the OpenAPI document comes shorter, without it as it is."""
    plain = wallet.ask("GET", "/me")
    assert "content-encoding" not in plain.headers
    for path in ("/currencies", "/cards"):
        assert wallet.ask("GET", path, headers={"Accept-Encoding": "gzip;q=0"}).body == []


def test_the_same_key_makes_one_thing(wallet: Served) -> None:
    """A request that comes twice under one key is carried out once; another body under it is refused."""
    body = {"name": "Mine", "kind": "local"}
    headers = {"Idempotency-Key": "a"}
    first = wallet.ask("POST", "/cards", body, headers=headers)
    again = wallet.ask("POST", "/cards", body, headers=headers)
    assert first.status == again.status == 201
    assert first.body["id"] == again.body["id"]
    other = wallet.ask("POST", "/cards", {**body, "name": "Other"}, headers=headers)
    assert other.status == 422
    assert other.kind == "other-body"
    assert len(wallet.ask("GET", "/cards").body) == 1
    assert wallet.ask("POST", "/cards", body, headers={"Idempotency-Key": "b" * 201}).kind == "malformed"


def test_a_fault_of_ours_tells_no_details(wallet: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller gets a sentence and status 500; the wallet goes on."""
    monkeypatch.setattr(type(wallet.daemon.wallet), "currencies", lambda self: 1 / 0)
    answer = wallet.ask("GET", "/currencies")
    assert answer.status == 500
    assert "division" not in str(answer.body)
    assert wallet.ask("GET", "/me").status == 200
