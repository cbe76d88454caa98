"""A kit as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from offset.base import base64url
from offset.store.schema.kits import Kit, KitCurrency, KitFriend


def shown_kit(kit: Kit) -> Iterator[str]:
    """When it was made, and what is in it."""
    content = kit.content
    made = datetime.fromtimestamp(kit.time // 1000, UTC)
    yield f"Kit {kit.generation}, made on {made:%Y-%m-%d at %H:%M:%S} UTC"
    yield f"of the node {base64url.encode(content.public_key)}"
    for relay in content.relays:
        yield f"Relay {relay.name}: {relay.address}"
    for server in content.index_servers:
        yield f"Index server {server.name}: {server.address}"
    for friend in content.friends:
        yield from _friend(friend)
    if content.revoked:
        yield f"Keys that their owners have revoked: {len(content.revoked)}"
    if content.collects:
        yield f"Answers that waited for friends, and are worth credits: {len(content.collects)}"


def _friend(friend: KitFriend) -> Iterator[str]:
    yield f"Friend {friend.name} ({base64url.encode(friend.public_key)}), {_state(friend)}"
    for item in friend.currencies:
        yield f"    {_currency(item)}"


def _state(friend: KitFriend) -> str:
    state = "enabled" if friend.is_enabled else "disabled"
    if friend.mark is None:
        return f"{state}; nothing was heard of it yet"
    resets = friend.mark.inconsistency_counter
    after = f" after {resets} reset{'s' if resets > 1 else ''}" if resets else ""
    return f"{state}; heard up to its message {friend.mark.move_token_counter}{after}"


def _currency(item: KitCurrency) -> str:
    is_open = "open" if item.is_open else "closed"
    return (
        f"{item.currency}: may owe {item.remote_max_debt}, MUL={item.rate.mul} ADD={item.rate.add}, {is_open}"
    )
