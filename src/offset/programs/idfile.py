"""Reading the identity file of a server, with one clear sentence when that fails."""

from __future__ import annotations

from pathlib import Path

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.wire.files import parse_identity

_IDENTITY_BYTES_MAX = 65_536


def read_identity(path: Path) -> Identity:
    """The identity in a file. Raises UserFault."""
    try:
        if path.stat().st_size > _IDENTITY_BYTES_MAX:
            raise UserFault("it is too large")
        return parse_identity(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserFault(f"there is no identity file {path}; make one with: stmgr gen-ident -o {path}") from None
    except OSError as error:
        raise UserFault(f"the identity file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserFault(f"{path} is not an identity: it is not text") from None
    except UserFault as fault:
        raise UserFault(f"{path} is not an identity: {fault}") from None
