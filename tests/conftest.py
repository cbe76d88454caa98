"""Settings for all tests: who may read their files, what Ctrl-C does, and how far hypothesis searches.

`suite` is quick and gives the same examples in every run. `search` looks for new ones, on more examples:
`scripts/test --hypothesis-profile search`. What it finds is kept as an explicit `@example`.
"""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Identity files that tests write are for their owner only, as those of gen-ident: else each use of one warns.
os.umask(0o077)

# A shell that starts the suite in the background lets it ignore Ctrl-C, and so would all programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no fault of the code
)
settings.register_profile(
    "search",
    deadline=None,
    derandomize=False,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Let Ctrl-C be what it was: a program that a test ran in this process keeps its own handler for SIGINT."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)
