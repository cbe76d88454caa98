"""stverify does what the reference's does (tests/vectors/files.json), and fails better."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from offset.crypto.identity import Identity
from offset.programs.stverify import main
from offset.wire.files import (
    InvoiceFile,
    format_invoice,
    format_receipt,
    format_token,
    parse_token,
)
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)
from offset.wire.signing import info_hash, move_token_buffer
from support.commands import (
    contents,
    expected_status,
    lay_out,
    one_sentence,
    options_in,
    put,
    recorded,
    run_main,
    succeeded,
    with_field,
)
from support.fields import from_fields
from support.vectors import Case, cases


def _other_letter(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def _lay_out(folder: Path, at: int) -> None:
    """The files of the reference, and those that were changed by hand and so are not recorded."""
    lay_out(folder, at)
    receipt, token = folder / "net/receipt", folder / "net/t0.token"
    if receipt.exists():
        text = receipt.read_text()
        put(folder / "net/receipt_a", with_field(text, "dest_payment", lambda value: str(int(value) + 1)))
        put(
            folder / "net/receipt_b",
            with_field(text, "total_dest_payment", lambda value: str(int(value) + 1)),
        )
        put(folder / "net/receipt_c", with_field(text, "signature", _other_letter))
    if token.exists():
        put(folder / "net/bad.token", with_field(token.read_text(), "prefix_hash", _other_letter))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# What the reference calls it, and a word of ours that says it.
SAID = {
    "TokenInvalid": "not signed by its local_public_key",
    "InvoiceIdMismatch": "another invoice",
    "DestPaymentMismatch": "another amount",
    "InvalidReceipt": "not signed by the seller",
    "NotFound": "no such file: net/missing",
}


@pytest.mark.parametrize(
    "at, case",
    [pytest.param(at, case, id=case["what"] or " ".join(case["args"])) for at, case in recorded("stverify")],
)
def test_recorded_command(at: int, case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same files get the same verdict in the same words; 05 D-3: a failure has a status and a sentence."""
    _lay_out(folder, at)
    before = contents(folder)
    done = run_main(main, case["args"], capsys)
    assert done.status == expected_status(case)
    assert contents(folder) == before
    if case["args"] == ["--help"]:
        assert options_in(done.stdout) >= options_in(case["stdout"])
        assert {"help", "verify-receipt", "verify-token"} <= set(done.stdout.split())
    elif succeeded(case):
        assert (done.stdout, done.stderr) == (case["stdout"], "")
    else:
        assert done.stdout == ""
        (said,) = [ours for theirs, ours in SAID.items() if theirs in case["stderr"]]
        assert said in one_sentence("stverify", done.stderr)


def _receipts(folder: Path, number: int, currency: str) -> list[str]:
    """Lay out the receipt of a recorded response and an invoice for it; returns the command that checks them."""
    case = cases("signatures", "response")[number]
    receipt = from_fields("common.capnp", "Receipt", case["receipt"])
    seller = bytes.fromhex(case["publicKey"])
    invoice = InvoiceFile(receipt.invoice_id, currency, seller, receipt.total_dest_payment)
    put(folder / "a.invoice", format_invoice(invoice))
    put(folder / "a.receipt", format_receipt(receipt))
    return ["verify-receipt", "--invoice", "a.invoice", "--receipt=a.receipt"]


@pytest.mark.parametrize("number", range(len(cases("signatures", "response"))))
def test_recorded_receipts(number: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The receipt of each recorded response proves the payment of its invoice, or that of a part (D28)."""
    case = cases("signatures", "response")[number]
    done = run_main(main, _receipts(folder, number, case["currency"]), capsys)
    assert (done.status, done.stdout) == (0, "Receipt is valid!\n")
    is_whole = case["receipt"]["isComplete"]
    assert bool(done.stderr) == (not is_whole)
    assert ("about one part of a payment" in done.stderr) == (not is_whole)


def test_05_d17_currency_is_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A receipt in another currency than that of the invoice is refused; the reference does not look."""
    done = run_main(main, _receipts(folder, 0, "USD"), capsys)
    assert (done.status, done.stdout) == (1, "")
    assert one_sentence("stverify", done.stderr) == "a.receipt says FST, the invoice USD: another currency"


def test_05_d15_receipt_of_a_wallet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An invoice and a receipt in the spelling of wallets are checked like those of stctrl."""
    args = _receipts(folder, 0, "FST")
    for name in ("a.invoice", "a.receipt"):
        value = json.loads((folder / name).read_text())
        put(folder / name, json.dumps({_camel(key): item for key, item in value.items()}))
    assert run_main(main, args, capsys).stdout == "Receipt is valid!\n"


def _camel(name: str) -> str:
    return "".join(word.title() if at else word for at, word in enumerate(name.split("_")))


def _signed_token(*balances: CurrencyBalanceInfo) -> MoveTokenHashedReport:
    identity, other = Identity(bytes(32)), Identity(bytes(31) + b"\x01")
    info = TokenInfo(
        McInfo(identity.public_key, other.public_key, balances), CountersInfo(2**64 - 1, 2**128 - 1)
    )
    token = identity.sign(move_token_buffer(bytes(32), info_hash(info), bytes(16)))
    return MoveTokenHashedReport(bytes(32), info, bytes(16), token)


def test_all_balances_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each balance has its line, in the order that was signed, as large as a balance can be."""
    edges = BalanceInfo(-(2**127), 2**128 - 1, 0), BalanceInfo(2**127 - 1, 0, 2**128 - 1)
    token = _signed_token(
        *[CurrencyBalanceInfo(name, info) for name, info in zip(("Z", "A"), edges, strict=True)]
    )
    put(folder / "a.token", format_token(token))
    done = run_main(main, ["verify-token", "--token", "a.token"], capsys)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines()[4:] == [
        f"inconsistency_counter: {2**64 - 1}",
        f"move_token_counter: {2**128 - 1}",
        "balances:",
        "",
        f"- Z: balance=-{2**127}, lpd={2**128 - 1}, rpd=0",
        f"- A: balance={2**127 - 1}, lpd=0, rpd={2**128 - 1}",
    ]


def test_currency_cannot_fake_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A signed currency name with line ends or escapes of the terminal is shown escaped, on its own line."""
    token = _signed_token(CurrencyBalanceInfo("\nToken \x1b[2J", BalanceInfo(1, 0, 0)))
    put(folder / "a.token", format_token(token))
    assert parse_token(format_token(token)) == token
    done = run_main(main, ["verify-token", "-t", "a.token"], capsys)
    assert done.stdout.splitlines()[-1] == "- \\nToken \\x1b[2J: balance=1, lpd=0, rpd=0"


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"prefix_hash": "x"}'])
def test_bad_token_file(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no token is said to be none, in one sentence."""
    put(folder / "a.token", text)
    done = run_main(main, ["verify-token", "-t", "a.token"], capsys)
    assert (done.status, done.stdout) == (1, "")
    assert one_sentence("stverify", done.stderr).startswith("a.token is not a token: ")


@pytest.mark.parametrize(
    "args", [["verify-token"], ["verify-receipt", "-i", "x"], ["verify-token", "-t"], ["-x"]]
)
def test_wrong_command_line(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line has status 2 and says where the help is."""
    done = run_main(main, args, capsys)
    assert (done.status, done.stdout) == (2, "")
    assert "--help" in one_sentence("stverify", done.stderr)


def test_as_a_process(tmp_path: Path) -> None:
    """As a real process it takes a good token and refuses it with one letter changed, with status 1."""
    put(tmp_path / "good.token", format_token(_signed_token()))
    put(tmp_path / "bad.token", with_field((tmp_path / "good.token").read_text(), "new_token", _other_letter))
    good, bad = [
        subprocess.run(
            [sys.executable, "-m", "offset.programs.stverify", "verify-token", "-t", name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for name in ("good.token", "bad.token")
    ]
    assert (good.returncode, good.stdout.splitlines()[0], good.stderr) == (0, "Token is valid!", "")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "not signed by its local_public_key" in one_sentence("stverify", bad.stderr)
