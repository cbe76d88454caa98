"""What the store remembers for index servers: pairs that are gone and may still be believed in."""

from offset.base.credits import FREE
from offset.base.ids import PublicKey
from offset.base.limits import WITHDRAWN_MAX
from offset.core.funder.records import (
    Changes,
    ConfigKey,
    ConfigRecord,
    FriendKey,
    FriendRecord,
    SentRelays,
    WithdrawnKey,
    WithdrawnRecord,
)
from offset.core.funder.state.state import FunderState
from offset.engine.withdrawn import Withdrawn
from support.payments import key

ANN, BOB = PublicKey(key("ann")), PublicKey(key("bob"))
GONE = WithdrawnRecord(ANN, "FST")


def test_what_is_removed_is_remembered_until_it_is_taken_back() -> None:
    """A row comes with the change that removes the settings, and goes when no server believes in the pair any more."""
    withdrawn = Withdrawn([])
    changes: Changes = {ConfigKey(ANN, "FST"): None, ConfigKey(BOB, "FST"): None, FriendKey(ANN): None}
    before = dict(changes)
    assert withdrawn.removed(changes) == [(ANN, "FST"), (BOB, "FST")]
    assert changes == {
        **before,
        GONE.key(): GONE,
        WithdrawnKey(BOB, "FST"): WithdrawnRecord(BOB, "FST"),
    }
    assert withdrawn.taken_back([(ANN, "FST"), (ANN, "EUR")]) == {GONE.key(): None}
    assert withdrawn.taken_back([(ANN, "FST")]) == {}


def test_what_is_published_again_is_not_withdrawn() -> None:
    """A friend who is added again is published as ever, and its row goes."""
    withdrawn = Withdrawn([GONE])
    assert withdrawn.published({(ANN, "FST"): None}) == {}
    assert withdrawn.published({(ANN, "FST"): (5, FREE), (BOB, "FST"): (5, FREE)}) == {GONE.key(): None}
    assert withdrawn.published({(ANN, "FST"): (6, FREE)}) == {}


def test_settings_that_change_are_not_removed() -> None:
    """Only a row that goes is a pair that is gone."""
    record = ConfigRecord(ANN, "FST", FREE, 5, True)
    assert Withdrawn([]).removed({record.key(): record, FriendKey(BOB): None}) == []


def test_after_a_start_every_pair_is_doubtful() -> None:
    """Those of friends, whether online or not, and those that went with their friend."""
    state = FunderState(PublicKey(key("own")))
    state.restore(
        [
            FriendRecord(BOB, "bob", True, (), SentRelays()),
            ConfigRecord(BOB, "EUR", FREE, 5, False),
            GONE,
        ]
    )
    assert Withdrawn([GONE]).doubtful(state) == [(BOB, "EUR"), (ANN, "FST")]


def test_what_is_remembered_is_bounded() -> None:
    """No more than WITHDRAWN_MAX rows: of further ones an index server forgets by itself, when they are too old."""
    withdrawn = Withdrawn([])
    for number in range(WITHDRAWN_MAX):
        assert len(withdrawn.removed({ConfigKey(ANN, str(number)): None})) == 1
    assert withdrawn.removed({ConfigKey(ANN, "one more"): None}) == []
    assert len(withdrawn.taken_back([(ANN, "7")])) == 1
    assert len(withdrawn.removed({ConfigKey(ANN, "one more"): None})) == 1
