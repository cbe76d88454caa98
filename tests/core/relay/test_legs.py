"""What a half tunnel keeps for its listener."""

from offset.core.relay.legs import MESSAGE_COST, WaitingRole


def test_early_messages_are_kept_in_order_and_counted() -> None:
    """Messages stay in order; each costs its bytes and a little more, so that empty ones count too."""
    role = WaitingRole(bytes(32))
    assert role.keep(b"abc") == 3 + MESSAGE_COST
    assert role.keep(b"") == MESSAGE_COST
    assert role.early == [b"abc", b""]
    assert role.early_bytes == 3 + 2 * MESSAGE_COST


def test_half_tunnels_keep_apart() -> None:
    """What one half tunnel keeps is not found in another."""
    one, other = WaitingRole(bytes(32)), WaitingRole(bytes(32))
    one.keep(b"x")
    assert (other.early, other.early_bytes) == ([], 0)
