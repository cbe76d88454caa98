"""A folder with the files of an app, a scripted node, and stctrl in between."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offset.programs.stctrl import main
from offset.testing import APP, STRANGER, FakeNode
from offset.wire.files import (
    format_identity,
    format_ticket,
)
from support.commands import Done, one_sentence, put, run_main


class Desk:
    """A folder with the files of an app, a node, and the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], fake: FakeNode) -> None:
        self.folder, self.fake = folder, fake
        self.capsys = capsys
        put(folder / "app.ident", format_identity(APP))
        put(folder / "stranger.ident", format_identity(STRANGER))
        put(folder / "node.ticket", format_ticket(fake.ticket))

    def run(self, line: str, ident: str = "app.ident", ticket: str = "node.ticket") -> Done:
        """Run a command of the app at the node."""
        return run_main(main, ["-I", ident, "-T", ticket, *line.split()], self.capsys)

    def good(self, line: str) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.run(line)
        assert (done.status, done.stderr) == (0, "")
        return done.stdout

    def bad(self, line: str, **files: str) -> str:
        """Run a command that must fail; its one sentence."""
        done = self.run(line, **files)
        assert done.status == 1
        return one_sentence("stctrl", done.stderr)

    def put(self, name: str, text: str) -> None:
        """Make a file in the folder."""
        put(self.folder / name, text)

    def text(self, name: str) -> str:
        """The text of a file in the folder."""
        return (self.folder / name).read_text("utf-8")

    def has(self, name: str) -> bool:
        """Whether there is such a file in the folder."""
        return (self.folder / name).exists()


Open = Callable[..., Desk]
"""Makes a desk: its arguments are the report of the node and the permissions of the app."""

# Paying

PAY = "buyer pay-invoice -i a.invoice -p a.payment -c a.commit"
RESUME = f"{PAY} --resume"
STATUS = "buyer payment-status -p a.payment -r a.receipt"


def pay_too_long(buying: Desk, line: str = PAY) -> Done:
    """Pay until the time is over while a part is under way: a short time, or more where the machine is busy."""
    buying.fake.results = [None]
    for seconds in (0.2, 2, 20):
        done = buying.run(f"{line} --timeout {seconds}")
        assert done.status == 1
        if buying.fake.payments:
            return done
    raise AssertionError("the payment did not begin")


def paid(buying: Desk) -> bytes:
    """Pay; the id of the payment."""
    buying.good(PAY)
    (payment_id,) = buying.fake.payments
    return payment_id
