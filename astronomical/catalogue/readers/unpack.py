"""Open compressed files. They are recognised by their first bytes, and unpacked only up to a limit."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.limits import refuse_beyond_memory, unpacked_limit

__all__ = ["PACKED_SUFFIXES", "open_unpacked", "packed", "read_whole", "unpacked_size"]

#: Usual file extensions of compressed tables. An fpack file (.fz) is a FITS file with compressed content.
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip", ".fz")
_PIECE_BYTES = 2**20
#: Errors of the libraries for content that is damaged or ends early.
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError)


def _open_zip(path: Path) -> IO[bytes]:
    """Open the only file in a zip archive."""
    with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
        members = [item for item in archive.infolist() if not item.is_dir() and not _is_clutter(item.filename)]
    if any(item.filename == "[Content_Types].xml" for item in members):
        raise CatalogueError(f"{path.name} is an Excel file, which cannot be read; save the sheet as CSV")
    if members and all(item.filename.endswith(".npy") for item in members):
        raise CatalogueError(f"{path.name} contains NumPy arrays, which cannot be read; save a table in FITS")
    if len(members) != 1:
        listed = ", ".join(item.filename for item in members[:5]) or "none"
        raise CatalogueError(
            f"{path.name} is a zip archive of {len(members):,} files ({listed}{', …' if len(members) > 5 else ''}), "
            "and only an archive of one file can be read; unpack it, and choose a table"
        )
    if members[0].flag_bits & 1:
        raise CatalogueError(f"{path.name} is encrypted; unpack it with its password, and open the table")
    return zipfile.ZipFile(path).open(members[0])


def _is_clutter(name: str) -> bool:
    """Return whether a file was added to the archive by a file manager."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] == ".DS_Store"


def _open_zstandard(path: Path) -> IO[bytes]:
    import pyarrow as pa  # large; the process that reads texts of HDF5 has little memory

    return cast(IO[bytes], pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))


#: First bytes of a compressed file, and how to open it.
_OPENERS: tuple[tuple[bytes, Callable[[Path], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda path: cast(IO[bytes], gzip.GzipFile(path))),
    (b"BZh", lambda path: cast(IO[bytes], bz2.BZ2File(path))),
    (b"\xfd7zXZ\x00", lambda path: cast(IO[bytes], lzma.LZMAFile(path))),  # noqa: SIM115 - closed by _Unpacked
    (b"\x28\xb5\x2f\xfd", _open_zstandard),
    (b"PK\x03\x04", _open_zip),
)


class _Unpacked(io.RawIOBase):
    """The content of a compressed file, read up to a limit."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = stream
        self._limit = unpacked_limit(path.stat().st_size)
        self._n_bytes = 0

    def readable(self) -> bool:
        """Return True: the content can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and refuse to go beyond the limit."""
        try:
            got = cast(io.BufferedIOBase, self._stream).readinto(buffer)
        except _DAMAGE as error:
            raise CatalogueError(
                f"{self._path.name} is compressed and cannot be unpacked after {self._n_bytes:,} bytes: the file ends "
                f"early or is damaged ({error}). Download or copy it again"
            ) from error
        self._n_bytes += got
        if self._n_bytes > self._limit:
            raise CatalogueError(
                f"{self._path.name} is compressed and grows beyond {self._limit / 1e6:,.0f} MB when "
                f"it is unpacked ({self._path.stat().st_size / 1e6:,.1f} MB on disk). Unpack it "
                "yourself and open the unpacked file, if you trust where it comes from"
            )
        return got

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


def _opener(path: Path) -> Callable[[Path], IO[bytes]] | None:
    with path.open("rb") as stream:
        start = stream.read(8)
    return next((opener for sign, opener in _OPENERS if start.startswith(sign)), None)


def packed(path: Path) -> bool:
    """Return whether a file is compressed by gzip, bzip2, xz or Zstandard, or is a zip archive."""
    return _opener(path) is not None


def open_unpacked(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, decompressed if it is compressed.

    Raises
    ------
    CatalogueError
        If it is a zip archive without a single file. While it is read: if it is damaged, or grows beyond
        `unpacked_limit`.
    """
    opener = _opener(path)
    if opener is None:
        return path.open("rb")
    return io.BufferedReader(_Unpacked(path, opener(path)), 2**16)


def unpacked_size(path: Path) -> int:
    """Return the size of a file in bytes, after decompression, without storing its content."""
    if not packed(path):
        return path.stat().st_size
    size = 0
    with open_unpacked(path) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
    return size


def read_whole(path: Path) -> bytes:
    """Return the decompressed content of a file.

    Raises
    ------
    CatalogueError
        If it would fill the memory.
    """
    refuse_beyond_memory(path.name, path.stat().st_size)
    with open_unpacked(path) as stream:
        return stream.read()
