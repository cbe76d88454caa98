"""Where the wallet lives, for all commands that speak with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    show_default="~/.local/share/offset",
    help="Where the wallet keeps its cards.",
)
"""The option of a command; the value is None if it is not given."""


def default_folder() -> Path:
    """Where the wallet of this user lives: `$XDG_DATA_HOME/offset`, else `~/.local/share/offset`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share") / "offset"
