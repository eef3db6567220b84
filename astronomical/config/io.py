"""Read and write a project file: checked on the way in, atomic on the way out."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from astronomical.config.errors import CannotWriteError, ConfigError, Problem, problems_of, shorten
from astronomical.config.schema import SCHEMA_VERSION, Config
from astronomical.config.text import MAX_BYTES, TextError, dump_json, parse_json, parse_yaml
from astronomical.config.writing import ConfigTexts, to_plain

SUFFIXES = (".yaml", ".yml", ".json")
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES})


def read_config(path: str | Path) -> Config:
    """Return the project that a file holds.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML or JSON, or is not a project of this schema.
    """
    return config_from(read_plain(path), str(path))


def read_plain(path: str | Path) -> Any:
    """Return what stands in a file of YAML or JSON, whatever it means.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is not YAML or JSON.
    """
    path = Path(path)
    return parse_plain(_read_text(path), path.suffix.lower(), str(path))


def parse_plain(text: str, suffix: str = ".yaml", source: str = "The config") -> Any:
    """Return what a text says, whatever it means; see `read_plain`."""
    try:
        return parse_json(text) if suffix == ".json" else parse_yaml(text)
    except TextError as error:
        raise ConfigError(source, [Problem("", "", str(error))]) from None


def parse_config(text: str, suffix: str = ".yaml", source: str = "The config") -> Config:
    """Return the project that a text holds; see `read_config`."""
    return config_from(parse_plain(text, suffix, source), source)


def config_from(data: Any, source: str = "The config") -> Config:
    """Return the project that plain data describe; see `read_config`."""
    if not isinstance(data, dict):
        raise ConfigError(source, [Problem("", shorten(data), "a config is a mapping of sections")])
    _check_version(data, source)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(source, problems_of(error, Config)) from None


def write_config(config: Config, path: str | Path, texts: ConfigTexts | None = None) -> None:
    """Write a project to a file, whole or not at all, and keep the file that was there as a backup.

    Parameters
    ----------
    config
        The project.
    path
        The file.
    texts
        What was written of it before.

    Raises
    ------
    CannotWriteError
        If the disk is full, or the folder cannot be written to.
    """
    path = Path(path)
    _check_suffix(path)
    text = dump_json(to_plain(config)) if path.suffix.lower() == ".json" else (texts or ConfigTexts()).yaml(config)
    write_atomically(path.resolve(), text.encode(), backup=True)  # a link goes on pointing to the file


def write_atomically(path: Path, content: bytes, *, backup: bool = False) -> None:
    """Replace a file by way of a temporary one beside it, synced before it takes its place.

    Raises
    ------
    CannotWriteError
        If the disk is full, or the folder cannot be written to; the file that was there is as it was.
    """
    try:
        _replace(path, content, backup)
    except OSError as error:
        raise CannotWriteError(path, error) from error


def _replace(path: Path, content: bytes, backup: bool) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode)
            if backup:
                _back_up(path)
        else:
            temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def local_path(text: str | os.PathLike[str]) -> Path:
    """Return a path, ``~`` being the home folder; the ``~`` of an account that nobody knows stays as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; a name that no file can have is no error."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def free_name(path: Path) -> Path:
    """Return a path that does not exist yet: this one, or this one with a number."""
    candidate, n = path, 2
    while candidate.exists():
        candidate, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return candidate


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable, where the system lets folders be opened."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:  # some network file systems cannot
        if error.errno not in _CANNOT_SYNC:
            raise


def _back_up(path: Path) -> None:
    """Keep the present file under another name; a hard link, so that there is no moment without it."""
    backup = path.with_name(path.name + ".bak")
    backup.unlink(missing_ok=True)
    try:
        backup.hardlink_to(path)
    except OSError:
        backup.write_bytes(path.read_bytes())


def _read_text(path: Path) -> str:
    _check_suffix(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(str(path), [Problem("", "", f"it is larger than {MAX_BYTES // 2**20} MB")])
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(str(path), [Problem("", "", "there is no such file")]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), [Problem("", "", "it is not text in UTF-8")]) from None
    except OSError as error:
        raise ConfigError(str(path), [Problem("", "", f"it cannot be read: {error.strerror}")]) from None


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(str(path), [Problem("", "", f"the name of a config ends in {', '.join(SUFFIXES)}")])


def _check_version(data: dict[str, Any], source: str) -> None:
    if "schema_version" not in data:
        if "dataset_filepath" in data:
            message = ("this is a config of AstronomicAL itself: open it from the start page, or run astronomical "
                       "migrate")
        else:
            message = f"this key is required; the present version is {SCHEMA_VERSION}"
        raise ConfigError(source, [Problem("schema_version", "", message)])
    version = data["schema_version"]
    if type(version) is not int:
        raise ConfigError(source, [Problem("schema_version", shorten(version), "this must be a whole number")])
    if version > SCHEMA_VERSION:
        message = f"written by a newer astronomical; this one reads versions up to {SCHEMA_VERSION}: please upgrade"
        raise ConfigError(source, [Problem("schema_version", str(version), message)])
