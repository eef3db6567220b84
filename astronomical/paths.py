"""User folders, the current user, and atomic replacement of files."""

from __future__ import annotations

import argparse
import contextlib
import errno
import getpass
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import platformdirs

from astronomical.errors import InvalidInputError
from astronomical.permissions import UNSUPPORTED, copy_permissions

__all__ = [
    "NetworkPathError",
    "atomic_write",
    "check_path",
    "current_user",
    "exists",
    "free_name",
    "is_same_file",
    "local_path",
    "new_file",
    "path_argument",
    "refuse_network_path",
    "remove_leftovers",
    "sync_folder",
    "user_folder",
    "write_user_file",
    "writing",
    "wrong_separator",
]

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES})
_NEW = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
#: Names of temporary files: ours, and those of earlier versions.
_LEFTOVER = re.compile(r"\.(?P<name>.+)\.(?:[0-9a-f]{16}\.tmp|[a-z0-9_]{8}\.tmp|part)")
#: Age at which temporary files of other processes are removed, in s.
_ABANDONED_S = 86400.0
_FILE_URL = re.compile(r"file://(?P<host>[^/\\]*)", re.IGNORECASE)
#: Web addresses; a single letter before the colon is a drive of Windows.
_WEB_ADDRESS = re.compile(r"(https?|ftps?|sftp|s3|gs|vos|ivo)://", re.IGNORECASE)
_LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "[::1]"})

FolderKind = Literal["config", "data", "cache", "logs", "projects"]


def user_folder(kind: FolderKind) -> Path:
    """Return a folder of the user: below ``$ASTRONOMICAL_HOME`` if it is set, else in the system's usual place.

    Parameters
    ----------
    kind
        ``config`` for the user's settings, ``data`` for lists of the program, ``cache`` for files that can be fetched
        again, ``logs``, or ``projects`` for copies that the user can change.
    """
    home = os.environ.get("ASTRONOMICAL_HOME")
    if home:
        return local_path(home) / {"config": "", "data": ""}.get(kind, kind)
    if kind == "projects":
        return Path(platformdirs.user_documents_path()) / "astronomical"
    find = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
        "logs": platformdirs.user_log_path,
    }[kind]
    return Path(find("astronomical"))


def current_user() -> str:
    """Return the name of the account, or "unknown" if it has none, as in some containers."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
    return name.encode("utf-8", "replace").decode("utf-8")


class NetworkPathError(InvalidInputError):
    """A path is on another computer."""


def refuse_network_path(text: str) -> str:
    r"""Return a path, unless it is on another computer, such as ``\\host\share`` or ``file://host/x``.

    Even a check whether such a file exists makes Windows log in to that computer. These paths are refused on every
    system, because projects move between systems.

    Raises
    ------
    NetworkPathError
        If the path is on another computer.
    """
    trimmed = text.strip().strip("\"'").lstrip()
    host = _FILE_URL.match(trimmed)
    if (len(trimmed) > 1 and trimmed[0] in "/\\" and trimmed[1] in "/\\") or (
        host is not None and host["host"].lower() not in _LOCAL_HOSTS
    ):
        raise NetworkPathError(
            f"{text[:200]!r} is a path on another computer and was not opened. Copy the file to "
            "this computer, or mount its folder and use the path of the mount."
        )
    return text


def check_path(text: str) -> str:
    """Return the text of a path, unless no file of this computer can have it.

    Raises
    ------
    NetworkPathError
        If the path is on another computer.
    InvalidInputError
        If the text is a web address, or contains a zero byte.
    """
    _refuse_zero_byte(text)
    if _WEB_ADDRESS.match(text.strip()):
        raise InvalidInputError(
            f"{text[:200]!r} is a web address, and only files of this computer can be used. Download the file, then "
            "give its path."
        )
    return refuse_network_path(text)


def _refuse_zero_byte(text: str) -> None:
    if "\0" in text:
        raise InvalidInputError(f"{text[:200]!r} is not a path: it contains a zero byte. Type the path again.")


def wrong_separator(path: Path) -> str:
    """Return a hint, to be appended to a message, if a path that does not exist was written as on Windows."""
    text = str(path)
    if os.sep == "\\" or "\\" not in text:
        return ""
    changed = text.replace("\\", "/")
    return f" On this computer, folders are separated by /: try {changed}." if exists(Path(changed)) else ""


def path_argument(text: str) -> Path:
    """Return a path of the command line, for argparse."""
    try:
        return Path(check_path(text))
    except InvalidInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def local_path(text: str | os.PathLike[str]) -> Path:
    """Return a path with ``~`` expanded to the home folder; the ``~`` of an unknown account is not expanded.

    Raises
    ------
    InvalidInputError
        If the path, given as text, cannot be one of this computer; see `check_path`.
    """
    if isinstance(text, str):
        check_path(text)
    _refuse_zero_byte(os.fspath(text))
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def exists(path: Path) -> bool:
    """Return whether a name exists, even as a broken link."""
    try:
        return os.path.lexists(path)
    except ValueError:  # contains a null byte
        return False


def free_name(path: Path) -> Path:
    """Return a path that does not exist yet: the given one, or one with a number added."""
    candidate, n = path, 2
    while exists(candidate):
        candidate, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return candidate


def is_same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file: by a link, or by names that differ only in case.

    Names that differ only in case are one file on most disks of macOS and Windows, so they count as one on every
    system.
    """
    with contextlib.suppress(OSError, ValueError):
        if one.samefile(other):
            return True
    return _normalised_name(one) == _normalised_name(other)


def _normalised_name(path: Path) -> str:
    return os.path.realpath(path).casefold()


def new_file(path: Path) -> BinaryIO:
    """Create a file for reading and writing, never through a link.

    Raises
    ------
    FileExistsError
        If the name exists.
    """
    return os.fdopen(os.open(path, _NEW, 0o666), "w+b")


def atomic_write(path: Path, content: bytes, *, overwrite: bool = True, backup: bool = False) -> None:
    """Write a file atomically; it is on disk when this returns.

    Parameters
    ----------
    path
        The file. A link of this name is replaced, not followed.
    content
        Content of the file.
    overwrite, backup
        See `writing`.

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is false.
    OSError
        If the file cannot be written; the previous file is unchanged.
    """
    with writing(path, overwrite=overwrite, backup=backup) as file:
        file.write(content)


def write_user_file(path: Path, content: bytes) -> None:
    """Write a file of a user folder atomically; make the folder, and remove what a crash left there long ago.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content)
    remove_leftovers(path.parent)


@contextlib.contextmanager
def writing(path: Path, *, overwrite: bool = True, backup: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces a file when the block ends without an error.

    The temporary file has a random name in the same folder and is never opened through a link. A new file gets the
    permissions that the umask allows. A file that replaces another keeps its mode, and its owner, group and access
    list where the system allows that.

    Parameters
    ----------
    path
        The file.
    overwrite
        Whether to replace an existing file.
    backup
        Whether to keep the previous file, with ``.bak`` added to its name.

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is false.
    OSError
        If the file cannot be written; the previous file is unchanged.
    """
    if not overwrite and exists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    temporary = _temporary_name(path)
    file = new_file(temporary)
    try:
        with file:
            copy_permissions(path, file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not overwrite:
            _move_to_free_name(temporary, path)
        else:
            if backup and path.is_file():
                _back_up(path)
            temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable, where the system can open folders."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:  # not supported by some network file systems
        if error.errno not in _CANNOT_SYNC:
            raise


def remove_leftovers(folder: Path, names: Iterable[str] = ()) -> None:
    """Remove temporary files that a crash left behind; ignore those that cannot be removed.

    Parameters
    ----------
    folder
        Folder of the files.
    names
        Files that no other process is writing: their temporary files are removed at any age. Those of other files are
        removed after a day.
    """
    ours = set(names)
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            found = _LEFTOVER.fullmatch(path.name)
            if found is None:
                continue
            with contextlib.suppress(OSError):
                state = path.lstat()
                old = time.time() - state.st_mtime > _ABANDONED_S
                if stat.S_ISREG(state.st_mode) and (old or found["name"] in ours):
                    path.unlink()


def _temporary_name(path: Path) -> Path:
    # 150 characters are at most 600 bytes of UTF-8, so long names are cut by bytes.
    name = os.fsdecode(os.fsencode(path.name)[:200])
    return path.with_name(f".{name}.{secrets.token_hex(8)}.tmp")


def _move_to_free_name(temporary: Path, path: Path) -> None:
    """Give a file its name, unless another program has just taken that name."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        if exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.replace(path)
        return
    temporary.unlink()


def _back_up(path: Path) -> None:
    """Keep the current file under another name too, without a moment in which there is no backup."""
    backup, link = path.with_name(f"{path.name}.bak"), _temporary_name(path)
    try:
        os.link(path, link)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        atomic_write(backup, path.read_bytes())
        return
    try:
        link.replace(backup)
    finally:
        link.unlink(missing_ok=True)  # a rename onto a link to the same file does nothing


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as written in a project file in a folder: relative, unless it is on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()
