"""Rule L5 in simulated networks: all moves of a card add up to what stands in its ledgers, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offset.base.credits import Balance
from offset.core.apps.reports import ReportView
from offset.engine.app import Heard, Ready
from offset.engine.surface import Tell
from offset.sim.cast.client import Client
from offset.sim.course.simulation import simulate
from offset.sim.script.losses import draw_with_losses
from offset.sim.script.plan import draw
from offset.wallet.moves import Expectations, Key, Ledgers, _standings

PLAIN, LOSSES = (1, 3), (0,)


class Follower:
    """What a wallet would write down of one node, from what its app is told."""

    def __init__(self) -> None:
        self.sums: dict[Key, Balance] = {}
        self.looks = self.moves = 0
        self._ledgers = Ledgers({}, Expectations(), is_first=True)

    def look(self, view: ReportView, *, is_whole: bool) -> None:
        """The app was told something; what it was told at first, or after it was away, is whole."""
        self.looks += 1
        moves = []
        if is_whole:
            moves = self._ledgers.whole(view.friends, self.looks)
        else:
            for friend in [
                friend for friend in {key[0]: None for key in self.sums} if friend not in view.friends
            ]:
                moves += self._ledgers.removed(friend, self.looks)
            for friend, report in view.friends.items():
                moves += self._ledgers.friend(friend, report.name, report.channel_status, self.looks)
        for move in moves:
            key = move.friend, move.currency
            self.sums[key] = self.sums.get(key, 0) + move.delta
            assert move.balance == self.sums[key]
        self.moves += len(moves)
        assert {key: total for key, total in self.sums.items() if total} == dict(_standing(view))


def _standing(view: ReportView) -> Iterator[tuple[Key, Balance]]:
    """What is owed now, or claimed where the books differ."""
    for friend, report in view.friends.items():
        for currency, standing in _standings(report.channel_status).items():
            if standing.balance:
                yield (friend, currency), standing.balance


@pytest.fixture
def followers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Follower]:
    """A follower beside the app of each node of the run that is next."""
    found: dict[str, Follower] = {}
    told = Client._told

    def also(client: Client, tell: Tell) -> None:
        told(client, tell)
        if isinstance(tell.detail, Ready | Heard) and client.view is not None:
            follower = found.setdefault(client.node, Follower())
            follower.look(client.view, is_whole=isinstance(tell.detail, Ready))

    monkeypatch.setattr(Client, "_told", also)
    return found


@pytest.mark.parametrize("seed", PLAIN)
def test_moves_add_up(seed: int, followers: dict[str, Follower]) -> None:
    """Under payments, crashes, friends that come and go, resets, and apps that were away."""
    outcome = simulate(draw(seed))
    assert outcome.violation is None
    assert sum(follower.moves for follower in followers.values()) > len(followers)


@pytest.mark.parametrize("seed", LOSSES)
def test_moves_add_up_after_losses(seed: int, followers: dict[str, Follower]) -> None:
    """When a node goes on from an old copy."""
    outcome = simulate(draw_with_losses(seed))
    assert outcome.violation is None
    assert sum(follower.moves for follower in followers.values()) > 0
