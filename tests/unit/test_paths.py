"""Files are replaced whole, with the permissions that they should have, and never through links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from astronomical import paths
from astronomical.paths import atomic_write, is_same_file, remove_leftovers, writing

posix = pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")


@pytest.fixture
def umask():
    old = os.umask(0o022)
    yield os.umask
    os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize(("mask", "expected"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_a_new_file_honours_the_umask(tmp_path: Path, umask, mask: int, expected: int):
    umask(mask)
    atomic_write(tmp_path / "file", b"new")
    assert mode(tmp_path / "file") == expected


@posix
@pytest.mark.parametrize("kept", [0o600, 0o640, 0o444, 0o666])
def test_a_file_that_is_written_again_keeps_its_mode(tmp_path: Path, umask, kept: int):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(kept)
    umask(0o077)
    atomic_write(path, b"new", backup=True)
    assert (mode(path), mode(tmp_path / "file.bak")) == (kept, kept)
    assert (path.read_bytes(), (tmp_path / "file.bak").read_bytes()) == (b"new", b"old")


@posix
def test_a_file_that_is_written_again_keeps_its_owner(tmp_path: Path):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    atomic_write(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@posix
def test_members_of_another_group_get_no_more_than_others(tmp_path: Path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, -1, 4321)
    path.chmod(0o660)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    atomic_write(path, b"new")
    assert mode(path) == 0o600


@posix
def test_an_access_list_is_kept(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    # version 2; owner rw-, user 1234 r--, group r--, mask r--, others ---
    access = bytes.fromhex("0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000000ffffffff")
    try:
        os.setxattr(path, "system.posix_acl_access", access)
    except (AttributeError, OSError):
        pytest.skip("no access lists here")
    atomic_write(path, b"new")
    assert os.getxattr(path, "system.posix_acl_access") == access


@posix
def test_a_temporary_file_has_a_random_name_and_is_private_while_a_private_file_is_written(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    names = set()
    for _ in range(3):
        with writing(path) as file:
            file.write(b"new")
            temporary = next(item for item in tmp_path.iterdir() if item.name.endswith(".tmp"))
            assert mode(temporary) == 0o600
            names.add(temporary.name)
    assert len(names) == 3


@posix
def test_a_temporary_name_that_is_a_link_is_not_followed(tmp_path: Path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"old")
    monkeypatch.setattr(paths.secrets, "token_hex", lambda n: "0" * 2 * n)
    (tmp_path / f".file.{'0' * 16}.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        atomic_write(tmp_path / "file", b"new")
    assert victim.read_bytes() == b"old"


@posix
def test_a_link_is_replaced_and_not_followed(tmp_path: Path):
    victim, link = tmp_path / "victim", tmp_path / "file"
    victim.write_bytes(b"old")
    link.symlink_to(victim)
    atomic_write(link, b"new")
    assert (victim.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"old", b"new", False)
    backup = tmp_path / "file.bak"
    backup.symlink_to(victim)
    atomic_write(link, b"newer", backup=True)
    assert (victim.read_bytes(), backup.read_bytes()) == (b"old", b"new")


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path):
    path = tmp_path / "file"

    def write() -> None:
        with writing(path, overwrite=False) as file:
            file.write(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(FileExistsError):
        write()
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"theirs"


def test_leftovers_of_a_crash_are_removed_and_nothing_else(tmp_path: Path):
    ours = [f".project.yaml.{'a' * 16}.tmp", ".project.yaml.abcdefgh.tmp", ".old.csv.part"]
    stay = [f".other.csv.{'b' * 16}.tmp", "notes.tmp", ".hidden", "x.part", ".new.csv.part"]
    for name in (*ours, *stay):
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / ".old.csv.part", (0, 0))
    remove_leftovers(tmp_path, ["project.yaml"])
    assert {item.name for item in tmp_path.iterdir()} == set(stay)


def test_two_names_of_one_file_are_known(tmp_path: Path):
    path = tmp_path / "File.csv"
    path.write_bytes(b"")
    (tmp_path / "link").symlink_to(path)
    os.link(path, tmp_path / "hard")
    for other in (path, tmp_path / "link", tmp_path / "hard", tmp_path / "FILE.CSV", tmp_path / "." / "File.csv"):
        assert is_same_file(path, other)
    assert not is_same_file(path, tmp_path / "other.csv")
