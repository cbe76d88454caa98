"""Why a sealed text does not open. Whoever knows the name of its file says the sentence."""

from __future__ import annotations

from offset.base.faults import OffsetError


class AgeFault(OffsetError):
    """A sealed text does not open."""


class Damaged(AgeFault):
    """It is no whole age text, or it was changed."""


class WrongSecret(AgeFault):
    """It was sealed with another passphrase, or for other keys."""


class TooCostly(AgeFault):
    """Its passphrase would take more memory than we give."""

    def __init__(self, work_factor: int) -> None:
        super().__init__(f"work factor {work_factor}")
        self.work_factor = work_factor
        """The logarithm of the cost, to the base 2."""
