"""Broken versions of small tables in every format, each read in a process that may crash.

``python -m tests.support.fuzz_tables FOLDER FIRST COUNT`` reads some cases and writes one line for each before it is
read, and one after it, so that the case on which the process ended is known.
"""

from __future__ import annotations

import bz2
import contextlib
import faulthandler
import gzip
import io
import json
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import open_table
from astronomical.services.local_files import LocalFiles
from astronomical.services.spectra import SpectrumError, read_spectrum

#: No case needs nearly as much; a process that hangs is ended, and the case counts as failed.
SECONDS = 60
#: Bytes that a parser may stumble on.
HOSTILE = (
    b"\0",
    b"\xff" * 4,
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"\0" * 64,
    b"9" * 30,
    b"-1",
    b"1e400",
    b"nan",
    b"\n",
    b"\r",
    b'"',
    b"'",
    b"|",
    b",",
    b"\t",
    b"<",
    b">",
    b"&x;",
    b"<!DOCTYPE a [",
    b"]]>",
    b"*",
    b"&a [*a]",
    b"<<: ",
    b"{",
    b"[" * 100,
    b": ",
    b"!!python/object:x",
    b"# ",
    b"END" + b" " * 77,
    b"T",
    b"\x80",
    b"\xed\xa0\x80",
    b"END",
)
NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)


def make_originals() -> dict[str, bytes]:
    """Return small tables by file name, in all formats and in the ways in which each can be written."""
    table = Table(
        {
            "id": ["a", "bb", "ccc", "dd"],
            "ra": [1.5, 2.5, np.nan, 4.0],
            "n": [1, 2, 3, 4],
            "ok": [True, False, True, True],
            "v": [[1.0, 2.0]] * 4,
        }
    )
    flat = table["id", "ra", "n", "ok"]
    frame = flat.to_pandas()
    found: dict[str, bytes] = {}

    def write(name: str, source: Table, **options: Any) -> None:
        stream = io.BytesIO()
        source.write(stream, **options)
        found[name] = stream.getvalue()

    write("binary.fits", table, format="fits")
    stream = io.BytesIO()
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.TableHDU.from_columns(
                [
                    fits.Column("id", "A3", array=["a", "bb"]),
                    fits.Column("n", "I6", array=[1, 2]),
                    fits.Column("x", "F8.3", array=[1.5, 2.5]),
                ]
            ),
            fits.CompImageHDU(np.zeros((8, 8), np.int16)),
        ]
    ).writeto(stream)
    found["ascii.fits"] = stream.getvalue()
    found["packed.fits.gz"] = gzip.compress(found["binary.fits"])
    for form in ("tabledata", "binary", "binary2"):
        write(f"{form}.vot", table, format="votable", tabledata_format=form)
    found["utf16.vot"] = found["tabledata.vot"].decode().replace("utf-8", "utf-16").encode("utf-16")
    found["packed.vot.bz2"] = bz2.compress(found["binary.vot"])
    for name, form in (
        ("plain.ecsv", "ascii.ecsv"),
        ("plain.tbl", "ascii.ipac"),
        ("plain.csv", "ascii.csv"),
        ("plain.tsv", "ascii.tab"),
        ("blanks.txt", "ascii.commented_header"),
    ):
        text = io.StringIO()
        (table if form == "ascii.ecsv" else flat).write(text, format=form)
        found[name] = text.getvalue().encode()
    found["utf16.csv"] = found["plain.csv"].decode().encode("utf-16")
    found["packed.csv.gz"] = gzip.compress(found["plain.csv"])
    spectrum = Table({"wavelength": [1.0, 2, 3], "flux": [1.0, 2, 3]})
    for name, form in (("spectrum.fits", "fits"), ("spectrum.ecsv", "ascii.ecsv")):
        stream = io.BytesIO() if form == "fits" else io.StringIO()
        spectrum.write(stream, format=form)
        content = stream.getvalue()
        found[name] = content if isinstance(content, bytes) else content.encode()
    found.update(_made_by_arrow(frame))
    found.update(_made_by_h5py(table))
    return found


def _made_by_arrow(frame: pd.DataFrame) -> dict[str, bytes]:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    found = {}
    coded = table.set_column(0, "id", table.column("id").dictionary_encode())
    nested = table.append_column("v", pa.array([[1.0], [], None, [2.0, 3.0]]))
    for name, source, compression in (
        ("plain.parquet", nested, "NONE"),
        ("zstd.parquet", coded, "zstd"),
        ("snappy.parquet", table, "snappy"),
    ):
        stream = io.BytesIO()
        pq.write_table(source, stream, compression=compression)
        found[name] = stream.getvalue()
    for name, source, options in (
        ("lz4.feather", nested, {"compression": "lz4"}),
        ("plain.feather", coded, {"compression": "uncompressed"}),
        ("old.feather", table, {"version": 1}),
    ):
        stream = io.BytesIO()
        pyarrow.feather.write_feather(source, stream, **options)
        found[name] = stream.getvalue()
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, nested.schema) as writer:
        writer.write_table(nested)
    found["stream.arrow"] = stream.getvalue()
    return found


def _made_by_h5py(table: Table) -> dict[str, bytes]:
    found = {}
    for version in ("earliest", "latest"):
        stream = io.BytesIO()
        with h5py.File(stream, "w", libver=version) as file:
            for name in ("ra", "n", "ok"):
                file.create_dataset(f"side/{name}", data=np.asarray(table[name]), chunks=(2,), compression="gzip")
            file.create_dataset("side/id", data=list(table["id"]), dtype=h5py.string_dtype())
            file["soft"] = h5py.SoftLink("/side/ra")
        found[f"{version}.h5"] = stream.getvalue()
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["records"] = np.array([(1, 2.5, b"x"), (2, 3.5, b"y")], dtype=[("n", "i4"), ("x", "f8"), ("s", "S3")])
    found["records.h5"] = stream.getvalue()
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        frame = file.create_group("frame")
        frame.attrs["nblocks"] = 1
        for name in ("axis0", "block0_items"):
            frame.create_dataset(name, data=np.array([b"x", b"y"])).attrs["kind"] = b"string"
        frame["block0_values"] = np.zeros((3, 2))
    found["frame.h5"] = stream.getvalue()
    return found


def mutate(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Change some bytes of a file."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(data) + 1)
        length = rng.choice((1, 2, 4, 8, 80, 400))
        match rng.randrange(8):
            case 0 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                data[place : place + length] = rng.randbytes(length)
            case 2:
                size = rng.choice((1, 2, 4, 8))
                order: Any = rng.choice(("little", "big"))
                data[place : place + size] = (rng.choice(NUMBERS) % 256**size).to_bytes(size, order)
            case 3:
                del data[place : place + length]
            case 4:
                data[place:place] = data[place : place + length] * rng.choice((1, 2, 50))
            case 5:
                data[place:place] = rng.choice(HOSTILE)
            case 6 if rng.random() < 0.3:
                start = rng.randrange(len(other))
                data[place:] = other[start:] if rng.random() < 0.5 else b""
            case _:
                token = rng.choice(HOSTILE)
                data[place : place + len(token)] = token
    return bytes(data)


def make_case(seed: int, originals: dict[str, bytes]) -> tuple[str, bytes]:
    """Return the name and the content of a case."""
    rng = random.Random(seed)
    names = sorted(originals)
    name = names[seed % len(names)]
    content = originals[name]
    unpack, pack = {".gz": (gzip.decompress, gzip.compress), ".bz2": (bz2.decompress, bz2.compress)}.get(
        Path(name).suffix, (bytes, bytes)
    )
    if unpack is not bytes and rng.random() < 0.5:
        return name, pack(mutate(rng, unpack(content), content))
    return name, mutate(rng, content, originals[rng.choice(names)])


def read_all(path: Path, seed: int) -> str:
    """Read all of a table in each way in which it can be read; return what came of it."""
    format = (
        {
            ".fits": "fits",
            ".vot": "votable",
            ".ecsv": "ecsv",
            ".tbl": "ipac",
            ".csv": "csv",
            ".parquet": "parquet",
            ".feather": "feather",
            ".h5": "hdf5",
        }.get(path.suffix)
        if seed % 2
        else None
    )
    if path.name.startswith("spectrum"):
        with contextlib.suppress(SpectrumError):
            read_spectrum(LocalFiles(path.parent), path.name)
    try:
        try:
            source = open_table(path, format=format)
        except TableChoiceError as choice:
            source = open_table(path, format=format, table=choice.tables[0])
        names = [column.name for column in source.columns if column.kind != "vector"]
        source.read_head(names, 2)
        values = source.read(names)
        source.read_text(names)
    except CatalogueError as error:
        text = str(error)
        good = bool(text.strip()) and "Traceback" not in text and len(text) < 5000
        return "refused" if good else f"unreadable: {text[:200]}"
    wrong = [name for name in names if len(values[name]) != source.n_rows]
    return f"lengths differ: {wrong}" if wrong else "table"


def peak_mb() -> float:
    """Return the most memory that this process had since it was last asked."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    peak = next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak


def main(folder: Path, first: int, count: int) -> None:
    """Read the cases, and print what came of each."""
    originals = make_originals()
    before = peak_mb()
    for seed in range(first, first + count):
        name, content = make_case(seed, originals)
        path = folder / name
        path.write_bytes(content)
        print(json.dumps({"seed": seed, "name": name}), flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        begin = time.perf_counter()
        try:
            outcome = read_all(path, seed)
        except BaseException as error:
            outcome = "".join(traceback.format_exception(error)[-4:])
        faulthandler.cancel_dump_traceback_later()
        after = peak_mb()
        print(
            json.dumps(
                {
                    "seed": seed,
                    "name": name,
                    "outcome": outcome,
                    "mb": round(after - before),
                    "s": round(time.perf_counter() - begin, 2),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    faulthandler.enable()
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
