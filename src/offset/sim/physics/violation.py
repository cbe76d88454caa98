"""What the simulator says when a promise is broken."""

from __future__ import annotations

from offset.base.faults import OffsetError


class Violation(OffsetError):
    """A promise of Offset was broken; `rule` names it, the text says by whom and how."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule


def claim(is_true: bool, rule: str, text: str) -> None:
    """Raise a Violation unless this is true."""
    if not is_true:
        raise Violation(rule, text)
