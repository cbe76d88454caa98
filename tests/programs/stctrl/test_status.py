"""How a node stands with its index servers, in words; relays and links are in test_info.py."""

import json
from typing import Any

import pytest

from offset.programs.stctrl.status import index_words
from offset.testing import INDEX_SERVER, identity, node_report
from offset.wire.extension import (
    Extra,
    IndexServerConnected,
    IndexServerConnecting,
    IndexServerStatus,
    IndexServerUnused,
    IndexServerWaiting,
    NetworkStatus,
)
from support.desk import Open

NOW = 1_000_000
OTHER = IndexServerStatus(identity("other").public_key, IndexServerConnected(), "")


@pytest.mark.parametrize(
    "state, why, words",
    [
        (IndexServerConnected(), "", ["in use"]),
        (IndexServerConnecting(), "", ["connecting"]),
        (IndexServerConnecting(), "refused", ["connecting", "refused"]),
        (IndexServerWaiting(NOW + 2500), "refused", ["refused", "next attempt in 2 s"]),
        (IndexServerWaiting(NOW - 5), "\x1b[2J", ["\\x1b[2J", "next attempt in 0 s"]),
        (IndexServerUnused(), "", ["others are tried first"]),
    ],
)
def test_words(state: Any, why: str, words: list[str]) -> None:
    """Each state has its words, with the reason and the next attempt; no word of a stranger is printed as it is."""
    status = IndexServerStatus(INDEX_SERVER.public_key, state, why)
    assert index_words(NetworkStatus(NOW, (), (), (status,)), status) == words


def test_one_that_is_not_needed() -> None:
    """It is said when another one is in use."""
    status = IndexServerStatus(INDEX_SERVER.public_key, IndexServerUnused(), "refused")
    network = NetworkStatus(NOW, (), (), (status, OTHER))
    assert index_words(network, status) == ["refused", "another one is in use"]


def test_info_index(open_desk: Open) -> None:
    """The long form has the reason, the short one does not; scripts always have it, if the node tells."""
    status = IndexServerStatus(INDEX_SERVER.public_key, IndexServerWaiting(NOW + 2500), "refused")
    network = NetworkStatus(NOW, (), (), (status,))
    desk = open_desk(node_report(connected=None, extra=Extra(opt_status=network)))
    assert "refused" not in desk.good("info index")
    assert "next attempt in 2 s" in desk.good("info index --long")
    (value,) = json.loads(desk.good("info index --json"))
    assert value["standing"] == {"state": "waiting", "last_error": "refused", "next_attempt_ms": 2500}
    silent = open_desk(node_report())
    assert silent.good("info index --long") == silent.good("info index")
    (value,) = json.loads(silent.good("info index --json"))
    assert "standing" not in value
    old = open_desk(node_report(extra=Extra(opt_status=NetworkStatus(NOW, (), ()))))
    assert "unknown" in old.good("info index --long")
