"""The picture of a network."""

from xml.etree import ElementTree

from offset.sim.course.picture import draw_svg
from offset.sim.course.whatif import run
from offset.sim.script.topology import parse


def test_picture() -> None:
    """The picture is well-formed, and names everybody."""
    report = run(parse("friends Anna Bert 100 FST\nfriends Bert Cleo 50 FST\npay Anna Cleo 30 FST"))
    root = ElementTree.fromstring(draw_svg(report))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Anna", "Bert", "Cleo", "Anna owes Bert 30 of 100 FST", "-30 FST", "+30 FST"} <= set(texts)
