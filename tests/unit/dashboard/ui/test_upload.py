"""The server itself bounds what is uploaded; a browser may say anything."""

from __future__ import annotations

from typing import Any

import pytest

from astronomical.dashboard.ui import upload


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(upload, "MAX_BYTES", 2**20)


def send(button: Any, *parts: Any, name: str = "a.csv", total: int | None = None) -> None:
    for number, data in enumerate(parts, 1):
        button._handle_msg(
            {
                "status": "upload_event",
                "name": name,
                "chunk": number,
                "mime_type": "text/csv",
                "total_chunks": total or len(parts),
                "data": data,
            }
        )
    button._handle_msg({"status": "finished"})


def test_a_file_of_several_parts_is_taken(small):
    taken: list[tuple[str, bytes]] = []
    send(upload.upload_button(lambda *file: taken.append(file), accept=".csv", label="File"), b"ab", b"cd")
    assert taken == [("a.csv", b"abcd")]


@pytest.mark.parametrize("parts", [[b"x" * (2**20 + 1)], [b"x" * 2**19] * 3, [10**10], [b"x" * 2**18] * 50])
def test_a_file_that_is_too_large_is_refused(small, parts, monkeypatch):
    taken: list[tuple[str, bytes]] = []
    said: list[dict[str, str]] = []
    button = upload.upload_button(lambda *file: taken.append(file), accept=".csv", label="File")
    monkeypatch.setattr(button, "_send_msg", said.append)
    send(button, *parts, total=10**6)
    assert taken == []
    assert {message["error"] for message in said if message["status"] == "error"} == {"The file is larger than 1 MB."}


def test_files_that_are_never_finished_do_not_add_up(small):
    button = upload.upload_button(lambda *_: None, accept=".csv", label="File")
    for number in range(50):
        send(button, b"x" * 2**17, name=f"{number}.csv", total=2)
    assert sum(len(part) for file in button._file_buffer.values() for part in file["chunks"].values()) <= 2**20
