"""A folder of kits."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.base.limits import KIT_DAYS_KEPT_MAX, KITS_KEPT_MAX
from offset.core.funder.records import FriendRecord, SentRelays
from offset.crypto.identity import Identity
from offset.shell import kits
from offset.shell.kits import KitFolder, KitKeeper, superfluous
from offset.shell.own_copies import opened_kit
from offset.store.schema.kits import KitContent
from offset.store.sqlite import connection
from offset.store.sqlite.database import Database, create
from offset.testing import NODE

DAY = 86_400
NOW = 1_796_000_000
BOB = FriendRecord(b"\x01" * 32, "bob", True, (), SentRelays())


def content(name: str) -> KitContent:
    """What a kit may hold: something that differs."""
    from offset.wire.common import NamedRelayAddress

    return KitContent(NODE.public_key, (NamedRelayAddress(bytes(32), "relay:1", name),), (), (), ())


def names(folder: Path) -> list[str]:
    """The files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_kit_is_written_when_something_changed(tmp_path: Path) -> None:
    """Twice the same makes one kit, also after a start."""
    folder = KitFolder(tmp_path, NODE)
    path = folder.write(content("a"), NOW * 1000)
    assert path == tmp_path / f"kit-{NOW}.age"
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.write(content("a"), NOW * 1000 + 5000) is None
    assert KitFolder(tmp_path, NODE).write(content("a"), NOW * 1000 + 5000) is None
    assert KitFolder(tmp_path, NODE).write(content("b"), NOW * 1000 + 5000) == tmp_path / f"kit-{NOW + 5}.age"
    found = opened_kit(tmp_path / f"kit-{NOW + 5}.age", NODE)
    assert (found.generation, found.time, found.content) == (NOW + 5, NOW * 1000 + 5000, content("b"))


def test_generations_rise(tmp_path: Path) -> None:
    """Within a second, and when the clock is set back, over a start too."""
    folder = KitFolder(tmp_path, NODE)
    folder.write(content("a"), NOW * 1000)
    folder.write(content("b"), NOW * 1000 + 1)
    KitFolder(tmp_path, NODE).write(content("c"), 1000)
    assert names(tmp_path) == [f"kit-{NOW + more}.age" for more in range(3)]


def test_what_is_kept() -> None:
    """The newest KITS_KEPT_MAX, and the last of each day for KIT_DAYS_KEPT_MAX days."""
    today = [NOW - number for number in range(KITS_KEPT_MAX + 3)]
    assert superfluous(today, NOW) == today[KITS_KEPT_MAX:]
    midnight = NOW - NOW % DAY
    before = [midnight - DAY * number - hour * 3600 - 1 for number in range(40) for hour in (0, 5)]
    gone = superfluous([*before, *today], NOW)
    kept = [generation for generation in before if generation not in gone]
    assert kept == [midnight - DAY * number - 1 for number in range(KIT_DAYS_KEPT_MAX - 1)]
    assert superfluous([NOW + 5], NOW) == []


def test_old_kits_go(tmp_path: Path) -> None:
    """Nothing else does, whatever its name."""
    for name in ("kit-7.age.bak", "kit-x.age", "photo.png", "kit-07.age"):
        (tmp_path / name).write_text("precious")
    folder = KitFolder(tmp_path, NODE)
    for number in range(KITS_KEPT_MAX + 5):
        folder.write(content(str(number)), (NOW + number) * 1000)
    kept = {f"kit-{NOW + number}.age" for number in range(5, KITS_KEPT_MAX + 5)}
    assert set(names(tmp_path)) == kept | {"kit-7.age.bak", "kit-x.age", "photo.png", "kit-07.age"}


@pytest.mark.parametrize("trouble", ["stranger", "damaged"])
def test_kits_that_are_not_ours_stay(trouble: str, tmp_path: Path) -> None:
    """Two nodes would remove each other's, so each has a folder of its own."""
    path = KitFolder(tmp_path, Identity(b"\x07" * 32)).write(content("a"), NOW * 1000)
    assert path is not None
    if trouble == "damaged":
        path.write_bytes(b"x")
    with pytest.raises(
        UserFault, match=r"the newest kit does not open.*or give this node a folder of its own"
    ):
        KitFolder(tmp_path, NODE)


def test_no_folder(tmp_path: Path) -> None:
    """It is not made, for it may be a disk that is not there."""
    with pytest.raises(UserFault, match="there is no folder"):
        KitFolder(tmp_path / "none", NODE)


class Serving:
    """Something that serves until it is stopped."""

    def __init__(self) -> None:
        self._end = asyncio.Event()

    async def run(self) -> None:
        await self._end.wait()

    def stop(self) -> None:
        self._end.set()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of a node, whose settings are worth a kit at once."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)
    monkeypatch.setattr("offset.engine.kit_times.KIT_SETTINGS_MS", 0)
    monkeypatch.setattr("offset.engine.kit_times.KIT_PAUSE_MS", 0)
    path = tmp_path / "node.db"
    create(path, NODE.public_key)
    return path


async def until_kits(folder: Path, count: int) -> None:
    """Wait until there are so many."""
    async with asyncio.timeout(60):
        while len(names(folder)) < count:
            await asyncio.sleep(0.01)


def test_kits_of_a_node_that_serves(database: Path, tmp_path: Path) -> None:
    """One at the start, one after a change that is durable, and the last state at the end."""
    folder = tmp_path / "kits"
    folder.mkdir()

    async def story() -> None:
        with closing(Database.open(database, NODE.public_key)) as store:
            store.settle()
            keeper = KitKeeper(KitFolder(folder, NODE), database, NODE.public_key)
            watched, serving = keeper.watch(store), Serving()
            running = asyncio.create_task(keeper.beside(serving).run())
            await until_kits(folder, 1)
            watched.write({BOB.key(): BOB})
            await asyncio.to_thread(watched.flush)
            await until_kits(folder, 2)
            store.write({BOB.key(): None})
            store.flush()
            serving.stop()
            await running

    asyncio.run(story())
    found = [opened_kit(folder / name, NODE).content.friends for name in names(folder)]
    assert [[friend.name for friend in friends] for friends in found] == [[], ["bob"], []]


def test_a_kit_that_cannot_be_written(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The node goes on; it is logged once, and tried again until it works."""
    folder = tmp_path / "kits"
    folder.mkdir()
    tries = 0
    write = kits.write_kit

    def sometimes(*args: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise UserFault("the disk is full")
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(kits, "write_kit", sometimes)
    caplog.set_level("ERROR", "offset")

    async def story() -> None:
        keeper = KitKeeper(KitFolder(folder, NODE), database, NODE.public_key)
        serving = Serving()
        running = asyncio.create_task(keeper.beside(serving).run())
        await until_kits(folder, 1)
        serving.stop()
        await running

    asyncio.run(story())
    assert tries == 4
    assert [record.message for record in caplog.records] == [
        "no kit could be written, and it is tried again every minute: the disk is full"
    ]
