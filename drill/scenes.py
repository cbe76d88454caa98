"""What is lost, and how it comes back: a scene for each. Each leaves the town as it found it, but for balances."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from drill.town import CURRENCY, Books, Town
from offset.app import Node
from offset.base.faults import OffsetError
from offset.core.apps.reports import balance_of
from offset.wire.files import parse_identity
from offset.wire.report import ChannelInconsistent

PAYMENTS = 20
UNDER_WAY = 8
FOUND_SECONDS = 120.0
"""A friend that need not dial looks for us within half a minute."""
STOP_SECONDS = 60.0
LOOK_SECONDS = 0.1


class Scene(NamedTuple):
    """One loss."""

    title: str
    play: Callable[[Town], Awaitable[str]]
    """Returns what was lost, in words. Raises OffsetError when something is not as it should be."""


async def old_copy(town: Town) -> str:
    """SIGKILL under payments, and nothing is left but an old copy."""
    copy = await town.copy("bob")
    resets = await town.resets("bob")
    await town.pay_many("alice", "dan", PAYMENTS)
    paying = asyncio.create_task(town.try_many("alice", "dan", UNDER_WAY))
    await town.until("bob", is_passing, "nothing is under way over bob")
    await town.kill("bob")
    town.lose_database("bob")
    await town.restore("bob", "-b", str(copy))
    paid = await paying
    await town.calm()
    await town.books()
    await same_resets(town, "bob", resets)
    return (
        f"the history of bob since the copy ({UNDER_WAY} payments were under way, {paid} of them were paid)"
    )


async def shares(town: Town) -> str:
    """The identity is gone; three of five sheets make it again."""
    files, sheets, before = town.files("carol"), town.folder / "sheets", await town.books()
    how = ("--need", "3", "--of", "5")
    await town.stmgr("share-ident", "-i", files.ident, "-O", sheets, *how)
    key = parse_identity(files.ident.read_text()).public_key
    await town.kill("carol")
    files.ident.unlink()
    chosen = [arg for number in (1, 3, 5) for arg in ("-s", sheets / f"share-{number}.txt")]
    await town.stmgr("join-shares", *chosen, "-o", files.ident)
    if parse_identity(files.ident.read_text()).public_key != key:
        raise OffsetError("the shares make another key")
    await asyncio.to_thread(files.start)
    await town.calm()
    await same_books(town, before)
    return "nothing"


async def identity_alone(town: Town) -> str:
    """All but the identity is deleted. Friends knock at the old relay, and are taken."""
    before, resets = await town.books(), await town.resets("carol")
    files = town.files("carol")
    await town.kill("carol")
    town.lose_database("carol")
    await town.stmgr("restore", "-i", files.ident, "-r", town.network.relays[0], "-o", files.database)
    await asyncio.to_thread(files.start, "--recover")
    keys = {await town.key(name): name for name in ("bob", "dan")}
    taken = 0
    async with town.node("carol") as node:
        async with asyncio.timeout(FOUND_SECONDS):
            while taken < len(keys):
                for row in await node.found():
                    await node.friends.take(row.public_key, keys[row.public_key])
                    taken += 1
                await asyncio.sleep(LOOK_SECONDS)
    await town.introduce("carol")
    for name in keys.values():
        await town.open("carol", name)
    await town.calm()
    await same_books(town, before)
    await same_resets(town, "carol", resets)
    await town.kill("carol")
    await asyncio.to_thread(files.start)
    await town.calm()
    await town.pay("alice", "dan")
    return "the history of carol, and the names and limits of her friends"


async def two_copies(town: Town) -> str:
    """A copy is started while the card itself runs. The one of the lower life stops, and says why."""
    copy = await town.copy("carol")
    other = town.twin("carol")
    await town.stmgr("restore", "-i", other.ident, "-b", copy, "-o", other.database)
    await town.pay("alice", "dan")
    await asyncio.to_thread(other.start)
    process = town.network.processes.pop("carol")
    status = await asyncio.to_thread(process.wait, STOP_SECONDS)
    said = (town.folder / "carol.log").read_text()
    if status != 1 or "another copy of this node signed number" not in said:
        raise OffsetError(f"the older copy ended with {status}, and said: {said[-500:]}")
    town.network.nodes["carol"] = other
    town.network.processes["carol"] = town.network.processes.pop("carol-twin")
    await town.calm()
    await town.books()
    await town.pay("alice", "dan")
    return "nothing"


async def old_friend(town: Town) -> str:
    """A friend whose program says no asides. What we signed last comes as a file that it can export."""
    files = town.files("dan")
    await town.stop("dan")
    await town.start_plain("dan")
    await town.calm()
    copy = await town.copy("carol")
    for _ in range(3):
        await town.pay("alice", "dan")
    # Carol collects from Dan, so that her own signature is under the last balance.
    await town.pay("dan", "alice")
    await town.calm()
    before = await town.books()
    await town.kill("carol")
    town.lose_database("carol")
    await town.restore("carol", "-b", str(copy))
    await town.until("carol", lambda node: has_terms(node, "dan"), "carol sees no terms of dan")
    token = town.folder / "carol.token"
    await town.ctl("dan", "info", "friend-last-token", "-n", "carol", "-t", str(token))
    await town.ctl("carol", "config", "reset-friend", "-n", "dan", "--proof", str(token))
    await town.calm()
    await same_books(town, before)
    await town.stop("dan")
    await asyncio.to_thread(files.start)
    await town.calm()
    return "the history of carol since the copy; one account was begun anew, with the balance that she had signed"


async def succession(town: Town) -> str:
    """The key is gone for good; a new card takes over what its friend and the old one owed."""
    await town.pay("alice", "dan", 25)
    await town.calm()
    before = await town.books()
    await town.kill("dan")
    await asyncio.to_thread(town.network.add_node, "dan2")
    await town.meet("dan2", "carol")
    await town.ctl("carol", "config", "succeed", "-n", "dan", "-N", "dan2")
    await town.until("dan2", lambda node: has_terms(node, "carol"), "dan2 sees no terms of carol")
    await town.ctl("dan2", "config", "reset-friend", "-n", "carol")
    await town.until("carol", lambda node: "dan" not in names(node), "carol keeps the old card")
    town.forget("dan")
    await town.calm()
    after = await town.books()
    if after["carol", "dan2"] != before["carol", "dan"]:
        raise OffsetError(
            f"carol had {before['carol', 'dan']} with dan, and has {after['carol', 'dan2']} with dan2"
        )
    await town.open("dan2", "carol")
    await town.pay("dan2", "alice", 5)
    return "the history and the settings of dan"


def is_passing(node: Node) -> bool:
    """Whether something is frozen at a friend of this node."""
    balances = [balance_of(friend, CURRENCY) for friend in node.report.friends.values()]
    return any(one is not None and one.local_pending_debt for one in balances)


async def same_resets(town: Town, name: str, before: dict[str, int]) -> None:
    """Raise OffsetError when an account was begun anew."""
    if await town.resets(name) != before:
        raise OffsetError(f"an account of {name} was begun anew")


async def same_books(town: Town, before: Books) -> None:
    """Raise OffsetError when a balance is not what it was."""
    after = await town.books()
    if after != before:
        raise OffsetError(f"balances were {before}, and are {after}")


def has_terms(node: Node, name: str) -> bool:
    """Whether a friend has told what it would begin anew from."""
    for friend in node.report.friends.values():
        status = friend.channel_status
        if friend.name == name and isinstance(status, ChannelInconsistent):
            return status.opt_remote_reset_terms is not None
    return False


def names(node: Node) -> list[str]:
    """Of all friends."""
    return [friend.name for friend in node.report.friends.values()]


SCENES = (
    Scene("SIGKILL under payments; from an old copy", old_copy),
    Scene("All but the identity is lost; friends are found", identity_alone),
    Scene("The identity is lost; three of five sheets", shares),
    Scene("Two copies run; one stops", two_copies),
    Scene("A friend says no asides; by the file that it exports", old_friend),
    Scene("The key is lost for good; a new card", succession),
)
