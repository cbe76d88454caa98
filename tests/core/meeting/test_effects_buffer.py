"""The effects that the parts of a machine write, in order."""

from offset.base.entropy import SeededEntropy
from offset.core.channeler.effects import FriendData, Offline
from offset.core.meeting.effects import CloseLine, OpenLine, SendLine
from offset.core.meeting.effects_buffer import EffectsBuffer
from offset.testing import identity
from offset.wire.common import RelayAddress

RELAY = RelayAddress(bytes(32), "relay.example:1")
FRIEND = bytes(32)


def test_numbers_are_never_used_twice() -> None:
    """Each line has a number of its own, also after its effects were taken."""
    buffer = EffectsBuffer(SeededEntropy(1))
    first = buffer.open(RELAY)
    assert buffer.take() == [OpenLine(first, RELAY)]
    second = buffer.open(RELAY, public_only=True)
    assert second != first
    assert buffer.take() == [OpenLine(second, RELAY, public_only=True)]


def test_a_line_may_speak_as_somebody_else() -> None:
    """Whose line it is to be goes with it; of nobody else by itself."""
    buffer = EffectsBuffer(SeededEntropy(1))
    somebody = identity("somebody")
    buffer.open(RELAY, speaker=somebody)
    buffer.open(RELAY)
    assert [effect.speaker for effect in buffer.take()] == [somebody, None]


def test_news_comes_last() -> None:
    """What goes to lines keeps its order and precedes what the funder is told; nothing is taken twice."""
    buffer = EffectsBuffer(SeededEntropy(1))
    buffer.tell(FriendData(FRIEND, b"1"))
    buffer.send(7, b"a")
    buffer.tell(Offline(FRIEND))
    buffer.send(7, b"b")
    buffer.close(7)
    assert buffer.take() == [
        SendLine(7, b"a"),
        SendLine(7, b"b"),
        CloseLine(7),
        FriendData(FRIEND, b"1"),
        Offline(FRIEND),
    ]
    assert buffer.take() == []
