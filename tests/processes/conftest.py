"""The network that most process tests use."""

import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

import pytest

from support.network import Chain, running_chain


@pytest.fixture(scope="session", autouse=True)
def end_in_order() -> Iterator[None]:
    """Told to end, the tests end as at Ctrl-C: no program is left running."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Three friends in a row, with FST and GOLD. Who changes something puts it back."""
    with running_chain(tmp_path_factory.mktemp("chain"), "FST", "GOLD") as made:
        yield made
