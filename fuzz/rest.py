"""Ask a wallet for everything that its OpenAPI document says, and for much that it does not (schemathesis).

    make fuzz-rest                     a few minutes; arguments of scripts/fuzz_rest go to schemathesis

Two wallets with a friend each are served in this process, so that there is something behind the paths. A fault of the
wallet, an answer that is not as the document says, or a request that should have been refused and was not, is a
failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT / "tests", ROOT):
    sys.path.insert(0, str(folder))
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "fuzz"]
os.umask(0o077)

from offset.wallet.web import server, sessions  # noqa: E402 - the path comes first
from support.wallets import befriend, two_wallets  # noqa: E402 - the same

LEFT_OUT = ("delete_session", "delete_sessions_session", "get_events")
"""They end the session that asks, or do not end."""


def main() -> int:
    """Returns the status of schemathesis."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # All requests come from one page.
        sessions.WALLET_CALLS_PER_SECOND = sessions.WALLET_CALLS_BURST_MAX = 10**6
        server.pages_folder = lambda: folder
        with two_wallets(folder) as (left, right, town):
            card, other = left.new_card("Anna"), right.new_card("Bert")
            for served, id in ((left, card), (right, other)):
                town.settle(served, id)
            befriend((left, card), (right, other), 1000)
            key = left.log_in()
            (friend,) = left.rest.get("cards", card, "friends")
            (folder / "openapi.json").write_text(json.dumps(left.ask("GET", "/openapi.json").body))
            command = [
                str(Path(sys.executable).with_name("schemathesis")),
                *("--config-file", str(ROOT / "fuzz" / "schemathesis.toml")),
                *("run", str(folder / "openapi.json"), "-u", f"http://127.0.0.1:{left.port}"),
                *("-H", f"X-Offset-Key: {key}", "-H", f"Host: {left.host}"),
                *(word for name in LEFT_OUT for word in ("--exclude-operation-id", name)),
                *sys.argv[1:],
            ]
            environment = {
                **os.environ,
                "CARD": card,
                "FRIEND": friend["key"],
                "SCHEMATHESIS_HOOKS": "fuzz.rest_hooks",
                "PYTHONPATH": str(ROOT),
            }
            return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
