"""What the tests of the library set."""

import pytest

from offset.app import open_payment, plan


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses in tests."""
    monkeypatch.setattr(plan, "PAUSE_S", 0.001)
    monkeypatch.setattr(open_payment, "CLOSE_S", 0.2)
