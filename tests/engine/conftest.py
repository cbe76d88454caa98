"""What the tests of engines work at."""

import pytest

from engine.scene import Scene


@pytest.fixture
def scene() -> Scene:
    """Lines without limits of their own, and nobody at them."""
    return Scene()
