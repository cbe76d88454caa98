"""What the tests of a relay work at."""

import pytest

from core.relay.world import World


@pytest.fixture
def world() -> World:
    """A relay with the default quotas, and nobody at it."""
    return World()
