"""One route: what it carries, to the credit, and what the payer makes of what we report."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import Amount, Rate
from offset.base.limits import U32_MAX
from offset.core.index.path import Path
from support.payments import Arc, crossing, hops, key, payable

muls = st.sampled_from([0, 0, 1, 2**20, 2**28, 2**29]) | st.integers(0, 2**29)


@st.composite
def paths(
    draw: st.DrawFn, muls: st.SearchStrategy[int] = muls
) -> tuple[Path, dict[Arc, tuple[Amount, Rate]]]:
    """A path and the same as arcs."""
    count = draw(st.integers(1, 7))
    keys = tuple(key(i) for i in range(count + 1))
    scale = draw(st.sampled_from([30, 300, 10**6, 2**127]))
    arcs = {
        arc: (draw(st.integers(0, scale)), Rate(draw(muls), draw(st.integers(0, 5)))) for arc in hops(keys)
    }
    rooms = tuple(capacity for capacity, _ in arcs.values())
    return Path(keys, rooms, tuple(toll for _, toll in arcs.values())[:-1]), arcs


@given(paths(), st.data())
@settings(max_examples=300)
def test_whatever_is_below_the_most_arrives(
    made: tuple[Path, dict[Arc, tuple[Amount, Rate]]], data: st.DataObject
) -> None:
    """`most` is x* of the specification; any payment up to it keeps within the loads, and these within the rooms."""
    path, arcs = made
    most = path.most()
    assert most == payable(path.keys, arcs)
    if most:
        assert path.carries(most)
    assert not path.carries(most + 1)
    amount = data.draw(st.integers(0, most))
    for part in {amount, amount // 2, max(0, amount - 1)}:
        frozen = crossing(path.keys, arcs, part, path.fee(part))
        assert all(map(int.__le__, frozen.values(), path.loads(amount)))
    if amount:
        assert all(map(int.__le__, path.loads(amount), path.rooms))


@given(paths(), st.data())
def test_the_payer_finds_what_we_mean(
    made: tuple[Path, dict[Arc, tuple[Amount, Rate]]], data: st.DataObject
) -> None:
    """Out of the offered capacity the payer computes exactly the amount offered (7.2)."""
    path, _ = made
    amount = data.draw(st.integers(0, path.most()))
    offer = path.offer(amount)
    assert offer.rate.max_payable(offer.capacity) == amount
    assert offer.rate == path.total
    assert offer.capacity <= max(path.rooms[0], offer.rate.add)
    widest = path.widest_offer(amount)
    assert widest.rate.max_payable(widest.capacity) == path.most()


@given(paths(st.integers(2**30, U32_MAX)), st.data())
@settings(max_examples=200)
def test_high_tolls_are_paid_in_full(
    made: tuple[Path, dict[Arc, tuple[Amount, Rate]]], data: st.DataObject
) -> None:
    """Where the sum of mul is cut to 32 bits, the fee is still enough for the amount and for all smaller ones."""
    path, arcs = made
    amount = data.draw(st.integers(0, path.most()))
    rate = path.reported_rate(amount)
    if rate is None or not path.carries(amount):
        return
    assert rate.mul <= U32_MAX
    assert rate.add <= U32_MAX
    offer = path.offer(amount)
    assert offer.rate.max_payable(offer.capacity) == amount
    for part in {amount, amount // 2, amount // 7, 1} if amount else ():
        frozen = crossing(path.keys, arcs, part, rate.fee(part))
        assert all(map(int.__le__, frozen.values(), path.rooms))


def test_the_surplus_of_rounding_needs_room() -> None:
    """Two tolls of 0.5 and 0.5 credits are 0 and 0, but the payer pays 1: the last arc needs room for it too."""
    quarter = Rate(2**30, 0)
    keys = tuple(key(i) for i in range(4))
    assert Path(keys, (3, 3, 3), (quarter, quarter)).carries(2)
    assert not Path(keys, (3, 3, 2), (quarter, quarter)).carries(2)


def test_tolls_that_do_not_fit() -> None:
    """A path whose flat tolls exceed 32 bits cannot be reported, so it carries nothing."""
    path = Path((key(0), key(1), key(2), key(3)), (2**60,) * 3, (Rate(0, U32_MAX), Rate(0, 1)))
    assert path.reported_rate(1) is None
    assert not path.carries(1)
