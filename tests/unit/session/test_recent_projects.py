from __future__ import annotations

from astronomical.session.project.recent_projects import MAX_RECENTS, forget, key_of, read_recents, remember


def test_the_newest_comes_first_and_each_only_once(tmp_path, home):
    assert read_recents() == ()
    for name in ("a", "b", "a"):
        remember(tmp_path / f"{name}.yaml", name.upper())
    assert [item.title for item in read_recents()] == ["A", "B"]
    assert (home / "recents.json").exists()


def test_a_project_keeps_its_key(tmp_path):
    path = tmp_path / "a.yaml"
    key = key_of(path)
    assert key != key_of(path), "a project that nobody opened has none yet"
    remember(path, "A", key)
    remember(tmp_path / "b.yaml", "B", key_of(tmp_path / "b.yaml"))
    assert key_of(path) == key != key_of(tmp_path / "b.yaml")


def test_missing_ones_say_so_and_can_be_forgotten(tmp_path):
    (tmp_path / "a.yaml").touch()
    for name in "ab":
        remember(tmp_path / f"{name}.yaml", name)
    assert [bool(item.problem) for item in read_recents()] == [True, False]
    forget(tmp_path / "b.yaml")
    assert [item.title for item in read_recents()] == ["a"]


def test_the_list_does_not_grow_and_a_damaged_one_is_empty(tmp_path, home):
    for i in range(MAX_RECENTS + 5):
        remember(tmp_path / f"{i}.yaml", str(i))
    assert len(read_recents()) == MAX_RECENTS
    for damaged in ("{", '{"a": 1}', "[1]", '[{"path": 3}]', "\x00"):
        (home / "recents.json").write_text(damaged)
        assert read_recents() == ()
