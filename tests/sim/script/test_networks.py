"""The kinds of networks by their names, which are options of `offset sim`."""

import click
import pytest

from offset.programs.offset.sim_cli import sim
from offset.sim.script.networks import NETWORKS, PLAIN

SPECIAL = [name for name in NETWORKS if name != PLAIN]


@pytest.mark.parametrize("name", SPECIAL)
def test_each_kind_has_an_option(name: str) -> None:
    assert f"--{name}" in [option for param in sim.params for option in param.opts]


@pytest.mark.parametrize("first", SPECIAL)
@pytest.mark.parametrize("second", SPECIAL)
def test_a_network_is_of_one_kind(first: str, second: str) -> None:
    if first != second:
        with pytest.raises(click.UsageError, match="has no meaning with"):
            sim.main([f"--{first}", f"--{second}"], standalone_mode=False)
