"""The folder of trusted apps: who is let in, and that one bad file locks out nobody."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import FILE_BYTES_MAX
from offset.crypto.identity import Identity
from offset.programs.trusted import TrustedApps
from offset.wire.app import AppPermissions
from offset.wire.files import AppTicket, format_app_ticket, format_identity

APP, OTHER = (Identity(SeededEntropy(name).bytes(32)) for name in ("app", "other"))
MAY = AppPermissions(routes=True, buyer=False, seller=True, config=False)
ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)


def ticket(identity: Identity = APP, permissions: AppPermissions = MAY) -> str:
    return format_app_ticket(AppTicket(identity.public_key, permissions))


BAD: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "no JSON": lambda path: path.write_text("{"),
    "another kind": lambda path: path.write_text(format_identity(APP)),
    "a piece": lambda path: path.write_text(ticket()[:-10]),
    "no text": lambda path: path.write_bytes(b"\xff\xfe" * 9),
    "too large": lambda path: path.write_text(ticket() + " " * FILE_BYTES_MAX),
    "leads nowhere": lambda path: path.symlink_to(path.parent / "gone"),
    "leads to itself": lambda path: path.symlink_to(path),
    "a pipe": lambda path: os.mkfifo(path),
}


@pytest.mark.parametrize("kind", BAD)
def test_01_d14_a_bad_file_is_skipped_and_named(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever lies in the folder, the apps named in other files may connect; the log names the file, once."""
    bad = tmp_path / "a-bad-one"
    BAD[kind](bad)
    (tmp_path / "folder").mkdir()
    (tmp_path / "good").write_text(ticket())
    trusted = TrustedApps(tmp_path)
    for _ in range(3):
        assert trusted(APP.public_key) == MAY
        assert trusted(OTHER.public_key) is None
    (line,) = caplog.messages
    assert line.startswith(f"skipped: {bad} is ")


def test_01_d14_a_file_that_may_not_be_looked_at(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link into a folder that is closed to the node is skipped and named like any bad file."""
    (tmp_path / "a-closed-one").write_text(ticket())
    (tmp_path / "good").write_text(ticket())
    stat = os.stat

    def closed(path: Any, **options: Any) -> Any:
        if str(path).endswith("a-closed-one"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", closed)
    trusted = TrustedApps(tmp_path)
    for _ in range(2):
        assert trusted(APP.public_key) == MAY
    (line,) = caplog.messages
    assert line == f"skipped: {tmp_path / 'a-closed-one'}: Permission denied"


def test_a_file_that_went_bad_again_is_named_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that was mended and broke again is news."""
    trusted, path = TrustedApps(tmp_path), tmp_path / "app"
    for text in ("{", ticket(), "{"):
        path.write_text(text)
        trusted(APP.public_key)
    assert len(caplog.messages) == 2


def test_the_folder_is_read_anew(tmp_path: Path) -> None:
    """Files come, change and go while the node runs; of two for one app the first by name counts."""
    trusted = TrustedApps(tmp_path)
    assert trusted(APP.public_key) is None
    (tmp_path / "b").write_text(ticket())
    assert trusted(APP.public_key) == MAY
    (tmp_path / "a").write_text(ticket(permissions=ALL))
    assert trusted(APP.public_key) == ALL
    (tmp_path / "a").unlink()
    (tmp_path / "b").unlink()
    assert trusted(APP.public_key) is None


def test_a_folder_that_is_gone_trusts_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is let in by mistake, and the log says why."""
    assert TrustedApps(tmp_path / "gone")(APP.public_key) is None
    assert "cannot read the folder of trusted apps" in caplog.text
