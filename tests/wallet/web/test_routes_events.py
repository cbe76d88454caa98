"""The stream of events, as a page reads it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from offset.base.limits import WALLET_STREAMS_PER_SESSION_MAX
from support.wallets import Served, until


class Stream:
    """A stream under way."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response
        self.last_id = ""

    def next(self) -> Any:
        """The next event."""
        data = None
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                self.last_id = line[4:]
            if line.startswith("data: "):
                data = json.loads(line[6:])
            if not line and data is not None:
                return data


@contextmanager
def streaming(wallet: Served, after: str | None = None) -> Iterator[Stream]:
    """A stream of the last session."""
    connection = http.client.HTTPConnection("127.0.0.1", wallet.port, timeout=60)
    headers = {"Host": wallet.host, "X-Offset-Key": wallet.key or ""}
    if after is not None:
        headers["Last-Event-ID"] = after
    try:
        connection.request("GET", "/api/v1/events", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            raise ConnectionError(response.read().decode())
        assert response.getheader("content-type", "").startswith("text/event-stream")
        # What it begins with shows that it has begun.
        while response.readline().strip():
            pass
        yield Stream(response)
    finally:
        connection.close()


def test_a_page_follows_and_comes_back(wallet: Served) -> None:
    """It is told of a new card until it is open; after a break it goes on where it was; long after, it reads anew."""
    with streaming(wallet) as stream:
        id = wallet.new_card()
        event = stream.next()
        while event["kind"] != "card" or event["value"]["state"] != "open":
            event = stream.next()
        assert event["card"] == id
        last = stream.last_id
    wallet.ask("PATCH", "/settings", {"owner": "Eva"})
    with streaming(wallet, last) as stream:
        event = stream.next()
        while event["kind"] != "settings":
            assert event["kind"] != "resync" or event["card"] == id
            event = stream.next()
        assert event["value"]["owner"] == "Eva"
    with streaming(wallet, "other-7") as stream:
        assert stream.next() == {"kind": "resync", "card": None, "key": None, "value": None}


def test_streams_are_bounded(wallet: Served) -> None:
    """A session reads WALLET_STREAMS_PER_SESSION_MAX at once; when one is closed there is room again."""
    with ExitStack() as stack:
        for _ in range(WALLET_STREAMS_PER_SESSION_MAX):
            stack.enter_context(streaming(wallet))
        with pytest.raises(ConnectionError, match="urn:offset:problem:rate"), streaming(wallet):
            pass
    until(lambda: wallet.daemon.web.sessions.all()[0].streams == 0)
    with streaming(wallet):
        pass


def test_a_stream_ends_with_its_session(wallet: Served) -> None:
    """Whoever is logged out hears no more."""
    key = wallet.key
    with streaming(wallet) as stream:
        other = wallet.log_in()
        wallet.key = key
        assert stream.next()["kind"] == "sessions"
        session = next(
            entry for entry in wallet.ask("GET", "/sessions", key=other).body if not entry["is_this"]
        )
        wallet.ask("DELETE", f"/sessions/{session['id']}", key=other)
        while line := stream.response.readline():
            assert line.strip() == b"" or line.startswith(b": ")
    until(lambda: wallet.daemon.web.sessions.all()[0].streams == 0)
