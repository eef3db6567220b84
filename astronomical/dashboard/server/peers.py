"""Find out which account of this computer opened a connection.

Linux stores the account of every socket. A connection within this computer has two sockets: ours, and that of the
client. `account_of` looks up the second one by the addresses and ports of both ends. It queries the kernel for this
socket (0.05 ms). If that is not possible, it reads the tables in /proc/net (14 ms on a large machine, and more with
each open connection).

Only established connections whose socket belongs to a process count. Linux reports account 0 (root) for sockets that
their process has closed.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["account_of", "accounts_are_known", "own_account"]

_PROC = Path("/proc/net")
_OVERFLOW = Path("/proc/sys/kernel/overflowuid")
_ESTABLISHED = 1
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST = 4, 20, 1
_HEADER = struct.Struct("=IHHII")
#: Family, protocol, extensions, padding, states; then the socket: ports, addresses, interface, cookie.
_QUESTION = struct.Struct("=BBBxI2s2s16s16sIII")
#: Family, state, timer, retransmissions; the socket as above; expiry, both queues, account, inode.
_ANSWER = struct.Struct("=BBBB2s2s16s16sIIIIIIII")
_NO_COOKIE = 0xFFFFFFFF

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def own_account() -> int | None:
    """Return the account of this process, or None if the system has no account numbers.

    Linux uses one number for all accounts that it cannot map, for example in a container. It counts as unknown.
    """
    if sys.platform == "win32":
        return None
    account = os.geteuid()
    with suppress(OSError, ValueError):
        if account == int(_OVERFLOW.read_text()):
            return None
    return account


def accounts_are_known() -> bool:
    """Return whether the system reports the account of a connection, tested with a connection to this process."""
    own = own_account()
    if own is None:
        return False
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as client:
            client.connect(listening.getsockname())
            with listening.accept()[0] as accepted:
                return account_of(accepted) == own
    except OSError:
        return False


def account_of(accepted: socket.socket) -> int | None:
    """Return the account that opened a connection; None if it is on another computer or not reported."""
    if sys.platform != "linux":
        return None
    try:
        ours, theirs = accepted.getsockname(), accepted.getpeername()
        (our_host, our_port), (their_host, their_port) = ours[:2], theirs[:2]
        ends = (_address(their_host), int(their_port)), (_address(our_host), int(our_port))
    except (OSError, ValueError, TypeError):  # closed in the meantime, or not an internet address
        return None
    try:
        return _ask_kernel(*ends)
    except OSError:
        return _read_tables(*ends)


def _address(text: str) -> IPAddress:
    """Return an address. IPv4 addresses in IPv6 form become IPv4, because both mean the same connection."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _ask_kernel(client: tuple[IPAddress, int], server: tuple[IPAddress, int]) -> int | None:
    """Query the socket of the client by netlink (sock_diag); OSError if this is not possible."""
    family = socket.AF_INET if client[0].version == 4 else socket.AF_INET6
    ends = (
        client[1].to_bytes(2),
        server[1].to_bytes(2),
        client[0].packed.ljust(16, b"\0"),
        server[0].packed.ljust(16, b"\0"),
    )
    body = _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 1 << _ESTABLISHED, *ends, 0, _NO_COOKIE, _NO_COOKIE)
    header = _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(1)
        netlink.sendto(header + body, (0, 0))
        reply = netlink.recv(4096)
    kind = _HEADER.unpack_from(reply)[1]
    if kind != _SOCK_DIAG_BY_FAMILY:
        error = -struct.unpack_from("=i", reply, _HEADER.size)[0]
        if error == 2:  # ENOENT: there is no such socket
            return None
        raise OSError(error, "sock_diag")
    found = _ANSWER.unpack_from(reply, _HEADER.size)
    state, ports, addresses, account, inode = found[1], found[4:6], found[6:8], found[-2], found[-1]
    size = len(client[0].packed)
    # without an established socket, the kernel returns the one that listens on the port
    if state != _ESTABLISHED or inode == 0 or ports != ends[:2]:
        return None
    if found[0] == family and [item[:size] for item in addresses] != [client[0].packed, server[0].packed]:
        return None
    return int(account)


def _read_tables(client: tuple[IPAddress, int], server: tuple[IPAddress, int]) -> int | None:
    """Look for the socket of the client in /proc/net/tcp and tcp6."""
    wanted = {"tcp6": b" %s %s 01 " % (_in_table(*client, mapped=True), _in_table(*server, mapped=True))}
    if client[0].version == 4:
        wanted["tcp"] = b" %s %s 01 " % (_in_table(*client), _in_table(*server))
    found = []
    for name, ends in wanted.items():
        with suppress(OSError):
            lines = (_PROC / name).read_bytes()
            at = lines.find(ends)
            if at >= 0:
                found.append(lines[at + len(ends) :].split(None, 6))
    if len(found) != 1 or len(found[0]) < 6:
        return None
    account, inode = int(found[0][3]), int(found[0][5])
    return account if inode else None


def _in_table(address: IPAddress, port: int, *, mapped: bool = False) -> bytes:
    """Return an address and a port in the form of /proc/net: words of four bytes in the byte order of the processor."""
    packed = address.packed
    if mapped and address.version == 4:
        packed = b"\0" * 10 + b"\xff\xff" + packed
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return b"%s:%04X" % (b"".join(b"%08X" % word for word in words), port)
