"""What a person sees while friends tell, and the report at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from offset.app import Node
from offset.base import base64url
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.programs.offset.recover import words
from offset.programs.offset.recover.making import Folder
from offset.programs.offset.recover.running import running
from offset.wire.recovery import FoundRow, RecoveryRow
from offset.wire.report import ChannelConsistent, FriendReport

LOOK_SECONDS = 1.0
Say = Callable[[str], None]


async def watch(folder: Folder, identity: Identity, say: Say, *, is_searching: bool) -> None:
    """Run the node until all friends have told, or the person ends it; then say how it stands."""
    async with running(folder, identity, is_searching=is_searching) as node:
        say("The node runs, and hears its friends. Ctrl-C ends it at any time; the same command goes on.")
        watcher = Watcher(node, say)
        try:
            while not await watcher.look() or is_searching:
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for line in watcher.summary():
                say(line)
            for line in words.ready(folder):
                say(line)


class Watcher:
    """Looks again and again, and says what is new."""

    def __init__(self, node: Node, say: Say) -> None:
        self._node, self._say = node, say
        self._rows: dict[PublicKey, RecoveryRow] = {}
        self._found: dict[PublicKey, FoundRow] = {}
        self._said: dict[PublicKey, str] = {}

    async def look(self) -> bool:
        """Say what is new. Returns whether there are friends, and all have told."""
        self._rows = {row.public_key: row for row in await self._node.recovery()}
        for key, row in self._rows.items():
            self._tell(key, f"{self._name(key)} {self._standing(row)}")
        self._found = {row.public_key: row for row in await self._node.found()}
        for key, found in self._found.items():
            self._tell(key, f"found: {base64url.encode(key)}, {words.shown(found)}")
        return bool(self._rows) and all(row.state == "told" for row in self._rows.values())

    def _tell(self, key: PublicKey, line: str) -> None:
        if self._said.get(key) != line:
            self._said[key] = line
            self._say(f"  {line}")

    def _name(self, key: PublicKey) -> str:
        friend = self._node.report.friends.get(key)
        return base64url.encode(key) if friend is None else friend.name

    def _standing(self, row: RecoveryRow) -> str:
        friend = self._node.report.friends.get(row.public_key)
        return words.standing(row, "" if friend is None else _balances(friend))

    def summary(self) -> Iterator[str]:
        """How it stands, who is missing, and what only the owner can decide."""
        told = [key for key, row in self._rows.items() if row.state == "told"]
        yield f"{len(told)} of {len(self._rows)} friends have told."
        for key, row in self._rows.items():
            if row.state != "told":
                yield f"  {self._name(key)} {self._standing(row)}"
        if self._found:
            yield "Found, and not taken (stctrl config take-friend -k KEY -n NAME):"
            for key, found in self._found.items():
                yield f"  {base64url.encode(key)}, {words.shown(found)}"


def _balances(friend: FriendReport) -> str:
    status = friend.channel_status
    if not isinstance(status, ChannelConsistent):
        return ""
    return ", ".join(f"{item.balance.balance:+} {item.currency}" for item in status.currency_reports)
