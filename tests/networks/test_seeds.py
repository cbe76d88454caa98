"""Whole networks from seeds: the first ones, and those that once failed."""

import shlex
from pathlib import Path

import pytest

from offset.base.instants import HOUR
from offset.sim.course.shrink import Selection
from offset.sim.course.simulation import simulate
from offset.sim.script.networks import LOSSES, WALLETS
from offset.sim.script.plan import draw

FIRST_SEEDS = 20
SLOW_SEEDS = (4, 6)
WALLET_SEEDS = (*range(6), 37)
"""The last one has an owner who lies."""
LOSS_SEEDS = range(4)


def found() -> list[str]:
    """The lines of seeds.txt: options of `offset sim`, then two spaces and a remark."""
    lines = (Path(__file__).parent / "seeds.txt").read_text("utf-8").splitlines()
    return [line.partition("  ")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def choice(options: str) -> Selection:
    """What these options choose."""
    words = shlex.split(options)
    values = dict(zip(words[::2], words[1::2], strict=True))
    acts = values.get("--acts")
    numbers = None if acts is None else tuple(int(word) for word in acts.split(",") if word != "none")
    return Selection(int(values["--seed"]), values.get("--nodes"), numbers, int(values.get("--slowly", 1)))


@pytest.mark.parametrize("seed", range(FIRST_SEEDS))
def test_first_seeds(seed: int) -> None:
    """No promise is broken, and everything comes to rest."""
    outcome = simulate(draw(seed))
    assert outcome.violation is None, f"replay: offset sim --seed {seed}"


@pytest.mark.parametrize("seed", SLOW_SEEDS)
def test_slow_seeds(seed: int) -> None:
    """The same over hours: keys are changed, records of the index servers get old, parts of payments are given back."""
    outcome = simulate(Selection(seed, slowly=60).of(draw(seed)))
    assert outcome.violation is None, f"replay: offset sim --seed {seed} --slowly 60"
    assert outcome.virtual_ms > HOUR


@pytest.mark.parametrize("seed", WALLET_SEEDS)
def test_wallet_seeds(seed: int) -> None:
    """Owners pay one another by letter."""
    outcome = simulate(Selection(seed, network=WALLETS).drawn())
    assert outcome.violation is None, f"replay: offset sim --wallets --seed {seed}"
    assert any(kind.startswith("pay by letter") for kind in outcome.counts)


@pytest.mark.parametrize("seed", LOSS_SEEDS)
def test_loss_seeds(seed: int) -> None:
    """Owners lose databases, and go on from copies."""
    outcome = simulate(Selection(seed, network=LOSSES).drawn())
    assert outcome.violation is None, f"replay: offset sim --losses --seed {seed}"
    assert outcome.counts["start from copy"] > 0


@pytest.mark.parametrize("options", found())
def test_found_seeds(options: str) -> None:
    """What failed once does not fail again."""
    chosen = choice(options)
    outcome = simulate(chosen.of(draw(chosen.seed)))
    assert outcome.violation is None, f"replay: offset sim {options}"
