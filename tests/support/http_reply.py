"""The end of an HTTP reply."""

from __future__ import annotations

import re


def is_whole(raw: bytes) -> bool:
    """Return whether these bytes are all of a reply whose length is known; of a WebSocket only the head is read."""
    head, end, body = raw.partition(b"\r\n\r\n")
    if not end:
        return False
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head.startswith(b"HTTP/1.1 101") or (length is not None and len(body) >= int(length[1]))
