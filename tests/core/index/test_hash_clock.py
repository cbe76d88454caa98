"""Hash clocks: the recorded conversation of four, and the hashes of the specification."""

import pytest

from offset.core.index.hash_clock import HashClock
from offset.wire.index import TimeProofLink
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("index", "hashClock"))
def test_hash_clocks_in_conversation(case: Case) -> None:
    """Four clocks make the recorded hashes out of each other's and judge every recorded proof as the reference."""
    clocks = {name: HashClock(int(case["ticksKept"])) for name in "ABCD"}
    for step in case["steps"]:
        clock = clocks[step["clock"]]
        match step["op"]:
            case "tick":
                made = clock.tick(bytes.fromhex(step["randValue"]))
                assert made.hex() == step["tickHash"]
                assert clock.current == made
                assert [hash.hex() for hash in clock.expansion(made)] == step["expansion"]
            case "neighborTick":
                replaced = clock.neighbor_tick(step["neighbor"].encode(), bytes.fromhex(step["hash"]))
                assert (replaced and replaced.hex()) == step["replaced"]
            case "removeNeighbor":
                removed = clock.remove_neighbor(step["neighbor"].encode())
                assert (removed and removed.hex()) == step["removed"]
            case "verify":
                chain = [TimeProofLink(tuple(map(bytes.fromhex, hashes))) for hashes in step["chain"]]
                own = clock.own_hash(bytes.fromhex(step["origin"]), chain)
                assert (own and own.hex()) == step["tickHash"], step["what"]
            case op:
                raise AssertionError(op)


def test_hashes_of_the_specification() -> None:
    """The two time hashes of spec 04, 9 come out."""
    alone = HashClock()
    made = alone.tick(b"\x01" * 16)
    assert made.hex() == "3ee0d73ee7effc04616f2c08b1ff1db264abf96dc146e23010aa9415f69616c5"
    with_peer = HashClock()
    assert with_peer.neighbor_tick(b"p", b"\x22" * 32) is None
    made = with_peer.tick(b"\x02" * 16)
    assert made.hex() == "2c391af5da404c9c278380fcc813b5deca9b85d41e0b569dcb0ae50addf717b1"
    assert with_peer.expansion(made)[1] == b"\x22" * 32


def test_first_own_hash_counts() -> None:
    """Of several own hashes in the last link the first one is used, so that all servers extend a proof alike."""
    clock, far = HashClock(), HashClock()
    first, second = clock.tick(b"1" * 16), clock.tick(b"2" * 16)
    far.neighbor_tick(b"x", second)
    far.neighbor_tick(b"y", first)
    origin = far.tick(b"3" * 16)
    assert clock.own_hash(origin, [TimeProofLink(far.expansion(origin))]) == second


def test_forgotten_hashes_have_no_expansion() -> None:
    """A hash is remembered for exactly the given number of ticks."""
    clock = HashClock(ticks_kept=2)
    first = clock.tick(b"1" * 16)
    clock.tick(b"2" * 16)
    assert clock.own_hash(first, []) == first
    clock.tick(b"3" * 16)
    assert clock.own_hash(first, []) is None
    with pytest.raises(KeyError):
        clock.expansion(first)
