"""The verifier: recent, new, signed, and cheap to ask."""

import msgspec
import pytest

import offset.core.index.verifier as verifier_module
from offset.base.credits import Rate
from offset.base.limits import INDEX_CHAIN_LINKS_MAX, INDEX_LINK_HASHES_MAX, INDEX_MUTATIONS_MAX
from offset.core.index.verifier import Verifier
from offset.crypto.identity import Identity
from offset.wire.index import (
    ForwardMutationsUpdate,
    MutationsUpdate,
    RemoveFriendCurrency,
    TimeProofLink,
    UpdateFriendCurrency,
)
from offset.wire.signing import mutations_update_buffer
from support.vectors import Case, cases

NODE = Identity(b"\x01" * 32)


def report(
    time_hash: bytes, counter: int = 0, mutations: int = 0, chain: tuple[TimeProofLink, ...] = ()
) -> ForwardMutationsUpdate:
    removes = (RemoveFriendCurrency(b"\x0b" * 32, "FST"),) * mutations
    update = MutationsUpdate(NODE.public_key, removes, time_hash, b"s" * 16, counter, b"r" * 16, b"")
    signature = NODE.sign(mutations_update_buffer(update))
    return ForwardMutationsUpdate(msgspec.structs.replace(update, signature=signature), chain)


@pytest.mark.parametrize("case", cases("index", "verifier"))
def test_verifier(case: Case) -> None:
    """Clock and ratchets together judge every recorded message as the reference."""
    verifier = Verifier(int(case["ticksToLive"]))
    for step in case["steps"]:
        match step["op"]:
            case "tick":
                made, silent = verifier.tick(bytes.fromhex(step["randValue"]))
                assert made.hex() == step["tickHash"]
                assert [node.decode() for node in silent] == step["removed"]
            case "neighborTick":
                verifier.clock.neighbor_tick(step["neighbor"].encode(), bytes.fromhex(step["hash"]))
            case "verify":
                node, session = step["node"].encode(), step["session"].encode()
                chain = [TimeProofLink(tuple(map(bytes.fromhex, hashes))) for hashes in step["chain"]]
                origin, counter = bytes.fromhex(step["origin"]), int(step["counter"])
                link = verifier.judge(node, session, counter, origin, chain)
                assert (link is not None) == step["accepted"]
                assert (link and [hash.hex() for hash in link]) == step["expansion"]
                if link is not None:
                    verifier.ratchets.accept(node, session, counter)
            case op:
                raise AssertionError(op)


def test_accepts_once() -> None:
    """A good report is taken once, and the link it gets is what the own hash was made of."""
    verifier = Verifier()
    made, _ = verifier.tick(b"1" * 16)
    assert verifier.accept(report(made)) == verifier.clock.expansion(made)
    assert verifier.accept(report(made)) is None
    assert verifier.accept(report(made, counter=1)) is not None


def test_bad_signature_changes_nothing() -> None:
    """A forged report is dropped, and does not use up the counter of the true one."""
    verifier = Verifier()
    made, _ = verifier.tick(b"1" * 16)
    good = report(made, counter=5)
    forged = msgspec.structs.replace(
        good, mutations_update=msgspec.structs.replace(good.mutations_update, signature=bytes(64))
    )
    assert verifier.accept(forged) is None
    assert verifier.accept(good) is not None


def test_r4_the_rate_is_not_signed() -> None:
    """R4: a server on the way could alter a toll unnoticed, as the protocol has it; so the first copy counts."""
    verifier = Verifier()
    made, _ = verifier.tick(b"1" * 16)
    update = UpdateFriendCurrency(b"\x0b" * 32, "FST", 9, Rate(1, 2))
    unsigned = MutationsUpdate(NODE.public_key, (update,), made, b"s" * 16, 0, b"r" * 16, b"")
    signature = NODE.sign(mutations_update_buffer(unsigned))
    altered = msgspec.structs.replace(update, rate=Rate(7, 7))
    for mutation, is_taken in ((altered, True), (update, False)):
        signed = msgspec.structs.replace(unsigned, index_mutations=(mutation,), signature=signature)
        assert (verifier.accept(ForwardMutationsUpdate(signed, ())) is not None) == is_taken


def test_copies_cost_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies over other paths, and stale reports, are dropped before the signature is looked at (3.5)."""
    verifier = Verifier()
    made, _ = verifier.tick(b"1" * 16)
    assert verifier.accept(report(made)) is not None
    monkeypatch.delattr(verifier_module, "verify")
    assert verifier.accept(report(made)) is None
    assert verifier.accept(report(b"\x05" * 32, counter=1)) is None


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More mutations, links or hashes than any peer sends in practice are dropped (3.10)."""
    verifier = Verifier()
    made, _ = verifier.tick(b"1" * 16)
    link = TimeProofLink((made,))
    too_long = TimeProofLink((made,) * (INDEX_LINK_HASHES_MAX + 1))
    assert verifier.accept(report(made, 0, INDEX_MUTATIONS_MAX + 1)) is None
    assert verifier.accept(report(made, 0, 0, (link,) * (INDEX_CHAIN_LINKS_MAX + 1))) is None
    assert verifier.accept(report(made, 0, 0, (too_long,))) is None
    assert verifier.accept(report(made, 0, INDEX_MUTATIONS_MAX)) is not None
    as_long = (TimeProofLink((made,) * INDEX_LINK_HASHES_MAX),) * INDEX_CHAIN_LINKS_MAX
    asked: list[object] = []
    monkeypatch.setattr(Verifier, "judge", lambda *what, is_own: asked.append((what, is_own)))
    assert verifier.accept(report(made, 1, 0, as_long)) is None
    assert len(asked) == 1, "at the edge the proof itself is judged"
