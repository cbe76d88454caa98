"""Connections that are not read for a while."""

from __future__ import annotations

import pytest

from engine.scene import Scene
from offset.engine.loop import Loop
from offset.engine.reading import Reading, Reason
from offset.engine.surface import Pause, Resume

CONN, OTHER = 2, 4


@pytest.fixture
def reading(scene: Scene) -> Reading:
    """Two open connections that are read."""
    scene.join(CONN)
    scene.join(OTHER)
    scene.lines.take_effects()
    return Reading(Loop(scene.lines, scene.now))


def steps(scene: Scene) -> list[Pause | Resume]:
    """What the driver is told of reading."""
    return [effect for effect in scene.lines.take_effects() if isinstance(effect, Pause | Resume)]


def test_a_connection_is_read_again_when_its_last_reason_is_gone(scene: Scene, reading: Reading) -> None:
    """The disk and the friend's share may both stand in the way; either alone is enough."""
    reading.pause(CONN, Reason.DISK)
    reading.pause(CONN, Reason.WORK)
    reading.pause(CONN, Reason.WORK)
    assert steps(scene) == [Pause(CONN)]
    reading.resume(CONN, Reason.WORK)
    reading.resume(CONN, Reason.WORK)
    assert steps(scene) == []
    reading.resume(CONN, Reason.DISK)
    assert steps(scene) == [Resume(CONN)]


def test_one_reason_ends_for_all(scene: Scene, reading: Reading) -> None:
    """The disk has caught up: whoever waited for it alone is read, others are not."""
    reading.pause(CONN, Reason.DISK)
    reading.pause(OTHER, Reason.DISK)
    reading.pause(OTHER, Reason.WORK)
    steps(scene)
    reading.resume_all(Reason.DISK)
    assert steps(scene) == [Resume(CONN)]


def test_a_connection_that_is_over_is_forgotten(scene: Scene, reading: Reading) -> None:
    """Nothing is resumed that is not there."""
    reading.pause(CONN, Reason.WORK)
    steps(scene)
    reading.forget(CONN)
    reading.resume(CONN, Reason.WORK)
    assert steps(scene) == []
