"""Payments in tests make no pauses."""

import pytest

from offset.app.payment import far_lines, open_payment, plan


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, no wait for others to become known, and little time for leaving a payment in order."""
    monkeypatch.setattr(plan, "PAUSE_S", 0.001)
    monkeypatch.setattr(plan, "LOOK_S", 0.01)
    monkeypatch.setattr(far_lines, "KNOWN_S", 0)
    monkeypatch.setattr(open_payment, "CLOSE_S", 0.2)
