"""Decide which internet addresses may be contacted, with one table for all versions of Python.

The sources are the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890, RFC 8190), the IANA registry
of the IPv6 address space and the documents named in each row. Python's own ``is_global`` follows these registries
too, but differs between releases, so it is not used.
"""

from __future__ import annotations

import ipaddress

__all__ = ["NOT_PUBLIC", "Address", "embedded_ipv4", "is_loopback", "is_public"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Blocks that are refused, and the document that defines each. No archive serves images from a special-purpose block,
#: so the whole block is refused, including the few globally reachable addresses in it.
NOT_PUBLIC: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network, RFC 791"),
    ("10.0.0.0/8", "private use, RFC 1918"),
    ("100.64.0.0/10", "shared between a provider and its customers, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("168.63.129.16/32", "platform service of a cloud provider, reachable from its virtual machines only"),
    ("169.254.0.0/16", "link local, and metadata services of cloud providers, RFC 3927"),
    ("172.16.0.0/12", "private use, RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, with 192.0.0.192 of a cloud provider, RFC 6890"),
    ("192.0.2.0/24", "documentation, RFC 5737"),
    ("192.31.196.0/24", "AS112 name servers, RFC 7535"),
    ("192.52.193.0/24", "multicast tunnelling, RFC 7450"),
    ("192.88.99.0/24", "6to4 relays, withdrawn, RFC 7526"),
    ("192.168.0.0/16", "private use, RFC 1918"),
    ("192.175.48.0/24", "AS112 name servers, RFC 7534"),
    ("198.18.0.0/15", "benchmarks, RFC 2544"),
    ("198.51.100.0/24", "documentation, RFC 5737"),
    ("203.0.113.0/24", "documentation, RFC 5737"),
    ("224.0.0.0/4", "multicast, RFC 5771"),
    ("240.0.0.0/4", "reserved, with the broadcast address, RFC 1112 and RFC 8190"),
    # Everything outside 2000::/3: loopback, IPv4-compatible, IPv4-translated and local NAT64 (64:ff9b:1::/48)
    # addresses in the first block, site local (fec0::/10), link local, unique local and multicast in the last.
    ("::/3", "not assigned as global unicast, IANA IPv6 address space"),
    ("4000::/2", "not assigned as global unicast, IANA IPv6 address space"),
    ("8000::/1", "not assigned as global unicast, IANA IPv6 address space"),
    ("2001::/23", "protocol assignments, with Teredo (2001::/32), benchmarks and ORCHID, RFC 2928"),
    ("2001:db8::/32", "documentation, RFC 3849"),
    ("2002::/16", "6to4, which embeds an IPv4 address, RFC 3056"),
    ("2620:4f:8000::/48", "AS112 name servers, RFC 7534"),
    ("3ffe::/16", "6bone, returned, RFC 3701"),
    ("3fff::/20", "documentation, RFC 9637"),
)
_BLOCKS = tuple(ipaddress.ip_network(block) for block, _ in NOT_PUBLIC)
#: Blocks whose addresses embed an IPv4 address in their last 32 bits: mapped addresses (RFC 4291) and the well-known
#: prefix of NAT64 (RFC 6052), through which an IPv6-only host reaches IPv4.
_HOLD_IPV4 = (ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("64:ff9b::/96"))
#: Interface identifiers of ISATAP (RFC 5214), which embed an IPv4 address after any prefix.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address) -> bool:
    """Return whether an address, or the IPv4 address embedded in it, is globally reachable.

    Parameters
    ----------
    address
        The address. An address with a zone, such as ``fe80::1%eth0``, belongs to one link and is not public.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = embedded_ipv4(address)
        if inner is not None:
            return is_public(inner)
        if address.scope_id is not None or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
            return False
    return not any(address in block for block in _BLOCKS)


def is_loopback(address: Address) -> bool:
    """Return whether an address, or the IPv4 address mapped into it, is a loopback address."""
    value = int(address)
    if isinstance(address, ipaddress.IPv6Address):
        if value == 1:
            return True
        if address not in _HOLD_IPV4[0]:
            return False
    return (value & 0xFFFFFFFF) >> 24 == 127


def embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address to which packets for an IPv6 address are delivered, or None."""
    if address.scope_id is None and any(address in block for block in _HOLD_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
