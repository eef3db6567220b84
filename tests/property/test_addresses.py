"""No spelling of an address that is not public is contacted."""

from __future__ import annotations

import ipaddress
import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.services.addresses import NOT_PUBLIC, is_loopback, is_public
from astronomical.services.http import get
from astronomical.services.transfer import FetchError
from tests.support.campaigns import cases

N_EXAMPLES = int(os.environ.get("ASTRONOMICAL_CAMPAIGN", cases(60, 300)))
pytestmark = pytest.mark.campaign
BLOCKS = [ipaddress.ip_network(block) for block, _ in NOT_PUBLIC]
#: One address of every block that must never be contacted, whatever Python's own tables say of it.
NAMED = (
    "192.0.0.192",
    "168.63.129.16",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "240.0.0.1",
    "224.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "192.0.0.9",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "fec0::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "5f00::1",
    "2002:808:808::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:db8::1",
    "3fff::1",
    "2a00:1450::5efe:10.0.0.1",
    "2a00:1450:0:0:200:5efe:10.0.0.1",
    "2606:4700::1%1",
    "fd00:ec2::254",
)


def inside(block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> st.SearchStrategy:
    return st.integers(int(block.network_address), int(block.broadcast_address)).map(type(block.network_address))


REFUSED = st.one_of([inside(block) for block in BLOCKS if block.version == 4])
REFUSED_6 = st.one_of([inside(block) for block in BLOCKS if block.version == 6])


@pytest.mark.parametrize("text", NAMED)
def test_named_addresses_are_not_public(text: str):
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "128.183.1.1",
        "192.0.1.1",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ],
)
def test_addresses_of_the_internet_are_public(text: str):
    assert is_public(ipaddress.ip_address(text))


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(REFUSED, st.integers(0, 2**32 - 1))
def test_no_wrapping_makes_an_address_public(address: ipaddress.IPv4Address, prefix: int):
    value = int(address)
    wrapped = [
        value,
        0xFFFF << 32 | value,
        0xFFFF << 48 | value,
        (0x64FF9B << 96) | value,
        0x64FF9B0001 << 80 | value,
        0x2002 << 112 | value << 80 | 1,
        0x20010000 << 96 | (value ^ 0xFFFFFFFF),
        0x2A00 << 112 | prefix << 64 | 0x5EFE << 32 | value,
        0x2A00 << 112 | prefix << 64 | 0x02005EFE << 32 | value,
    ]
    assert not is_public(address)
    assert not any(is_public(ipaddress.IPv6Address(number)) for number in wrapped)


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.one_of(REFUSED_6, st.ip_addresses(v=6)))
def test_only_global_unicast_addresses_of_ipv6_are_public(address: ipaddress.IPv6Address):
    holds_ipv4 = int(address) >> 32 in (0xFFFF, 0x64FF9B << 64)
    if is_public(address) and not holds_ipv4:
        assert int(address) >> 125 == 1
        assert not any(address in block for block in BLOCKS)


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), REFUSED, REFUSED_6))
def test_the_table_refuses_what_python_refuses(address):
    """Python's table of any release is a lower bound of ours."""
    inner = int(address) >> 32 in (0xFFFF, 0x64FF9B << 64) if address.version == 6 else False
    if not inner and (not address.is_global or address.is_multicast or address.is_reserved):
        assert not is_public(address)


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_loopback_is_never_public(address):
    assert not (is_loopback(address) and is_public(address))


def spellings(address: ipaddress.IPv4Address) -> list[str]:
    """Return hosts that some programs take for an address."""
    value, parts = int(address), address.packed
    a, b = parts[0], parts[1]
    wide = str(address).translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    circled = str(address).translate({ord(str(n)): 0x245F + n for n in range(1, 10)})
    return [
        str(address),
        f"{value}",
        f"0x{value:x}",
        f"0{value:o}",
        ".".join(f"0x{part:x}" for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        f"{a}.{value & 0xFFFFFF}",
        f"{a}.{b}.{value & 0xFFFF}",
        f"0X{a:X}.{value & 0xFFFFFF}",
        f"{address}.",
        wide,
        circled,
        wide.replace(".", "\u3002"),
        f"user:secret@{address}",
        f"example.org@{address}",
        f"example.org%40{address}",
        f"[::ffff:{address}]",
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[64:ff9b:1::{address}]",
        f"[::ffff:{address}%25eth0]",
    ]


@settings(max_examples=max(20, N_EXAMPLES // 10), deadline=None)
@given(address=st.one_of(REFUSED, st.sampled_from([ipaddress.IPv4Address(text) for text in NAMED if ":" not in text])))
def test_no_spelling_of_a_refused_address_is_connected(address: ipaddress.IPv4Address):
    connected = []

    def connect(to, timeout):
        connected.append(to)
        raise OSError("refused by the test")

    def numeric_only(host, *args, real=socket.getaddrinfo, **kwargs):
        """Look up what is a number in any spelling, and ask no name server."""
        return real(
            host.encode("idna") if isinstance(host, str) else host, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST}
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", connect)
        patch.setattr(socket, "getaddrinfo", numeric_only)
        for host in spellings(address):
            with pytest.raises(FetchError):
                get(f"http://{host}/image.png", timeout_s=5)
    assert connected == []


@settings(max_examples=N_EXAMPLES, deadline=None)
@given(st.text(max_size=60))
def test_any_text_as_an_address_is_refused_in_words(text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: (_ for _ in ()).throw(OSError("no names")))
        patch.setattr(socket, "create_connection", lambda *args, **kwargs: pytest.fail("connected"))
        for url in (text, f"http://{text}", f"http://{text}/", f"http://[{text}]/", f"https://a@{text}:80/"):
            with pytest.raises(FetchError):
                get(url, timeout_s=5)
