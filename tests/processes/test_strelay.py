"""strelay as a real process on loopback, with clients that are a `Line` on a socket each."""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from offset.base import base64url
from offset.base.limits import DRAIN_MS
from offset.crypto.identity import Identity
from offset.link.stack import Line
from offset.shell.bounds import ports_max
from offset.shell.system import SystemEntropy, monotonic_ms
from offset.wire.files import format_identity
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    InitConnection,
    Listen,
)
from support import processes

PATIENCE_SECONDS = 30.0
RELAY, ALICE, BOB = (Identity(bytes([number]) * 32) for number in (1, 2, 3))
COMMAND = [sys.executable, "-m", "offset.programs.strelay"]
READY = re.compile(r"strelay: listening on (127\.0\.0\.1):(\d+) \(key ([\w-]+)\)\n")


class Relay:
    """A running strelay."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
        assert ready, "strelay did not start"
        line = process.stdout.readline()
        match = READY.fullmatch(line)
        assert match, line
        self.address = (match[1], int(match[2]))
        assert match[3] == base64url.encode(RELAY.public_key)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for its end: its status, and what it said on standard error."""
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors


class Client:
    """A `Line` on a blocking socket."""

    def __init__(self, relay: Relay, identity: Identity) -> None:
        self.sock = socket.create_connection(relay.address, PATIENCE_SECONDS)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.line = Line(identity, SystemEntropy(), monotonic_ms(), expects=RELAY.public_key)
        self.heard: list[bytes] = []
        self._flush()
        while self.line.remote is None:
            assert self._pump(), "hung up in the handshake"

    def say(self, *messages: bytes) -> None:
        for message in messages:
            self.line.send(message, monotonic_ms())
        self._flush()

    def hear(self) -> bytes:
        """The next message."""
        while not self.heard:
            assert self._pump(), "hung up"
        return self.heard.pop(0)

    def hear_end(self) -> list[bytes]:
        """All messages until the relay hangs up."""
        while self._pump():
            pass
        return self.heard

    def _pump(self) -> bool:
        try:
            data = self.sock.recv(2**16)
        except ConnectionError:
            data = b""
        if data:
            self.heard += self.line.receive(data, monotonic_ms())
            self._flush()
        return bool(data)

    def _flush(self) -> None:
        self.sock.sendall(b"".join(self.line.outgoing()))


@contextmanager
def started(
    folder: Path, *options: str, loop: str = "uvloop", descriptors: int | None = None
) -> Iterator[Relay]:
    """A strelay on a free port; whatever happens, it is gone afterwards."""
    idfile = folder / "relay.ident"
    idfile.write_text(format_identity(RELAY))

    def limit() -> None:
        if descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    with processes.started(
        [*COMMAND, "-i", idfile, "-l", "127.0.0.1:0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OFFSET_LOOP": loop},
        preexec_fn=limit,
    ) as process:
        yield Relay(process)


@contextmanager
def client(relay: Relay, identity: Identity, first: InitConnection) -> Iterator[Client]:
    """A client that has said what it wants."""
    made = Client(relay, identity)
    try:
        made.say(INIT_CONNECTION.encode(first))
        yield made
    finally:
        made.sock.close()


@contextmanager
def meeting(relay: Relay) -> Iterator[tuple[Client, Client]]:
    """A tunnel between ALICE and BOB; the second listens on a third connection."""
    with ExitStack() as stack:
        listening = stack.enter_context(client(relay, BOB, Listen()))
        alice = stack.enter_context(connected(relay, listening))
        bob = stack.enter_context(client(relay, BOB, Accept(ALICE.public_key)))
        yield alice, bob


@contextmanager
def connected(relay: Relay, listening: Client) -> Iterator[Client]:
    """ALICE's connection, once BOB has been told of it."""
    # Nothing tells that the relay has heard the Listen: a Connect that came first is hung up on, and tried again.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with client(relay, ALICE, Connect(BOB.public_key)) as alice:
            if select.select([listening.sock, alice.sock], [], [], PATIENCE_SECONDS)[0] == [listening.sock]:
                assert listening.hear() == INCOMING_CONNECTION.encode(IncomingConnection(ALICE.public_key))
                yield alice
                return
        assert time.monotonic() < deadline


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_two_nodes_meet(tmp_path: Path, loop: str) -> None:
    """Two clients meet over the relay; large and small messages pass both ways; SIGTERM ends it with status 0."""
    with started(tmp_path, loop=loop) as relay:
        with meeting(relay) as (alice, bob):
            alice.say(b"hello", b"", bytes(500_000))
            assert [bob.hear(), bob.hear(), bob.hear()] == [b"hello", b"", bytes(500_000)]
            bob.say(*[b"%d" % number for number in range(1000)])
            assert [alice.hear() for _ in range(1000)] == [b"%d" % number for number in range(1000)]
        relay.signal(signal.SIGTERM)
        assert relay.end() == (0, "")


def test_last_words(tmp_path: Path) -> None:
    """What one end said before it closed reaches the other before the relay hangs up, even if that one talks."""
    with started(tmp_path) as relay, meeting(relay) as (alice, bob):
        bob.say(*[bytes(1000)] * 500)  # nobody reads them
        alice.say(b"last1", b"last2")
        alice.sock.shutdown(socket.SHUT_WR)
        assert bob.hear_end() == [b"last1", b"last2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_tunnels_end_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """After the signal a relay with a tunnel in which nothing waits hangs up and ends, long before DRAIN_MS (W32)."""
    with started(tmp_path) as relay, meeting(relay) as (alice, bob):
        alice.say(b"hello")
        assert bob.hear() == b"hello"
        began = time.monotonic()
        relay.signal(number)
        for end in (alice, bob):
            assert end.hear_end() == []
            end.sock.close()
        assert relay.end() == (0, "")
        assert time.monotonic() - began < DRAIN_MS / 1000


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_out_of_descriptors(tmp_path: Path, loop: str) -> None:
    """A flood that takes all descriptors turns callers away; when it ends, the relay serves again (W5)."""
    descriptors = 64
    with started(tmp_path, loop=loop, descriptors=descriptors) as relay:
        with ExitStack() as stack:
            flood = []
            for _ in range(100):
                sock = stack.enter_context(socket.create_connection(relay.address, PATIENCE_SECONDS))
                flood.append(sock)
            # Turned away is who gets no version; the relay sends it at once to all it has room for.
            served = sum(bool(_first_bytes(sock)) for sock in flood)
            assert served == ports_max(descriptors)
        with meeting(relay) as (alice, bob):
            alice.say(b"hello")
            assert bob.hear() == b"hello"
        relay.signal(signal.SIGTERM)
        status, errors = relay.end()
        assert status == 0
        assert errors.count("\n") <= 1  # asyncio takes callers in batches, and tells that it had to wait


def _first_bytes(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1)
    except ConnectionResetError:
        return b""


def test_nonsense(tmp_path: Path) -> None:
    """Frames too short to be decrypted close their own connection only (W4)."""
    with started(tmp_path) as relay, meeting(relay) as (alice, bob):
        for _ in range(4):
            with client(relay, ALICE, Listen()) as hostile:
                hostile.sock.sendall((3).to_bytes(8, "big") + b"abc")
                assert hostile.hear_end() == []
        alice.say(b"unharmed")
        assert bob.hear() == b"unharmed"


def run(*args: str) -> tuple[int, str]:
    """Run strelay to its end: status and standard error."""
    done = subprocess.run(
        [*COMMAND, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def is_one_sentence(text: str) -> bool:
    return text.startswith("strelay: ") and text.count("\n") == 1 and text.endswith("\n")


def test_port_in_use(tmp_path: Path) -> None:
    """A port that is taken is one sentence and status 1."""
    with started(tmp_path) as relay:
        address = "{}:{}".format(*relay.address)
        status, errors = run("-i", str(tmp_path / "relay.ident"), "-l", address)
        assert status == 1
        assert is_one_sentence(errors)
        assert f"{address} is in use" in errors


@pytest.mark.parametrize("content", [None, "{}", "not json", '{"privateKey": "short"}', "\udcff"])
def test_wrong_identity(tmp_path: Path, content: str | None) -> None:
    """An identity file that is missing, or none, is one sentence and status 1; nothing is listened on."""
    idfile = tmp_path / "wrong.ident"
    if content is not None:
        idfile.write_bytes(content.encode(errors="surrogateescape"))
    status, errors = run("-i", str(idfile), "-l", "127.0.0.1:0")
    assert status == 1
    assert is_one_sentence(errors)
    assert str(idfile) in errors


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("-i", "x"),
        ("-i", "x", "-l", "localhost:1"),
        ("-i", "x", "-l", "127.0.0.1"),
        ("-i", "x", "-l", "127.0.0.1:0", "--handshakes", "0"),
    ],
)
def test_usage(args: tuple[str, ...]) -> None:
    """A wrong command line is status 2, with a word about it."""
    status, errors = run(*args)
    assert status == 2
    assert "strelay" in errors
    assert "Traceback" not in errors
