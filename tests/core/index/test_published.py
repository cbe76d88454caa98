"""What a node publishes of its friends, and what it tells the index when that changes: every recorded case.

The funder says what is published (`views.published`), the index client says it to the server (`Publication`).
"""

import pytest

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency
from offset.core.funder.ledger.mutual_credit import MutualCredit
from offset.core.funder.records import ConfigRecord
from offset.core.funder.state.state import Friend
from offset.core.funder.state.views import published
from offset.core.index.publication import Publication
from offset.wire.friend import ResetTerms
from offset.wire.index import IndexMutation, RemoveFriendCurrency, UpdateFriendCurrency
from support.vectors import Case, cases

NOBODY = bytes(32)


def rate(value: Case) -> Rate:
    return Rate(int(value["mul"]), int(value["add"]))


def configure(friend: Friend, config: Case) -> None:
    friend.configs[config["currency"]] = ConfigRecord(
        friend.public_key,
        config["currency"],
        rate(config["rate"]),
        int(config["remoteMaxDebt"]),
        config["isOpen"],
    )


def set_channel(friend: Friend, status: Case) -> None:
    friend.channel.local_terms = ResetTerms(bytes(64), 0, ()) if "inconsistent" in status else None
    friend.channel.credits = {}
    for report in status.get("consistent", {}).get("currencyReports", ()):
        credit = MutualCredit(report["currency"], int(report["balance"]["balance"]))
        credit.local_debt = int(report["balance"]["localPendingDebt"])
        credit.remote_debt = int(report["balance"]["remotePendingDebt"])
        friend.channel.credits[credit.currency] = credit


def friend_of(report: Case, public_key: bytes = NOBODY) -> Friend:
    """A friend in the reported state."""
    friend = Friend(NOBODY, public_key, report["name"], ())
    friend.is_enabled = "enabled" in report["status"]
    friend.is_online = "online" in report["liveness"]
    for config in report["currencyConfigs"]:
        configure(friend, config)
    set_channel(friend, report["channelStatus"])
    return friend


def change(friend: Friend, mutation: Case) -> dict[Currency, tuple[Amount, Rate]]:
    """What is published after a change of the friend's report."""
    if "removeFriend" in mutation:
        return {}
    ((kind, value),) = mutation["pkFriendReportMutation"]["friendReportMutation"].items()
    match kind:
        case "setLiveness":
            friend.is_online = "online" in value
        case "setStatus":
            friend.is_enabled = "enabled" in value
        case "updateCurrencyConfig":
            configure(friend, value)
        case "setChannelStatus":
            set_channel(friend, value)
        case "setName":
            friend.name = value
        case _:
            raise AssertionError(kind)
    return published(friend)


def told(mutation: Case) -> list[IndexMutation]:
    """The recorded mutation as we say it: a remove comes after an update to 0 (R2)."""
    ((kind, value),) = mutation.items()
    friend, currency = bytes.fromhex(value["publicKey"]), value["currency"]
    if kind == "updateFriendCurrency":
        return [UpdateFriendCurrency(friend, currency, int(value["recvCapacity"]), rate(value["rate"]))]
    return [UpdateFriendCurrency(friend, currency, 0, Rate()), RemoveFriendCurrency(friend, currency)]


@pytest.mark.parametrize("case", cases("index", "reported"), ids=lambda case: case["what"])
def test_published(case: Case) -> None:
    """Capacity and toll are those of the reference, and nothing is published where it publishes nothing."""
    assert published(friend_of(case["friendReport"])) == {
        entry["currency"]: (int(entry["recvCapacity"]), rate(entry["rate"])) for entry in case["reported"]
    }


@pytest.mark.parametrize("case", cases("index", "reportedChange"), ids=lambda case: case["what"])
def test_changes_are_told(case: Case) -> None:
    """After a change the index is told what the reference tells it, once, and nothing when nothing has changed."""
    key = bytes.fromhex(case["friendPublicKey"])
    friend, publication = friend_of(case["friendReport"], key), Publication()
    before = published(friend)
    publication.change({(key, currency): value for currency, value in before.items()})
    publication.next_batch(repeated=0)
    after = change(friend, case["mutation"])
    publication.change({(key, currency): after.get(currency) for currency in {**before, **after}})
    expected = [mutation for recorded in case["indexMutations"] for mutation in told(recorded)]
    assert publication.has_changed == bool(expected)
    if expected:
        assert list(publication.next_batch(repeated=0))[: len(expected)] == expected
