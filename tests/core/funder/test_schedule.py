"""How many flights a payment takes (spec 03, 7)."""

import itertools

import pytest

from offset.wire import app
from support.ledger import World
from support.ledger_checks import check_nothing_frozen, check_quiet


def chain_with_tokens(links: int, *, upstream: bool) -> World:
    """A chain of friends, each token with the node nearer to the buyer, or nearer to the seller."""
    names = "abcdefgh"[: links + 1]
    world = World(names)
    world.chain()
    for left, right in itertools.pairwise(names):
        world.give_token(*((left, right) if upstream else (right, left)))
    return world


def flights(world: World, route: str) -> tuple[int, int, int]:
    """Pay once. Returns messages, rounds until the commit exists, and rounds from there until the buyer has paid."""
    buyer, seller = world[route[0]], world[route[-1]]
    invoice_id = world.invoice(route[-1], 10)
    payment_id = world.payment(route[0], route[-1], invoice_id, 10)
    before = world.sent
    buyer.results.clear()
    world.part(payment_id, route, 10)
    world.control(route[0], app.RequestClosePayment(payment_id))
    to_commit = 0
    while not buyer.results:
        world.round()
        to_commit += 1
    (result,) = buyer.take_results()
    world.control(seller.name, app.CommitInvoice(result.result.commit))
    to_end = 0
    while not buyer.results:
        world.round()
        to_end += 1
    (result,) = buyer.take_results()
    assert isinstance(result.status, app.PaymentStatusSuccess)
    world.settle()
    check_quiet(world)
    check_nothing_frozen(world)
    return world.sent - before, to_commit, to_end


@pytest.mark.parametrize("links", [1, 2, 3, 4])
def test_best_case(links: int) -> None:
    """With all tokens upstream: 4n flights, 3n of them one after another; the reference needs 5n, all in a row."""
    world = chain_with_tokens(links, upstream=True)
    route = "".join(world.nodes)
    sent, to_commit, to_end = flights(world, route)
    assert sent <= 4 * links
    assert to_commit == 2 * links
    # The tokens come back while the response is on its way; over one link there is no such way.
    assert to_commit + to_end == 3 * links + (links == 1)


@pytest.mark.parametrize("links", [1, 2, 3, 4])
def test_tokens_are_ready_for_the_next_payment(links: int) -> None:
    """After a payment all tokens are upstream again, so the next one takes as few flights."""
    world = chain_with_tokens(links, upstream=True)
    route = "".join(world.nodes)
    first = flights(world, route)
    assert flights(world, route) == first


@pytest.mark.parametrize("links", [1, 2, 3, 4])
def test_worst_case(links: int) -> None:
    """With all tokens downstream: 6n flights, 5n of them one after another; the reference needs 7n, all in a row."""
    world = chain_with_tokens(links, upstream=False)
    route = "".join(world.nodes)
    sent, to_commit, to_end = flights(world, route)
    assert sent <= 6 * links
    assert to_commit == 4 * links
    assert to_commit + to_end == 5 * links + (links == 1)


def test_commits_of_a_payment() -> None:
    """How often each node writes, best case over three links: 3, 4, 4 and 3 times for B, C, D and E (spec 03, 7.4)."""
    world = chain_with_tokens(3, upstream=True)
    invoice_id = world.invoice("d", 10)
    payment_id = world.payment("a", "d", invoice_id, 10)
    before = {name: node.turns for name, node in world.nodes.items()}
    world.part(payment_id, "abcd", 10)
    world.settle()
    commit = world["a"].take_results()[-1].result.commit
    world.control("d", app.CommitInvoice(commit))
    world.settle()
    turns = [node.turns - before[name] for name, node in world.nodes.items()]
    assert turns == [3, 4, 4, 3]
