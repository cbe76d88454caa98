"""An app that the owner trusts with nothing, and that tries everything all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Over, Ready
from offset.engine.surface import Tell, Woken
from offset.sim.host import Host, identity_seed
from offset.wire.app import AddInvoice, AppRequest, AppToAppServer, CancelInvoice, RemoveFriend, RemoveRelay

if TYPE_CHECKING:
    from offset.sim.town import Town


class PoorApp:
    """Connects, and asks for what it may not."""

    def __init__(self, town: Town, node: str) -> None:
        self.town, self.node = town, node
        self.is_over = False
        self.was_ready = False
        chance = town.world.chance.fork(f"poor {node} {town.world.now}")
        self.invoice_id = chance.bytes(32)
        key = town.key(chance.pick(town.scenario.nodes))
        requests: tuple[AppRequest, ...] = (
            AddInvoice(self.invoice_id, "FST", 5),
            CancelInvoice(self.invoice_id),
            RemoveFriend(key),
            RemoveRelay(town.key("relay0")),
        )
        self._request = AppToAppServer(
            chance.bytes(16),
            chance.pick(requests),
        )
        identity = Identity(identity_seed(f"poor app of {node}"))
        self.host = Host(
            town.world,
            town.network,
            f"poor app {node}",
            lambda host: AppEngine(identity, chance, f"{node}:1", town.key(node)),
            site=node,
        )
        self.host.is_wanted = False
        self.host.on_tell = self._told
        self.host.start()

    def _told(self, tell: Tell) -> None:
        match tell.detail:
            case Ready():
                self.was_ready = True
                engine = self.host.engine
                assert isinstance(engine, AppEngine)
                engine.post(self._request)
                self.town.world.after(0, lambda: self.host.feed(Woken()))
            case Over():
                self.is_over = True
            case _:
                pass
