"""Talk to a local port as another account: reads lines of JSON, and answers each with one.

A line is the text to send (``"text"``), as often as wanted (``"times"``), each by a connection of its own, all open at
once. The answer is the list of what came back.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import time

from http_reply import is_whole


def exchange(port: int, text: bytes, times: int) -> list[str]:
    """Send a text by several connections at once, and return all replies as far as they came within 60 seconds."""
    selector, replies = selectors.DefaultSelector(), [b""] * times
    for number in range(times):
        connection = socket.socket()
        connection.connect(("127.0.0.1", port))
        connection.sendall(text)
        selector.register(connection, selectors.EVENT_READ, number)
    end = time.monotonic() + 60
    while selector.get_map() and time.monotonic() < end:
        for key, _ in selector.select(1):
            try:
                found = key.fileobj.recv(65536)
            except OSError:
                found = b""
            replies[key.data] += found
            if not found or is_whole(replies[key.data]):  # the server may keep the connection open
                selector.unregister(key.fileobj)
                key.fileobj.close()
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return [reply.decode("latin-1") for reply in replies]


if __name__ == "__main__":
    "".encode("idna")  # all that is imported has to be, before the account cannot read this Python any more
    os.setgroups([])
    os.setgid(int(sys.argv[1]))
    os.setuid(int(sys.argv[1]))
    for line in sys.stdin:
        order = json.loads(line)
        said = exchange(int(sys.argv[2]), order["text"].encode("latin-1"), order.get("times", 1))
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
