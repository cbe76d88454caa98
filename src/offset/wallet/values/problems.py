"""What went wrong, as RFC 9457 has it, with a remedy that the page makes a button of."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from offset.wallet.values.parts import AmountText, CurrencyText, IdText, KeyText, Time, Value

ProblemKind = Literal[
    "not-found",
    "method-not-allowed",
    "not-acceptable",
    "malformed",
    "too-large",
    "not-json",
    "no-key",
    "wrong-login",
    "no-right",
    "other-host",
    "other-body",
    "confirm",
    "rate",
    "busy",
    "refused",
    "conflict",
    "card-closed",
    "node-down",
    "no-answer",
    "cannot-pay",
    "not-known",
    "disk",
    "ours",
]
"""The last part of `type`, after `urn:offset:problem:`."""

RemedyAction = Literal[
    "open-card",
    "wait",
    "try-again",
    "confirm",
    "log-in",
    "ask-friend",
    "pay-less",
    "pay-parts",
    "allow-fees",
    "add-server",
    "add-relay",
    "add-friend",
    "open-currency",
    "enable-friend",
    "settle-books",
    "ask-anew",
    "look-at-held",
    "make-room",
]


class Remedy(Value):
    """What a person can do about a problem; a button of the page."""

    action: RemedyAction
    friend: KeyText | None = None
    """With whom."""
    currency: CurrencyText | None = None
    amount: AmountText | None = None
    """How much: to pay instead, to ask for, or to allow as fees."""


class Problem(Value):
    """An error; `application/problem+json`."""

    type: str
    """`urn:offset:problem:<kind>`."""
    title: str
    """What kind of problem it is, the same for all of a kind."""
    status: int
    """The status of HTTP."""
    detail: str
    """One sentence for a person: what is wrong, and what to do."""
    cause: str | None = None
    """A word for programs: the finer kind, for a payment say that of `Why`."""
    most: AmountText | None = None
    """How much could be done instead."""
    friends: tuple[KeyText, ...] | None = None
    """Whom it is about."""
    remedies: tuple[Remedy, ...] | None = None
    """What helps, best first."""
    code: IdText | None = None
    """At 428: repeat the request with this in the header `X-Offset-Confirm` to have it done."""
    until: Time | None = None
    """At 428: the code is good so long; at 429 and 503: try again then."""


def problem_value(problem: Problem) -> dict[str, Any]:
    """A problem as JSON values, without the members that it does not have."""
    return {name: value for name, value in msgspec.to_builtins(problem).items() if value is not None}
