"""Whether to believe a report (spec 04, 3.5): recent, new and signed, judged in order of cost."""

from __future__ import annotations

from collections.abc import Sequence

from offset.base.ids import HashResult, PublicKey, RandValue, Uid
from offset.base.limits import (
    INDEX_CHAIN_LINKS_MAX,
    INDEX_CLIENTS_MAX,
    INDEX_LINK_HASHES_MAX,
    INDEX_MUTATIONS_MAX,
    INDEX_NODE_TICKS,
)
from offset.core.index.hash_clock import Expansion, HashClock
from offset.core.index.ratchets import Ratchets
from offset.crypto.public_keys import verify
from offset.wire.index import ForwardMutationsUpdate, TimeProofLink
from offset.wire.signing import mutations_update_buffer


class Verifier:
    """A hash clock and the ratchets, which forget in step.

    When a ratchet goes, every time hash its last message could have used is forgotten already. So nothing
    that was accepted once is ever accepted again.
    """

    __slots__ = ("clock", "ratchets")

    def __init__(self, ticks_to_live: int = INDEX_NODE_TICKS) -> None:
        self.clock = HashClock(ticks_to_live)
        self.ratchets = Ratchets(ticks_to_live, nodes_reserved=INDEX_CLIENTS_MAX)

    def tick(self, rand_value: RandValue) -> tuple[HashResult, list[PublicKey]]:
        """The time hash of this tick, and the nodes that have been silent too long."""
        # First the hashes, then the ratchets: see above.
        made = self.clock.tick(rand_value)
        return made, self.ratchets.tick()

    def judge(
        self,
        node: PublicKey,
        session: Uid,
        counter: int,
        origin: HashResult,
        chain: Sequence[TimeProofLink],
        *,
        is_own: bool = False,
    ) -> Expansion | None:
        """The next link of the chain when a message is new and recent, else None. Changes nothing.

        `is_own`: the node brings it itself; for such there are places when others find none.
        """
        if not self.ratchets.is_new(node, session, counter, is_own=is_own):
            return None
        own = self.clock.own_hash(origin, chain)
        return None if own is None else self.clock.expansion(own)

    def accept(self, report: ForwardMutationsUpdate, *, is_own: bool = False) -> Expansion | None:
        """Take a report and return the next link of its chain, or None, which changes nothing.

        The order of the reference is signature first. Ours has the same result, but a copy that arrives over
        another path costs a look into a dict instead of a signature.
        """
        update, chain = report.mutations_update, report.time_proof_chain
        if len(update.index_mutations) > INDEX_MUTATIONS_MAX or len(chain) > INDEX_CHAIN_LINKS_MAX:
            return None
        if any(len(link.hashes) > INDEX_LINK_HASHES_MAX for link in chain):
            return None
        node, session, counter = update.node_public_key, update.session_id, update.counter
        link = self.judge(node, session, counter, update.time_hash, chain, is_own=is_own)
        if link is None or not verify(node, mutations_update_buffer(update), update.signature):
            return None
        self.ratchets.accept(node, session, counter)
        return link
