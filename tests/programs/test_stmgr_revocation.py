"""stmgr revocation: a file that its owner keeps for the day on which the key is stolen."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.testing import NODE
from offset.wire.files import format_identity
from offset.wire.files.revocations import parse_revocation
from offset.wire.revocations import sign_revocation, verify_revocation
from support.commands import put
from support.stmgr import Stmgr


@pytest.fixture
def stmgr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Stmgr:
    """A folder with an identity."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "node.ident", format_identity(NODE))
    (tmp_path / "node.ident").chmod(0o600)
    return Stmgr(tmp_path, capsys)


def test_revocation(stmgr: Stmgr) -> None:
    """It is for its owner's eyes only, signed by the key, and always the same."""
    told = stmgr.good("revocation -i node.ident -o node.revoked")
    assert told == "node.revoked is ready. Keep it apart from node.ident, where only you find it.\n"
    made = parse_revocation(stmgr.text("node.revoked"))
    assert made == sign_revocation(NODE)
    assert verify_revocation(made)
    assert "exists already" in stmgr.bad("revocation -i node.ident -o node.revoked")
    assert "no such file" in stmgr.bad("revocation -i no.ident -o new.revoked")
