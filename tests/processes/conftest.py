"""The network that most process tests use."""

from collections.abc import Iterator

import pytest

from support.network import Chain, running_chain


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Three friends in a row, with FST and GOLD. Who changes something puts it back."""
    with running_chain(tmp_path_factory.mktemp("chain"), "FST", "GOLD") as made:
        yield made
