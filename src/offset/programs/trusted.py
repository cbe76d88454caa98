"""The folder of trusted apps: read anew for each app that connects (spec 05, 1.4)."""

from __future__ import annotations

import logging
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.shell.files import load
from offset.wire.app import AppPermissions
from offset.wire.files import AppTicket, parse_app_ticket

log = logging.getLogger("offset")


class TrustedApps:
    """What each app may do, by the files in a folder. A bad file is skipped and named in the log (D-2)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told: dict[Path, str] = {}
        """The node looks every few seconds; the log says it once."""

    @classmethod
    def open(cls, folder: Path) -> TrustedApps:
        """Those in a folder that can be read now. Raises UserFault: with a wrong name no app would ever be let in."""
        try:
            next(folder.iterdir(), None)
        except FileNotFoundError:
            raise UserFault(
                f"there is no folder {folder} for trusted apps; make it with: mkdir {folder}"
            ) from None
        except OSError as error:
            raise UserFault(f"the folder of trusted apps {folder} cannot be read: {error.strerror}") from None
        return cls(folder)

    def __call__(self, key: PublicKey) -> AppPermissions | None:
        """The permissions of the app with this key, or None if no file names it. The first by name wins."""
        try:
            paths = sorted(self._folder.iterdir())
        except OSError as error:
            log.warning("cannot read the folder of trusted apps %s: %s", self._folder, error.strerror)
            return None
        for path in paths:
            ticket = self._read(path)
            if ticket is not None and ticket.public_key == key:
                return ticket.permissions
        return None

    def _read(self, path: Path) -> AppTicket | None:
        try:
            if path.is_dir():
                return None
            # To open a pipe is to wait for whoever writes to it.
            if not path.is_file():
                raise UserFault(f"{path} is not a file")
            ticket = load(path, parse_app_ticket)
        except (UserFault, OSError) as fault:
            # The system says no when, for one, a link leads into a folder that may not be read.
            reason = f"{path}: {fault.strerror}" if isinstance(fault, OSError) else str(fault)
            if self._told.get(path) != reason:
                self._told[path] = reason
                log.warning("skipped: %s", reason)
            return None
        self._told.pop(path, None)
        return ticket
