"""A handover as one message: with as many of the kept collects as it has room for, or else a notice in its place."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from offset.base.limits import HANDOVER_REQUESTS_MAX, INNER_MESSAGE_BYTES_MAX
from offset.core.funder.collects import CollectRecord
from offset.wire.aside import Handover, KeptCollect, Notice, NoticeKind, encode_aside

_COLLECT_BYTES = 100
"""What a collect takes at least in a message; ids and locks do not pack."""


def encoded(handover: Handover, rows: Sequence[CollectRecord]) -> bytes:
    """The message. `rows`: the collects that were made to the receiver, the oldest first; the newest are told."""
    under_way = sum(len(credit.asked) + len(credit.taken) for credit in handover.credits)
    if under_way <= HANDOVER_REQUESTS_MAX:
        kept = tuple([KeptCollect(row.currency, row.collect, row.response) for row in rows])
        while len(data := encode_aside(replace(handover, collects=kept))) > INNER_MESSAGE_BYTES_MAX and kept:
            kept = kept[1 + (len(data) - INNER_MESSAGE_BYTES_MAX) // _COLLECT_BYTES :]
        if len(data) <= INNER_MESSAGE_BYTES_MAX:
            return data
    return encode_aside(Notice(NoticeKind.TOO_LONG, under_way))


def promises_in(handover: Handover) -> int:
    """How many signatures of sellers are to be checked."""
    requests = [item for credit in handover.credits for item in (*credit.asked, *credit.taken)]
    return sum(item.opt_response is not None for item in requests)
