"""Which relays a call tries, and when."""

from __future__ import annotations

from offset.base.entropy import SeededEntropy
from offset.base.limits import RELAY_ATTEMPTS_MAX, RELAY_STAGGER_MS
from offset.core.mailbox import CallEnd, Effect, Ended, Mailbox
from offset.core.meeting import CloseLine, OpenLine
from offset.crypto.identity import Identity
from offset.testing import identity
from offset.wire.common import RelayAddress
from offset.wire.text_values import MailboxAddress
from support.plain import PlainInner

ME, OWNER = identity("mailbox me"), identity("mailbox owner")
A, A_TOO, B, C = (
    RelayAddress(key * 32, text) for key, text in ((b"a", "a:1"), (b"a", "a:2"), (b"b", "b:1"), (b"c", "c:1"))
)
NOW = 1_000_000


def mailbox() -> Mailbox:
    entropy = SeededEntropy("calls")
    return Mailbox(
        ME,
        entropy,
        lambda: Identity(entropy.bytes(32)),
        lambda signer, peer, now: PlainInner(signer.public_key, peer, now),
    )


def opened(effects: list[Effect]) -> list[RelayAddress]:
    return [effect.relay for effect in effects if isinstance(effect, OpenLine)]


def test_one_after_the_other() -> None:
    """In the order of the address, the next one after RELAY_STAGGER_MS, as somebody whom nobody knows."""
    box = mailbox()
    _, effects = box.call(MailboxAddress(OWNER.public_key, (A, B, C), ""), NOW)
    assert opened(effects) == [A]
    assert box.tick(NOW + RELAY_STAGGER_MS - 1) == []
    later = box.tick(NOW + RELAY_STAGGER_MS)
    assert opened(later) == [B]
    speakers = {effect.speaker for effect in (*effects, *later) if isinstance(effect, OpenLine)}
    assert len(speakers) == 1
    assert speakers.isdisjoint({None, ME})
    assert opened(box.tick(NOW + 2 * RELAY_STAGGER_MS)) == [C]


def test_two_texts_of_one_relay_wait_for_each_other() -> None:
    """Two Connects of one key would push each other out there."""
    box = mailbox()
    _, effects = box.call(MailboxAddress(OWNER.public_key, (A, A_TOO, B), ""), NOW)
    assert opened(effects) == [A]
    assert opened(box.tick(NOW + RELAY_STAGGER_MS)) == [B]
    assert opened(box.line_closed(effects[0].line, NOW + RELAY_STAGGER_MS)) == [A_TOO]  # type: ignore[union-attr]


def test_so_many_at_once() -> None:
    """RELAY_ATTEMPTS_MAX attempts hang; the next one begins when one of them ends."""
    box = mailbox()
    relays = tuple(
        RelayAddress(bytes([number]) * 32, f"r{number}:1") for number in range(RELAY_ATTEMPTS_MAX + 1)
    )
    _, effects = box.call(MailboxAddress(OWNER.public_key, relays, ""), NOW)
    at = NOW
    for _ in range(RELAY_ATTEMPTS_MAX):
        at += RELAY_STAGGER_MS
        effects += box.tick(at)
    assert opened(effects) == list(relays[:RELAY_ATTEMPTS_MAX])
    assert opened(box.line_closed(effects[0].line, at)) == [relays[-1]]  # type: ignore[union-attr]


def test_the_last_hope() -> None:
    """The call ends when no relay is left, and not before."""
    box = mailbox()
    call, effects = box.call(MailboxAddress(OWNER.public_key, (A, B), ""), NOW)
    (second,) = box.line_closed(effects[0].line, NOW)  # type: ignore[union-attr]
    assert opened([second]) == [B]
    assert box.line_closed(second.line, NOW) == [Ended(call, CallEnd.NOT_REACHED)]  # type: ignore[union-attr, arg-type]
    assert box.deadline() is None


def test_a_call_that_is_given_up_leaves_nothing() -> None:
    """Its lines are closed, and nothing is to be done any more."""
    box = mailbox()
    call, effects = box.call(MailboxAddress(OWNER.public_key, (A, B), ""), NOW)
    assert call is not None
    assert box.hang_up(call, NOW) == [CloseLine(effects[0].line)]  # type: ignore[union-attr]
    assert box.deadline() is None
