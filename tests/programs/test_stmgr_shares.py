"""stmgr: sheets made from an identity, looked at, and joined again, and what it says of each mistake."""

from __future__ import annotations

import io
import stat
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from offset.base import base64url
from offset.base.limits import AGE_WORK_FACTOR_LOW, NAME_BYTES_MAX, SHARES_MAX
from offset.crypto.identity import Identity
from offset.crypto.shares import SHARES_NEEDED_MIN
from offset.programs import extras
from offset.programs.stmgr import shares
from offset.testing import NODE
from offset.wire.files import format_identity
from offset.wire.files.share_sheets import parse_sheet
from support.commands import put
from support.locked import KEY, PHRASE, locked_text
from support.shares import SET_NUMBER, SHARES, sheet_text
from support.stmgr import Stmgr

NAME = base64url.encode(NODE.public_key)


@pytest.fixture
def stmgr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Stmgr:
    """A folder with an identity and three sheets of it, of which two make it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    put(tmp_path / "node.ident", format_identity(NODE))
    (tmp_path / "node.ident").chmod(0o600)
    for number, (name, words) in enumerate(zip("abc", SHARES, strict=True), 1):
        put(tmp_path / f"{name}.txt", sheet_text(words, number))
    return Stmgr(tmp_path, capsys)


class Page(HTMLParser):
    """What a page shows: its text, and whether it loads anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.items: list[str] = []
        self.loads: list[str] = []
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.loads += [name for name, _ in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
        if self._tag == "li":
            self.items.append(data)
        self._tag = ""


def test_a_life_of_shares(stmgr: Stmgr) -> None:
    """Five sheets, in a folder for the owner only; three of them make the very file again."""
    told = stmgr.good("share-ident -i node.ident -O sheets --name Anna's")
    assert told.startswith("5 sheets are in sheets, and any 3 of them make the key: it was tried.\n")
    folder = stmgr.folder / "sheets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(f"share-{number}.{form}" for number in range(1, 6) for form in ("txt", "html"))
    assert "Card:  Anna's\n" in stmgr.text("sheets/share-1.txt")
    stmgr.good(f"join-shares {given('sheets/share-5', 'sheets/share-1', 'sheets/share-3')} -o again.ident")
    assert stmgr.text("again.ident") == format_identity(NODE)
    # A second set beside the first is refused before anything is made.
    assert "share-1.txt exists already" in stmgr.bad("share-ident -i node.ident -O sheets")


def test_the_page(stmgr: Stmgr) -> None:
    """It shows what the text does, loads nothing, and a name cannot become a part of it."""
    stmgr.good("share-ident -i node.ident -O sheets --need 2 --of 2 --name", "<b>Anna</b>&")
    page, text = (Page(stmgr.text("sheets/share-1.html")), stmgr.text("sheets/share-1.txt"))
    assert page.items == parse_sheet(text).words.split()
    assert {NAME, "<b>Anna</b>&"} <= set(page.shown)
    assert not page.loads
    assert "█" in text


def given(*names: str) -> str:
    """Sheets on a command line."""
    return " ".join(f"-s {name}.txt" for name in names)


def test_check_share(stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says whose and which, and none of the words."""
    whole = f"is whole: share 1 of set {SET_NUMBER}, 2 make the key.\n"
    told = stmgr.good("check-share -s a.txt")
    assert told == f"a.txt {whole}By its sheet it is of the key {NAME}.\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SHARES[0].encode())))
    told = stmgr.good("check-share -s -")
    assert told == f"- {whole}Whose it is stands on its sheet, in the line Key:, and is not here.\n"


def test_join_words_alone(stmgr: Stmgr) -> None:
    """Sheets that were typed as words only: then the key is to be compared by a person."""
    put(stmgr.folder / "w1.txt", SHARES[0])
    put(stmgr.folder / "w2.txt", SHARES[1])
    told = stmgr.good(f"join-shares {given('w1', 'w2')} -o new.ident")
    assert f"Its public key is {NAME}: compare it with what a friend has." in told
    assert stmgr.text("new.ident") == format_identity(NODE)
    told = stmgr.good(f"join-shares {given('w1', 'c', 'b')} -o other.ident")
    assert f"Its public key is {NAME}, as the sheets say." in told


def test_locked_on_both_sides(stmgr: Stmgr) -> None:
    """A locked identity is shared, and the new one is locked if that is asked for."""
    put(stmgr.folder / "locked.ident", locked_text(NODE))
    put(stmgr.folder / "machine.key", f"{KEY.text()}\n")
    put(stmgr.folder / "phrase", f"{PHRASE}\n")
    for name in ("locked.ident", "machine.key", "phrase"):
        (stmgr.folder / name).chmod(0o600)
    stmgr.good("share-ident -i locked.ident --unlock file:machine.key --need 2 --of 3 -O sheets")
    joined = "join-shares " + given("sheets/share-3", "sheets/share-2")
    stmgr.good(f"{joined} -o keyed.ident --to {KEY.recipient}")
    stmgr.good(
        f"{joined} -o phrase.ident --encrypt --passphrase file:phrase --work-factor {AGE_WORK_FACTOR_LOW}"
    )
    for name, secret in (("keyed", "machine.key"), ("phrase", "phrase")):
        assert stmgr.text(f"{name}.ident").startswith("-----BEGIN AGE")
        assert stmgr.good(f"show-key -i {name}.ident --unlock file:{secret}") == f"{NAME}\n"
    assert stmgr.run(f"{joined} -o x.ident --encrypt --to {KEY.recipient}").status == 2


def test_sheets_that_do_not_go_together(stmgr: Stmgr) -> None:
    """Too few, one twice, another set, another key: one sentence each, and nothing is made."""
    assert stmgr.bad("join-shares -s a.txt -o new.ident") == (
        f"2 shares make the key, and here is 1: find 1 more of set {SET_NUMBER}"
    )
    put(stmgr.folder / "copy.txt", SHARES[0])
    assert stmgr.bad(f"join-shares {given('a', 'copy')} -o new.ident") == (
        "a.txt and copy.txt are the same share, number 1: give another one"
    )
    stmgr.good("share-ident -i node.ident --need 2 --of 2 -O later")
    assert stmgr.bad(f"join-shares {given('a', 'later/share-2')} -o new.ident") == (
        "later/share-2.txt is of another set than a.txt: only shares that were made together make a key"
    )
    other = base64url.encode(Identity(bytes(32)).public_key)
    put(stmgr.folder / "wrong.txt", sheet_text(SHARES[1]).replace(NAME, other))
    assert stmgr.bad(f"join-shares {given('a', 'wrong')} -o new.ident") == (
        f"the shares make the key {NAME}, but wrong.txt names another one: "
        "compare its line Key: with the other sheets"
    )
    assert "node.ident exists already" in stmgr.bad(f"join-shares {given('a', 'b')} -o node.ident")


def test_sheets_that_are_none(stmgr: Stmgr) -> None:
    """The sentence names the file and what to do, and no word of a share."""
    put(stmgr.folder / "bad.txt", sheet_text(SHARES[0]).replace(SHARES[0].split()[8], "offset"))
    assert stmgr.bad("check-share -s bad.txt") == (
        "bad.txt is not a whole share: word 9 is not one of the words of SLIP-39"
    )
    put(stmgr.folder / "page.html", "<!doctype html>")
    assert stmgr.bad("check-share -s page.html") == (
        "page.html is a page for printing: give the text of the sheet, which has its name with .txt"
    )
    assert "no such file: none.txt" in stmgr.bad("check-share -s none.txt")


def test_how_many(stmgr: Stmgr) -> None:
    """From 2 to SHARES_MAX, and no more needed than made; the name has NAME_BYTES_MAX bytes."""
    line = "share-ident -i node.ident -O sheets"
    for wrong in ("--need 1", "--of 1", f"--of {SHARES_MAX + 1}", "--need 4 --of 3"):
        assert stmgr.run(f"{line} {wrong}").status == 2
    assert "at most 256 bytes" in stmgr.bad(line, "--name", "a" * (NAME_BYTES_MAX + 1))
    told = stmgr.good(f"{line} --need 2 --of {SHARES_MAX}", "--name", "a" * NAME_BYTES_MAX)
    assert told.startswith(f"{SHARES_MAX} sheets are in sheets, and any 2 ")


def test_places(stmgr: Stmgr) -> None:
    """The folder is made, but not those above it; a file in its place is not overwritten."""
    assert "there is no folder no" in stmgr.bad("share-ident -i node.ident -O no/sheets")
    assert "node.ident exists already" in stmgr.bad("share-ident -i node.ident -O node.ident")


@pytest.mark.parametrize(
    "line", ["share-ident -i node.ident -O sheets", "check-share -s a.txt", "join-shares -s a.txt -o new"]
)
def test_without_the_packages(line: str, stmgr: Stmgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to install."""
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert stmgr.bad(line) == (
        "this command needs more packages (segno, shamir_mnemonic); install them with: "
        "pip install 'offset-credit[shares]'"
    )


def test_the_least_number_is_that_of_the_shares() -> None:
    """The command line has it once more, since it cannot load the shares for it."""
    assert shares._NEEDED_MIN == SHARES_NEEDED_MIN
