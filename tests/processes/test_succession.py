"""Alice's key is stolen: Bob takes her revocation, and her new card takes over what she owes (docs/manual/keys.md)."""

from __future__ import annotations

from pathlib import Path

from offset.programs.offset.network import DemoNode
from support.network import CURRENCY, Papers, can_pay, ctl, eventually, friends, run_here, running, say


def test_a_stolen_key_and_a_new_card(tmp_path: Path) -> None:
    """The old card is shut out for ever; no credit is lost; the new card is paid and pays."""
    with running(tmp_path) as network:
        network.add_relay("relay")
        network.add_index_servers("index")
        alice, bob = network.add_nodes("alice", "bob")
        network.befriend(alice, bob, CURRENCY)
        revocation = tmp_path / "alice.revoked"
        assert run_here("stmgr", "revocation", "-i", alice.ident, "-o", revocation).status == 0
        _pay(Papers(tmp_path, "before"), alice, bob, 40)

        say(bob, "config", "revoke", "-f", revocation)
        eventually(lambda: not friends(alice)["bob"]["online"], "bob has hung up on alice")
        refused = ctl(bob, "config", "enable-friend", "-n", "alice")
        assert (refused.status, "has revoked this key" in refused.stderr) == (1, True)

        alice2 = network.add_node("alice2")
        for node, other in ((bob, alice2), (alice2, bob)):
            say(node, "config", "add-friend", "-f", network.export_friend(other), "-n", other.name)
            say(node, "config", "enable-friend", "-n", other.name)
        done = ctl(bob, "config", "succeed", "-n", "alice", "-N", "alice2")
        assert (done.status, "will be removed when 'alice2' has accepted" in done.stderr) == (0, True)
        network.kill("bob")
        network.restart("bob")
        terms = eventually(lambda: friends(alice2)["bob"].get("remote_reset_terms"), "alice2 sees the terms")
        assert {name: int(balance) for name, balance in terms.items()} == {CURRENCY: 40}
        eventually(lambda: friends(alice2)["bob"]["online"], "bob is back")
        say(alice2, "config", "reset-friend", "-n", "bob")
        eventually(lambda: "alice" not in friends(bob), "the old card is gone")
        eventually(lambda: can_pay(bob, alice2) and can_pay(alice2, bob), "the new card is a friend like any")
        assert int(friends(bob)["alice2"]["balances"][CURRENCY]["balance"]) == 40
        assert int(friends(alice2)["bob"]["balances"][CURRENCY]["balance"]) == -40
        _pay(Papers(tmp_path, "after"), bob, alice2, 15)
        eventually(
            lambda: int(friends(alice2)["bob"]["balances"][CURRENCY]["balance"]) == -25, "15 are paid back"
        )


def _pay(papers: Papers, buyer: DemoNode, seller: DemoNode, amount: int) -> None:
    """From the invoice to the receipt."""
    papers.ask(seller, amount)
    papers.pay(buyer)
    papers.collect(seller)
    eventually(lambda: papers.end(buyer).status == 0, "the receipt is there")
