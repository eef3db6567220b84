"""The lock file: one process writes a project."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from astronomical.labels import lock as locks
from astronomical.labels.lock import LockedError, LockError, ProjectLock
from astronomical.labels.process_info import is_running, start_of_process


@pytest.fixture
def config(tmp_path):
    return tmp_path / "project.yaml"


def leave_behind(config, **changes):
    """Write the lock of somebody who did not release it."""
    fields = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": "ana",
        "started": "2026-01-02T03:04:05+00:00",
        "process": start_of_process(os.getpid()),
        "token": "theirs",
    } | changes
    path = config.with_name(config.name + ".lock")
    path.write_text(json.dumps(fields))
    return path


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    return child.pid


def test_lock_lies_beside_the_config_and_names_its_owner(config):
    with ProjectLock(config) as lock:
        assert lock.path.name == "project.yaml.lock"
        owner = json.loads(lock.path.read_text())
        assert (owner["pid"], owner["host"]) == (os.getpid(), socket.gethostname())
        assert owner["user"]
        assert owner["started"]
        assert lock.is_held
    assert not lock.path.exists()
    assert not lock.is_held


def test_second_lock_is_refused_and_names_the_owner(config):
    with ProjectLock(config), pytest.raises(LockedError) as caught:
        ProjectLock(config).acquire()
    assert caught.value.owner.pid == os.getpid()
    assert f"process {os.getpid()} of" in str(caught.value)
    assert "project.yaml is open" in str(caught.value)


def test_lock_can_be_taken_again_after_release(config):
    with ProjectLock(config):
        pass
    with ProjectLock(config) as lock:
        lock.acquire()  # holding it already does no harm
        assert lock.is_held


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_two_names_of_one_file_share_a_lock(config):
    config.write_text("")
    link = config.with_name("link.yaml")
    link.symlink_to(config)
    with ProjectLock(config), pytest.raises(LockedError):
        ProjectLock(link).acquire()


def test_lock_of_an_ended_process_is_taken_over(config):
    path = leave_behind(config, pid=ended_process())
    with ProjectLock(config):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert list(config.parent.iterdir()) == []


@pytest.mark.skipif(not start_of_process(os.getpid()), reason="the system does not tell when it started")
def test_lock_of_a_reused_pid_is_taken_over(config):
    leave_behind(config, process="another-boot:1")
    with ProjectLock(config) as lock:
        assert lock.is_held


def test_lock_of_another_host_is_respected(config):
    leave_behind(config, host="elsewhere.example", pid=ended_process(), process="their-boot:1")
    with pytest.raises(LockedError, match=r"of ana on elsewhere.example since 2026-01-02.*delete"):
        ProjectLock(config).acquire()


def test_empty_lock_of_a_crash_is_taken_over(config):
    config.with_name("project.yaml.lock").write_bytes(b"")
    with ProjectLock(config) as lock:
        assert lock.is_held


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_lock_of_this_machine_under_its_old_host_name_is_taken_over(config):
    leave_behind(config, host="name-of-yesterday", pid=ended_process())
    with ProjectLock(config) as lock:
        assert lock.is_held


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_lock_of_this_machine_before_it_was_restarted_is_taken_over(config, monkeypatch):
    monkeypatch.setattr("astronomical.labels.lock.machine", lambda: "this one")
    leave_behind(config, host="name-of-yesterday", process="another-boot:1", machine="this one")
    with ProjectLock(config) as lock:
        assert lock.is_held


def test_lock_of_another_machine_with_our_host_name_is_respected(config, monkeypatch):
    monkeypatch.setattr("astronomical.labels.lock.machine", lambda: "this one")
    leave_behind(config, pid=ended_process(), process="another-boot:1", machine="another one")
    with pytest.raises(LockedError):
        ProjectLock(config).acquire()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_lock_of_another_container_is_respected_while_it_runs(config, monkeypatch):
    with ProjectLock(config) as lock:
        monkeypatch.setattr("astronomical.labels.lock.pid_namespace", lambda: "another")
        monkeypatch.setattr("astronomical.labels.lock.is_running", lambda pid: False)
        with pytest.raises(LockedError):
            ProjectLock(config).acquire()
        content = lock.path.read_bytes()
    lock.path.write_bytes(content)  # as if it had been killed
    with ProjectLock(config) as taken:
        assert taken.is_held


@pytest.mark.parametrize("content", [b'{"pid": 41, "ho', b'{"p', b"\0" * 40, b'{"pid": 41\0\0\0'])
def test_half_written_lock_of_a_crash_is_taken_over(config, content):
    config.with_name("project.yaml.lock").write_bytes(content)
    with ProjectLock(config) as lock:
        assert lock.is_held


def test_lock_honours_the_umask(config):
    old = os.umask(0o077)
    try:
        with ProjectLock(config) as lock:
            assert lock.path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


def test_lock_that_was_deleted_or_replaced_is_no_longer_ours(config):
    with ProjectLock(config) as lock:
        assert lock.is_ours()
        lock.path.unlink()
        assert not lock.is_ours()
        leave_behind(config)
        assert not lock.is_ours()


@pytest.mark.parametrize("content", [b"mine!", b"[]", b'{"pid": 1}'])
def test_unreadable_lock_is_respected(config, content):
    config.with_name("project.yaml.lock").write_bytes(content)
    with pytest.raises(LockedError, match="does not name the owner") as caught:
        ProjectLock(config).acquire()
    assert caught.value.owner is None


def test_release_leaves_the_lock_of_others(config):
    lock = ProjectLock(config)
    lock.acquire()
    path = leave_behind(config)
    lock.release()
    assert json.loads(path.read_text())["token"] == "theirs"
    lock.release()


def test_folder_in_place_of_the_lock_says_so(config):
    config.with_name("project.yaml.lock").mkdir()
    with pytest.raises(LockError, match="could not be written"):
        ProjectLock(config).acquire()


def test_missing_folder_says_so(tmp_path):
    with pytest.raises(LockError, match="could not be written"):
        ProjectLock(tmp_path / "gone" / "project.yaml").acquire()


def test_of_many_that_see_a_stale_lock_one_gets_it(config):
    for _ in range(10):
        leave_behind(config, pid=ended_process())
        locks = [ProjectLock(config) for _ in range(4)]

        def attempt(lock):
            try:
                lock.acquire()
            except LockedError:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(attempt, locks)) == 1
        for lock in locks:
            lock.release()


def test_another_thread_does_not_take_a_lock_over_at_the_moment_it_is_made(config, monkeypatch):
    create, other = locks._create, ProjectLock(config)

    def create_and_try_another(path, owner):
        monkeypatch.setattr(locks, "_create", create)
        made = create(path, owner)
        with pytest.raises(LockedError):
            other.acquire()
        return made

    monkeypatch.setattr(locks, "_create", create_and_try_another)
    with ProjectLock(config) as mine:
        assert mine.is_ours()


def test_takeover_that_died_half_way_is_cleared(config):
    leave_behind(config, pid=ended_process())
    half_way = config.with_name("project.yaml.lock.takeover")
    half_way.touch()
    os.utime(half_way, (0, 0))
    with ProjectLock(config) as lock:
        assert lock.is_held
    assert list(config.parent.iterdir()) == []


def test_running_processes_are_known():
    assert is_running(os.getpid())
    assert not is_running(ended_process())
    assert not is_running(0)
    assert not is_running(-1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_ended_unnoticed_by_its_parent_is_gone():
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    child.stdout.read()  # ends when the child does; it is not waited for
    try:
        deadline = 100
        while is_running(child.pid) and deadline:
            deadline -= 1
            os.sched_yield()
            subprocess.run([sys.executable, "-c", ""], check=True)
        assert not is_running(child.pid)
    finally:
        child.stdout.close()
        child.wait()
