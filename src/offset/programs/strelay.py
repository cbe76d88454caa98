"""strelay: the meeting point of nodes (spec 02, 3.1). Keeps nothing on disk, reads nothing of what it carries."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from offset.base import base64url
from offset.base.limits import RELAY_HANDSHAKES_MAX, RELAY_HANDSHAKES_PER_ADDRESS_MAX
from offset.core.relay import Quotas
from offset.crypto.identity import Identity
from offset.engine.relay import LISTENER, RelayEngine
from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT, version_option
from offset.programs.errors import run
from offset.programs.listening import ListenAddress
from offset.shell.addresses import Address
from offset.shell.driver import Driver
from offset.shell.identity_file import open_identity
from offset.shell.service import announce, run_program
from offset.shell.system import SystemEntropy, monotonic_ms

PROGRAM = "strelay"
_DEFAULTS = Quotas()
F = TypeVar("F", bound=Callable[..., Any])


def main(args: Sequence[str] | None = None) -> int:
    """Run strelay until it is told to end; returns its exit status."""
    return run(strelay, args)


def _quota(name: str, default: int, text: str) -> Callable[[F], F]:
    return click.option(
        f"--{name}", type=click.IntRange(1), default=default, show_default=True, metavar="N", help=text
    )


@click.command(PROGRAM, context_settings=CONTEXT)
@version_option(PROGRAM)
@click.option(
    "-i", "--idfile", required=True, type=click.Path(path_type=Path), help="Identity file of the relay."
)
@click.option(
    "-l", "--laddr", required=True, type=ListenAddress(), help="Where to listen; port 0 picks a free one."
)
@_quota("connections", _DEFAULTS.connections, "Connections in all.")
@_quota("connections-per-address", _DEFAULTS.connections_per_address, "Connections from one address.")
@_quota("listening-legs-per-key", _DEFAULTS.listening_legs_per_key, "Connections on which one key listens.")
@_quota("half-tunnels-per-key", _DEFAULTS.half_tunnels_per_key, "Who may wait for one key.")
@_quota("tunnels-per-key", _DEFAULTS.tunnels_per_key, "Tunnels of one key.")
@_quota("tunnel-bytes-per-second", _DEFAULTS.tunnel_bytes_per_second, "Bytes a second of a tunnel, each way.")
@_quota(
    "tunnel-burst-bytes", _DEFAULTS.tunnel_burst_bytes, "Bytes that a tunnel carries at once before that."
)
@_quota("handshakes", RELAY_HANDSHAKES_MAX, "Handshakes at once.")
@_quota("handshakes-per-address", RELAY_HANDSHAKES_PER_ADDRESS_MAX, "Handshakes at once from one address.")
@unlocking.unlock
def strelay(
    idfile: Path,
    laddr: Address,
    handshakes: int,
    handshakes_per_address: int,
    unlock: str | None,
    **quotas: int,
) -> int:
    """Join nodes that cannot reach each other directly. What they say passes encrypted and is not kept.

    Limits per address do not hold for connections from this machine. OFFSET_LOG (off, error, warning, info,
    debug) sets what is logged on standard error. SIGTERM ends the relay within some seconds.
    """

    async def serve(identity: Identity) -> Driver:
        engine = RelayEngine(
            identity,
            SystemEntropy(),
            monotonic_ms(),
            quotas=msgspec.structs.replace(_DEFAULTS, **quotas),
            handshakes_max=handshakes,
            handshakes_per_address_max=handshakes_per_address,
        )
        driver = Driver(engine)
        where = await driver.listen(LISTENER, *laddr)
        announce(f"{PROGRAM}: listening on {where} (key {base64url.encode(identity.public_key)})")
        return driver

    return run_program(PROGRAM, lambda: serve(open_identity(idfile, unlock)))


if __name__ == "__main__":
    sys.exit(main())
