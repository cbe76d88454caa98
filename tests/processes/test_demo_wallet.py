"""`offset demo --wallet`: a payment that is ready to be made by hand, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from offset.programs.offset.rest import Rest
from support.network import PATIENCE_S, PROGRAMS, eventually
from support.processes import processes_naming, started


def test_a_payment_by_hand(tmp_path: Path) -> None:
    """A's yes freezes the credits, the commit handed to D collects them, and at Ctrl-C all is ended and removed."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    for folder in (home, temporary):
        folder.mkdir()
    with started(
        [PROGRAMS / "offset", "demo", "--wallet", "--amount", "70"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "HOME": str(home), "BROWSER": "true"},
    ) as process:
        assert process.stdout is not None
        said = []
        while not said or "Ctrl-C" not in said[-1]:
            said.append(process.stdout.readline())
            assert said[-1], process.communicate()
        # A page for each, which a browser would open now.
        assert len(list(home.glob("offset-wallet-*.html"))) == 2
        folders = dict(re.findall(r"One more page of (\w): offset wallet --folder (.+) open", "".join(said)))
        buyer, seller = Rest(Path(folders["A"])), Rest(Path(folders["D"]))
        (mine,), (theirs,) = buyer.get("cards"), seller.get("cards")
        (purchase,) = buyer.get("cards", mine["id"], "purchases")
        assert (purchase["stage"], purchase["invoice"]["amount"]) == ("priced", "70")
        (sale,) = seller.get("cards", theirs["id"], "sales")
        assert (sale["stage"], sale["note"]) == ("open", "Lunch")
        one = ("cards", mine["id"], "purchases", purchase["id"])
        buyer.call("POST", *one, "confirm", body={"fees_max": "2"})
        eventually(lambda: buyer.get(*one)["stage"] == "held", "the credits are frozen")
        text = buyer.get(*one, "commit")["text"]
        paid = ("cards", theirs["id"], "sales", sale["id"])
        seller.call("POST", *paid, "commit", body={"commit": text})
        eventually(lambda: seller.get(*paid)["stage"] == "collected", "D has collected")
        eventually(lambda: buyer.get(*one)["stage"] == "done", "A has the receipt")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, errors) == (0, "")
    assert processes_naming(temporary) == []
    assert list(temporary.iterdir()) == []
    assert list(home.glob("offset-wallet-*.html")) == []
