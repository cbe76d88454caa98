"""What makes the report of a fake node that of a node of ours, and a line of it open."""

from offset.base.credits import Rate
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.report import CurrencyConfigReport

OURS = Extra((), NetworkStatus(0, (), ()))
"""Such a node tells its status, and why it refuses a request."""
OPEN = CurrencyConfigReport("FST", Rate(0, 0), 100, True)  # type: ignore[arg-type]
"""What the owner has set for a line that is open."""
