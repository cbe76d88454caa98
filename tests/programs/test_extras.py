"""Packages that may be missing."""

from __future__ import annotations

import pytest

from offset.base.faults import UserFault
from offset.programs.extras import check_extra


def test_what_is_missing_is_named() -> None:
    """Only what is missing, and how to install it; nothing is said when all is there."""
    check_extra("it", "shares", ("json", "click"))
    with pytest.raises(UserFault) as caught:
        check_extra("it", "shares", ("json", "no_such", "none_such"))
    assert str(caught.value) == (
        "it needs more packages (no_such, none_such); install them with: pip install 'offset-credit[shares]'"
    )
