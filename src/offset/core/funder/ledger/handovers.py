"""What one side of a channel hands over to the other, whose books are older (docs/WIRE.md, asides)."""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.ids import RequestId
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import Pending
from offset.wire.aside import HandedCredit, HandedRequest, Handover
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine


def hand_over(
    channel: Channel, relays: tuple[RelayAddress, ...] = (), credit_lines: tuple[CreditLine, ...] = ()
) -> Handover | None:
    """All that we know of the channel, for the friend. None while there is no last message of each side.

    `relays`: where we are; `credit_lines`: what the friend granted us, as it told. While we hold the token our last
    message is not kept, for the friend has answered it: whoever wants to hand over speaks first.
    """
    if channel.incoming is None or channel.outgoing is None or not channel.is_consistent:
        return None
    credits = tuple(
        HandedCredit(name, credit.balance, _handed(credit.local), _handed(credit.remote))
        for name, credit in sorted(channel.credits.items())
    )
    return Handover(
        channel.incoming,
        channel.outgoing,
        channel.local_currencies,
        channel.remote_currencies,
        credits,
        (),
        relays,
        credit_lines,
    )


def _handed(side: Mapping[RequestId, Pending]) -> tuple[HandedRequest, ...]:
    return tuple(HandedRequest(side[key].request, side[key].response) for key in sorted(side))
