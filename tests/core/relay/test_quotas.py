"""Each quota of a relay at its edge and one beyond it, as it is set by default (docs/LIMITS.md)."""

import itertools

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    FRAME_BYTES_MAX,
    RELAY_ABSENT_MS_MAX,
    RELAY_CONNECT_BURST_PER_ADDRESS,
    RELAY_CONNECT_BURST_PER_PAIR,
    RELAY_CONNECT_MS_PER_ADDRESS,
    RELAY_CONNECT_MS_PER_PAIR,
    RELAY_CONNECTIONS_MAX,
    RELAY_CONNECTIONS_PER_ADDRESS_MAX,
    RELAY_EARLY_BYTES_MAX,
    RELAY_EARLY_BYTES_TOTAL_MAX,
    RELAY_HALF_TUNNELS_PER_KEY_MAX,
    RELAY_LISTEN_LEGS_PER_KEY_MAX,
    RELAY_TUNNELS_PER_KEY_MAX,
)
from offset.core.relay import Effect, HangupLeg, PauseLeg, Relay, SendLeg
from offset.core.relay.legs import MESSAGE_COST
from offset.core.relay.quotas import Pace
from offset.wire.relay import INIT_CONNECTION, Accept, Connect, InitConnection, Listen

HERE = "127.0.0.1:1"
"""Callers of this machine are exempt from what is counted by address."""
FAR, OTHER = "192.0.2.1:1", "192.0.2.2:1"


def key(number: int) -> bytes:
    return number.to_bytes(4, "big") * 8


SELLER, BUYER, STRANGER = key(1), key(2), key(3)


class Hall:
    """A relay with the default quotas, and a clock."""

    def __init__(self) -> None:
        self.relay = Relay(SeededEntropy(1))
        self.now = 0
        self.conns = itertools.count(1)

    def enter(
        self, who: bytes, wish: InitConnection | None = None, address: str = HERE
    ) -> tuple[int, list[Effect]]:
        """A client comes and says what it wants; its connection, and what follows."""
        conn = next(self.conns)
        effects = self.relay.opened(conn, who, address, self.now)
        if wish is not None and not effects:
            effects = self.relay.message(conn, INIT_CONNECTION.encode(wish), self.now)
        return conn, effects

    def is_refused(self, who: bytes, wish: InitConnection, address: str = HERE) -> bool:
        """Whether a connect is closed as one to an absent key would be; the initiator leaves in any case."""
        conn, _ = self.enter(who, wish, address)
        is_refused = HangupLeg(conn) in self.relay.tick(self.now + RELAY_ABSENT_MS_MAX)
        self.relay.closed(conn, self.now)
        return is_refused


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_connections(hall: Hall) -> None:
    """RELAY_CONNECTIONS_MAX are served; one more is hung up, and taken when another has left."""
    first = [hall.enter(key(n)) for n in range(RELAY_CONNECTIONS_MAX)]
    assert [effects for _, effects in first if effects] == []
    conn, effects = hall.enter(STRANGER)
    assert effects == [HangupLeg(conn)]
    hall.relay.closed(first[0][0], 0)
    assert hall.enter(STRANGER)[1] == []


def test_connections_of_one_address(hall: Hall) -> None:
    """RELAY_CONNECTIONS_PER_ADDRESS_MAX from one address, whatever the keys; other addresses have theirs."""
    first = [hall.enter(key(n), address=FAR) for n in range(RELAY_CONNECTIONS_PER_ADDRESS_MAX)]
    assert [effects for _, effects in first if effects] == []
    conn, effects = hall.enter(STRANGER, address=FAR)
    assert effects == [HangupLeg(conn)]
    assert hall.enter(STRANGER, address=OTHER)[1] == []
    hall.relay.closed(first[0][0], 0)
    assert hall.enter(STRANGER, address=FAR)[1] == []


def test_listening_legs(hall: Hall) -> None:
    """RELAY_LISTEN_LEGS_PER_KEY_MAX legs of a key are kept; one more takes the place of the oldest."""
    legs = [hall.enter(SELLER, Listen()) for _ in range(RELAY_LISTEN_LEGS_PER_KEY_MAX)]
    assert [effects for _, effects in legs if effects] == []
    _, effects = hall.enter(SELLER, Listen())
    assert effects == [HangupLeg(legs[0][0])]


def test_half_tunnels(hall: Hall) -> None:
    """RELAY_HALF_TUNNELS_PER_KEY_MAX may wait for a key; one more is refused, those who wait for others are not."""
    hall.enter(SELLER, Listen())
    hall.enter(STRANGER, Listen())
    for n in range(RELAY_HALF_TUNNELS_PER_KEY_MAX):
        assert hall.enter(key(100 + n), Connect(SELLER))[1] != []
    assert hall.is_refused(BUYER, Connect(SELLER))
    assert not hall.is_refused(BUYER, Connect(STRANGER))
    assert hall.relay.view().half_tunnels == RELAY_HALF_TUNNELS_PER_KEY_MAX


def test_tunnels(hall: Hall) -> None:
    """RELAY_TUNNELS_PER_KEY_MAX of a key live; one more is hung up at both ends, and no other is touched."""
    hall.enter(SELLER, Listen())
    ends = []
    for n in range(RELAY_TUNNELS_PER_KEY_MAX):
        conn, _ = hall.enter(key(100 + n), Connect(SELLER))
        ends.append((conn, *hall.enter(SELLER, Accept(key(100 + n)))))
    assert [effects for _, _, effects in ends if effects] == []
    waiting, _ = hall.enter(BUYER, Connect(SELLER))
    accepting, effects = hall.enter(SELLER, Accept(BUYER))
    assert effects == [HangupLeg(accepting), HangupLeg(waiting)]
    for conn, other, _ in ends:
        assert hall.relay.message(conn, b"x", 0) == [SendLeg(other, b"x")]
    hall.relay.closed(ends[0][0], 0)
    hall.enter(BUYER, Connect(SELLER))
    assert hall.enter(SELLER, Accept(BUYER))[1] == []


def test_early_bytes_of_one(hall: Hall) -> None:
    """At RELAY_EARLY_BYTES_MAX nothing more is read; an honest frame under way is kept, more ends that one."""
    hall.enter(SELLER, Listen())
    conn, _ = hall.enter(BUYER, Connect(SELLER))
    assert hall.relay.message(conn, bytes(RELAY_EARLY_BYTES_MAX - 2 * MESSAGE_COST - 1), 0) == []
    assert hall.relay.message(conn, b"x", 0) == [PauseLeg(conn)]
    assert hall.relay.message(conn, bytes(FRAME_BYTES_MAX - MESSAGE_COST), 0) == []
    assert hall.relay.message(conn, b"", 0) == [HangupLeg(conn)]
    assert hall.relay.view().half_tunnels == 0


def test_early_bytes_of_all(hall: Hall) -> None:
    """RELAY_EARLY_BYTES_TOTAL_MAX are kept for all who wait; then those who said most go until an eighth is free."""
    piece = bytes(FRAME_BYTES_MAX - MESSAGE_COST)
    sellers = [key(10 + n) for n in range(2)]
    for seller in sellers:
        hall.enter(seller, Listen())
    many = RELAY_EARLY_BYTES_TOTAL_MAX // FRAME_BYTES_MAX
    greedy: list[int] = []
    for n in range(many):
        conn, _ = hall.enter(key(100 + n), Connect(sellers[0]))
        assert hall.relay.message(conn, piece, 0) == [PauseLeg(conn)]
        greedy.append(conn)
    for n in range(8):  # an honest node says one nonce, and none of them is kept out
        conn, _ = hall.enter(key(1000 + n), Connect(sellers[1]))
        gone = greedy[: many // 8 + 1] if n == 0 else []
        assert hall.relay.message(conn, bytes(100), 0) == [HangupLeg(other) for other in gone]
    assert hall.relay.view().half_tunnels == many - (many // 8 + 1) + 8


def test_connects_of_a_pair(hall: Hall) -> None:
    """After RELAY_CONNECT_BURST_PER_PAIR at once, one for each RELAY_CONNECT_MS_PER_PAIR, and not a ms earlier."""
    hall.enter(SELLER, Listen())
    for _ in range(RELAY_CONNECT_BURST_PER_PAIR):
        assert not hall.is_refused(BUYER, Connect(SELLER))
    assert hall.is_refused(BUYER, Connect(SELLER))
    hall.now = RELAY_CONNECT_MS_PER_PAIR - 1
    assert hall.is_refused(BUYER, Connect(SELLER))
    hall.now = RELAY_CONNECT_MS_PER_PAIR
    assert not hall.is_refused(BUYER, Connect(SELLER))
    assert hall.is_refused(BUYER, Connect(SELLER))
    assert not hall.is_refused(STRANGER, Connect(SELLER))


def test_connects_of_an_address(hall: Hall) -> None:
    """After RELAY_CONNECT_BURST_PER_ADDRESS at once, one for each RELAY_CONNECT_MS_PER_ADDRESS; others go on."""
    sellers = [key(100 + n) for n in range(RELAY_CONNECT_BURST_PER_ADDRESS + 3)]
    for seller in sellers:
        hall.enter(seller, Listen())
    fresh = iter(sellers)
    for _ in range(RELAY_CONNECT_BURST_PER_ADDRESS):
        assert not hall.is_refused(BUYER, Connect(next(fresh)), FAR)
    hall.now = RELAY_CONNECT_MS_PER_ADDRESS - 1
    assert hall.is_refused(BUYER, Connect(next(fresh)), FAR)
    assert not hall.is_refused(BUYER, Connect(sellers[-2]), OTHER)
    hall.now = RELAY_CONNECT_MS_PER_ADDRESS
    assert not hall.is_refused(BUYER, Connect(next(fresh)), FAR)
    assert hall.is_refused(BUYER, Connect(sellers[-1]), FAR)


def test_a_pace_forgets_who_kept_it() -> None:
    """However many names pass, only those that are ahead of their pace are remembered."""
    pace = Pace(10, 2)
    for number in range(5000):
        assert pace.allows(str(number), number)
    assert len(pace._due) < 2000
