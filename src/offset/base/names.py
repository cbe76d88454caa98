"""Names of currencies and addresses that people and files give us (spec 01, 1.5 and 3.7)."""

from __future__ import annotations

from offset.base.faults import UserFault
from offset.base.ids import Currency
from offset.base.limits import ADDRESS_BYTES_MAX, CURRENCY_BYTES_MAX

PORT_MAX = 65535
_RIGHT_FORM = "give HOST:PORT, such as 192.0.2.7:1234, [2001:db8::7]:1234 or example.org:1234"


def check_currency(text: str) -> Currency:
    """`text` when a person may name a currency so. Raises UserFault.

    That is 1 to 16 bytes of UTF-8 that can be seen: no blanks around the name, nothing in it that does not print,
    so that no two currencies look the same. The reference takes any name, the empty one too, a defect (spec 05, 7,
    D-12).
    """
    if not text.strip():
        raise UserFault(f"a currency needs a name, of at most {CURRENCY_BYTES_MAX} bytes")
    check_currency_length(text)
    if text != text.strip() or not text.isprintable():
        raise UserFault(
            f"the name of a currency, {text!r}, has blanks around it or characters that do not print"
        )
    return Currency(text)


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


def check_reachable(address: str) -> str:
    """`address` when others can connect to it, by its form. Raises UserFault, which says the right form.

    The reference takes any address (spec 01, 1.5), and then nobody can connect.
    """
    check_address(address)
    wrong = f"nobody can connect to {address!r}"
    found = host_and_port(address)
    if "/" in address or any(char.isspace() for char in address):
        raise UserFault(f"{wrong}: {_RIGHT_FORM}, without http:// and blanks")
    if ":" in address.rpartition(":")[0] and not address.startswith("["):
        raise UserFault(f"{wrong}: put an IPv6 address into brackets, such as [2001:db8::7]:1234")
    if found is None:
        raise UserFault(f"{wrong}: {_RIGHT_FORM}")
    host, port = found
    if port == 0:
        raise UserFault(
            f"{wrong}: the port is a number from 1 to {PORT_MAX}, the one that the server listens on"
        )
    if host in ("0.0.0.0", "::"):
        raise UserFault(
            f"{wrong}: {host} stands for all addresses of a machine; name the one at which others reach it, "
            "such as 192.0.2.7:1234 or example.org:1234"
        )
    return address


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
