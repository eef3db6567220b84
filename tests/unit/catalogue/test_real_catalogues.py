"""Real files: each opens, asks which table, or is refused in words."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError, IdError, TableChoiceError
from astronomical.catalogue.ids import id_candidates
from astronomical.catalogue.labels import label_counts
from astronomical.catalogue.positions import find_position
from astronomical.catalogue.readers import open_table

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
pytestmark = [
    pytest.mark.catalogues,
    pytest.mark.skipif(not SHARED.exists(), reason="the real catalogues are not here"),
]

FOLDERS = ("labelled", "lines", "loaders", "wise", "images", "large")
FILES = [path for folder in FOLDERS for path in sorted((SHARED / folder).rglob("*")) if path.is_file()]
FITS = [path for path in FILES if {".fits", ".fit"} & set(path.suffixes)]


def name_of(path):
    return str(path.relative_to(SHARED))


def tables_of(path):
    """Return what to pass as `table` for every table of a file, nothing for a file that is refused."""
    try:
        open_table(path)
    except TableChoiceError as question:
        return question.tables if len(question.tables) < 20 else [question.tables[0], question.tables[-1]]
    except CatalogueError as refusal:
        return [] if path.name in str(refusal) else pytest.fail(f"{refusal} does not name the file")
    return [None]


def look_at_everything(path, table):
    source = open_table(path, table=table)
    if source.n_rows > 1_000_000:
        assert all(len(values) == 5 for values in source.read_head([c.name for c in source.columns], 5).values())
        return
    names = [column.name for column in source.columns if column.kind != "vector"]
    for values in (*source.read(names).values(), *source.read_text(names).values()):
        assert len(values) == source.n_rows
    id_candidates(source)
    find_position(source.columns)
    if not source.n_rows:
        with pytest.raises(CatalogueError, match="has no rows"):
            Catalogue.open(path, table=table, id_source="row")
        return
    catalogue = Catalogue.open(path, table=table, id_source="row")
    assert len(catalogue.describe("1", names)) == len(names)
    catalogue.prefetch(catalogue.numeric_columns)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_opening_ends_in_a_catalogue_a_question_or_a_refusal(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for table in tables_of(path):
            look_at_everything(path, table)


def spread(hdu):
    """Yield the values of the columns as astropy reads them, and those of each part of a short vector."""
    for place, column in enumerate(hdu.columns):
        values = np.asarray(hdu.data.field(place))
        if values.ndim == 2 and values.dtype.kind in "iuf" and 2 <= values.shape[1] <= 10 and not column.dim:
            yield from values.T
        else:
            yield values


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", FITS, ids=name_of)
def test_values_are_those_that_astropy_reads(path):
    sources = [open_table(path, table=table) for table in tables_of(path)]
    with fits.open(path) as hdus:
        tables = [
            hdu
            for hdu in hdus
            if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU)
        ]
        for source, hdu in zip(sources, tables, strict=True):
            nulls = {column.name: column.null for column in hdu.columns}
            for column, theirs in zip(source.columns, spread(hdu), strict=True):
                if column.kind == "vector":
                    continue
                ours = source.read([column.name])[column.name]
                if column.kind == "text":
                    assert ours.tolist() == [str(item).strip() for item in theirs.tolist()]
                elif nulls.get(column.name) in (None, "") and not np.ma.is_masked(ours):
                    np.testing.assert_array_equal(ours, theirs.reshape(ours.shape))


def test_sdss_has_no_id_but_its_positions_are_unique():
    path = SHARED / "labelled" / "sdss_dr14_10k.csv"
    with pytest.raises(IdError, match=r"'objid' .* 1 distinct value for 10,000 rows .*'1.24E\+18'"):
        Catalogue.open(path, id_column="objid")
    catalogue = Catalogue.open(path, id_source="position")
    assert {len(item) for item in catalogue.ids.tolist()} == {19}
    assert label_counts(catalogue.raw("class")) == {"GALAXY": 4998, "STAR": 4152, "QSO": 850}


def test_htru_has_line_ends_of_old():
    catalogue = Catalogue.open(SHARED / "labelled" / "HTRU_2.csv", id_source="row")
    assert catalogue.n_rows == 17898
    assert label_counts(catalogue.raw("class")) == {"0": 16259, "1": 1639}


def test_muwclass():
    catalogue = Catalogue.open(
        SHARED / "labelled" / "muwclass_cscv2_td.csv", id_column="CSCv2_name", position=("CSCv2_RA", "CSCv2_DEC", "deg")
    )
    assert catalogue.position_of("2CXO J000009.3+135618") == (0.0391148, 13.9384931)
    assert list(label_counts(catalogue.raw("True_Class")).items())[-1] == ("HMXB", 26)


def test_numbers_kept_as_bytes():
    catalogue = Catalogue.open(SHARED / "lines" / "eboss_elg_class_49270.fits", id_source="row")
    assert catalogue.numeric_columns == ("MJD", "PLATE", "FIBERID", "TYPE")
    assert catalogue.number("PLATE").dtype == np.float32


def test_the_fluxes_of_the_sdss_in_vectors_are_columns():
    catalogue = Catalogue.open(SHARED / "labelled" / "galex_sdss_2mass_10000.fits", id_source="row")
    assert {f"MODELFLUX_{band}" for band in range(1, 6)} <= set(catalogue.numeric_columns)
    assert [column.name for column in catalogue.columns if column.kind == "vector"] == []


@pytest.mark.slow
def test_names_of_two_million_positions_are_unique():
    catalogue = Catalogue.open(SHARED / "large" / "tycho2_1871k.parquet", id_source="position")
    assert catalogue.n_rows == 1_871_011
    assert catalogue.row(catalogue.id_at(1_234_567)) == 1_234_567
