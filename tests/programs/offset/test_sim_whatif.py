"""`offset sim --topology`."""

from itertools import groupby
from pathlib import Path

from click.testing import CliRunner

from offset.base.faults import UserFault
from offset.programs.offset.sim_cli import sim


def test_command(tmp_path: Path) -> None:
    """The command prints what came of it, draws the picture, and fails when a payment did."""
    file, picture = tmp_path / "network.txt", tmp_path / "network.svg"
    file.write_text("friends A B 10 FST\npay A B 4 FST\npay A B 7 FST\n")
    done = CliRunner().invoke(sim, ["--topology", str(file), "--svg", str(picture)])
    assert done.exit_code == 1
    assert "A pays B 4 FST: paid" in done.output
    assert "A may owe B 10 and owes 4: 6 left" in done.output
    assert picture.read_text().startswith("<svg")
    for taken in (file, picture):
        before = taken.read_text()
        again = CliRunner().invoke(sim, ["--topology", str(file), "--svg", str(taken)])
        assert isinstance(again.exception, UserFault)
        assert taken.read_text() == before


def test_manual(tmp_path: Path) -> None:
    """The command prints for the network of the manual what the manual says."""
    manual = (Path(__file__).parents[3] / "docs" / "manual" / "users.md").read_text("utf-8")
    section = manual.split("## Try limits before you grant them")[1].split("\n## ")[0]
    blocks = [
        "\n".join(line[4:] for line in lines)
        for is_block, group in groupby(section.splitlines(), lambda line: line.startswith("    ") or not line)
        if is_block and any(lines := list(group))
    ]
    file = tmp_path / "circle.txt"
    file.write_text(blocks[0])
    done = CliRunner().invoke(sim, ["--topology", str(file)])
    assert done.output.strip() == blocks[1].strip()
