"""`make sim-selftest` in short: what it breaks is there to be broken, and is whole again afterwards."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "sim_selftest", Path(__file__).parents[2] / "scripts" / "sim_selftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
selftest = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(selftest)


@pytest.mark.parametrize("breach", selftest.BREACHES, ids=lambda breach: breach.__name__)
def test_breach(breach: Callable[[], list[Any]]) -> None:
    """Each names functions that exist, puts others in their place, and puts them back."""
    patches = breach()
    whole = [getattr(where, name) for where, name, _ in patches]
    with selftest.broken(patches):
        assert patches
        for (where, name, _), before in zip(patches, whole, strict=True):
            assert getattr(where, name) is not before
    assert [getattr(where, name) for where, name, _ in patches] == whole


def test_breach_is_seen() -> None:
    """A rule that is broken is noticed at once; the whole script shows it for all of them."""
    outcome, seed, _ = selftest.hunt(selftest.skip_freeze)
    assert outcome is not None
    assert (outcome.rule, seed) == ("I10", 0)
