"""The files of the node that comes back, in one folder, and how far one is with them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.programs.offset.recover.left import Left
from offset.programs.stmgr.copies import make_database
from offset.shell.files import load, make_folder, read_text, write_new
from offset.shell.system import SystemEntropy
from offset.store.sqlite.database import create, system_now
from offset.wire.app import AppPermissions
from offset.wire.files import AppTicket, format_app_ticket, format_identity, parse_identity

FORMAT = 1
_ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)


class State(msgspec.Struct, frozen=True):
    """A recovery whose files are whole."""

    format: int
    began: int
    """In ms since 1970."""
    public_key: PublicKey
    is_bare: bool
    """Whether nothing but the identity was left, so that friends have to be found."""
    is_new: bool
    """Whether it is a new card in the place of a lost one."""


class Folder:
    """Where the node comes back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ident = path / "node.ident"
        self.app_ident = path / "app.ident"
        self.database = path / "node.db"
        self.trusted = path / "trusted"
        self.ticket = path / "node.ticket"
        self._state = path / "recovery.json"

    def state(self) -> State | None:
        """How far it is; None if it has not begun, or was broken off. Raises UserFault when something else is there."""
        if not self._state.exists():
            if self.path.exists() and not (self.path.is_dir() and self._is_ours()):
                raise UserFault(
                    f"{self.path} is not empty, and no recovery that was begun; name a folder that is not there yet"
                )
            return None
        try:
            found = msgspec.json.decode(read_text(self._state), type=State)
        except msgspec.MsgspecError:
            raise UserFault(f"{self._state} is damaged; begin anew in another folder") from None
        if found.format > FORMAT:
            raise UserFault(f"{self._state} is of a newer program; use that one")
        return found

    def _is_ours(self) -> bool:
        """Whether there is nothing but what was made before the state is written."""
        made = {self.ident.name, self.app_ident.name, self.database.name, self.trusted.name}
        return all(path.name in made or path.name.startswith(".offset-") for path in self.path.iterdir())

    def make(self, left: Left, identity_text: str) -> State:
        """Make all files that are not there; `identity_text` is that of the identity file, locked or not.

        Each of them is whole or not there, and the last one says that all are. Raises UserFault.
        """
        assert left.identity is not None
        self._begin(identity_text)
        if not self.database.exists():
            make_database(
                self.database, left.identity, left.kit, left.copy, left.relays, is_plain=left.is_plain
            )
        is_bare = left.copy is None and left.kit is None
        return self._whole(State(FORMAT, system_now(), left.identity.public_key, is_bare, False))

    def make_new_card(self) -> State:
        """Make the files of a new card. Raises UserFault."""
        if not self.ident.exists():
            self._begin(format_identity(Identity(SystemEntropy().bytes(32))))
        public_key = load(self.ident, parse_identity).public_key
        if not self.database.exists():
            create(self.database, public_key)
        return self._whole(State(FORMAT, system_now(), public_key, False, True))

    def _begin(self, identity_text: str) -> None:
        make_folder(self.path)
        if not self.ident.exists():
            write_new(self.ident, identity_text, secret=True)
        if not self.app_ident.exists():
            write_new(self.app_ident, format_identity(Identity(SystemEntropy().bytes(32))), secret=True)
        make_folder(self.trusted)
        ticket = self.trusted / "recover.ticket"
        if not ticket.exists():
            app = load(self.app_ident, parse_identity)
            write_new(ticket, format_app_ticket(AppTicket(app.public_key, _ALL)))

    def _whole(self, state: State) -> State:
        write_new(self._state, msgspec.json.encode(state).decode())
        return state
