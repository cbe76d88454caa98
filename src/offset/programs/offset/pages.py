"""Opening a page in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from offset.base.faults import UserFault


def show_page(page: Path) -> None:
    """Let the browser show a file. Raises UserFault when none can be started."""
    if not webbrowser.open(page.absolute().as_uri()):
        raise UserFault(f"no browser could be started; open {page} in one within ten minutes")
