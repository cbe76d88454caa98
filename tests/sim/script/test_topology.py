"""Networks written by people."""

from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from offset.base.faults import UserFault
from offset.programs.offset.cli import offset
from offset.sim.course.picture import draw_svg
from offset.sim.course.whatif import WhatIfReport, run
from offset.sim.script.topology import Topology, parse

TEXT = """
# two ways from Anna to Dora
friends Anna Bert 100 FST
friends Bert Cleo 100/50 FST
friends Cleo Dora 80 FST rate 2
friends Anna Emil 40 FST
friends Emil Dora 40 FST
pay Anna Dora 30 FST
pay Anna Cleo 10 FST over Anna Bert Cleo
pay Anna Dora 60 FST
pay Anna Bert 5 EUR
"""


@pytest.fixture(scope="module")
def report() -> WhatIfReport:
    """What becomes of it."""
    return run(parse(TEXT))


def test_limits_of_both_sides() -> None:
    """A/B: the second may owe the first A, the first may owe the second B."""
    found = parse("friends Bert Cleo 100/50 FST")
    assert isinstance(found, Topology)
    assert found.friendships[0].limits == {"FST": (100, 50)}
    assert parse("friends A B 1/2 X\nfriends B A 3/4 Y").friendships[0].limits == {"X": (1, 2), "Y": (4, 3)}


def test_paid_over_routes(report: WhatIfReport) -> None:
    """What is paid says its routes, what arrived, and the fees."""
    first, second, _, _ = report.findings
    assert first.is_paid
    assert [route for route, _, _ in first.routes] == [("Anna", "Emil", "Dora")]
    assert second.routes == ((("Anna", "Bert", "Cleo"), 10, 0),)


def test_limit_in_the_way(report: WhatIfReport) -> None:
    """What is not paid says which limits let how much pass."""
    third = report.findings[2]
    assert not third.is_paid
    assert third.possible == 50
    assert [(room.from_, room.to, room.limit, room.owed) for room in third.in_the_way] == [
        ("Bert", "Cleo", 50, 10),
        ("Anna", "Emil", 40, 30),
    ]
    assert report.findings[3].in_the_way == ()


def test_picture(report: WhatIfReport) -> None:
    """The picture is well-formed, and names everybody."""
    root = ElementTree.fromstring(draw_svg(report))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Anna", "Bert", "Cleo", "Dora", "Emil", "Anna owes Emil 30 of 40 FST", "-40 FST"} <= set(texts)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "no friends"),
        ("friends A A 5 FST", "line 1: nobody"),
        ("friends A B x FST", "line 1: x is not a number"),
        ("friends A B 5 FST\nlend A B 5", "line 2: a line begins"),
        ("friends A B 5 FST\npay A C 5 FST", "C has no friends"),
        ("friends A B 5 FST\npay A B 5 FST over B A", "line 2: the route must lead"),
        ("friends A relay0 5 FST", "cannot be a name"),
        ("friends A B 5 FST rate", "only `rate`"),
        (f"friends A B 5 {17 * 'x'}", "line 1: the name of a currency has at most 16 bytes"),
        (f"friends A B 5 FST\npay A B 5 {17 * 'x'}", "line 2: the name of a currency has at most 16 bytes"),
    ],
)
def test_mistakes_are_named(text: str, words: str) -> None:
    """A mistake is named with its line."""
    with pytest.raises(UserFault, match=words):
        parse(text)


def test_command(tmp_path: Path) -> None:
    """The command prints what came of it, draws the picture, and fails when a payment did."""
    file, picture = tmp_path / "network.txt", tmp_path / "network.svg"
    file.write_text("friends A B 10 FST\npay A B 4 FST\npay A B 7 FST\n")
    done = CliRunner().invoke(offset, ["sim", "--topology", str(file), "--svg", str(picture)])
    assert done.exit_code == 1
    assert "A pays B 4 FST: paid" in done.output
    assert "A may owe B 10 and owes 4: 6 left" in done.output
    assert picture.read_text().startswith("<svg")
    for taken in (file, picture):
        before = taken.read_text()
        again = CliRunner().invoke(offset, ["sim", "--topology", str(file), "--svg", str(taken)])
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
    done = CliRunner().invoke(offset, ["sim", "--topology", str(file)])
    assert done.output.strip() == blocks[1].strip()
