"""Packages that only some commands need, and that are installed as an extra of ours."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from offset.base.faults import UserFault


def check_extra(what: str, extra: str, modules: Sequence[str]) -> None:
    """Raise UserFault, which says how to install them, unless all `modules` are there. `what` begins its sentence."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise UserFault(
            f"{what} needs more packages ({', '.join(missing)}); install them with: "
            f"pip install 'offset-credit[{extra}]'"
        )
