"""
Which IP addresses belong to the public internet.

The tables are IANA's registries of special-purpose addresses for IPv4 and IPv6, written out: what Python's ipaddress
calls global differs between versions, and counts multicast and translated addresses in.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)

GLOBAL_V6 = IPv6Network("2000::/3")
"""The only part of IPv6 from which addresses are given out to be reached from everywhere."""

SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)

_NAT64 = IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = IPv6Network("::/96")
_V4_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_LOW_32_BITS = 0xFFFF_FFFF


def is_public(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """
    Whether an address may be fetched from: it is public, or lies in a network that was allowed.

    An IPv4 address that is wrapped into IPv6 (mapped, translated, NAT64, 6to4, Teredo) is allowed where the IPv4
    address itself is; but wrapped public addresses are refused, but for mapped ones, since no honest name has them.
    """
    inner = _unwrapped(address)
    if any(candidate in network for network in allowed for candidate in {address, inner} if _fits(candidate, network)):
        return True
    if isinstance(inner, IPv4Address):
        is_plain = isinstance(address, IPv4Address) or address.ipv4_mapped is not None
        return is_plain and not any(inner in network for network in SPECIAL_V4)
    return inner in GLOBAL_V6 and not any(inner in network for network in SPECIAL_V6)


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_loopback_or_none = int(address) <= 1
    if not is_loopback_or_none and any(address in network for network in (_NAT64, _V4_COMPATIBLE, _V4_TRANSLATED)):
        return IPv4Address(int(address) & _LOW_32_BITS)
    return address


def _fits(address: Address, network: Network) -> bool:
    return address.version == network.version
