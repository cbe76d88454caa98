"""stindex: whom it trusts, and what it says when it cannot start."""

from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.programs.stindex import main, read_trusted
from offset.wire.files import Ticket, format_identity, format_ticket

ONE, TWO = (Identity(bytes([i]) * 32).public_key for i in (1, 2))


def put(folder: Path, name: str, key: bytes, address: str) -> None:
    (folder / name).write_text(format_ticket(Ticket(key, address)), "utf-8")


def test_each_ticket_is_a_peer(tmp_path: Path) -> None:
    """Every file is a ticket, folders are skipped, and of two tickets with one key the first by name counts."""
    put(tmp_path, "b", ONE, "one.example:1")
    put(tmp_path, "a", ONE, "other.example:1")
    put(tmp_path, "c", TWO, "127.0.0.1:2")
    (tmp_path / "folder").mkdir()
    assert read_trusted(tmp_path) == {ONE: "other.example:1", TWO: "127.0.0.1:2"}


def test_a_bad_ticket_is_named(tmp_path: Path) -> None:
    """One bad file stops the start with its name, and so does a folder that is not there."""
    (tmp_path / "broken").write_text("{", "utf-8")
    with pytest.raises(UserFault, match="broken"):
        read_trusted(tmp_path)
    with pytest.raises(UserFault, match="nowhere"):
        read_trusted(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "option, value, status",
    [("-c", "localhost:1", 2), ("-s", "127.0.0.1", 2), ("-t", "nowhere", 1)],
)
def test_failures_have_a_status_and_a_sentence(
    option: str, value: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used is named in one sentence, with status 1, an address with 2 (the reference: 0, D-3)."""
    ident = tmp_path / "ident"
    ident.write_text(format_identity(Identity(bytes(32))), "utf-8")
    (tmp_path / "trusted").mkdir()
    options = {"-i": str(ident), "-c": "127.0.0.1:0", "-s": "127.0.0.1:0", "-t": str(tmp_path / "trusted")}
    options[option] = value
    assert main([word for pair in options.items() for word in pair]) == status
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert value in error
