"""Disks that do not answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.tasks import NoAnswerError, ask_disk, disks, file_exists
from tests.support.dead_disk import DeadDisk


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeadDisk]:
    monkeypatch.setattr(disks, "ANSWER_S", 0.05)
    with DeadDisk(tmp_path / "mnt") as disk:
        yield disk


def test_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert not file_exists(path)
    path.write_text("id\n")
    assert file_exists(path)


def test_a_fifo_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not file_exists(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
def test_an_impossible_name_is_no_file(tmp_path: Path, name: str) -> None:
    assert not file_exists(tmp_path / name)


def test_a_disk_that_does_not_answer_is_named(dead: DeadDisk) -> None:
    with pytest.raises(NoAnswerError, match=r"mnt does not respond\. Is it on a disconnected network drive\?"):
        file_exists(dead.folder / "a.csv")


def test_a_dead_disk_holds_one_thread_for_each_folder(dead: DeadDisk) -> None:
    before = threading.active_count()
    for n in range(20):
        with pytest.raises(NoAnswerError):
            file_exists(dead.folder / f"{n}.csv")
    assert threading.active_count() <= before + 1


def test_other_disks_answer_meanwhile(dead: DeadDisk, tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError):
        file_exists(dead.folder / "a.csv")
    assert ask_disk(tmp_path, lambda: "here") == "here"


def test_a_disk_that_answers_again_is_used_again(dead: DeadDisk) -> None:
    with pytest.raises(NoAnswerError):
        file_exists(dead.folder / "a.csv")
    dead.revive()
    assert not file_exists(dead.folder / "a.csv")
