"""What a person can read (W26)."""

import pytest

from offset.base.limits import LISTEN_CONFIRM_MS
from offset.core.channeler.offline_reason import OfflineReason
from offset.wire.extension import (
    LinkDown,
    LinkState,
    LinkTrying,
    LinkUp,
    RelayConnecting,
    RelayListening,
    RelayStatus,
    RelayWaiting,
)
from support.scripted import HIGH, LOW, R1, R2, Script


@pytest.fixture
def script() -> Script:
    return Script()


def only_relay(script: Script) -> RelayStatus:
    (status,) = script.channeler.status(script.now).relays
    return status


def only_friend(script: Script) -> LinkState:
    (status,) = script.channeler.status(script.now).links
    return status.state


def test_w26_a_relay_from_connecting_to_listening(script: Script) -> None:
    """Listening is shown when the leg survived 2 s after Listen; then the relay had no reason to refuse."""
    script.set_relays(R1)
    assert only_relay(script).state == RelayConnecting()
    script.wait(100)
    script.open(1)
    script.wait(LISTEN_CONFIRM_MS - 1)
    assert only_relay(script).state == RelayConnecting()
    script.wait(1)
    assert only_relay(script) == RelayStatus(R1, True, RelayListening(), script.now - LISTEN_CONFIRM_MS, "")


def test_w26_a_relay_that_fails(script: Script) -> None:
    """Why the line ended and when the next attempt comes are shown."""
    script.set_relays(R1)
    script.close(1, "connection refused")
    status = only_relay(script)
    assert status.last_error == "connection refused"
    assert status.state == RelayWaiting(script.channeler.deadline() or 0)


def test_w26_w33_a_kept_relay_is_shown_as_such(script: Script) -> None:
    """A relay kept only for friends says so, and becomes our own when we add it."""
    script.befriend(HIGH, kept=(R1,))
    assert not only_relay(script).is_own
    script.set_relays(R1)
    assert only_relay(script).is_own


def test_w26_why_a_friend_is_offline(script: Script) -> None:
    """No relay, relay unreachable, refused, handshake failed, link lost: each is told apart."""
    script.befriend(LOW)
    assert only_friend(script) == LinkDown(OfflineReason.NO_RELAY.value, None)

    script.befriend(LOW, R2)
    assert only_friend(script) == LinkTrying((R2,))
    script.close(script.last())
    assert only_friend(script) == LinkDown(OfflineReason.RELAY_UNREACHABLE.value, script.channeler.deadline())

    script.wait(1000)
    script.open(script.last())
    script.close(script.last())
    assert only_friend(script) == LinkDown(OfflineReason.REFUSED.value, script.channeler.deadline())

    script.wait(1000)
    script.open(script.last())
    script.show_nonce(script.last(), LOW)
    script.close(script.last())
    assert only_friend(script) == LinkDown(OfflineReason.HANDSHAKE_FAILED.value, script.channeler.deadline())

    script.wait(2000)
    script.open(script.last())
    script.link(script.last(), LOW)
    assert only_friend(script) == LinkUp(R2, True)
    script.close(script.last())
    assert only_friend(script) == LinkDown(OfflineReason.LINK_LOST.value, script.channeler.deadline())


def test_w26_a_friend_below_waits_to_be_tried(script: Script) -> None:
    """Before the first attempt nothing is claimed."""
    script.befriend(HIGH, R2)
    assert only_friend(script) == LinkDown(OfflineReason.NOT_TRIED.value, script.channeler.deadline())
