"""Where a passphrase or a key comes from: each source, and each way in which it fails."""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.base.limits import UNLOCK_BYTES_MAX
from offset.shell import unlock_reading
from offset.shell.unlock_reading import read
from offset.shell.unlock_sources import parse

KEYGEN = "# created: 2026-11-30\n# public key: age1x\nAGE-SECRET-KEY-1X\n"
"""What age-keygen writes."""


def refusal(text: str) -> str:
    """The sentence when this source is read."""
    with pytest.raises(UserFault) as caught:
        read(parse(text), "")
    return str(caught.value)


@pytest.mark.parametrize(
    "content, said",
    [
        ("käse und brot\n", "käse und brot"),
        ("käse und brot", "käse und brot"),
        ("\ufeff  blanks stay \r\nsecond\n", "  blanks stay "),
        (KEYGEN, "AGE-SECRET-KEY-1X"),
        ("\n\n# only\n\nlast\n", "last"),
    ],
)
def test_file(content: str, said: str, tmp_path: Path) -> None:
    """The first line that says something counts, as it stands."""
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    assert read(parse(f"file:{path}"), "") == said


def test_file_that_fails(tmp_path: Path) -> None:
    """A file that is missing, open to others, empty, no text or too large is named."""
    path = tmp_path / "machine.key"
    assert refusal(f"file:{path}") == f"cannot read {path}: No such file or directory"
    path.write_text("secret")
    for mode in (0o640, 0o604):
        path.chmod(mode)
        assert refusal(f"file:{path}") == f"{path} can be read by others; say: chmod 600 {path}"
    path.chmod(0o600)
    for content, said in (
        (b"# nothing\n\n", "holds no passphrase and no key"),
        (b"\xff", "is not text in UTF-8"),
        (b"x" * (UNLOCK_BYTES_MAX + 1), "is too large: expected at most 65536 bytes"),
    ):
        path.write_bytes(content)
        assert refusal(f"file:{path}") == f"{path} {said}"
    assert refusal(f"file:{tmp_path}") == f"cannot read {tmp_path}: Is a directory"


def test_descriptor() -> None:
    """A descriptor is read to its end and closed; one that is not open is named."""
    ours, theirs = os.pipe()
    os.write(theirs, b"secret\n")
    os.close(theirs)
    assert read(parse(f"fd:{ours}"), "") == "secret"
    with pytest.raises(OSError):
        os.fstat(ours)
    assert refusal(f"fd:{ours}") == f"cannot read descriptor {ours}: Bad file descriptor"


def test_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential lies in the folder that systemd names, with whatever rights; without one it is said what to do."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert refusal("credential:offset.unlock") == (
        "there is no credential offset.unlock: systemd gave us none; "
        "name it in the unit: LoadCredentialEncrypted=offset.unlock:FILE"
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert refusal("credential:offset.unlock") == (
        "cannot read the credential offset.unlock: No such file or directory"
    )
    (tmp_path / "offset.unlock").write_text(KEYGEN)
    (tmp_path / "offset.unlock").chmod(0o440)
    assert read(parse("credential:offset.unlock"), "") == "AGE-SECRET-KEY-1X"


def command(code: str) -> str:
    """A source: a command that runs this Python."""
    return f"command:{shlex.join([sys.executable, '-c', code])}"


def test_command() -> None:
    """What a command prints counts, without a shell; one that fails is named, and what it printed is not told."""
    assert read(parse(command("print('a $HOME b')")), "") == "a $HOME b"
    said = refusal(command("print('secret'); exit(3)"))
    assert said == f"{sys.executable} said no passphrase: it ended with status 3"
    assert refusal(command("")) == f"what {sys.executable} said holds no passphrase and no key"
    assert refusal("command:/nowhere/x y") == "cannot run /nowhere/x: No such file or directory"


def test_command_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """UNLOCK_COMMAND_MS_MAX is all the time that a command has; here it has none, and would wait for ever."""
    monkeypatch.setattr(unlock_reading, "UNLOCK_COMMAND_MS_MAX", 0)
    assert refusal(command("import threading; threading.Event().wait()")) == (
        f"{sys.executable} said no passphrase within 0 seconds"
    )


def test_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person is asked with the prompt, if there is a terminal at all."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"typed at {prompt}")
    monkeypatch.setattr(os, "ctermid", lambda: os.devnull)
    assert read(parse("ask"), "this: ") == "typed at this: "
    monkeypatch.setattr(os, "ctermid", lambda: "/nowhere/tty")
    assert refusal("ask") == (
        "there is no terminal at which to ask; say another source: "
        "file:PATH, fd:N, credential:NAME, command:LINE"
    )
