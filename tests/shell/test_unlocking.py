"""Opening a locked identity, and the sentence for each way in which it does not open."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.faults import UserFault
from offset.base.limits import AGE_WORK_FACTOR_MAX, UNLOCK_TRIES_MAX
from offset.crypto.age import armor
from offset.crypto.age.sealed import seal
from offset.crypto.age.secrets import Key, Lock, Passphrase
from offset.shell import unlock_reading, unlock_sources, unlocking
from offset.shell.unlock_sources import Source, parse
from offset.shell.unlocking import opened, unlock

PATH = Path("node.ident")
KEY, OTHER = Key(bytes(range(32))), Key(bytes(range(1, 33)))
PHRASE = "käse und brot"
CHEAP = 4


def sealed(lock: Lock, content: bytes = b"plain") -> str:
    """A locked text."""
    return seal(content, [lock], SeededEntropy(7))


LOCKED, KEYED = sealed(Passphrase(PHRASE, CHEAP)), sealed(KEY.recipient)


def refusal(text: str, given: str) -> str:
    """The sentence when this text is opened with that."""
    with pytest.raises(UserFault) as caught:
        opened(text, PATH, given)
    return str(caught.value)


def test_opened() -> None:
    """A passphrase and a key open what was locked with them; white space around a key does not matter."""
    assert opened(LOCKED, PATH, PHRASE) == "plain"
    assert opened(KEYED, PATH, f"{KEY.text()} ") == "plain"


def test_wrong_secrets() -> None:
    """What does not open is said, with what would, and never with what was given."""
    assert refusal(LOCKED, "käse und bier") == "the passphrase does not open node.ident"
    assert refusal(KEYED, OTHER.text()) == "the key does not open node.ident"
    assert refusal(LOCKED, KEY.text()) == "node.ident opens with a passphrase, not with an age key"
    assert refusal(KEYED, PHRASE) == (
        "node.ident opens with an age key (AGE-SECRET-KEY-1...), not with a passphrase"
    )
    assert refusal(KEYED, KEY.text()[:-1]) == "the age key is not whole: a character is wrong or missing"


def test_too_costly() -> None:
    """Beyond AGE_WORK_FACTOR_MAX the memory that it wants is told."""
    data = armor.take_off(LOCKED).replace(f" {CHEAP}\n".encode(), f" {AGE_WORK_FACTOR_MAX + 1}\n".encode(), 1)
    assert refusal(armor.put_on(data), PHRASE) == (
        "node.ident wants 4 GiB of memory to open (work factor 22); open it with age and encrypt it anew"
    )


def test_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the memory that a passphrase takes that is said, and no fault of ours."""

    def fail(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(unlocking, "unseal", fail)
    assert refusal(LOCKED, PHRASE) == (
        "there is not enough memory free to open node.ident: free some and try again"
    )


def test_damaged() -> None:
    """A text that was changed or cut off is said to be damaged, before anybody is asked for anything."""
    for text in (LOCKED[:-40], LOCKED.replace("A", "B", 1), LOCKED.split("\n")[0]):
        with pytest.raises(UserFault, match=r"^node\.ident is damaged: use a copy of it instead$"):
            unlock(text, PATH, Source("nothing", "is read"))
    data = armor.take_off(KEYED)
    cut = armor.put_on(data[:-1])
    assert refusal(cut, KEY.text()) == "node.ident is damaged: use a copy of it instead"


def test_no_text() -> None:
    """What opens and is no text is no identity."""
    assert refusal(sealed(KEY.recipient, b"\xff"), KEY.text()) == "node.ident opens, but holds no identity"


def test_without_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a source and a terminal all sources are named, and whether it is a passphrase or a key."""
    monkeypatch.setattr(unlock_sources, "default", lambda: None)
    for text, kind in ((LOCKED, "passphrase"), (KEYED, "key")):
        with pytest.raises(UserFault) as caught:
            unlock(text, PATH, None)
        assert str(caught.value) == (
            f"node.ident is locked; say where its {kind} is: "
            "--unlock ask, file:PATH, fd:N, credential:NAME, command:LINE"
        )


def test_a_source(tmp_path: Path) -> None:
    """A source is read once; what it says must open."""
    path = tmp_path / "secret"
    path.write_text(f"{PHRASE}\n")
    path.chmod(0o600)
    assert unlock(LOCKED, PATH, parse(f"file:{path}")) == "plain"
    path.write_text("wrong\n")
    with pytest.raises(UserFault, match="the passphrase does not open"):
        unlock(LOCKED, PATH, parse(f"file:{path}"))


def test_a_person_may_try_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At the terminal there are UNLOCK_TRIES_MAX tries, and each failure is said."""
    given: list[str] = []
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return given.pop(0)

    monkeypatch.setattr(unlock_reading, "ask", ask)
    given += ["wrong", "wrong", PHRASE]
    assert unlock(LOCKED, PATH, Source("ask", "")) == "plain"
    assert asked == ["The passphrase of node.ident: "] * UNLOCK_TRIES_MAX
    assert capsys.readouterr().err == "the passphrase does not open node.ident; try again\n" * 2
    given += ["wrong"] * UNLOCK_TRIES_MAX
    with pytest.raises(UserFault, match="the passphrase does not open"):
        unlock(LOCKED, PATH, Source("ask", ""))
    assert not given
