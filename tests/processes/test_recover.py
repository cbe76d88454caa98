"""`offset recover` with real programs: a card comes back from its kit, with what was owed and without a reset."""

from pathlib import Path

from support.network import CURRENCY, Papers, can_pay, eventually, run, running_chain, settled


def test_a_card_comes_back_from_its_kit(tmp_path: Path) -> None:
    """The guide runs the node until both friends have told, says so, and ends; then the node goes on for good."""
    with running_chain(tmp_path, CURRENCY, limit=2**60) as town:
        bob, kits = town.bob, tmp_path / "kits"
        kits.mkdir()
        town.network.kill("bob")
        bob.start("--kits", str(kits))
        for friend in (town.alice, town.carol):
            eventually(lambda friend=friend: can_pay(bob, friend) and can_pay(friend, bob), "they are back")
        papers = Papers(tmp_path, "first")
        papers.ask(town.carol, 5)
        papers.pay(town.alice)
        papers.collect(town.carol)
        assert papers.end(town.alice).status == 0
        before = settled(*town.nodes)
        eventually(lambda: list(kits.glob("kit-*")), "there is a kit")
        town.network.kill("bob")

        folder = tmp_path / "again"
        done = run("offset", "recover", folder, "-i", bob.ident, "-k", kits, "--yes")
        assert (done.status, done.stderr) == (0, "")
        assert "What is lost:" in done.stdout
        assert "2 of 2 friends have told." in done.stdout
        assert "alice has told: " in done.stdout

        for path in bob.database.parent.glob("node.db*"):
            path.unlink()
        (folder / "node.db").rename(bob.database)
        bob.start()
        for friend in (town.alice, town.carol):
            eventually(lambda friend=friend: can_pay(bob, friend) and can_pay(friend, bob), "they agree")
        assert settled(*town.nodes) == before
