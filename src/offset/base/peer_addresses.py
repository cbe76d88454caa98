"""Who calls: what a peer's address is counted under, and the counts (spec 02, W8 and W16)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address


class Tally:
    """Counts by name; a name that counts nothing takes no room."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[bytes | str, int] = {}

    def add(self, name: bytes | str, by: int) -> None:
        """Count `by` more (less when negative) of `name`."""
        count = self._counts.get(name, 0) + by
        assert count >= 0
        if count:
            self._counts[name] = count
        else:
            self._counts.pop(name, None)

    def of(self, name: bytes | str) -> int:
        """How many there are."""
        return self._counts.get(name, 0)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    host = address
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        ip = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def source_of(address: str) -> str:
    """What a peer's address (`host`, `host:port` or `[host]:port`) is counted under.

    The port is left away; of an IPv6 address the first 64 bits count, the rest is the peer's choice.
    """
    ip = _parse(address)
    if ip is None:
        return address
    return str(IPv6Network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


def is_exempt(address: str) -> bool:
    """Whether the limits per address do not hold for this one: it is this machine's own."""
    ip = _parse(address)
    return ip is not None and ip.is_loopback
