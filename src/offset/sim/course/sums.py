"""What many runs come to: seeds, hours, faults by kind, payments by end, and what broke."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from offset.sim.course.run import Outcome
from offset.sim.script.changes import CHANGES
from offset.sim.script.payments import Pay

CHANGE_KINDS = frozenset(change.word for change in CHANGES)
"""What people want, and is no fault."""


@dataclass
class Sums:
    """To be added up, run by run."""

    seeds: int = 0
    virtual_ms: int = 0
    steps: int = 0
    commits: int = 0
    payments: dict[str, int] = field(default_factory=dict)
    """By their ends: of the buyer / of the seller."""
    changes: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    hostile: dict[str, int] = field(default_factory=dict)
    """Bodies that break rules, or are odd."""
    broken: dict[str, str] = field(default_factory=dict)
    """Promises, by seed."""

    def add(self, outcome: Outcome) -> None:
        """Take in one run."""
        self.seeds += 1
        self.virtual_ms += outcome.virtual_ms
        self.steps += outcome.steps
        self.commits += outcome.commits
        for kind, count in outcome.counts.items():
            if kind != Pay.word:
                table = self.changes if kind in CHANGE_KINDS else self.faults
                table[kind] = table.get(kind, 0) + count
        for table, more in ((self.payments, outcome.payments), (self.hostile, outcome.hostile)):
            for kind, count in more.items():
                table[kind] = table.get(kind, 0) + count
        if outcome.violation is not None:
            self.broken[str(outcome.seed)] = outcome.violation

    def record(self, seconds: float) -> dict[str, Any]:
        """All of it, for programs."""
        return {**asdict(self), "seconds": round(seconds, 1)}

    def words(self, seconds: float) -> list[str]:
        """All of it, for people. `seconds`: how long that took."""
        payments = sum(self.payments.values())
        hours = self.virtual_ms / 3_600_000
        lines = [
            f"{self.seeds} seeds, {hours:.1f} virtual hours, {self.steps} steps, {self.commits} commits judged,"
            f" {seconds:.0f} s ({payments / max(seconds, 0.001):.1f} payments/s)",
        ]
        for what, table in (
            ("payments", self.payments),
            ("faults", self.faults),
            ("changes", self.changes),
            ("bodies", self.hostile),
        ):
            found = ", ".join(f"{count} {kind}" for kind, count in sorted(table.items()))
            lines.append(f"{sum(table.values())} {what}: {found or 'none'}")
        if self.broken:
            lines.append(f"BROKEN PROMISES of {len(self.broken)} seeds: {', '.join(self.broken)}")
        else:
            lines.append("every promise was kept")
        return lines
