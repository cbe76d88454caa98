"""Short names of ids, and that the type checker tells one kind of id from another."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from offset.base.ids import short

ROOT = Path(__file__).resolve().parents[2]

OPENING = """
from offset.base.ids import (
    Conn, Currency, DhPublicKey, HashedLock, InvoiceId, PaymentId, PlainLock, PublicKey, RequestId, Salt, Uid
)
from offset.core.meeting.effects import CloseLine, LineId
from offset.core.funder.records import LOST, Origin
from offset.crypto.exchange import derive_key
from offset.crypto.locks import hash_lock
from offset.engine.surface import Close
from offset.wire.app import AckClosePayment, CancelInvoice, DisableFriend, OpenFriendCurrency, RequestClosePayment
from offset.wire.friend import CancelOp

key: PublicKey
dh_key: DhPublicKey
salt: Salt
uid: Uid
request_id: RequestId
invoice_id: InvoiceId
payment_id: PaymentId
plain_lock: PlainLock
hashed_lock: HashedLock
currency: Currency
conn: Conn
line: LineId
origin: Origin
friends: dict[PublicKey, str]
"""

PAIRS = [
    ("RequestClosePayment(payment_id)", "RequestClosePayment(invoice_id)"),
    ("CancelInvoice(invoice_id)", "CancelInvoice(payment_id)"),
    ("AckClosePayment(payment_id, uid)", "AckClosePayment(payment_id, key)"),
    ("AckClosePayment(payment_id, uid)", "AckClosePayment(payment_id, request_id)"),
    ("CancelOp(request_id)", "CancelOp(uid)"),
    ("CancelOp(request_id)", "CancelOp(b'16 bytes of text')"),
    ("DisableFriend(key)", "DisableFriend(dh_key)"),
    ("OpenFriendCurrency(key, currency)", "OpenFriendCurrency(key, 'FST')"),
    ("hash_lock(plain_lock)", "hash_lock(hashed_lock)"),
    ("derive_key(b'', salt)", "derive_key(b'', dh_key)"),
    ("CloseLine(line)", "CloseLine(conn)"),
    ("Close(conn)", "Close(line)"),
    ("friends[key]", "friends[origin]"),
    ("friends[key]", "friends[LOST]"),
]
"""What is accepted, and what looks the same at run time and is refused."""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The statements of all pairs that one run of the checker, with the settings of the project, complains of."""
    statements = [statement for pair in PAIRS for statement in pair]
    program = tmp_path_factory.mktemp("ids") / "mixed.py"
    program.write_text(OPENING + "\n".join(statements) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    found = set()
    for complaint in done.stdout.splitlines():
        place = re.fullmatch(r".*mixed\.py:(\d+): error: .*\[(?:arg-type|index)\]", complaint)
        assert place, complaint
        found.add(statements[int(place[1]) - OPENING.count("\n") - 1])
    return found


@pytest.mark.parametrize("right, wrong", PAIRS)
def test_one_kind_of_id_does_not_pass_for_another(refused: set[str], right: str, wrong: str) -> None:
    """The type checker refuses an id of another kind, and accepts the right one."""
    assert right not in refused
    assert wrong in refused


def test_short() -> None:
    """A long name is shown by its first bytes, an empty one by nothing."""
    assert short(bytes.fromhex("0123456789ab")) == "01234567"
    assert short(b"") == ""
