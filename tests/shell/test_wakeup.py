"""One timer for the deadline of an engine."""

import asyncio

from offset.base.instants import Instant
from offset.shell.wakeup import Wakeup
from shell.conftest import Run


class Alarm:
    """A deadline in a loop whose clock the test turns, and when it rang."""

    def __init__(self) -> None:
        self.at: Instant | None = None
        self.now: Instant = 0
        self.rings: list[Instant] = []
        self.looks = 0
        self.wakeup = Wakeup(lambda: self.now, self.deadline, self.ring)

    def deadline(self) -> Instant | None:
        self.looks += 1
        return self.at

    def ring(self) -> None:
        self.rings.append(self.now)
        self.at = None


async def looked(alarm: Alarm) -> None:
    """Wait until the timer has looked at the deadline once more."""
    seen = alarm.looks
    while alarm.looks == seen:
        await asyncio.sleep(0.001)


def test_it_rings_when_the_deadline_has_come(run: Run) -> None:
    """It rings once when the clock has reached the deadline; a timer that fires before that only sets itself anew."""

    async def story() -> None:
        alarm = Alarm()
        alarm.at = 2
        alarm.wakeup.set()
        await looked(alarm)
        assert alarm.rings == []
        alarm.now = 2
        while not alarm.rings:
            await looked(alarm)
        assert alarm.rings == [2]

    run(story())


def test_a_nearer_deadline_takes_the_place_of_the_timer(run: Run) -> None:
    """A timer for a far deadline does not hold up a nearer one."""

    async def story() -> None:
        alarm = Alarm()
        alarm.at = 3_600_000
        alarm.wakeup.set()
        alarm.at = alarm.now = 1
        alarm.wakeup.set()
        await looked(alarm)
        assert alarm.rings == [1]

    run(story())


def test_after_a_stop_it_is_silent(run: Run) -> None:
    """A stopped timer does not look any more, until it is set again."""

    async def story() -> None:
        alarm = Alarm()
        alarm.at = 0
        alarm.wakeup.set()
        alarm.wakeup.stop()
        seen = alarm.looks
        await asyncio.sleep(0.01)
        assert (alarm.looks, alarm.rings) == (seen, [])
        alarm.wakeup.set()
        await looked(alarm)
        assert alarm.rings == [0]

    run(story())
