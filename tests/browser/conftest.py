"""Tests of the wallet's page in a real browser: `make test-browser`. `make test` leaves them out, and says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_wallet import World, serving
from support.wallet_page import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ASKED = "OFFSET_CHROMIUM" in os.environ
if not ASKED:
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line where they did not run."""
    if not ASKED:
        terminalreporter.write_line(
            "The tests in a browser did not run: make test-browser runs them, with Chromium."
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each has contexts of its own."""
    with chromium() as one:
        yield one


@pytest.fixture
def world() -> World:
    """What the fake wallet holds."""
    return World()


@pytest.fixture
def url(world: World) -> Iterator[str]:
    """Where it is served."""
    with serving(world) as address:
        yield address
