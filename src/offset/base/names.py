"""Names of currencies and addresses that people and files give us (spec 01, 1.5 and 3.7)."""

from __future__ import annotations

from offset.base.faults import UserFault
from offset.base.ids import Currency
from offset.base.limits import ADDRESS_BYTES_MAX, CURRENCY_BYTES_MAX

PORT_MAX = 65535


def check_currency(text: str) -> Currency:
    """`text` when a person may name a currency so: 1 to 16 bytes of UTF-8. Raises UserFault.

    The reference takes the empty name as well, a defect (spec 05, 7, D-12).
    """
    if not text:
        raise UserFault(f"a currency needs a name, of at most {CURRENCY_BYTES_MAX} bytes")
    return check_currency_length(text)


def check_currency_length(text: str) -> Currency:
    """`text` when the wire and files may carry it as a currency: 0 to 16 bytes. Raises UserFault."""
    _check_length("the name of a currency", text, CURRENCY_BYTES_MAX)
    return Currency(text)


def check_address(text: str) -> str:
    """`text` when it may stand in a ticket as an address: 0 to 256 bytes, of any form. Raises UserFault.

    Whether anybody can dial it is another question: see `host_and_port`.
    """
    _check_length("an address", text, ADDRESS_BYTES_MAX)
    return text


def host_and_port(address: str) -> tuple[str, int] | None:
    """A name or IP address, without brackets, and a port to dial; None when `address` is not of that form."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not (colon and host and port.isascii() and port.isdigit() and len(port) <= len(str(PORT_MAX))):
        return None
    return (host, int(port)) if int(port) <= PORT_MAX else None


def is_public_ip(host: str) -> bool:
    """Whether an IP address, with or without a zone, is in the public network. Raises ValueError for a name."""
    # Imported here, so that commands start without it.
    from ipaddress import ip_address

    return ip_address(host.partition("%")[0]).is_global


def _check_length(what: str, text: str, bytes_max: int) -> None:
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        # Half a surrogate pair, from an escape in JSON or a byte on the command line.
        raise UserFault(f"{what} must be text in UTF-8") from None
    if length > bytes_max:
        raise UserFault(f"{what} has at most {bytes_max} bytes, not {length}")
