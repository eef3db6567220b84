import os
import threading
import time

from astronomical.services.disk_cache import DiskCache, cache_folder


def test_bodies_and_absences_survive_a_restart(tmp_path):
    DiskCache(tmp_path).put("http://a/1", b"image")
    DiskCache(tmp_path).put("http://a/2", b"")
    again = DiskCache(tmp_path)
    assert (again.get("http://a/1"), again.get("http://a/2"), again.get("http://a/3")) == (b"image", b"", None)


def test_an_absence_is_not_believed_for_ever(tmp_path):
    cache = DiskCache(tmp_path)
    cache.put("url", b"")
    long_ago = time.time() - 40 * 86400
    os.utime(next(tmp_path.glob("??/*")), (long_ago, long_ago))
    assert cache.get("url") is None


def test_what_was_used_least_goes_first(tmp_path):
    cache = DiskCache(tmp_path, max_bytes=5000)
    for n in range(4):
        cache.put(str(n), bytes(1000))
        os.utime(cache._path(str(n)), (n + 1, n + 1))
    assert cache.get("0") is not None
    cache.put("new", bytes(1000))
    there = [name for name in ("0", "1", "2", "3", "new") if cache.get(name) is not None]
    assert there == ["0", "2", "3", "new"]


def test_a_file_that_was_changed_is_not_believed(tmp_path):
    cache = DiskCache(tmp_path)
    cache.put("url", b"image")
    path = next(tmp_path.glob("??/*"))
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    assert cache.get("url") is None
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_an_empty_cache(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file")
    cache.put("url", b"image")
    assert cache.get("url") is None
    assert "cannot be written" in caplog.text


def test_many_threads_share_it(tmp_path):
    cache = DiskCache(tmp_path, max_bytes=20_000)

    def work(n):
        for i in range(30):
            cache.put(f"{i}", bytes([i]) * 1000)
            assert cache.get(f"{i}") in (None, bytes([i]) * 1000)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 21_100
    assert not list(tmp_path.glob("??/*.tmp"))


def test_the_folder_follows_the_home_of_the_program(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cache"
