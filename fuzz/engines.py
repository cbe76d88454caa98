"""Whole engines whose peers say anything at any time: node, relay, index server, app."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from fuzz import funders, script
from fuzz.shelf import Shelf
from fuzz.wires import Stage
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.core.apps.reports import ReportView
from offset.core.channeler.channeler import Channeler
from offset.core.funder.records import IndexServersRecord, RelaysRecord
from offset.core.funder.state.state import FunderState
from offset.core.index.split import choose_multi_route
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Heard, Ready
from offset.engine.index import CLIENTS, SERVERS, IndexEngine
from offset.engine.node import APPS, NodeEngine
from offset.engine.relay import LISTENER, RelayEngine
from offset.wire.app import AppPermissions, ClientResponseRoutes, ReportMutations
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.index import (
    INDEX_CLIENT_TO_SERVER,
    INDEX_SERVER_TO_CLIENT,
    INDEX_SERVER_TO_SERVER,
    ForwardMutationsUpdate,
    MutationsUpdate,
    TimeHash,
)
from offset.wire.signing import mutations_update_buffer
from support.ledger_checks import check_always, snapshot
from support.plain import PlainInner

PEOPLE = tuple(Identity(SeededEntropy(f"person {number}").bytes(32)) for number in range(4))
KEYS = tuple(person.public_key for person in PEOPLE)
SERVER = Identity(SeededEntropy("server").bytes(32))
ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)
SOME = AppPermissions(routes=False, buyer=False, seller=True, config=False)

CALL, MESSAGE, CLOSE, FLOW, WAKE, COMMIT, DIALED, FROM_FRIEND = range(8)


def _common(stage: Stage, op: int, arg: int, what: bytes) -> None:
    match op:
        case 1:
            stage.message(arg, what)
        case 2:
            stage.feed_news(stage.wires.close(arg))
        case 3:
            stage.flow(arg)
        case 4:
            stage.wake(arg)
        case 5:
            stage.commit()
        case 6:
            stage.feed_news(stage.wires.answer_dial(arg))


# Node


@functools.cache
def node_rows() -> tuple[Any, ...]:
    """The funder of `funders`, with relays and index servers."""
    relays = RelaysRecord((NamedRelayAddress(KEYS[0], "relay:1", "relay"),))
    servers = IndexServersRecord((NamedIndexServerAddress(KEYS[1], "index:1", "index"),))
    return (relays, servers, *(row for row in funders.before().rows if not isinstance(row, RelaysRecord)))


@functools.cache
def _node_identity() -> Identity:
    return funders.World("xvy", 7)["v"].identity


def node(data: bytes) -> None:
    """Relays, friends, index servers and apps together cannot stop a node or make its store unreadable."""
    identity = _node_identity()
    shelf = Shelf(node_rows())
    engine = NodeEngine(
        identity,
        SeededEntropy("node"),
        lambda key: {KEYS[2]: ALL, KEYS[3]: SOME}.get(key),
        node_rows(),
        1_000_000,
        unix=lambda: 1_800_000_000_000,
    )
    engine._channeler._channeler = Channeler(
        identity.public_key,
        SeededEntropy("channeler"),
        lambda friend, now: PlainInner(identity.public_key, friend, now),
    )
    stage = Stage(engine, shelf)
    stage.rows.update({row.key(): row for row in node_rows()})
    stage.start()
    for op, arg, what in script.read(data, 7):
        if op == CALL:
            stage.call(KEYS[arg % len(KEYS)], APPS, what)
        else:
            _common(stage, op, arg, what)
    stage.settle()
    check_always(engine._funder.state)
    state = FunderState(identity.public_key)
    state.restore(shelf.load())
    assert snapshot(state) == snapshot(engine._funder.state)
    shelf.close()


# Relay


def relay(data: bytes) -> None:
    """Clients cannot stop a relay, nor make it speak to who is not there."""
    engine = RelayEngine(SERVER, SeededEntropy("relay"), 1_000_000)
    stage = Stage(engine)
    for op, arg, what in script.read(data, 7):
        if op == CALL:
            stage.call(KEYS[arg % len(KEYS)], LISTENER, what)
        else:
            _common(stage, op, arg, what)
    view = engine.view().relay
    assert set(engine._relay._legs) == set(stage.wires.open)
    assert min(value for value in msgspec.structs.astuple(view) if isinstance(value, int)) >= 0
    while stage.wires.open:
        stage.feed_news(stage.wires.close(0))
    assert engine._relay._legs == {}
    assert engine._relay._early_bytes == 0


# Index server


def index(data: bytes) -> None:
    """Nodes and other servers cannot stop an index server; what they sign properly is taken in."""
    trusted = {KEYS[0]: "a:1", KEYS[1]: "b:1"}
    engine = IndexEngine(SERVER, SeededEntropy("index"), trusted, 1_000_000)
    stage = Stage(engine)
    stage.start()
    for count, (op, arg, what) in enumerate(script.read(data, 9)):
        match op:
            case 0:
                stage.call(KEYS[arg % len(KEYS)], CLIENTS if arg & 128 else SERVERS, what)
            case 7 | 8:
                signed = _signed_report(engine, what, op == 8, arg, count)
                if signed is not None:
                    stage.message(arg, signed)
            case _:
                _common(stage, op, arg, what)
    for _, message in stage.wires.sent:
        for codec in (INDEX_SERVER_TO_CLIENT, INDEX_SERVER_TO_SERVER):
            try:
                codec.decode(message)
                break
            except PeerFault:
                continue
        else:
            raise AssertionError("said what nobody can read")


def _signed_report(engine: IndexEngine, data: bytes, forward: bool, arg: int, count: int) -> bytes | None:
    """A report in these bytes, made new and recent, and signed by one of the people."""
    try:
        if forward:
            outer = INDEX_SERVER_TO_SERVER.decode(data)
            update = outer.mutations_update if isinstance(outer, ForwardMutationsUpdate) else None
        else:
            outer = update = INDEX_CLIENT_TO_SERVER.decode(data)
    except PeerFault:
        return None
    if not isinstance(update, MutationsUpdate):
        return None
    person = PEOPLE[arg % len(PEOPLE)]
    update = msgspec.structs.replace(
        update,
        node_public_key=person.public_key,
        time_hash=engine._server._verifier.clock.current or bytes(32),
        session_id=bytes(16),
        counter=count + 1,
    )
    update = msgspec.structs.replace(update, signature=person.sign(mutations_update_buffer(update)))
    if forward:
        return INDEX_SERVER_TO_SERVER.encode(msgspec.structs.replace(outer, mutations_update=update))
    return INDEX_CLIENT_TO_SERVER.encode(update)


# App


def app(data: bytes) -> None:
    """A hostile node, or an index server through it, cannot break an app: it hangs up, or it is told."""
    engine = AppEngine(PEOPLE[0], SeededEntropy("app"), "node:1", KEYS[1])
    stage = Stage(engine)
    stage.wake(0)
    for op, arg, what in script.read(data, 7):
        if op != CALL:
            _common(stage, op, arg, what)
    view: ReportView | None = None
    for tell in stage.told:
        news = tell.detail
        try:
            match news:
                case Ready():
                    view = ReportView(news.report)
                    assert view.snapshot() == news.report
                case Heard(ReportMutations() as change):
                    assert view is not None
                    view.apply_all(change.mutations)
                    view.snapshot()
                case Heard(ClientResponseRoutes() as answer):
                    for amount in (0, 1, 1000, 2**128 - 1):
                        _check_choice(answer, amount)
        except PeerFault:
            return


def _check_choice(answer: ClientResponseRoutes, amount: int) -> None:
    choice = choose_multi_route(answer.result or (), amount)
    if choice is not None:
        assert sum(part.amount for part in choice.parts) == amount
        assert choice.fee >= 0


def time_hash() -> bytes:
    """What a server says first."""
    return INDEX_SERVER_TO_CLIENT.encode(TimeHash(bytes(32)))
