"""Read and validate a project file, and write it atomically."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError

from astronomical.config.collector import collector_paused
from astronomical.config.errors import CannotWriteError, ConfigError, Problem, crowded, problems_of, shorten
from astronomical.config.parsing import (
    MAX_BYTES,
    TextError,
    dump_json,
    mended,
    parse_json,
    parse_yaml,
    refuse_many_values,
)
from astronomical.config.schema import SCHEMA_VERSION, Config
from astronomical.config.yaml_writer import ConfigTexts, to_plain
from astronomical.paths import atomic_write, local_path

SUFFIXES = (".yaml", ".yml", ".json")
#: Projects that are still in use, by the text that they were read from.
_in_use: WeakValueDictionary[str, Config] = WeakValueDictionary()


def read_config(path: str | Path) -> Config:
    """Read a project file.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML or JSON, or does not follow the schema.
    """
    path = local_path(path)
    text = read_text(path)
    # A project is read several times while it is opened; the same text is parsed only once while it is in use.
    name = f"{path.suffix.lower()} {hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"
    config = _in_use.get(name)
    if config is None:
        with collector_paused():
            config = _in_use[name] = config_from(parse_plain(text, path.suffix.lower(), str(path)), str(path))
    return config


def read_plain(path: str | Path) -> Any:
    """Return the data in a YAML or JSON file without validating them.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is not YAML or JSON.
    """
    path = local_path(path)
    return parse_plain(read_text(path), path.suffix.lower(), str(path))


def parse_plain(text: str, suffix: str = ".yaml", source: str = "The project file") -> Any:
    """Return the data in a text without validating them; see `read_plain`."""
    try:
        return parse_json(text) if suffix == ".json" else parse_yaml(text)
    except TextError as error:
        raise ConfigError(source, [Problem("", "", str(error))]) from None


def parse_config(text: str, suffix: str = ".yaml", source: str = "The project file") -> Config:
    """Return the project in a text; see `read_config`."""
    return config_from(parse_plain(text, suffix, source), source)


def config_from(data: Any, source: str = "The project file") -> Config:
    """Return the project that plain data describe; see `read_config`."""
    if not isinstance(data, dict):
        raise ConfigError(source, [Problem("", shorten(data), "a project file must be a mapping of sections")])
    _check_version(data, source)
    if found := crowded(data):
        raise ConfigError(source, found)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(source, problems_of(error, Config)) from None


def write_config(config: Config, path: str | Path, texts: ConfigTexts | None = None, *, overwrite: bool = True) -> str:
    """Write a project file atomically, and keep the previous file as a backup.

    Parameters
    ----------
    config
        The project.
    path
        The file.
    texts
        Writer that caches the lines written before.
    overwrite
        Whether to replace an existing file.

    Returns
    -------
    str
        The digest of what was written; see `digest_of`.

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is false.
    CannotWriteError
        If the disk is full, or the folder cannot be written to.
    ConfigError
        If the file would exceed the size limit; the previous file is unchanged.
    """
    path = local_path(path)
    _check_suffix(path)
    is_json = path.suffix.lower() == ".json"
    try:
        text = dump_json(to_plain(config)) if is_json else (texts or ConfigTexts()).yaml(config)
        content = text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which a browser or a file name may send
        config = Config.model_validate(mended(to_plain(config)))
        text = dump_json(to_plain(config)) if is_json else (texts.header if texts else "") + ConfigTexts().yaml(config)
        content = text.encode()
    if too_large := _too_large(text, len(content)):
        message = (
            f"{too_large}. The file on disk is unchanged. Labels given since it was saved are in its journal and are "
            "read when the project is opened"
        )
        raise ConfigError(str(path), [Problem("", "", message)])
    write_atomically(path.resolve(), content, overwrite=overwrite, backup=True)  # a link still points to the file
    return digest_of(content)


def _too_large(text: str, n_bytes: int) -> str:
    """Say why what was written of a project could not be read again, if so."""
    if n_bytes > MAX_BYTES:
        return f"the project would take {n_bytes / 2**20:,.0f} MB, and {MAX_BYTES // 2**20} MB is the limit"
    try:
        refuse_many_values(text)
    except TextError as error:
        return str(error)
    return ""


def digest_of(content: bytes) -> str:
    """Return a digest that identifies the content of a file."""
    return hashlib.sha256(content).hexdigest()


def write_atomically(path: Path, content: bytes, *, overwrite: bool = True, backup: bool = False) -> None:
    """Write a file atomically; see `astronomical.paths.atomic_write`.

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is false.
    CannotWriteError
        If the disk is full, or the folder cannot be written to; the previous file is unchanged.
    """
    try:
        atomic_write(path, content, overwrite=overwrite, backup=backup)
    except FileExistsError:
        raise
    except OSError as error:
        raise CannotWriteError(path, error) from error


def is_file(path: Path) -> bool:
    """Return whether a file exists; an impossible file name counts as no file."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # the name is too long, or contains a null byte
        return False


def read_text(path: Path) -> str:
    """Return the text of a project file; see `read_config`."""
    _check_suffix(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(str(path), [Problem("", "", f"the file is larger than {MAX_BYTES // 2**20} MB")])
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(str(path), [Problem("", "", "the file does not exist")]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), [Problem("", "", "the file is not UTF-8 text")]) from None
    except OSError as error:
        raise ConfigError(str(path), [Problem("", "", f"the file cannot be read: {error.strerror}")]) from None


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(str(path), [Problem("", "", f"the file name must end in {', '.join(SUFFIXES)}")])


def _check_version(data: dict[str, Any], source: str) -> None:
    if "schema_version" not in data:
        if "dataset_filepath" in data:
            message = (
                "this is a configuration of AstronomicAL 1: open it from the start page, or run astronomical migrate"
            )
        else:
            message = f"this key is required; the current version is {SCHEMA_VERSION}"
        raise ConfigError(source, [Problem("schema_version", "", message)])
    version = data["schema_version"]
    if type(version) is not int:
        raise ConfigError(source, [Problem("schema_version", shorten(version), "this must be a whole number")])
    if version > SCHEMA_VERSION:
        message = f"written by a newer astronomical; this one reads versions up to {SCHEMA_VERSION}. Upgrade it"
        raise ConfigError(source, [Problem("schema_version", str(version), message)])
