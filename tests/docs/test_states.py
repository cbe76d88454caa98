"""docs/protocol/states.md is what the tables of states say."""

from pathlib import Path

from support.state_charts import draw

PAGE = Path(__file__).parents[2] / "docs" / "protocol" / "states.md"


def test_the_page_is_what_the_tables_say() -> None:
    """Whoever changes a table makes the page again; its head says how."""
    assert PAGE.read_text("utf-8") == draw()
