"""Make data/example_images: pictures of some sources of data/example.fits, and the column ``image`` that names them.

The sources are those that the learners of the example ask about, if a person answers as the catalogue does, and those
that were almost asked. Run ``python data/make_images.py`` after ``make_example.py`` (it needs speclite as well).
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits
from make_example import SEED, draw_sources
from simulation.pictures import draw
from simulation.populations import Sources

from astronomical.session import Session
from astronomical.session.project.example import example_config, working_copy

CATALOGUE = Path(__file__).with_name("example.fits")
FOLDER = CATALOGUE.with_name("example_images")
COLUMN, FORMAT = "image", "23A"
TEXT, UCD = "Simulated picture (path); empty for most sources", "meta.ref.url;obs.image"
#: Number of pictures, labels given to each learner to find the sources it asks about, and further ones of each round.
N_PICTURES, N_LABELS, N_ALMOST_ASKED = 900, 40, 12


def main() -> None:
    """Make the pictures."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    # The same generator as in make_example.make_table, so that the sources are the same.
    sample = [np.random.default_rng(seed) for seed in np.random.SeedSequence(SEED).spawn(4)][1]
    make(draw_sources(sample))


def make(sources: Sources) -> None:
    """Write the pictures, and the column."""
    ids = np.char.strip(fits.getdata(CATALOGUE)["id"].astype(str))
    rows = sorted(choose(ids))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    names = np.full(len(ids), "", dtype="U23")
    for number, row in enumerate(rows):
        path = FOLDER / f"{number:04d}.jpg"
        path.write_bytes(draw(np.random.default_rng([SEED, row]), sources, row))
        names[row] = f"{FOLDER.name}/{path.name}"
    add_column(names)
    total = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(rows)} pictures, {total / 1e6:.2f} MB")


def choose(ids: np.ndarray) -> set[int]:
    """Return the rows to draw: what is asked, what is almost asked, and random sources up to the wanted number."""
    place = {id: row for row, id in enumerate(ids)}
    asked: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = working_copy(example_config(), Path(folder) / "example")
        with Session.open(copy, who="example") as session:
            data = session.dataset
            for learner in session.state.config.learners:
                name = learner.class_name
                if not learner.started:
                    session.training.start(name)
                session.activate(name)
                asked |= dict.fromkeys(session.training.targets(name))
                for _ in range(N_LABELS):
                    query = session.query(name)
                    newest = session.round(name)
                    asked |= dict.fromkeys([query, *newest.queries[:N_ALMOST_ASKED]])
                    code = int(data.codes[data.catalogue.row(query)])
                    session.assign(data.class_names[code] if code >= 0 else None, id=query)
    found = {place[id] for id in list(asked)[:N_PICTURES]}
    for row in np.random.default_rng(SEED).permutation(len(ids)):
        if len(found) < N_PICTURES:
            found.add(int(row))
    return found


def add_column(names: np.ndarray) -> None:
    """Add the column to the catalogue, or replace it; everything else stays as it is."""
    with fits.open(CATALOGUE) as hdus:
        old, header = hdus[1].columns, hdus[1].header.copy()
        columns = [column for column in old if column.name != COLUMN]
        table = fits.BinTableHDU.from_columns(
            [*columns, fits.Column(COLUMN, FORMAT, array=names)], name=header["EXTNAME"]
        )
        for number in range(1, len(columns) + 1):
            for key in ("TUNIT", "TCOMM", "TUCD"):
                if f"{key}{number}" in header:
                    table.header[f"{key}{number}"] = header[f"{key}{number}"]
        table.header[f"TCOMM{len(columns) + 1}"] = TEXT
        table.header[f"TUCD{len(columns) + 1}"] = UCD
        for line in header["HISTORY"]:
            table.header["HISTORY"] = line
        made = fits.HDUList([hdus[0].copy(), table])
        made.writeto(CATALOGUE.with_suffix(".new"), overwrite=True)
    CATALOGUE.with_suffix(".new").replace(CATALOGUE)


if __name__ == "__main__":
    main()
