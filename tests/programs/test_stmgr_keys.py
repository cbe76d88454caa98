"""stmgr: identities that are locked, their keys, and what it says of each mistake."""

from __future__ import annotations

import sys
from pathlib import Path

import pyrage
import pytest

from offset.base import base64url
from offset.base.limits import (
    AGE_WORK_FACTOR,
    AGE_WORK_FACTOR_HIGH,
    AGE_WORK_FACTOR_LOW,
    PASSPHRASE_CHARACTERS_MIN,
)
from offset.crypto.age import armor, bech32
from offset.programs.stmgr import locking
from offset.programs.stmgr.lock_options import Wish
from offset.shell import unlock_reading
from offset.testing import NODE
from offset.wire.files import format_identity, parse_identity
from support.commands import put
from support.locked import KEY, PHRASE, key_file, locked_text, locked_with_phrase
from support.stmgr import Stmgr

CHEAP = ["--work-factor", str(AGE_WORK_FACTOR_LOW)]
NAME = base64url.encode(NODE.public_key)


@pytest.fixture
def stmgr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Stmgr:
    """A folder with one identity in three forms, and what opens them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    monkeypatch.setattr(sys, "stdin", None)
    put(tmp_path / "plain.ident", format_identity(NODE))
    put(tmp_path / "keyed.ident", locked_text(NODE))
    put(tmp_path / "phrase.ident", locked_with_phrase(NODE))
    for name in ("plain.ident", "keyed.ident", "phrase.ident"):
        (tmp_path / name).chmod(0o600)
    key_file(tmp_path)
    put(tmp_path / "phrase", f"{PHRASE}\n")
    (tmp_path / "phrase").chmod(0o600)
    return Stmgr(tmp_path, capsys)


def typed(monkeypatch: pytest.MonkeyPatch, *texts: str) -> list[str]:
    """A person who types these, one after the other; what is still to be typed."""
    left = list(texts)
    monkeypatch.setattr(unlock_reading, "ask", lambda _: left.pop(0))
    return left


def test_gen_key(stmgr: Stmgr) -> None:
    """The file is one as age-keygen writes it, and what is printed is its recipient."""
    recipient = stmgr.good("gen-key -o new.key").strip()
    comment, key = stmgr.text("new.key").splitlines()
    assert comment == f"# public key: {recipient}"
    assert str(pyrage.x25519.Identity.from_str(key).to_public()) == recipient
    assert "exists already" in stmgr.bad("gen-key -o new.key")


def test_gen_ident_for_keys(stmgr: Stmgr) -> None:
    """An identity that is locked from its first byte on opens with each of its keys, here and in pyrage."""
    other = stmgr.good("gen-key -o other.key").strip()
    assert stmgr.good(f"gen-ident -o new.ident --to {other} --to {KEY.recipient}") == ""
    text = stmgr.text("new.ident")
    assert armor.is_sealed(text)
    shown = {stmgr.good(f"show-key -i new.ident --unlock file:{key}") for key in ("other.key", "machine.key")}
    plain = pyrage.decrypt(text.encode(), [pyrage.x25519.Identity.from_str(KEY.text())]).decode()
    assert shown == {base64url.encode(parse_identity(plain).public_key) + "\n"}


def test_gen_ident_with_a_passphrase(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person types it twice; pyrage opens the file with it."""
    left = typed(monkeypatch, PHRASE, PHRASE)
    assert stmgr.good("gen-ident -o new.ident --encrypt", *CHEAP) == ""
    assert not left
    plain = pyrage.passphrase.decrypt(stmgr.text("new.ident").encode(), PHRASE).decode()
    assert stmgr.good("show-key -i new.ident --unlock file:phrase").strip() == base64url.encode(
        parse_identity(plain).public_key
    )


def test_gen_ident_in_two_ways(stmgr: Stmgr) -> None:
    """A passphrase stands alone in age, so both together are a wrong command line."""
    done = stmgr.run(f"gen-ident -o new.ident --encrypt --to {KEY.recipient}")
    assert done.status == 2
    assert done.stderr.startswith("stmgr: give --encrypt, for a passphrase, or --to, for a key.")
    assert not (stmgr.folder / "new.ident").exists()


def test_encrypt_ident(stmgr: Stmgr) -> None:
    """It is the same identity, opened again before it is said to open; the plain one stays."""
    line = "encrypt-ident -i plain.ident -o new.ident --passphrase file:phrase"
    assert stmgr.good(line, *CHEAP) == "new.ident is ready and opens. Remove plain.ident yourself.\n"
    assert pyrage.passphrase.decrypt(stmgr.text("new.ident").encode(), PHRASE).decode() == format_identity(
        NODE
    )
    assert stmgr.text("plain.ident") == format_identity(NODE)
    assert "exists already" in stmgr.bad(line, *CHEAP)


def test_encrypt_ident_for_a_key(stmgr: Stmgr) -> None:
    """What was locked with a passphrase is locked for a key; we have no key, so it is said how to try it."""
    line = f"encrypt-ident -i phrase.ident --unlock file:phrase -o new.ident --to {KEY.recipient}"
    assert stmgr.good(line) == (
        "new.ident is ready. Try it: stmgr show-key -i new.ident --unlock file:KEY. "
        "Then remove phrase.ident yourself.\n"
    )
    assert stmgr.good("show-key -i new.ident --unlock file:machine.key") == f"{NAME}\n"


def test_the_work_factor(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the file; without the option it is AGE_WORK_FACTOR, and others than ours are a wrong command line."""
    line = "encrypt-ident -i plain.ident -o new.ident --passphrase file:phrase --work-factor"
    stmgr.good(line, str(AGE_WORK_FACTOR_LOW))
    head = armor.take_off(stmgr.text("new.ident")).split(b"\n")[1]
    assert head.endswith(f" {AGE_WORK_FACTOR_LOW}".encode())
    for wrong in (AGE_WORK_FACTOR_LOW - 1, AGE_WORK_FACTOR_HIGH + 1):
        assert stmgr.run(line.replace("new", "other"), str(wrong)).status == 2
    wishes: list[Wish] = []
    monkeypatch.setattr(locking, "write_locked", lambda _identity, _output, wish: wishes.append(wish))
    stmgr.good("gen-ident -o other.ident --encrypt")
    assert wishes == [Wish((), "ask", AGE_WORK_FACTOR, False)]


def test_no_memory(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the memory that the work factor wants, nothing is written, and that is said."""

    def fail(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(locking, "seal", fail)
    assert stmgr.bad("gen-ident -o new.ident --encrypt --passphrase file:phrase", *CHEAP) == (
        f"there is not enough memory free for the work factor {AGE_WORK_FACTOR_LOW}: take a smaller one"
    )


def test_change_passphrase(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file opens with the new passphrase only, the old one stays with the old."""
    left = typed(monkeypatch, "some other words", "some other words")
    line = "change-passphrase -i phrase.ident -o new.ident --unlock file:phrase"
    assert (
        stmgr.good(line, *CHEAP)
        == "new.ident is ready and opens. Put it in the place of phrase.ident yourself.\n"
    )
    assert not left
    assert stmgr.bad("show-key -i new.ident --unlock file:phrase") == "the passphrase does not open new.ident"
    assert stmgr.good("show-key -i phrase.ident --unlock file:phrase") == f"{NAME}\n"
    put(stmgr.folder / "phrase", "some other words")
    assert stmgr.good("show-key -i new.ident --unlock file:phrase") == f"{NAME}\n"


def test_change_passphrase_of_a_plain_identity(stmgr: Stmgr) -> None:
    """It has none, so the command that locks it is named."""
    assert stmgr.bad("change-passphrase -i plain.ident -o new.ident --passphrase file:phrase") == (
        "plain.ident is not locked; lock it with: stmgr encrypt-ident -i plain.ident -o new.ident"
    )


def test_export_ident(stmgr: Stmgr) -> None:
    """What comes out is the very text of 0.1.11."""
    stmgr.good("export-ident -i keyed.ident --unlock file:machine.key -o new.ident")
    assert stmgr.text("new.ident") == format_identity(NODE)
    assert stmgr.bad("export-ident -i keyed.ident --unlock file:phrase -o other.ident") == (
        "keyed.ident opens with an age key (AGE-SECRET-KEY-1...), not with a passphrase"
    )


def test_show_key(stmgr: Stmgr) -> None:
    """The public key is that of all three forms."""
    for line in ("plain.ident", "keyed.ident --unlock file:machine.key", "phrase.ident --unlock file:phrase"):
        assert stmgr.good(f"show-key -i {line}") == f"{NAME}\n"


@pytest.mark.parametrize("count", [0, 1, PASSPHRASE_CHARACTERS_MIN - 1])
def test_short_passphrases(count: int, stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """PASSPHRASE_CHARACTERS_MIN characters are wanted, however they are composed; --weak takes any but none."""
    text = "e\u0301" * count
    typed(monkeypatch, text, text)
    assert stmgr.bad("gen-ident -o new.ident --encrypt", *CHEAP) == (
        f"a passphrase has at least 12 characters, this one has {count}: take some words more, or --weak"
    )
    typed(monkeypatch, text, text)
    done = stmgr.run("gen-ident -o new.ident --encrypt --weak", *CHEAP)
    assert done.status == (0 if count else 1)


def test_letters_that_are_composed(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a passphrase is stored in another form than typed, that is said, for the sake of other programs."""
    typed(monkeypatch, *["ka\u0308se und brot"] * 2)
    done = stmgr.run("gen-ident -o new.ident --encrypt", *CHEAP)
    assert done.status == 0
    assert done.stderr.startswith("stmgr: note: the letters of this passphrase are stored composed")
    stmgr.good("show-key -i new.ident --unlock file:phrase")


def test_mistakes(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mistake is one sentence, nothing is written, and no secret is repeated."""
    line = "encrypt-ident -i plain.ident -o new.ident"
    typed(monkeypatch, PHRASE, "another one here")
    assert stmgr.bad(line) == "these are two different passphrases; nothing was written"
    typed(monkeypatch, "# and brot and more")
    assert stmgr.bad(line) == "a passphrase does not begin with #: in a file that would be a comment"
    assert stmgr.bad(f"{line} --passphrase file:machine.key") == (
        "this is an age key, not a passphrase: lock for it with --to and its recipient"
    )
    wrong = "--to takes the recipient of an age key, age1...: stmgr gen-key prints it"
    assert stmgr.bad(f"{line} --to {KEY.text()}") == wrong
    assert stmgr.bad(f"{line} --to age1x") == wrong
    # A public key of small order: whoever locks for it locks for everybody.
    nobody = bech32.encode("age", bytes(32))
    assert stmgr.bad(f"{line} --to {nobody}") == (
        "nothing can be locked for one of these recipients: it is no key of anybody"
    )
    assert stmgr.bad(f"{line} --passphrase secret").startswith(
        "the source of a passphrase or key is one of: ask, "
    )
