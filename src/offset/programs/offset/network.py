"""A whole network of real programs on this machine, for the demo, the benchmarks and the process tests.

Everything is done with the command lines, so it works with any folder of programs that speak the protocol.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from offset.base.faults import OffsetError
from offset.programs.stmgr import main as stmgr

# Only a program that hangs takes so long, also on a busy machine.
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_COMMAND_SECONDS = 60.0
_POLL_SECONDS = 0.01
_HOST = "127.0.0.1"


class NetworkError(OffsetError):
    """A program of the network did not start, or a command failed."""


class DemoNode:
    """One node of the network: its name, its files, and the command line of its app."""

    def __init__(self, network: DemoNetwork, name: str, port: int) -> None:
        self.network, self.name, self.port = network, name, port
        folder = network.folder / name
        self.ident = folder / "node.ident"
        self.app_ident = folder / "app.ident"
        self.ticket = folder / "node.ticket"
        self.database = folder / "node.db"
        self.trusted = folder / "trusted"
        self.friend_file = folder / f"{name}.friend"

    def ctl(self, *args: str) -> str:
        """Run `stctrl` for this node; returns what it printed. Raises NetworkError."""
        return self.network.run("stctrl", "-I", str(self.app_ident), "-T", str(self.ticket), *args)

    def start(self, *options: str) -> None:
        """Start the node program, with more options perhaps, and wait until it takes apps."""
        self.network.start(self.name, "stnode", self.port, *self.options, *options)

    @property
    def options(self) -> tuple[str, ...]:
        """Those of the node program, for these files."""
        return (
            *("-i", str(self.ident), "-l", f"{_HOST}:{self.port}"),
            *("-d", str(self.database), "-t", str(self.trusted)),
        )


class DemoNetwork:
    """Relays, index servers and nodes in one folder; `stop` ends every process that was started here."""

    def __init__(self, folder: Path, programs: Path) -> None:
        """`folder` must exist; `programs` holds stnode, strelay, stindex, stctrl and stmgr."""
        self.folder, self.programs = folder, programs
        self.nodes: dict[str, DemoNode] = {}
        self.relays: list[Path] = []
        self.index_servers: list[Path] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starting = threading.Lock()
        self._is_stopped = False

    # Programs

    def run(self, program: str, *args: str) -> str:
        """Run a command to its end; returns what it printed. Raises NetworkError if it failed."""
        done = subprocess.run(
            [str(self.programs / program), *args],
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        # The reference ends with status 0 even when it fails, but then it writes to stderr.
        if done.returncode != 0 or "ERROR" in done.stderr:
            words = " ".join([program, *args])
            raise NetworkError(f"`{words}` failed: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def make(self, *args: str) -> None:
        """Run stmgr, which makes a file. Raises NetworkError if it failed."""
        self.run("stmgr", *args)

    def start(self, name: str, program: str, port: int, *args: str) -> None:
        """Start a server and wait until its port answers. Raises NetworkError."""
        self.start_program(name, [str(self.programs / program)], port, *args)

    def start_program(self, name: str, program: list[str], port: int, *args: str) -> None:
        """The same with a program that is started by these words."""
        # Another thread may stop the network meanwhile, and must not miss a process.
        with self._starting, (self.folder / f"{name}.log").open("ab") as log:
            if self._is_stopped:
                raise NetworkError(f"{name} is not started: the network was stopped")
            process = subprocess.Popen(
                [*program, *args],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # An interrupt of the terminal must not reach it before we stop it.
                start_new_session=True,
            )
            self.processes[name] = process
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
                return
            time.sleep(_POLL_SECONDS)
        raise NetworkError(f"{name} did not start; its words are in {self.folder / name}.log")

    def kill(self, name: str) -> None:
        """End one process at once, as a crash would (SIGKILL)."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(_STOP_SECONDS)

    def stop_one(self, name: str) -> int:
        """End one process as an owner would (SIGTERM); returns its status."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(_STOP_SECONDS)

    def stop(self) -> None:
        """End everything, for good."""
        with self._starting:
            self._is_stopped = True
        for process in self.processes.values():
            process.terminate()
        for name in list(self.processes):
            self.stop_one(name)

    # Parts

    def add_relay(self, name: str) -> None:
        """Make and start a relay."""
        port = free_port()
        ident, ticket = self._identity(name), self.folder / f"{name}.relay"
        self.make("relay-ticket", "-i", str(ident), "-a", f"{_HOST}:{port}", "-o", str(ticket))
        self.start(name, "strelay", port, "-i", str(ident), "-l", f"{_HOST}:{port}")
        self.relays.append(ticket)

    def add_index_servers(self, *names: str) -> None:
        """Make and start index servers that trust each other."""
        ports = {name: (free_port(), free_port()) for name in names}
        idents = {name: self._identity(name) for name in names}
        for name in names:
            trusted = self.folder / f"{name}.trusted"
            trusted.mkdir()
        for name, (client_port, server_port) in ports.items():
            ident, ticket = str(idents[name]), self.folder / f"{name}.index"
            address = f"{_HOST}:{client_port}"
            self.make("index-ticket", "-i", ident, "-a", address, "-o", str(ticket))
            self.index_servers.append(ticket)
            for other in names:
                if other != name:
                    out = self.folder / f"{other}.trusted" / f"{name}.ticket"
                    address = f"{_HOST}:{server_port}"
                    self.make("index-ticket", "-i", ident, "-a", address, "-o", str(out))
        for name, (client_port, server_port) in ports.items():
            self.start(
                name,
                "stindex",
                client_port,
                *("-i", str(idents[name]), "-c", f"{_HOST}:{client_port}"),
                *("-s", f"{_HOST}:{server_port}", "-t", str(self.folder / f"{name}.trusted")),
            )

    def add_node(self, name: str, *, relay: int = 0, index: int = 0) -> DemoNode:
        """Make and start a node with an app that may do everything, one relay and one index server."""
        node = self.make_node(name)
        node.start()
        if self.relays:
            node.ctl("config", "add-relay", "-r", str(self.relays[relay]), "-n", "relay")
        if self.index_servers:
            node.ctl("config", "add-index", "-i", str(self.index_servers[index]), "-n", "index")
        return node

    def make_node(self, name: str) -> DemoNode:
        """Make the files of a node: identities, database, ticket, and the ticket of its trusted app."""
        (self.folder / name / "trusted").mkdir(parents=True)
        node = DemoNode(self, name, free_port())
        address = f"{_HOST}:{node.port}"
        self.make("gen-ident", "-o", str(node.ident))
        self.make("gen-ident", "-o", str(node.app_ident))
        self.make("init-node-db", "-i", str(node.ident), "-o", str(node.database))
        self.make("node-ticket", "-i", str(node.ident), "-a", address, "-o", str(node.ticket))
        flags = ("--proutes", "--pbuyer", "--pseller", "--pconfig")
        out = node.trusted / "app.ticket"
        self.make("app-ticket", "-i", str(node.app_ident), "-o", str(out), *flags)
        self.nodes[name] = node
        return node

    def export_friend(self, node: DemoNode) -> Path:
        """The card of a node, for its friends."""
        if not node.friend_file.exists():
            node.ctl("info", "export-ticket", "-t", str(node.friend_file))
        return node.friend_file

    def _identity(self, name: str) -> Path:
        path = self.folder / f"{name}.ident"
        self.make("gen-ident", "-o", str(path))
        return path


class OwnNetwork(DemoNetwork):
    """A network of the programs to which this one belongs: its files are made here, without thirty starts of stmgr."""

    def make(self, *args: str) -> None:
        """As before; stmgr has said itself why it failed."""
        if stmgr(args) != 0:
            raise NetworkError(f"`stmgr {' '.join(args)}` failed")


_taken: set[int] = set()


def free_port() -> int:
    """A port on loopback that nobody used a moment ago, and that this process did not get before."""
    while True:
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in _taken:
            _taken.add(port)
            return port


@contextlib.contextmanager
def network(folder: Path, programs: Path) -> Iterator[DemoNetwork]:
    """A network that is stopped at the end, whatever happens."""
    made = DemoNetwork(folder, programs)
    try:
        yield made
    finally:
        made.stop()
