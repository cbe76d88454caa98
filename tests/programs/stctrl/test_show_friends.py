"""What stctrl shows of friends beyond balances and links, which test_info.py has."""

import json

from offset.programs.stctrl.show_friends import friends_long_text, friends_text
from offset.testing import FRIEND, friend_report, node_report
from offset.wire.extension import Extra, LostCredits, LostPayment
from offset.wire.friend import CurrencyBalance
from offset.wire.report import ChannelInconsistent, ResetTermsReport
from support.desk import Open

BOB = FRIEND.public_key


def test_what_a_friend_may_claim_of_lost_payments(open_desk: Open) -> None:
    """Beside the terms of a reset stands what nobody can prove to be paid or unpaid, in all forms."""
    lost = tuple(LostPayment(bytes([n]) * 16, "FST", (LostCredits(BOB, 20 + n),), None) for n in range(2))
    remote = ResetTermsReport(b"t" * 64, (CurrencyBalance("FST", -10),))
    status = ChannelInconsistent((CurrencyBalance("FST", 60),), remote)
    report = node_report({BOB: friend_report("node1", status)}, extra=Extra(lost_payments=lost))
    for text in (friends_text(report), friends_long_text(report)):
        assert "lost with payments: 41 FST, which the friend may claim" in " ".join(text.split())
    (value,) = json.loads(open_desk(report).good("info friends --json"))
    assert value["lost"] == {"FST": "41"}
