"""What the wallet says no to: one sentence for a person, a kind for programs, and what helps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from offset.base.credits import Amount
from offset.base.faults import OffsetError
from offset.base.ids import PublicKey
from offset.wallet.values.parts import key_text
from offset.wallet.values.problems import Problem, ProblemKind, Remedy, RemedyAction

_KINDS: dict[ProblemKind, tuple[int, str]] = {
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done here"),
    "not-acceptable": (406, "There is no such form of it"),
    "malformed": (400, "The request is not understood"),
    "too-large": (413, "The request is too large"),
    "not-json": (415, "The body is not JSON"),
    "no-key": (401, "You are not logged in"),
    "wrong-login": (403, "This login is not good"),
    "no-right": (403, "This is not allowed"),
    "other-host": (421, "This is not the place of the wallet"),
    "other-body": (422, "The same key was used for something else"),
    "confirm": (428, "This wants to be confirmed"),
    "rate": (429, "Too many requests"),
    "busy": (503, "The wallet is busy"),
    "refused": (422, "This cannot be done"),
    "conflict": (409, "This does not fit what is there"),
    "card-closed": (409, "The card is closed"),
    "node-down": (503, "The node cannot be reached"),
    "no-answer": (504, "The node did not answer"),
    "cannot-pay": (409, "This cannot be paid"),
    "not-known": (409, "What became of it is not known"),
    "disk": (507, "The disk cannot be written"),
    "ours": (500, "A fault of the wallet"),
}
"""The status of HTTP, and what all problems of a kind have in common."""


class Refusal(OffsetError):
    """A request that is not carried out. Its text is the sentence."""

    def __init__(
        self,
        kind: ProblemKind,
        sentence: str,
        *,
        cause: str | None = None,
        most: Amount | None = None,
        friends: Iterable[PublicKey] | None = None,
        remedies: Iterable[Remedy | RemedyAction] = (),
        code: str | None = None,
        until: datetime | None = None,
    ) -> None:
        """The arguments are the members of `Problem`; a remedy without details is its action alone."""
        super().__init__(sentence)
        self.kind = kind
        self.status, title = _KINDS[kind]
        helps = tuple(Remedy(action=remedy) if isinstance(remedy, str) else remedy for remedy in remedies)
        self.problem = Problem(
            type=f"urn:offset:problem:{kind}",
            title=title,
            status=self.status,
            detail=_sentence(sentence),
            cause=cause,
            most=None if most is None else str(most),
            friends=None if friends is None else tuple(map(key_text, friends)),
            remedies=helps or None,
            code=code,
            until=until,
        )


def _sentence(text: str) -> str:
    """As a person reads it: errors of programs begin small and end without a point."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text[0].upper()}{text[1:]}."
