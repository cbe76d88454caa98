"""The command line of stnode, and what it makes of its options."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from offset.base.faults import UserFault
from offset.programs import started_node, stmgr, stnode
from offset.shell.driver import Driver

Start = Callable[..., dict[str, Any]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts stnode with some options and ends it; gives what engine and driver were made with."""
    monkeypatch.chdir(tmp_path)
    Path("trusted").mkdir()
    assert stmgr.main(["gen-ident", "-o", "node.ident"]) == 0
    assert stmgr.main(["init-node-db", "-i", "node.ident", "-o", "node.db"]) == 0
    given: dict[str, Any] = {}

    def note(name: str) -> None:
        made = getattr(started_node, name)

        def make(*args: Any, **options: Any) -> Any:
            given.update(options)
            return made(*args, **options)

        monkeypatch.setattr(started_node, name, make)

    def run_shortly(_: str, begin: Callable[[], Awaitable[Driver]]) -> int:
        async def story() -> None:
            running = await begin()
            running.stop()
            await running.run()

        asyncio.run(story())
        return 0

    note("NodeEngine")
    note("Driver")
    monkeypatch.setattr(stnode, "run_program", run_shortly)

    def run(*options: str) -> dict[str, Any]:
        where = ["-i", "node.ident", "-l", "127.0.0.1:0", "-d", "node.db", "-t", "trusted"]
        assert stnode.stnode.main([*where, *options], standalone_mode=False) == 0
        return given

    return run


def test_folder_of_trusted_apps_that_is_not_there(start: Start) -> None:
    """A wrong --trusted is refused: the node would run, and let no app in."""
    for name, said in (
        ("nowhere", "there is no folder nowhere"),
        ("node.db", "cannot be read: Not a directory"),
    ):
        with pytest.raises(UserFault, match=said):
            start("-t", name)
    # The database is free again.
    start()


@pytest.mark.parametrize("options, is_allowed", [((), True), (("--refuse-private-relays",), False)])
def test_w29_private_relays(start: Start, options: tuple[str, ...], is_allowed: bool) -> None:
    """The option reaches the engine; without it friends may lead the node anywhere, as the reference's."""
    assert start(*options)["allow_private_relays"] is is_allowed


def test_w34_a_node_looks_at_the_network(start: Start) -> None:
    """stnode has its driver look whether the machine slept or moved."""
    assert start()["network"] is not None


def test_kits(start: Start) -> None:
    """With --kits a node leaves a kit of its last state; the folder must be there, and be its own."""
    with pytest.raises(UserFault, match="there is no folder kits"):
        start("--kits", "kits")
    Path("kits").mkdir()
    start("--kits", "kits")
    (kit,) = Path("kits").iterdir()
    assert stmgr.main(["open-kit", "-i", "node.ident", "-k", str(kit)]) == 0
    start("--kits", "kits")
    assert list(Path("kits").iterdir()) == [kit]


def test_a_restored_database_makes_a_restored_node(start: Start) -> None:
    """The engine learns of the mark."""
    assert start()["is_restored"] is False
    assert stmgr.main(["backup", "-d", "node.db", "-i", "node.ident", "-o", "copy.age"]) == 0
    Path("node.db").unlink()
    assert stmgr.main(["restore", "-i", "node.ident", "-b", "copy.age", "-o", "node.db"]) == 0
    assert start()["is_restored"] is True


def test_recover(start: Start) -> None:
    """With --recover the engine looks for friends; else strangers are nobody."""
    assert start()["is_searching"] is False
    assert start("--recover")["is_searching"] is True
