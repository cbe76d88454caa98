"""A relay on a clock of its own, for the tests of what it does."""

from offset.base.entropy import SeededEntropy
from offset.core.relay import Effect, HangupLeg, Quotas, Relay, SendLeg
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    InitConnection,
    Listen,
    RejectConnection,
)


def key(number: int) -> bytes:
    return number.to_bytes(2, "big") * 16


# The names of the specification.
L, I, STRANGER = key(1), key(2), key(3)  # noqa: E741


class World:
    """A relay, a clock, and what the relay did."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self.relay = Relay(SeededEntropy(1), quotas or Quotas())
        self.now = 1000
        self.effects: list[Effect] = []
        self.open: set[int] = set()

    def take(self, effects: list[Effect]) -> list[Effect]:
        self.open -= {effect.conn for effect in effects if isinstance(effect, HangupLeg)}
        self.effects += effects
        return effects

    def enter(
        self, conn: int, who: bytes, wish: InitConnection | None = None, address: str = "127.0.0.1:9"
    ) -> list[Effect]:
        """A client opens a connection and says at once what it wants."""
        self.open.add(conn)
        effects = self.take(self.relay.opened(conn, who, address, self.now))
        return effects if wish is None else effects + self.say(conn, INIT_CONNECTION.encode(wish))

    def say(self, conn: int, data: bytes) -> list[Effect]:
        return self.take(self.relay.message(conn, data, self.now))

    def reject(self, conn: int, who: bytes) -> list[Effect]:
        return self.say(conn, REJECT_CONNECTION.encode(RejectConnection(who)))

    def close(self, conn: int) -> list[Effect]:
        self.open.discard(conn)
        return self.take(self.relay.closed(conn, self.now))

    def wait(self, span_ms: int) -> list[Effect]:
        """Time passes; the relay is woken exactly when it asks to be."""
        effects, end = [], self.now + span_ms
        while (at := self.relay.deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            effects += self.take(self.relay.tick(self.now))
        self.now = end
        return effects

    def announced(self, conn: int) -> list[bytes]:
        """Who was announced on a listening leg so far."""
        return [
            INCOMING_CONNECTION.decode(effect.data).public_key
            for effect in self.effects
            if isinstance(effect, SendLeg) and effect.conn == conn
        ]

    def tunnel(self) -> None:
        """1 listens as L, 2 connects as I, 3 accepts as L."""
        self.enter(1, L, Listen())
        self.enter(2, I, Connect(L))
        self.enter(3, L, Accept(I))


def incoming(conn: int, who: bytes) -> SendLeg:
    return SendLeg(conn, INCOMING_CONNECTION.encode(IncomingConnection(who)))
