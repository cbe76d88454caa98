"""Acts in words, and who has a part in them."""

import pytest

from offset.sim.script.act import Act
from offset.sim.script.changes import CHANGES, Befriend, TryUnprivileged
from offset.sim.script.faults import FAULTS, Crash, Doze, Swizzle
from offset.sim.script.payments import Pay


@pytest.mark.parametrize(
    "act, words",
    [
        (Befriend(5, "A", "B", 100, 0), "befriend A B 100 0"),
        (Crash(5, "A", "fsync"), "crash A fsync"),
        (Swizzle(5, ("A", "relay0"), 200), "swizzle A-relay0 200"),
        (Doze(5, "B", 200, True), "doze B 200 True"),
        (TryUnprivileged(5, "C"), "poor app C"),
        (Pay(5, "A", "B", "FST", 7, (("A", "B"),)), "pay A B FST 7 (('A', 'B'),) 0 60000 0 "),
    ],
)
def test_words(act: Act, words: str) -> None:
    """The word of the class and its fields but for the moment: traces of earlier versions say the same."""
    assert act.words() == words


def test_kinds() -> None:
    """Acts are counted by their words, crashes by how they happen as well; no two classes share a word."""
    assert Crash(5, "A", "now").kind == "crash now"
    assert Doze(5, "A", 1, False).kind == "doze"
    words = [kind.word for kind in (*CHANGES, *FAULTS, Pay)]
    assert len(set(words)) == len(words)


def test_names() -> None:
    """Hosts stand in fields of their own, in tuples, and in tuples of these."""
    pay = Pay(5, "A", "B", "FST", 7, (("A", "C", "B"),))
    assert [name for name in "ABCD" if pay.names(name)] == ["A", "B", "C"]
    assert Swizzle(5, ("A", "relay0"), 200).names("relay0")
    assert not Crash(5, "A", "now").names("B")
