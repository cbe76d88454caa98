"""All that a mailbox may cause: on its lines to relays, and towards whoever reads the letters."""

from __future__ import annotations

import enum

import msgspec

from offset.base.ids import CallId, PublicKey
from offset.core.meeting.effects import LineEffect
from offset.wire.common import RelayAddress
from offset.wire.mailbox import Body, Letter
from offset.wire.text_values import MailboxAddress


class CallEnd(enum.Enum):
    """Why a line of letters is over; after each of them a letter may be sent again in another call."""

    NOT_REACHED = "the mailbox could not be reached at any of its relays"
    CLOSED = "the other side hung up, or the relay did"
    FAULT = "the other side sent what is no letter, or one out of place"
    IDLE = "no letter came or went for a while"
    TOO_LONG = "the line carried as many letters, or stood as long, as one may"
    GAVE_WAY = "others were waiting"


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A guest is here: it has proved the key of this call, which says nothing of who it is."""

    call: CallId
    call_key: PublicKey


class Reached(msgspec.Struct, frozen=True, gc=False):
    """The mailbox that we call has proved its key."""

    call: CallId
    relay: RelayAddress
    """Where; to be tried first the next time."""


class Introduced(msgspec.Struct, frozen=True, gc=False):
    """A guest has proved that it calls for this mailbox."""

    call: CallId
    address: MailboxAddress


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A letter, whose signature is right if it has one, and which fits what it answers.

    An answer that only a newer program reads is told as a refusal with the code that says so.
    """

    call: CallId
    letter: Letter
    opt_question: Body | None
    """Our letter that it answers."""


class Ended(msgspec.Struct, frozen=True, gc=False):
    """The line is over. Not told of one that we hung up ourselves."""

    call: CallId
    why: CallEnd


News = Arrived | Reached | Introduced | Heard | Ended
Effect = LineEffect | News
