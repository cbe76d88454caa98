"""The folder of trusted apps: read anew for each app that connects (spec 05, 1.4)."""

from __future__ import annotations

import logging
from pathlib import Path

from offset.base.faults import OffsetError
from offset.base.ids import PublicKey
from offset.wire.app import AppPermissions
from offset.wire.files import parse_app_ticket

log = logging.getLogger("stnode")

_FILE_BYTES_MAX = 65_536


class TrustedApps:
    """What each app may do, by the files in a folder. A bad file is skipped and named in the log (D-2)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, key: PublicKey) -> AppPermissions | None:
        """The permissions of the app with this key, or None if no file names it. The first by name wins."""
        try:
            paths = sorted(path for path in self._folder.iterdir() if not path.is_dir())
        except OSError as error:
            log.warning("cannot read the folder of trusted apps %s: %s", self._folder, error.strerror)
            return None
        for path in paths:
            ticket = self._read(path)
            if ticket is not None and ticket.public_key == key:
                return ticket.permissions
        return None

    def _read(self, path: Path):  # type: ignore[no-untyped-def]
        try:
            if path.stat().st_size > _FILE_BYTES_MAX:
                raise ValueError("it is too large")
            return parse_app_ticket(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, OffsetError) as error:
            log.warning("skipped %s, which is no app ticket: %s", path, error)
            return None
