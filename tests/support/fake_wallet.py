"""A small server that answers as the wallet does, with made-up contents, for pictures and for what tests look at.

`serving(...)` serves the page and the sample on loopback; `World` is what it tells, and tests may change it.
What people do with money is only written down here: that it works is shown with the real wallet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from offset.wallet import qr
from offset.wallet.values import cards, friends, history, payments, requests, session, texts, tokens
from offset.wallet.values.problems import Problem
from support import fake_letters
from support import wallet_sample as sample

FACE = Path(__file__).parents[2] / "src" / "offset" / "wallet" / "face"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
LOGIN = "good-login"
KEY = "good-key"
PAGE_ROWS = 100


def policy() -> str:
    """The content security policy of the wallet, with the hash of the import map."""
    found = re.search(
        r'<script type="importmap">(.*?)</script>', (FACE / "index.html").read_text(), re.DOTALL
    )
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}'; style-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class World:
    """What the fake wallet holds."""

    def __init__(self, *, friend_count: int = 0, row_count: int = 120, empty: bool = False) -> None:
        self.friends = (
            [] if empty else sample.many_friends(friend_count) if friend_count else sample.few_friends()
        )
        self.rows = [] if empty else sample.rows(row_count)
        self.cards = sample.own_cards(self.sums())
        self.standing = cards.Standing(relays=(), servers=(), links=()) if empty else sample.standing()
        self.currencies = () if empty else sample.CURRENCIES
        self.settings = session.Settings(owner="Eva", main_card="home", fees_percent=3, sound=True)
        self.tokens = [] if empty else list(sample.TOKENS)
        self.readable: dict[str, texts.ReadAnswer] = {}
        """What texts are."""
        self.quotes: dict[str, payments.Quote] = {}
        """By the id of the invoice."""
        self.purchases: dict[str, payments.Purchase] = {}
        self.sales: dict[str, payments.Sale] = {}
        self.address: requests.Address | None = fake_letters.address()
        self.requests: dict[str, requests.Request] = {}
        self.held = not empty
        """Whether anything is under way; what has ended can be looked at all the same."""
        self.asked: list[tuple[str, str, Any]] = []
        """Each request: method, path, body."""
        self.listeners: list[Any] = []
        self.streams: list[threading.Event] = []
        """Set to end a stream of events."""
        self.heard = threading.Condition()
        """Told when a page begins to listen."""
        self.keys: list[str] = []
        """Each key that was sent."""
        self.is_closed = False
        """Whether no key is good any more."""
        if not empty:
            self._fill()

    def sums(self) -> tuple[cards.CardSum, ...]:
        """The card in each currency."""
        totals: dict[str, list[int]] = {}
        for one in self.friends:
            for line in one.currencies:
                total = totals.setdefault(line.currency, [0, 0, 0])
                total[0] += int(line.balance)
                total[1] += int(line.held_out)
                total[2] += int(line.held_in)
        return tuple(
            cards.CardSum(currency=name, balance=str(balance), held_out=str(out), held_in=str(coming))
            for name, (balance, out, coming) in totals.items()
        )

    def _fill(self) -> None:
        bakery = sample.view(2000, "bakery", "Lunch")
        piano = sample.view(24000, "piano", "Piano lessons")
        far = sample.view(900, "far", "Bicycle repair")
        for text, invoice in (
            ("offset:i1/bakery", bakery),
            ("offset:i1/piano", piano),
            ("offset:i1/far", far),
        ):
            self.readable[text] = texts.ReadAnswer(
                kind="invoice",
                text=text,
                file=None,
                can=("pay",),
                hint="Somebody asks to be paid.",
                invoice=invoice,
            )
        self.readable["offset:f1/hugo"] = texts.ReadAnswer(
            kind="friend",
            text="offset:f1/hugo",
            file=None,
            can=("add-friend",),
            hint="The card of somebody.",
            friend=texts.FriendView(
                key=sample.key("Hugo"), relays=self.friends[0].relays, is_own=False, name=None
            ),
        )
        self.readable["offset:s1/relay"] = texts.ReadAnswer(
            kind="relay",
            text="offset:s1/relay",
            file=None,
            can=("add-relay", "add-server"),
            hint="A relay or an index server.",
            server=texts.ServerView(key=sample.key("relay 3"), address="relay3.example:1337"),
        )
        self.quotes = {
            bakery.id: sample.quote(bakery, 20),
            piano.id: sample.no_quote(piano, sample.SHORT),
            far.id: sample.quote(far, 90, asks_again=True),
        }
        named = sample.view(2000, "cleos shop", "Seeds", seller_name="Cleo")
        held_by = payments.HeldBy(friend=sample.key("Bert"), name="Bert", amount="2020")
        ends = {
            "sending": sample.purchase("sending", "sending", bakery, name="Bob's bakery"),
            "held": sample.purchase("held", "held", named, held=(held_by,)),
            "done": sample.purchase("done", "done", bakery, name="Bob's bakery", fees="20"),
            "failed": sample.purchase("failed", "failed", piano, name="Piano school", why=sample.SHORT),
            "stopping": sample.purchase("stopping", "stopping", named, held=(held_by,)),
            "stopped": sample.purchase("stopped", "stopped", named),
        }
        ends |= fake_letters.own_purchases()
        self.readable |= fake_letters.readable()
        self.purchases = {one.id: one for one in ends.values()}
        self.named = {name: one.id for name, one in ends.items()}
        sales = {
            "open": sample.sale("open", "open", 2000, "Lunch"),
            "committed": sample.sale("committed", "committed", 1500, "Eggs", frozen="1500"),
            "collected": sample.sale("collected", "collected", 2000, "Lunch"),
            "canceled": sample.sale("canceled", "canceled", 800, "Seeds"),
            "not-known": sample.sale("not-known", "not-known", 800, "Seeds"),
        }
        self.sales = {one.id: one for one in sales.values()}
        self.named |= {f"sale {name}": one.id for name, one in sales.items()}
        asked = fake_letters.own_requests()
        self.requests = {one.id: one for one in asked.values()}
        self.named |= {name: one.id for name, one in asked.items()}
        last = self.rows[-1]
        self.rows[-1] = msgspec.structs.replace(
            last,
            cause="paid",
            name="Bob's bakery",
            note="Lunch",
            delta="-2020",
            fees="20",
            purchase=self.named["done"],
        )

    def publish(self, kind: str, **fields: Any) -> None:
        """Tell all pages."""
        event = {"kind": kind, "card": "home", "key": None, "value": None, **fields}
        for tell in list(self.listeners):
            tell(kind, event)


def _held(world: World) -> payments.Held:
    if not world.held:
        return payments.Held(purchases=(), sales=(), lines=())
    lines = (
        payments.HeldLine(
            friend=sample.key("Bert"), name="Bert", is_online=True, currency="FST", out="2020", coming="0"
        ),
        payments.HeldLine(
            friend=sample.key("Dana"), name="Dana", is_online=True, currency="FST", out="300", coming="1500"
        ),
    )
    passing = (
        payments.HeldLine(
            friend=sample.key("Dana"), name="Dana", is_online=True, currency="FST", out="300", coming="0"
        ),
    )
    bought = tuple(one for one in world.purchases.values() if one.stage in ("held", "stopping"))[:1]
    sold = tuple(one for one in world.sales.values() if one.stage == "committed")
    return payments.Held(purchases=bought, sales=sold, lines=lines, passing_out=passing)


class Refused(Exception):
    """A problem as the answer."""

    def __init__(self, kind: str, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.problem = Problem(
            type=f"urn:offset:problem:{kind}", title=kind, status=status, detail=detail, **more
        )


def _history(world: World, query: dict[str, str]) -> history.HistoryPage:
    after = int(query.get("after", len(world.rows) + 1))
    sought = query.get("q", "").lower()
    found = [
        row
        for row in reversed(world.rows)
        if row.id < after and sought in f"{row.name} {row.note} {row.friend_name}".lower()
    ]
    page = tuple(found[:PAGE_ROWS])
    return history.HistoryPage(rows=page, after=page[-1].id if len(found) > PAGE_ROWS else None)


def answer(world: World, method: str, path: str, query: dict[str, str], body: Any, code: str | None) -> Any:
    """What the wallet would say. Raises Refused."""
    world.asked.append((method, path, body))
    match method, path.split("/"):
        case "POST", ["session"]:
            if body["login"] not in (LOGIN, "ABCDE12345"):
                raise Refused(
                    "wrong-login", 401, "This link or code is not good, or was used already. Make a new one."
                )
            return session.NewKey(key=KEY, session="one")
        case "DELETE", ["session"]:
            return None
        case "GET", ["me"]:
            return session.Me(
                session="one", token=None, rights=("see", "receive", "pay", "own"), version="0.1.0", start="s"
            )
        case "GET", ["sessions"]:
            page = session.Session(id="one", kind="page", since=sample.START, seen=sample.START, is_this=True)
            socket = session.Session(
                id="two", kind="socket", since=sample.START, seen=sample.START, is_this=False
            )
            return [page, socket]
        case "GET", ["tokens"]:
            return world.tokens
        case "POST", ["tokens"]:
            if code is None:
                raise Refused("confirm", 428, f"Let {body['name']} do what you chose.", code="yes")
            wish = msgspec.convert(body, tokens.NewToken)
            world.tokens.append(sample.token(wish))
            return tokens.MadeToken(secret=sample.SECRET, token=world.tokens[-1])
        case "DELETE", ["tokens", one]:
            world.tokens = [token for token in world.tokens if token.id != one]
            return None
        case "GET", ["settings"]:
            return world.settings
        case "PATCH", ["settings"]:
            world.settings = msgspec.convert(msgspec.to_builtins(world.settings) | body, session.Settings)
            return world.settings
        case "GET", ["currencies"]:
            return world.currencies
        case "GET", ["cards"]:
            return world.cards
        case "POST", ["read"]:
            found = world.readable.get(body["text"].strip().lower())
            if found is None:
                raise Refused(
                    "refused", 422, "This is no text of Offset. Copy the whole text and paste it again."
                )
            return found
        case _, ["cards", "home", *rest]:
            return _of_card(world, method, rest, query, body, code)
    raise Refused("not-found", 404, "There is no such thing.")


def _of_card(
    world: World, method: str, rest: list[str], query: dict[str, str], body: Any, code: str | None
) -> Any:
    if (found := fake_letters.of_letters(world, method, rest, body)) is not None:
        return found
    match method, rest:
        case "POST", ["unlock"]:
            if body["secret"] != "good":
                raise Refused("refused", 422, "The passphrase does not open Garden circle.")
            world.publish("card", value=world.cards[0])
            return world.cards[0]
        case "GET", ["friends"]:
            return world.friends
        case "POST", ["friends"]:
            name, (unit, terms) = body["name"], next(iter(body["currencies"].items()))
            made = sample.friend(
                name, sample.line(unit, 0, int(terms["may_owe"]), 0, state="waiting"), is_online=False
            )
            world.friends.append(made)
            return made
        case "PUT", ["friends", key, "currencies", unit]:
            if code is None:
                limit = int(body["may_owe"]) / 100
                raise Refused(
                    "confirm",
                    428,
                    f"The friend may owe you up to {limit:.2f} {unit}: the most that you can lose.",
                    code="yes",
                )
            one = next(each for each in world.friends if each.key == key)
            line = sample.line(unit, 0, int(body["may_owe"]), 8000)
            return msgspec.structs.replace(one, currencies=(line,))
        case "GET", ["friends", _, "proof"]:
            return friends.Proof(file="{}")
        case "POST", ["friends", _, "reset"]:
            return friends.ResetDone(is_done=False)
        case "GET", ["own-card"]:
            return cards.OwnCard(
                text=f"offset:f1/{'abcdefgh' * 20}", file="{}", relays=len(world.standing.relays)
            )
        case "GET", ["standing"]:
            return world.standing
        case "GET", ["held"]:
            return _held(world)
        case "GET", ["history"]:
            return _history(world, query)
        case "GET", ["chart"]:
            return sample.points(world.rows)
        case "GET", ["capacity"]:
            lines = tuple(
                payments.OwnLine(
                    friend=one.key,
                    name=one.name,
                    is_online=one.is_online,
                    can_send=one.currencies[0].can_send,
                )
                for one in world.friends
                if one.currencies
            )
            return payments.Capacity(most="17500", fees="20", is_at_least=True, own_lines=lines, why=None)
        case "POST", ["quote"]:
            found = world.readable[body["to"].strip().lower()].invoice
            assert found
            return world.quotes[found.id]
        case "GET", ["purchases"]:
            return list(world.purchases.values()) if world.held else []
        case "GET", ["sales"]:
            return list(world.sales.values()) if world.held else []
        case "POST", ["sales"]:
            made = sample.sale("new", "open", int(body["amount"]), body["note"])
            world.sales[made.id] = made
            return made
        case "GET", ["sales", one]:
            return world.sales[one]
        case "POST", ["purchases"]:
            found = world.readable[body["to"].strip().lower()].invoice
            assert found
            made = sample.purchase("new", "priced", found, name=body["name"], quote=world.quotes[found.id])
            world.purchases.setdefault(made.id, made)
            return made
        case "POST", ["purchases", one, "confirm"]:
            world.purchases[one] = msgspec.structs.replace(world.purchases[one], stage="sending", quote=None)
            return world.purchases[one]
        case "POST", ["purchases", one, "stop"]:
            world.purchases[one] = msgspec.structs.replace(world.purchases[one], stage="stopping")
            return world.purchases[one]
        case "GET", ["purchases", _, "commit"]:
            return payments.CommitText(text=f"offset:c1/{'abcdefgh' * 30}", file="{}")
        case "GET", ["purchases", one]:
            return world.purchases[one]
    raise Refused("not-found", 404, "There is no such thing.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy())
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def _serve(self) -> None:
        url = urlsplit(self.path)
        if not url.path.startswith("/api/v1/"):
            path = (FACE / url.path.removeprefix("/")).resolve()
            path = FACE / "index.html" if path in (FACE, FACE / "login") else path
            if path.is_relative_to(FACE) and path.is_file():
                return self._send(200, path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"))
            return self._send(404, b"", "text/plain")
        path_text = url.path.removeprefix("/api/v1/")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if key := self.headers.get("X-Offset-Key"):
            self.world.keys.append(key)
        if path_text != "session" and (self.world.is_closed or self.headers.get("X-Offset-Key") != KEY):
            problem = Refused("no-key", 401, "The wallet was closed. Open it anew.").problem
            return self._send(401, msgspec.json.encode(problem), "application/problem+json")
        if path_text == "events":
            return self._stream()
        if path_text == "qr":
            kind = "image/svg+xml" if body["form"] == "svg" else "image/png"
            return self._send(200, qr.draw(body["text"], body["form"], body["scale"]), kind)
        if path_text.endswith("history.csv"):
            return self._send(200, b"at,delta\r\n", "text/csv")
        try:
            found = answer(
                self.world, self.command, path_text, query, body, self.headers.get("X-Offset-Confirm")
            )
        except Refused as refused:
            content = msgspec.json.encode(refused.problem)
            return self._send(refused.problem.status, content, "application/problem+json")
        return self._send(200, msgspec.json.encode(found), "application/json")

    def _stream(self) -> None:
        over = threading.Event()
        self.world.streams.append(over)
        lock = threading.Lock()
        count = 0

        def tell(kind: str, event: dict[str, Any]) -> None:
            nonlocal count
            with lock:
                count += 1
                try:
                    self.wfile.write(
                        f"id: {count}\nevent: {kind}\ndata: ".encode() + msgspec.json.encode(event) + b"\n\n"
                    )
                    self.wfile.flush()
                except OSError:
                    over.set()

        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        with self.world.heard:
            self.world.listeners.append(tell)
            self.world.heard.notify_all()
        over.wait()
        self.world.listeners.remove(tell)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[str]:
    """Serve it on a port, or on a free one; yields the address of the page, "http://127.0.0.1:41733/"."""
    handler = type("Handler", (_Handler,), {"world": world})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        for over in world.streams:
            over.set()
