"""stctrl info payments, invoices and history against a fake node."""

import csv
import json
from typing import Any

import pytest

from offset.base import base64url
from offset.programs.stctrl import info, listings
from offset.testing import FRIEND, NODE, SELLER, STRANGER, invoice
from offset.wire.app import AddInvoice, AppPermissions
from offset.wire.extension import HistoryRow
from offset.wire.recovery import FoundBalance, FoundRow, RecoveryRow, Stake
from support.desk import PAY, Desk, Open, paid

BOB = FRIEND.public_key
IDS = [bytes([number]) * 32 for number in range(3)]
DAY = 1_700_000_000_000


def row(number: int, kind: str, peer: bytes = BOB, currency: str = "FST") -> HistoryRow:
    """A row of the history."""
    return HistoryRow(number, DAY if number > 1 else 0, kind, bytes(16), currency, 50, peer, b"")


def words(text: str) -> str:
    """What a table says, without its lines."""
    return " ".join(text.replace("|", " ").split())


def test_registered() -> None:
    """They are commands of `stctrl info`, whose help has their first sentences without loading them."""
    for name, first_line in info.group.lazy.items():
        command = getattr(listings, name)
        assert command.get_short_help_str(300) == first_line.first_line


def test_payments(buying: Desk) -> None:
    """What is frozen, over whom, and whether there is a commit; and what is lost."""
    assert buying.good("info payments") == "No payments.\n"
    payment_id = paid(buying)
    text = words(buying.good("info payments"))
    assert f"{base64url.encode(payment_id)} 50 FST being paid" in text
    assert "the commit is made" in text
    assert "50 frozen over bob" in text
    buying.fake.do(lambda: buying.fake.lose_channel(payment_id, 52))
    assert "52 lost, may be claimed by bob" in words(buying.good("info payments"))
    (value,) = json.loads(buying.good("info payments --json"))
    assert value == {
        "payment_id": base64url.encode(payment_id),
        "invoice_id": base64url.encode(invoice().invoice_id),
        "currency": "FST",
        "amount": "50",
        "seller": base64url.encode(SELLER.public_key),
        "stage": "new",
        "commit": True,
        "held": [],
        "lost": [{"name": "bob", "public_key": base64url.encode(BOB), "amount": "52"}],
    }
    (cells,) = csv.DictReader(buying.good("info payments --csv").splitlines())
    assert (cells["commit"], cells["held"], cells["lost"]) == ("yes", "0", "52")
    assert buying.good(f"info payments --after {base64url.encode(payment_id)}") == "No more payments.\n"


def test_invoices(desk: Desk) -> None:
    """What is open, what buyers have frozen for it, and pages by id."""
    assert desk.good("info invoices") == "No open invoices.\n"
    assert desk.good("info invoices --csv") == ""
    for ident in IDS:
        desk.fake.invoices[ident] = AddInvoice(ident, "FST", 50)
    desk.fake.frozen = {IDS[1]: 20, IDS[2]: 50}
    text = words(desk.good("info invoices"))
    assert f"{base64url.encode(IDS[0])} 50 FST 0 frozen" in text
    assert f"{base64url.encode(IDS[1])} 50 FST 20 frozen" in text
    assert f"{base64url.encode(IDS[2])} 50 FST all of it is frozen" in text
    (value,) = json.loads(desk.good(f"info invoices --json --limit 1 --after {base64url.encode(IDS[0])}"))
    assert value == {
        "invoice_id": base64url.encode(IDS[1]),
        "currency": "FST",
        "amount": "50",
        "frozen": "20",
        "commit": False,
    }


def test_history(desk: Desk) -> None:
    """The newest first, in words; pages from both ends; a kind that is not known here as the node says it."""
    assert desk.good("info history") == "Nothing has ended.\n"
    kinds = ["paid", "unproved", "withdrawn", "eaten \x1b[2J"]
    peers = [BOB, STRANGER.public_key, NODE.public_key, BOB]
    desk.fake.history = [row(1 + place, kind, peers[place]) for place, kind in enumerate(kinds)]
    text = words(desk.good("info history"))
    assert text.index("4 2023-11-14 22:13:20 eaten") < text.index(
        "3 2023-11-14 22:13:20 invoice withdrawn 50 FST"
    )
    assert "\x1b" not in text
    assert "1 paid 50 FST bob" in text
    assert "nobody can prove" in text
    numbers = [
        [value["number"] for value in json.loads(desk.good(f"info history --json {option}"))]
        for option in ("", "--limit 2", "--before 3", "--after 1 --limit 2")
    ]
    assert numbers == [[4, 3, 2, 1], [4, 3], [2, 1], [2, 3]]
    assert desk.good("info history --after 4") == "Nothing more has ended.\n"
    first, *_, last = csv.DictReader(desk.good("info history --csv").splitlines())
    assert (first["number"], first["time_ms"], last["time_ms"]) == ("4", str(DAY), "")
    assert last["kind"] == "paid"


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("info history --after 1 --before 2", "Give --after or --before"),
        ("info history --csv --json", "Give --csv or --json"),
        ("info payments --after x", "is not an id"),
        ("info history --after -1", "not a whole number"),
        ("info history --limit 0", "not a whole number from 1"),
        ("info invoices --limit 0", "not a whole number from 1"),
    ],
)
def test_wrong_lines(line: str, sentence: str, desk: Desk) -> None:
    """They are refused with a sentence."""
    done = desk.run(line)
    assert done.status == 2
    assert sentence.lower() in done.stderr.lower()


@pytest.mark.parametrize("name", ["payments", "invoices", "history"])
def test_who_may_not_look(name: str, open_desk: Open) -> None:
    """An app without the permission is told which it needs; of a node of the reference, that it cannot list."""
    nothing = AppPermissions(routes=True, buyer=False, seller=False, config=False)
    needed = {"payments": "'buyer'", "invoices": "'seller'", "history": "'buyer' and 'seller', or 'config'"}
    assert needed[name] in open_desk(permissions=nothing).bad(f"info {name}")
    old: Any = open_desk()
    old.fake.answers_queries = False
    assert "does not list its payments, invoices and history" in old.bad(f"info {name}")


def test_a_payment_and_an_invoice_of_lost_files(buying: Desk) -> None:
    """What the listings name can be paid out of the way without a file."""
    buying.good(PAY)
    (buying.folder / "a.payment").unlink()
    (value,) = json.loads(buying.good("info payments --json"))
    release = f"buyer release-payment --id {value['payment_id']}"
    assert "in progress" in buying.bad(f"{release} --timeout 0.1")
    (payment_id,) = buying.fake.payments
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    assert "say with --receipt in which file" in buying.bad(release)
    assert buying.good(f"{release} -r a.receipt") == "Payment succeeded. Saving receipt to file.\n"
    assert buying.fake.payments == {}
    assert buying.has("a.receipt")
    assert "does not know this payment" in buying.bad(f"{release} -r b.receipt")


def test_found(open_desk: Open) -> None:
    """Whoever holds a signature of ours, when that was made, and what stands between us."""
    desk = open_desk()
    assert desk.good("info found") == "Nobody was found yet.\n"
    assert json.loads(desk.good("info found --json")) == []
    owed = (FoundBalance("FST", -70, 5, 0), FoundBalance("EUR", 3, 0, 2))
    desk.fake.found += [FoundRow(BOB, DAY // 1000, owed), FoundRow(STRANGER.public_key, 0, ())]
    text = words(desk.good("info found"))
    for part in (
        base64url.encode(BOB),
        "2023-11-14 22:13:20 -70 FST",
        "5 frozen by you",
        "+3 EUR",
        "2 frozen by the friend",
        "not known nothing is owed",
    ):
        assert part in text
    first, second = sorted(json.loads(desk.good("info found --json")), key=lambda row: row["signed_at"] or 0)
    assert first == {"public_key": base64url.encode(STRANGER.public_key), "signed_at": None, "balances": []}
    assert second["balances"][0] == {
        "currency": "FST",
        "balance": "-70",
        "frozen_here": "5",
        "frozen_there": "0",
    }


def test_found_needs_config(open_desk: Open) -> None:
    """Balances are nobody else's business."""
    desk = open_desk(permissions=AppPermissions(routes=True, buyer=True, seller=True, config=False))
    assert "does not have the permission 'config'" in desk.bad("info found")


def test_recovery(open_desk: Open) -> None:
    """Who has told, who has not, and what waits for whose word; a sentence when there is nothing to wait for."""
    desk = open_desk()
    assert desk.good("info recovery") == "There are no friends.\n"
    desk.fake.recovery.append(RecoveryRow(BOB, "told", 0, ()))
    assert desk.good("info recovery") == "All friends have told.\n"
    desk.fake.recovery.append(RecoveryRow(STRANGER.public_key, "unknown", DAY // 1000, (Stake("FST", 31),)))
    text = words(desk.good("info recovery"))
    for part in ("has told", "is no friend", "2023-11-14 22:13:20", "31 FST"):
        assert part in text
    (row,) = [row for row in json.loads(desk.good("info recovery --json")) if row["state"] == "unknown"]
    assert (row["name"], row["waiting"]) == (None, [{"currency": "FST", "amount": "31"}])
