"""An app that the owner trusts with nothing, and that tries everything all the same, also to see what it may not."""

from __future__ import annotations

from offset.base.entropy import new_invoice_id, new_uid
from offset.base.ids import Currency
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Over, Ready
from offset.engine.surface import Tell, Woken
from offset.sim.cast.cast import Cast
from offset.sim.physics.host import Host, identity_seed
from offset.wire.app import AddInvoice, AppRequest, AppToAppServer, CancelInvoice, RemoveFriend, RemoveRelay
from offset.wire.extension import HistoryBefore, InvoicesAbove, PaymentsAbove, Query


class UnprivilegedApp:
    """Connects, and asks for what it may not."""

    def __init__(self, cast: Cast, node: str) -> None:
        self.cast, self.node = cast, node
        self.is_over = False
        self.was_ready = False
        rng = cast.world.rng.fork(f"poor {node} {cast.world.now}")
        self.invoice_id = new_invoice_id(rng)
        key = cast.key(rng.pick(cast.scenario.nodes))
        requests: tuple[AppRequest, ...] = (
            AddInvoice(self.invoice_id, Currency("FST"), 5),
            CancelInvoice(self.invoice_id),
            RemoveFriend(key),
            RemoveRelay(cast.key("relay0")),
        )
        self._request = AppToAppServer(
            new_uid(rng),
            rng.pick(requests),
        )
        listing = rng.pick((None, PaymentsAbove(b""), InvoicesAbove(b""), HistoryBefore(0)))
        self._query = None if listing is None else Query(new_uid(rng), listing, 10)
        """What it wants to see, in place of its request."""
        identity = Identity(identity_seed(f"poor app of {node}"))
        self.host = Host(
            cast.world,
            cast.network,
            f"poor app {node}",
            lambda _host: AppEngine(identity, rng, f"{node}:1", cast.key(node)),
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
                if self._query is None:
                    engine.post(self._request)
                else:
                    engine.query(self._query)
                self.cast.world.after(0, lambda: self.host.feed(Woken()))
            case Over():
                self.is_over = True
            case _:
                pass
