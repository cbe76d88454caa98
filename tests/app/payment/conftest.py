"""Payments in tests make no pauses."""

import pytest

from offset.app.payment import open_payment, plan


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before asking for routes again, and little time for leaving a payment in order."""
    monkeypatch.setattr(plan, "PAUSE_S", 0.001)
    monkeypatch.setattr(open_payment, "CLOSE_S", 0.2)
