"""What the owner of an address says, for the person who wants to pay: one sentence, and what helps."""

from __future__ import annotations

from offset.base.credits import Amount
from offset.wallet.values.payments import Why, WhyKind
from offset.wallet.values.problems import Remedy, RemedyAction
from offset.wire.mailbox import RefusalCode

NO_ANSWER = 0
"""In the place of a code: nobody answered in time, or the owner has withdrawn."""

_SENTENCES: dict[int, tuple[WhyKind, str, RemedyAction | None]] = {
    NO_ANSWER: (
        "closed",
        "The wallet of whoever is to be paid did not answer, or has withdrawn: ask its owner to open it.",
        "try-again",
    ),
    RefusalCode.VERSION: ("other", "The wallet of whoever is to be paid is of another version.", None),
    RefusalCode.UNKNOWN: ("other", "The wallet of whoever is to be paid does not understand this.", None),
    RefusalCode.NOT_CONTACT: (
        "refused",
        "This address takes payments from known people only, or against a request: ask its owner for one.",
        "ask-anew",
    ),
    RefusalCode.NO_SUCH_REQUEST: (
        "refused",
        "There is no such request any more: ask for a new one.",
        "ask-anew",
    ),
    RefusalCode.EXPIRED: ("expired", "The time for this is over: ask for a new one.", "ask-anew"),
    RefusalCode.USED: (
        "refused",
        "This request was paid already, or is being paid: ask for a new one.",
        "ask-anew",
    ),
    RefusalCode.NO_SUCH_CURRENCY: (
        "no-currency",
        "Whoever is to be paid does not use this currency: choose another one.",
        None,
    ),
    RefusalCode.TOO_MUCH: ("too-much", "Whoever is to be paid cannot take so much now.", "pay-less"),
    RefusalCode.TOO_LITTLE: (
        "refused",
        "Whoever is to be paid does not take so little from strangers.",
        None,
    ),
    RefusalCode.CHANGED: (
        "refused",
        "What came back is not what was asked for, so it is not paid: ask whoever is to be paid.",
        "ask-anew",
    ),
    RefusalCode.STOPPED: ("refused", "Whoever is to be paid has stopped it.", "ask-anew"),
}
_OTHER: tuple[WhyKind, str, RemedyAction | None] = (
    "refused",
    "Whoever is to be paid refuses it, for a reason that only a newer program knows.",
    None,
)


def why_refused(code: int, text: str, most: Amount | None) -> Why:
    """Why nothing came of it. `text` is what the owner says, of which nothing is known to be true."""
    kind, sentence, remedy = _SENTENCES.get(code, _OTHER)
    said = f" It says: “{text}”" if text else ""
    remedies: tuple[Remedy, ...] = ()
    if remedy is not None:
        remedies = (Remedy(action=remedy, amount=None if most is None else str(most)),)
    return Why(
        kind=kind, sentence=sentence + said, most=None if most is None else str(most), remedies=remedies
    )


def why_waiting(*, is_closed: bool, has_commit: bool) -> Why:
    """What it waits for, while the owner is called again and again."""
    remedies = (Remedy(action="wait"),)
    if has_commit:
        # It may have the commit, and only its answer was lost; or it refuses this one, and says so again and again.
        how = "is closed" if is_closed else "does not take the commit now"
        sentence = (
            f"The wallet of whoever is to be paid {how}, and has not said that it has what it needs to collect. It is "
            "given that again by itself; or give it the commit as text or file. Do not pay again."
        )
    elif is_closed:
        sentence = (
            "The wallet of whoever is to be paid is closed: ask its owner to open it. "
            "It is asked again by itself."
        )
    else:
        sentence = "The wallet of whoever is to be paid has no time now; it is asked again by itself."
    return Why(kind="closed" if is_closed else "busy", sentence=sentence, remedies=remedies)
