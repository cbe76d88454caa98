"""What comes back and what is lost, said before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from offset.programs.offset.recover.left import Left
from offset.programs.offset.recover.making import Folder
from offset.wire.recovery import FoundRow, RecoveryRow


def promised(left: Left) -> Iterator[str]:
    """Lines for a person. `left` has an identity."""
    yield "What comes back:"
    yield from _listed(_back(left))
    yield "What is lost:"
    yield from _listed(_lost(left))
    yield "What only you can see to:"
    yield from _listed(_yours(left))


def _back(left: Left) -> Iterator[str]:
    yield "The card itself: its key, by which friends and shops know it."
    if left.kit is not None:
        made = datetime.fromtimestamp(left.kit.time // 1000, UTC)
        content = left.kit.content
        yield (
            f"{_count(len(content.friends), 'friend')} with names, limits and rates, "
            f"{_count(len(content.relays), 'relay')} and {_count(len(content.index_servers), 'index server')}, "
            f"as they were on {made:%d %B %Y, %H:%M} UTC."
        )
        if content.collects:
            yield (
                f"{_count(len(content.collects), 'answer')} that waited for friends and are worth credits: "
                "the kit keeps them."
            )
    elif left.copy is not None:
        yield "Friends, limits, rates, relays and index servers, as they were when the copy was made."
    else:
        yield "Friends that find you at your relays, one by one, when you have looked at what they show."
    yield (
        "Balances, and what was under way: each friend's node hands over what you signed last, and yours takes it "
        "only if the signature is your own. A friend with an older program sends a file, or tells its balance, and you "
        "decide."
    )
    if left.copy is not None:
        yield "The history, receipts and invoices until the copy was made."


def _lost(left: Left) -> Iterator[str]:
    if left.copy is not None:
        yield "The history, receipts and commits since the copy was made."
    else:
        yield "The history, with its receipts and commits. Those that you saved as files stay good."
        yield "Invoices that nobody had begun to pay. What was promised for others can still be collected, by your key."
    if left.copy is None and left.kit is None:
        yield "The names that you gave to friends, and your limits for them: friends tell what you granted, as advice."
        yield (
            "Friends that do not find you: those that wait for you to dial them, and those who moved to another relay. "
            "Ask them for their card."
        )
    yield "Whatever a friend says who never comes back: what it owed you is lost with it."


def _yours(left: Left) -> Iterator[str]:
    yield "No other program with this card may run anywhere. The older of two stops by itself, but late."
    if left.kit is None and left.copy is None:
        yield (
            "Each friend shows when you signed last. One that shows a signature much older than the others may hide "
            "newer ones: ask in person before you take it."
        )


def new_card() -> Iterator[str]:
    """What to do when the key is lost."""
    yield "Without its key the card is gone. Friends can carry over what they owe you, or you owe them, to a new one:"
    yield from _listed(
        (
            "A new card is made now, in this folder.",
            "Give its file, or its text, to each friend in person: they must know that it is you.",
            "Each friend adds it, and says: stctrl config succeed -n OLD -N NEW. Its balance with the old card is "
            "offered to the new one, and the old card is disabled.",
            "You compare the number, and accept it: stctrl config reset-friend -n FRIEND.",
        )
    )
    yield "What is lost:"
    yield from _listed(
        (
            "The history, receipts, commits, invoices, and all settings.",
            "What is under way with the old card: what you had frozen at a friend counts as paid, what the friend had "
            "frozen as not. A friend has to agree to that (--with-frozen).",
            "What a friend does not carry over.",
        )
    )
    yield "If somebody else may have the old key: tell your friends at once to disable the old card."


def new_card_ready(folder: Folder) -> Iterator[str]:
    """How to go on with a new card."""
    yield f"The new card is in {folder.path}."
    yield from _start(folder)
    yield "Give it a relay (config add-relay), then make its file for your friends:"
    yield f"  {_ctl(folder)} info export-ticket -t {folder.path / 'card.friend'}"


def ready(folder: Folder) -> Iterator[str]:
    """How to start the node for good."""
    yield f"The card is in {folder.path}."
    yield from _start(folder)
    yield "What friends have told and what you have to decide, at any time:"
    yield f"  {_ctl(folder)} info recovery"


def standing(row: RecoveryRow, balances: str) -> str:
    """What is said of a friend after its name."""
    match row.state:
        case "told":
            return f"has told: {balances or 'nothing is owed'}"
        case "here":
            return "is here, and has not told yet"
        case "differs":
            return (
                "does not agree with you: compare and accept its balance (stctrl info friends --long, "
                "config reset-friend), or ask for the file of its info friend-last-token (--proof)"
            )
        case "unknown":
            return f"is no friend, and {_stakes(row)} waits for its word (stctrl config give-up)"
    waiting = f"; {_stakes(row)} of others waits for its word" if row.stakes else ""
    return f"was not heard yet{waiting}"


def shown(found: FoundRow) -> str:
    """What is said of somebody who was found."""
    parts = [f"{item.balance:+} {item.currency}" for item in found.balances]
    when = "at a time that is not known"
    if found.signed_at:
        when = f"on {datetime.fromtimestamp(found.signed_at, UTC):%d %B %Y, %H:%M} UTC"
    return f"{', '.join(parts) or 'nothing is owed'}, signed by you {when}"


def _stakes(row: RecoveryRow) -> str:
    return ", ".join(f"{stake.amount} {stake.currency}" for stake in row.stakes)


def _start(folder: Folder) -> Iterator[str]:
    yield "Start its node for good, and keep kits on another disk:"
    files = f"-i {folder.ident} -d {folder.database} -t {folder.trusted}"
    yield f"  stnode {files} -l 127.0.0.1:9876 --kits KITS"
    yield "An app reaches it with a ticket, which is made once:"
    yield f"  stmgr node-ticket -i {folder.ident} -a 127.0.0.1:9876 -o {folder.ticket}"


def _ctl(folder: Folder) -> str:
    return f"stctrl -I {folder.app_ident} -T {folder.ticket}"


def _listed(lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    return (f"  - {line}" for line in lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
