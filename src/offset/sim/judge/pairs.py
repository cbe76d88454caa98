"""What must be true of two friends that keep the rules, whatever the network did to them (spec 03, 6.1)."""

from __future__ import annotations

from offset.core.funder.ledger.channel import Channel
from offset.core.funder.records import ChannelKey, ChannelRecord
from offset.sim.cast.cast import Cast
from offset.sim.physics.violation import claim
from offset.wire.signing import flip


def is_mended(cast: Cast, left: str, right: str) -> bool:
    """Whether two whose channel was given up, and who keep the rules, have started again together (I15)."""
    if not (cast.is_honest(left) and cast.is_honest(right)):
        return False
    ours, theirs = cast.friend(left, right), cast.friend(right, left)
    if ours is None or theirs is None:
        return False
    one, two = ours.channel, theirs.channel
    return (
        one.is_consistent
        and two.is_consistent
        and one.inconsistency_counter == two.inconsistency_counter > 0
        # Else both may have accepted at once (D18).
        and one.former_terms is two.former_terms is None
        # Else one of them is behind, on books from a copy.
        and ours.has_told
        and theirs.has_told
    )


def check(cast: Cast, left: str, right: str) -> None:
    """I1, I3, I10 and I13 for a pair whose channel was never given up, or that has started again."""
    if not (cast.hosts[left].is_alive and cast.hosts[right].is_alive):
        return
    ours, theirs = cast.friend(left, right), cast.friend(right, left)
    if ours is None or theirs is None:
        return
    both = f"{left} and {right}"
    one, two = ours.channel, theirs.channel
    claim(one.is_consistent and two.is_consistent, "I10", f"the ledgers of {both} disagree without a reason")
    if one.outgoing is None and two.outgoing is None:
        claim(False, "I3", f"{both} hold the token at the same time")
    elif one.outgoing is None:
        quiet(both, one, two)
        spoke_durable(cast, right, left, two)
    elif two.outgoing is None:
        quiet(both, two, one)
        spoke_durable(cast, left, right, one)
    elif one.outgoing.old_token == two.outgoing.new_token:
        ahead(both, one, two)
        spoke_durable(cast, right, left, two)
    else:
        claim(
            two.outgoing.old_token == one.outgoing.new_token,
            "I3",
            f"{both} both wait for an answer to something that the other does not know",
        )
        ahead(both, two, one)
        spoke_durable(cast, left, right, one)


def ahead(both: str, front: Channel, back: Channel) -> None:
    """I3: one message is under way, so one counter is one ahead."""
    claim(
        front.move_token_counter == back.move_token_counter + 1,
        "I3",
        f"the counters of {both} are {front.move_token_counter} and {back.move_token_counter}",
    )


def quiet(both: str, holder: Channel, other: Channel) -> None:
    """I1 and I3: nothing is under way, so what one is owed the other owes, request by request."""
    assert holder.incoming is not None
    assert other.outgoing is not None
    claim(
        holder.incoming.new_token == other.outgoing.new_token,
        "I3",
        f"{both}: the one with the token does not know the last message of the other",
    )
    claim(holder.token_info() == flip(other.token_info()), "I1", f"the balances of {both} are no mirrors")
    for name, credit in holder.credits.items():
        mirror = other.credits[name]
        for sent, taken in ((credit.local, mirror.remote), (mirror.local, credit.remote)):
            claim(
                {key: (item.request, item.response) for key, item in sent.items()}
                == {key: (item.request, item.response) for key, item in taken.items()},
                "I1",
                f"the requests in {name} between {both} are not the same on both sides",
            )


def spoke_durable(cast: Cast, speaker: str, listener: str, channel: Channel) -> None:
    """I13: the listener has taken the speaker's last message, so the speaker must have it on disk."""
    disk = cast.hosts[speaker].disk
    assert disk is not None
    assert channel.outgoing is not None
    row = disk.rows.get(ChannelKey(cast.key(listener)))
    # The first message of all is known without talking.
    is_first = channel.move_token_counter == 0
    claim(
        is_first or (isinstance(row, ChannelRecord) and row.outgoing == channel.outgoing),
        "I13",
        f"{speaker} told {listener} something that is not durable",
    )
