"""Identity files are opened in one place, with one sentence for each way to fail."""

import os
from pathlib import Path

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.faults import UserFault
from offset.base.limits import FILE_BYTES_MAX
from offset.crypto.age.sealed import seal
from offset.crypto.age.secrets import Key
from offset.crypto.identity import Identity
from offset.shell.identity_file import open_identity
from offset.wire.files import format_identity

IDENTITY = Identity(bytes(range(32)))


def test_open(tmp_path: Path) -> None:
    """The file that was made from an identity opens as that identity."""
    path = tmp_path / "a.ident"
    path.write_text(format_identity(IDENTITY))
    assert open_identity(path).private_key() == IDENTITY.private_key()


@pytest.mark.parametrize("mode, is_warned", [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_open_to_others(mode: int, is_warned: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A key that other users can read is named in a warning, with what to do; it opens all the same."""
    path = tmp_path / "a.ident"
    path.write_text(format_identity(IDENTITY))
    path.chmod(mode)
    open_identity(path)
    said = f"the identity file {path} is open to other users of this machine; close it with: chmod 600 {path}"
    assert caplog.messages == ([said] if is_warned else [])


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "no such file: {path}; make it with: stmgr gen-ident -o {path}"),
        (b"\xff", "{path} is not text in UTF-8"),
        (b" " * (FILE_BYTES_MAX + 1), "{path} is too large: expected at most 1048576 bytes"),
        (b"{", "{path} is not an identity: it is not JSON at line 1, column 2"),
        (
            b'{"privateKey": ""}',
            "{path} is not an identity: privateKey: expected 43 characters of base64url (32 bytes)",
        ),
    ],
    ids=["missing", "no text", "too large", "no JSON", "no key"],
)
def test_failures(content: bytes | None, said: str, tmp_path: Path) -> None:
    """Whatever is wrong with the file is one sentence that names it."""
    path = tmp_path / "a.ident"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserFault) as caught:
        open_identity(path)
    assert str(caught.value) == said.format(path=path)


def test_folder(tmp_path: Path) -> None:
    """A folder in its place is said to be one."""
    with pytest.raises(UserFault) as caught:
        open_identity(tmp_path)
    assert str(caught.value) == f"cannot read {tmp_path}: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_closed(tmp_path: Path) -> None:
    """So is a file that belongs to somebody else."""
    path = tmp_path / "a.ident"
    path.write_text(format_identity(IDENTITY))
    path.chmod(0)
    with pytest.raises(UserFault) as caught:
        open_identity(path)
    assert str(caught.value) == f"cannot read {path}: Permission denied"


def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked identity opens with what --unlock, or else OFFSET_UNLOCK, names; a source that is none is refused."""
    path, key = tmp_path / "a.ident", Key(bytes(range(32)))
    path.write_text(seal(format_identity(IDENTITY).encode(), [key.recipient], SeededEntropy(1)))
    secret = tmp_path / "a.key"
    secret.write_text(key.text())
    for file in (path, secret):
        file.chmod(0o600)
    assert open_identity(path, f"file:{secret}").private_key() == IDENTITY.private_key()
    monkeypatch.setenv("OFFSET_UNLOCK", f"file:{secret}")
    assert open_identity(path).private_key() == IDENTITY.private_key()
    with pytest.raises(UserFault, match=r"^the source of a passphrase or key is one of: ask,"):
        open_identity(path, "the passphrase")


def test_what_is_not_locked_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At the level info a plain identity is named, with what locks it; a locked one is not."""
    path, key = tmp_path / "a.ident", Key(bytes(range(32)))
    path.write_text(format_identity(IDENTITY))
    path.chmod(0o600)
    caplog.set_level("INFO", "offset")
    open_identity(path)
    assert caplog.messages == [
        f"the identity file {path} is not locked; lock it with: stmgr encrypt-ident -i {path}"
    ]
    caplog.clear()
    path.write_text(seal(format_identity(IDENTITY).encode(), [key.recipient], SeededEntropy(1)))
    secret = tmp_path / "a.key"
    secret.write_text(key.text())
    secret.chmod(0o600)
    open_identity(path, f"file:{secret}")
    assert caplog.messages == []


def test_locked_and_no_identity(tmp_path: Path) -> None:
    """What opens and is no identity is said as of a plain file, and the content is not told."""
    path, secret, key = tmp_path / "a.ident", tmp_path / "a.key", Key(bytes(range(32)))
    path.write_text(seal(b'{"other": "secret"}', [key.recipient], SeededEntropy(1)))
    secret.write_text(key.text())
    secret.chmod(0o600)
    with pytest.raises(UserFault) as caught:
        open_identity(path, f"file:{secret}")
    assert str(caught.value).startswith(f"{path} is not an identity: ")
    assert "secret" not in str(caught.value).removeprefix(str(path))
