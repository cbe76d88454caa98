"""The command `offset history`: what happened, with the balance after each row. Amounts are whole credits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offset.programs.cli import CONTEXT
from offset.programs.offset.kinds import DAY
from offset.programs.offset.talk import Talk, card_option, drawn, with_wallet
from offset.shell.files import write_new

CAUSES = {
    "paid": "you paid",
    "received": "you were paid",
    "passing": "payments of others passed",
    "away": "while the wallet was closed",
    "reset": "numbers of the friend were accepted",
    "removed": "the friend was removed",
    "begin": "what stood there at first",
}


@click.command("history", context_settings=CONTEXT)
@with_wallet
@card_option
@click.argument("words", nargs=-1)
@click.option("--from", "since", type=DAY, help="From this day on, as in 2026-05-03 (UTC).")
@click.option("--to", "until", type=DAY, help="Up to this day.")
@click.option("--currency", help="In this currency only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Rows at most.")
@click.option(
    "--csv",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all rows into this CSV file instead.",
)
def history(
    talk: Talk,
    card: str | None,
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    currency: str | None,
    limit: int,
    csv: Path | None,
) -> None:
    """Show what happened on a card, newest first; with WORDS only rows that have them, or are over that amount."""
    query = {"q": " ".join(words), "from": since, "to": until, "currency": currency}
    wanted = {name: value for name, value in query.items() if value}
    id = talk.card(card)["id"]
    if csv is not None:
        content = talk.rest.content("cards", id, "history.csv", **wanted)
        write_new(csv, content.decode())
        talk.done(f"the history is in {csv}")
        return
    rows = _rows(talk, id, wanted, limit)
    talk.show(rows, lambda: drawn(TITLES, [_shown(row) for row in rows]))


TITLES = ["time (UTC)", "what", "friend", "change", "balance", "all together"]


def _rows(talk: Talk, card: str, wanted: dict[str, str], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: int | None = None
    while len(rows) < limit:
        more = {} if after is None else {"after": str(after)}
        page = talk.rest.get("cards", card, "history", **wanted, **more)
        rows += page["rows"]
        after = page["after"]
        if after is None:
            break
    return rows[:limit]


def _shown(row: dict[str, Any]) -> list[str | list[str]]:
    what = CAUSES.get(row["cause"], row["cause"])
    details = ": ".join(part for part in (row["name"], row["note"]) if part)
    change = row["delta"] if row["delta"].startswith("-") else f"+{row['delta']}"
    return [
        row["at"][:16].replace("T", " "),
        [what, details] if details else what,
        row["friend_name"] or "-",
        f"{change} {row['currency']}",
        row["balance"],
        row["total"],
    ]
