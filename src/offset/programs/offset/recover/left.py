"""What is left of a card, and how it is read."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.shell.own_copies import opened_kit
from offset.store.schema.kits import Kit
from offset.wire.common import NamedRelayAddress

_KIT_NAME = re.compile(r"kit-([1-9][0-9]*)\.age")


class Left(msgspec.Struct, frozen=True):
    """What somebody still has. Without an identity everything else is of no use."""

    identity: Identity | None
    kit: Kit | None = None
    copy: Path | None = None
    """A copy of the database."""
    is_plain: bool = False
    """Whether the copy is not sealed, and its owner says that it was always in good hands."""
    relays: tuple[NamedRelayAddress, ...] = ()
    """Where friends look for the card; needed only when neither a kit nor a copy says it."""


def newest_kit(path: Path, owner: Identity) -> Kit:
    """The kit in a file, or the newest one in a folder that opens. Raises UserFault."""
    if not path.is_dir():
        return opened_kit(path, owner)
    found = [(int(match[1]), file) for file in path.iterdir() if (match := _KIT_NAME.fullmatch(file.name))]
    if not found:
        raise UserFault(f"there is no kit in {path}; stnode --kits names them kit-NUMBER.age")
    fault: UserFault | None = None
    for _, file in sorted(found, reverse=True):
        try:
            return opened_kit(file, owner)
        except UserFault as error:
            # A disk that was pulled out may have left the last one unfinished; the one before is nearly as good.
            fault = fault or error
    raise UserFault(f"none of the {len(found)} kits in {path} opens: {fault}")
