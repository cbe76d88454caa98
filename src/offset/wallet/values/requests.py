"""The owner's own address, and requests: what whoever has their texts may pay without being given an invoice."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from offset.base.limits import TEXT_LABEL_BYTES_MAX, TEXT_NOTE_BYTES_MAX
from offset.wallet.values.friends import RelayPlace
from offset.wallet.values.parts import AmountText, Body, CurrencyText, IdText, KeyText, Time, Value
from offset.wallet.values.payments import Sale

OpenTo = Literal["anyone", "requests", "contacts"]
"""Anyone; whoever answers a request; nobody but contacts."""
RequestStage = Literal["open", "taken", "closed", "expired"]
"""Open: can be paid. Taken: it was good once, and a payer has frozen the credits or has paid. Closed: by you."""


class Address(Value):
    """Where a card is called; good for as long as one of its relays is used."""

    text: str
    """For a QR code and chats. Whoever has it can ask for an invoice; it is no secret."""
    key: KeyText
    """Of the mailbox: it is not that of the node, and follows from it."""
    label: str
    relays: tuple[RelayPlace, ...]
    open_to: OpenTo


class AddressChange(Body):
    """What is named is set."""

    label: Annotated[str, Meta(max_length=TEXT_LABEL_BYTES_MAX)] | None = None
    """What payers see; anybody can choose any name."""
    open_to: OpenTo | None = None


class NewRequest(Body):
    """Something to be paid for, once or always."""

    currency: CurrencyText
    amount: AmountText | None = None
    """None: the payer chooses."""
    note: Annotated[str, Meta(max_length=TEXT_NOTE_BYTES_MAX)] = ""
    """Payers see it."""
    is_once: bool = True
    """Whether it can be paid once only."""
    until: Time | None = None
    """None: always."""


class Request(Value):
    """What you ask whoever has the text for."""

    id: IdText
    stage: RequestStage
    text: str | None
    """For a QR code and chats; None while the card has no relay, or was not reached since the start."""
    currency: CurrencyText
    amount: AmountText | None
    note: str
    is_once: bool
    until: Time | None
    most: AmountText | None
    """What you can be paid at most now; None if that is not known."""
    is_paid: bool
    """Whether you have the credits of a payment of it."""
    sales: tuple[Sale, ...]
    """What was paid for it, newest first, and what may have been."""
