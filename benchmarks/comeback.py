"""How soon friends are online again after their relay was away, and how many connections that costs the relay.

benchmarks/comeback.py                          6 and 50 friends of one node, away for 5 s to 10 min
benchmarks/comeback.py --friends 6 --away 5     one row

One node, its friends and their relay in the virtual world of the simulator. The friends were online for a while before
the relay stops. Time is virtual, so the figures depend on the code and on the seed, never on the machine.
"""

from __future__ import annotations

import argparse

from offset.base.ids import Conn
from offset.base.instants import MINUTE, SECOND, Millis
from offset.sim.course.run import Run
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

HUB = "hub"
RELAY = "relay0"
ONLINE_MS: Millis = 2 * MINUTE
LOOK_MS: Millis = 50
WITHIN_MS: Millis = 30 * MINUTE


def away(friends: int, span_ms: Millis, seed: int) -> tuple[Millis, Millis, int]:
    """When the median friend and the last one were online, after the relay was back; connections it took until then."""
    names = tuple(f"friend{number}" for number in range(friends))
    bonds = tuple(Friendship(HUB, name, {"FST": (100, 100)}) for name in names)
    run = Run(Scenario(seed, "star", (HUB, *names), bonds))
    cast, world = run.cast, run.cast.world
    run.cast.run_until(cast.is_ready, 10 * CALM_MS)
    world.run_to(world.now + ONLINE_MS)
    assert cast.is_ready(), "all friends are online before the relay stops"
    relay = cast.hosts[RELAY]
    relay.die("is away", span_ms)
    world.run_to(world.now + span_ms + 1)
    back_at, calls = world.now, 0
    accept = relay.new_conn

    def counted() -> Conn:
        nonlocal calls
        calls += 1
        return accept()

    relay.new_conn = counted  # type: ignore[method-assign]
    online: dict[str, Millis] = {}

    def is_whole() -> bool:
        for name in names:
            friend = cast.friend(HUB, name)
            if friend is not None and friend.is_online:
                online.setdefault(name, world.now - back_at)
            else:
                online.pop(name, None)
        return len(online) == friends

    assert cast.run_until(is_whole, WITHIN_MS, LOOK_MS), "friends find each other again"
    times = sorted(online.values())
    return times[len(times) // 2], times[-1], calls


def main() -> None:
    """Print one row for each case."""
    parser = argparse.ArgumentParser(description="How soon friends are online after their relay was away.")
    parser.add_argument("--friends", type=int, nargs="+", default=[6, 50], help="friends of the one node")
    parser.add_argument("--away", type=int, nargs="+", default=[5, 20, 60, 120, 600], help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("friends  away    median    last   connections at the relay")
    for friends in given.friends:
        for seconds in given.away:
            median, last, count = away(friends, seconds * SECOND, given.seed)
            print(
                f"{friends:7} {seconds:4} s {median / 1000:7.1f} s {last / 1000:6.1f} s {count:6}", flush=True
            )


if __name__ == "__main__":
    main()
