"""`offset sim --topology`: what becomes of a network that people wrote down."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.programs.errors import FAILED
from offset.shell.files import refuse_existing, write_new
from offset.sim.course.picture import draw_svg
from offset.sim.course.whatif import Finding, run
from offset.sim.script.topology import parse


def what_if(path: Path, svg: Path | None) -> int:
    """Run the network of a file and print what came of it. Returns the exit status: 1 if a payment failed."""
    if svg is not None:
        refuse_existing(svg)
    try:
        topology = parse(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise UserFault(f"{path} is not a text in UTF-8") from None
    except UserFault as fault:
        raise UserFault(f"{path}, {fault}") from None
    report = run(topology)
    for finding in report.findings:
        click.echo("\n".join(_words(finding)))
    for currency, rooms in report.rooms.items():
        click.echo(f"\nIn the end, in {currency}:")
        debts = [
            f"  {room.from_} owes {room.to} {room.owed} of {room.limit}" for room in rooms if room.owed > 0
        ]
        click.echo("\n".join(debts or ["  nobody owes anything"]))
    if svg is not None:
        write_new(svg, draw_svg(report))
        click.echo(f"\nPicture: {svg}")
    return 0 if all(finding.is_paid for finding in report.findings) else FAILED


def _words(finding: Finding) -> list[str]:
    wish = finding.wish
    lines = [f"{wish.words()}: {'paid' if finding.is_paid else 'NOT PAID'}"]
    if finding.is_paid:
        lines += [
            f"    {amount} over {' - '.join(route)}, fees {fees}" for route, amount, fees in finding.routes
        ]
        return lines
    if not finding.in_the_way:
        lines.append(f"    there is no way from {wish.buyer} to {wish.seller} in {wish.currency}")
        return lines
    if finding.possible < wish.amount:
        lines.append(f"    at most {finding.possible} can pass:")
    else:
        lines.append("    the amount would pass, but not with the fees, or not over one set of routes:")
    return [*lines, *[f"      {room.words()}" for room in finding.in_the_way]]
