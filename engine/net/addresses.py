"""Which addresses a host has, and which of them are the open internet's."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator

# RFC 6052: an IPv4 address behind a gateway that translates.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them; OSError if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "no host can have this name") from None
    return [str(info[4][0]) for info in found]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's, as are those that it carries."""
    known = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in _reached(known))


def _reached(
    known: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Where a packet to the address may end: an IPv6 address may stand for an IPv4 one."""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            yield known.ipv4_mapped
            return
        if known.sixtofour is not None:
            yield known.sixtofour
        if known.teredo is not None:
            yield from known.teredo
        if known in _NAT64:
            yield ipaddress.IPv4Address(int(known) & 0xFFFF_FFFF)
    yield known
