"""Settings for all tests: how far hypothesis searches.

`suite` is quick and gives the same examples in every run. `search` looks for new ones, on more examples:
`scripts/test --hypothesis-profile search`. What it finds is kept as an explicit `@example`.
"""

from hypothesis import HealthCheck, settings

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
