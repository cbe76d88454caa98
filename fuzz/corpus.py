"""The first corpus of each target, made from the recorded vectors of the reference at every start."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import msgspec

from fuzz import engines, funders, kits, lines, locked, script, stored
from fuzz.wires import TWICE
from offset.base.credits import Rate
from offset.base.faults import PeerFault
from offset.link.frames import frame
from offset.wire import app
from offset.wire.app import APP_SERVER_TO_APP, APP_TO_APP_SERVER, AppToAppServer
from offset.wire.aside import encode_aside
from offset.wire.common import COMMIT, RECEIPT, NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.extension import (
    CreditLine,
    Extra,
    FriendCreditLines,
    LinkDown,
    LinkStatus,
    LinkTrying,
    LinkUp,
    NetworkStatus,
    RelayConnecting,
    RelayListening,
    RelayStatus,
    RelayWaiting,
)
from offset.wire.friend import (
    FRIEND_MESSAGE,
    MOVE_TOKEN,
    CurrencyBalance,
    FriendsRoute,
    MoveTokenRequest,
    ResetTerms,
)
from offset.wire.index import (
    INDEX_CLIENT_TO_SERVER,
    MutationsUpdate,
    RemoveFriendCurrency,
    RequestRoutes,
    UpdateFriendCurrency,
)
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    Listen,
)
from offset.wire.report import NODE_REPORT
from support import letters
from support.asides import BODIES
from support.ledger import FST
from support.shares import SHARES, sheet_text
from support.texts import vectors
from support.vectors import cases


@functools.cache
def messages() -> dict[str, list[bytes]]:
    """Recorded bytes by the struct at their root."""
    found: dict[str, list[bytes]] = {}
    for kind in ("message", "decode"):
        for case in cases("capnp", kind):
            found.setdefault(case["type"], []).append(bytes.fromhex(case["bytes"]))
    for case in cases("token_channel", "conversation"):
        for step in case["steps"]:
            found["FriendMessage"] += [
                bytes.fromhex(message["bytes"]) for message in step.get("messages", ())
            ]
    for data in list(found["FriendMessage"]):
        with contextlib.suppress(PeerFault):  # some are recorded because they cannot be read
            message = FRIEND_MESSAGE.decode(data)
            if isinstance(message, MoveTokenRequest):
                found.setdefault("MoveToken", []).append(MOVE_TOKEN.encode(message.move_token))
                more = msgspec.structs.replace(message, opt_credit_lines=(CreditLine(FST, 5, True),))
                found["FriendMessage"].append(FRIEND_MESSAGE.encode(more))
    for data in list(found["NodeReport"]):
        report = msgspec.structs.replace(NODE_REPORT.decode(data), opt_extra=_extra())
        found["NodeReport"].append(NODE_REPORT.encode(report))
    changes = app.ReportMutations(bytes(16), (), _extra())
    found["AppServerToApp"].append(APP_SERVER_TO_APP.encode(changes))
    for data in found["AppServerToApp"]:
        answer = APP_SERVER_TO_APP.decode(data)
        match answer:
            case app.TransactionResult(result=app.Complete(commit)):
                found.setdefault("Commit", []).append(COMMIT.encode(commit))
            case app.ResponseClosePayment(status=app.PaymentStatusSuccess(receipt)):
                found.setdefault("Receipt", []).append(RECEIPT.encode(receipt))
    return {name: list(dict.fromkeys(items)) for name, items in found.items()}


def _extra() -> Extra:
    """One of each that only our nodes tell."""
    relay = RelayAddress(bytes(32), "relay:1")
    relays = [
        RelayStatus(relay, True, state, 5, "why")
        for state in (RelayConnecting(), RelayListening(), RelayWaiting(9))
    ]
    links = [
        LinkStatus(bytes(32), state, 5)
        for state in (LinkUp(relay, True), LinkTrying((relay,)), LinkDown("why", 9), LinkDown("", None))
    ]
    lines = (FriendCreditLines(bytes(32), (CreditLine(FST, 5, True),)),)
    return Extra(lines, NetworkStatus(10, tuple(relays), tuple(links)), "refused")


def _of(*names: str) -> list[bytes]:
    return [data for name in names for data in messages().get(name, [])]


def codec_seeds(name: str) -> list[bytes]:
    return [b"", *_of(name)] + ([] if _of(name) else _of("FriendMessage")[:5])


def file_seeds(kind: str) -> list[bytes]:
    """All recorded files: those of another kind are good nonsense."""
    texts: dict[str, None] = {}
    for case in cases("files"):
        for item in [case, *case.get("files", ())]:
            if item.get("content"):
                texts[item["content"]] = None
    for case in cases("keys", "identityFile"):
        texts[case["file"]] = None
    return [b"", b"{}", b"[]", b"null", *[text.encode() for text in texts]]


def uri_seeds() -> list[bytes]:
    """The texts of the book and of the recorded files, whole, wrapped and wrong."""
    book = vectors()
    pasted = [case[name] for case in book["texts"] for name in ("text", "file") if case[name]]
    pasted += [case["pasted"] for case in (*book["read"], *book["refused"])]
    return [*file_seeds(""), *[text.encode() for text in pasted]]


def letter_seeds() -> list[bytes]:
    """The letters of the document: good ones, newer ones, and those that nobody sends."""
    found = letters.vectors()
    recorded = [
        bytes.fromhex(case["bytes"]) for kind in ("letters", "newer", "refused") for case in found[kind]
    ]
    return [b"", *recorded]


def frame_seeds() -> list[bytes]:
    small = [bytes([step]) + frame(bytes(4)) + frame(b"x" * 99) + frame(b"") * 3 for step in (0, 1, 7, 200)]
    return [*small, b"\x05" + b"\xff" * 20, b"\x00" + frame(bytes(5))]


def opening_seeds() -> list[bytes]:
    framed, bare = lines.honest_opening(framed=True), lines.honest_opening(framed=False)
    stream = frame(bytes(4)) + b"".join(map(frame, framed))
    recorded = [frame(bytes(4)) + frame(data) for data in _of("ExchangeRandNonce", "ExchangeDh")]
    tunnel = script.write(*[(0, 0, data) for data in bare])
    return [
        *[bytes([flags]) + stream for flags in (1, 3, 9, 0xF1)],
        *[bytes([flags]) + tunnel for flags in (0, 2)],
        *[b"\x01" + data for data in recorded],
    ]


# Requests of apps about the people of `funders`


def requests() -> list[bytes]:
    """One request of each kind that means something there, and the recorded ones."""
    x, v, y = funders.before().keys
    relay = NamedRelayAddress(engines.KEYS[3], "other:2", "other")
    server = NamedIndexServerAddress(engines.KEYS[3], "other:3", "other")
    payment, request, invoice = b"p" * 16, b"r" * 16, b"i" * 32
    asked: list[Any] = [
        app.AddRelay(relay),
        app.RemoveRelay(engines.KEYS[0]),
        app.AddIndexServer(server),
        app.RemoveIndexServer(engines.KEYS[1]),
        app.AddFriend(b"f" * 32, (RelayAddress(engines.KEYS[0], "relay:1"),), "f"),
        app.AddFriend(v, (), "me"),
        app.SetFriendRelays(x, (RelayAddress(engines.KEYS[3], "a:1"),)),
        app.SetFriendName(x, "n" * 256),
        app.RemoveFriend(x),
        app.EnableFriend(x),
        app.DisableFriend(y),
        app.OpenFriendCurrency(x, FST),
        app.CloseFriendCurrency(x, FST),
        app.SetFriendCurrencyMaxDebt(x, FST, 2**128 - 1),
        app.SetFriendCurrencyMaxDebt(y, "EUR", 10),
        app.SetFriendCurrencyRate(x, FST, Rate(2**32 - 1, 2**32 - 1)),
        app.RemoveFriendCurrency(x, FST),
        app.ResetFriendChannel(x, bytes(64)),
        app.CreatePayment(payment, invoice, FST, 5, y),
        app.CreateTransaction(payment, request, FriendsRoute((v, y)), 5, 0),
        app.CreateTransaction(payment, request, FriendsRoute((v, x, y, v)), 2**128 - 1, 2**128 - 1),
        app.RequestClosePayment(payment),
        app.AckClosePayment(payment, bytes(16)),
        app.AddInvoice(invoice, FST, 2**128 - 1),
        app.CancelInvoice(funders.before().invoices[0]),
        RequestRoutes(request, FST, 5, v, y, None),
    ]
    return [APP_TO_APP_SERVER.encode(AppToAppServer(b"a" * 16, each)) for each in asked] + _of(
        "AppToAppServer"
    )


def aside_seeds() -> list[bytes]:
    """Asides of each kind, and what is no aside."""
    return [encode_aside(body) for body in BODIES] + _of("FriendMessage")


def friend_seeds() -> list[bytes]:
    said = _of("FriendMessage")
    asks = requests()
    write = script.write
    operations = [
        [(0, 9, 0x80, 3), (0, 8, 0x81, 2)],  # requests to V and through it
        [(1, n, 0, 0) for n in range(4)],
        [(1, n, 1, 0) for n in range(4)],
        [(2, n, 0, 0) for n in range(6)],
        [(3, n, n, n) for n in range(6)],
        [(0, n, 0x80 | n, 16 * n + 5) for n in range(10)],
    ]
    steps = [(funders.OPERATIONS, side, bytes(sum(ops, ()))) for ops in operations for side in (0, 1, 2)]
    seeds = [write(step) for step in steps]
    seeds.append(write(*steps))
    seeds += [
        write((funders.SIGNED, 2, data), (funders.LINE, 0, b""), (funders.LINE, 0, b"")) for data in said
    ]
    seeds += [write((funders.SAID, 0, data)) for data in said]
    terms = _of("FriendMessage")
    seeds += [
        write((funders.SAID, 0, data), (funders.TERMS, 0, data), (funders.RESET, 2, b""), steps[0])
        for data in terms
    ]
    seeds += [write((funders.ASK, 0, data), steps[0], (funders.RESTART, 0, b"")) for data in asks]
    accept = (funders.ASK, 0, asks[17])
    for balance in (0, 1, -(2**127), 2**127 - 1):
        told = FRIEND_MESSAGE.encode(ResetTerms(bytes(64), 1, (CurrencyBalance(FST, balance),)))
        seeds.append(write((funders.TERMS, 0, told), accept, steps[0], (funders.RESTART, 0, b"")))
    buying = [(funders.ASK, 0, data) for data in asks[18:24]]
    answered = [
        (funders.OPERATIONS, side, bytes([kind, n, n, n]))
        for kind in (1, 2, 3)
        for n in range(8)
        for side in (2, 3)
    ]
    seeds.append(write(*buying, *answered))
    seeds.append(write(*answered[16:], *buying, *answered[:16]))
    return seeds


def node_seeds() -> list[bytes]:
    x, _, y = funders.before().keys
    write = script.write
    open_all = [(engines.WAKE, 0, b""), *[(engines.DIALED, 0, b"")] * 3]
    apps = [(engines.CALL, 2, b""), (engines.CALL, 3, b""), (engines.COMMIT, 0, b"")]
    seeds = [write(*apps, *[(engines.MESSAGE, 0, data), (engines.COMMIT, 0, b"")]) for data in requests()]
    seeds.append(write(*apps, *[(engines.MESSAGE, 0, data) for data in requests()[:40]]))
    seeds += [write(*apps, (engines.MESSAGE, TWICE | 1, data)) for data in requests()[:40:8]]  # not permitted
    seeds += [
        write((engines.CALL, arg, requests()[0])) for arg in (1, 2)
    ]  # a stranger, and an app in a hurry
    for friend in (x, y):
        hello = [(engines.MESSAGE, n, word + friend) for n in range(3) for word in (b"nonce ", b"proof ")]
        incoming = INCOMING_CONNECTION.encode(IncomingConnection(friend))
        start = [*open_all, (engines.MESSAGE, 0, incoming), (engines.DIALED, 0, b""), *hello]
        seeds.append(write(*start))
        for data in _of("FriendMessage"):
            seeds.append(write(*start, *[(engines.MESSAGE, n, b"message " + data) for n in range(3)]))
    routes = [
        data for data in requests() if isinstance(APP_TO_APP_SERVER.decode(data).app_request, RequestRoutes)
    ]
    index = [
        (engines.MESSAGE, n, data)
        for data in (engines.time_hash(), *_of("IndexServerToClient"))
        for n in (1, 2)
    ]
    for data in routes:
        seeds.append(
            write(*open_all, *apps, *index[:2], (engines.MESSAGE, 3, data), *index, (engines.WAKE, 0, b""))
        )
    for data in [engines.time_hash(), *_of("IndexServerToClient")]:
        seeds.append(write(*open_all, *[(engines.MESSAGE, n, data) for n in range(3)], *apps))
    return seeds


def relay_seeds() -> list[bytes]:
    write = script.write
    a, b = engines.KEYS[:2]
    call, say = engines.CALL, engines.MESSAGE
    listen, connect, accept = (INIT_CONNECTION.encode(wish) for wish in (Listen(), Connect(a), Accept(b)))
    whole = [(call, 0, b""), (say, 0, listen), (call, 1, b""), (say, 1, connect), (say, 1, b"early")]
    whole += [(call, 0, b""), (say, 2, accept), (say, 1, b"hello"), (engines.FLOW, 3, b""), (say, 2, b"you")]
    recorded = _of("InitConnection", "RejectConnection", "IncomingConnection")
    return [
        write(*whole),
        write(*whole, (engines.CLOSE, 2, b""), (engines.WAKE, 255, b"")),
        *[
            write((call, 0, b""), (say, 0, listen), (say, 0, data), (engines.WAKE, 0, b""))
            for data in recorded
        ],
        *[write((call, 1, b""), (say, 0, data), (engines.WAKE, 255, b"")) for data in recorded],
    ]


def index_seeds() -> list[bytes]:
    write = script.write
    recorded = _of("IndexClientToServer", "IndexServerToServer")
    ask = INDEX_CLIENT_TO_SERVER.encode(
        RequestRoutes(bytes(16), FST, 5, engines.KEYS[2], engines.KEYS[3], None)
    )
    opened = [(0, 128 + 2, b""), (0, 128 + 3, b""), (0, 0, b""), (6, 0, b"")]
    seeds = [write(*opened, (1, n, data), (4, 0, b"")) for data in recorded for n in range(4)]
    seeds += [write(*opened, (7, 2, data), (8, 2, data), (4, 0, b""), (1, 0, ask)) for data in recorded]
    told = [(7, n, _report(n, rate)) for n, rate in ((1, 0), (2, 1), (3, 2**32 - 1), (2, 5))]
    seeds += [write(*opened, *told, (1, 0, ask), *[(4, 0, b"")] * 50, (1, 0, ask), *told, (1, 0, ask))]
    return seeds


def _report(node: int, rate: int) -> bytes:
    """A report of one of the people about all others, to be signed."""
    mutations: list[Any] = [
        UpdateFriendCurrency(key, FST, 10**number, Rate(rate, rate))
        for number, key in enumerate(engines.KEYS)
    ]
    mutations.append(RemoveFriendCurrency(engines.KEYS[node], FST))
    return INDEX_CLIENT_TO_SERVER.encode(
        MutationsUpdate(engines.KEYS[node], tuple(mutations), bytes(32), bytes(16), 1, bytes(16), bytes(64))
    )


def sheet_seeds() -> list[bytes]:
    """Sheets as they are made, and their words alone, numbered and not."""
    texts = [sheet_text(words) for words in SHARES] + list(SHARES)
    texts += ["\n".join(f"{number}. {word}" for number, word in enumerate(SHARES[0].split(), 1)), "<html>"]
    return [text.encode() for text in texts]


def app_seeds() -> list[bytes]:
    write = script.write
    opened = (engines.DIALED, 0, b"")
    permissions = _of("AppPermissions")[0]
    reports = _of("NodeReport")
    seeds = [write(opened, (1, 0, permissions), (1, 0, report)) for report in reports]
    seeds += [
        write(opened, (1, 0, permissions), (1, 0, report), (1, 0, data))
        for report in reports[:2]
        for data in _of("AppServerToApp")
    ]
    return seeds


def seeds_of(target: str) -> Iterator[bytes]:
    """The corpus of a target, none longer than a script can hold."""
    kind, _, name = target.partition("-")
    made = {
        "decode": lambda: codec_seeds(name),
        "file": lambda: file_seeds(name),
        "frames": frame_seeds,
        "uri": uri_seeds,
        "sheet": sheet_seeds,
        "letter": letter_seeds,
        "aside": aside_seeds,
        "locked": locked.seeds,
        "kit": kits.seeds,
        "opening": opening_seeds,
        "session": lines.session_seeds,
        "friend": friend_seeds,
        "node": node_seeds,
        "relay": relay_seeds,
        "index": index_seeds,
        "app": app_seeds,
        "stored": lambda: list(stored.seeds()),
    }[kind]()
    return iter(dict.fromkeys(made))
