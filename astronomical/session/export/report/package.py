"""Write a report as a folder or a zip file that stands alone: `astronomical reproduce` runs in it."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from astropy.table import Column, Table

from astronomical.catalogue.moc import MAX_BYTES
from astronomical.config.io import write_config
from astronomical.config.schema import Config, SubsetConfig
from astronomical.config.subsets import with_moc_path
from astronomical.errors import InvalidInputError
from astronomical.labels.ledger import Ledger
from astronomical.learning.scoring import CancelCheck, Progress, stop_if
from astronomical.paths import local_path, writing
from astronomical.plots.figures import MissingMatplotlibError
from astronomical.session.errors import SessionError
from astronomical.session.export.labels import export_labels
from astronomical.session.export.remarks import export_remarks
from astronomical.session.export.report.crate import citation, crate_metadata
from astronomical.session.export.report.facts import Facts
from astronomical.session.export.report.figures import draw_figures
from astronomical.session.export.report.pages import as_html, as_markdown
from astronomical.session.export.report.references import bibtex_of
from astronomical.session.export.report.sections import NOT_MEASURED
from astronomical.session.export.table_io import write_table

__all__ = ["MOST_INCLUDED", "PackageContent", "check_report_path", "with_ucds", "write_package"]

#: Size of the catalogue files in bytes up to which they are included, unless it is said otherwise.
MOST_INCLUDED = 50_000_000
#: Unified content descriptors of the columns of predictions.
_UCDS = {
    "id": "meta.id;meta.main",
    "ra": "pos.eq.ra;meta.main",
    "dec": "pos.eq.dec;meta.main",
    "predicted": "meta.code.class",
    "ambiguous": "meta.code",
    "unclaimed": "meta.code",
}


@dataclass(frozen=True, eq=False)
class PackageContent:
    """What a package contains.

    Attributes
    ----------
    facts
        What the report says.
    config, folder
        The project with its events and results, and the folder that its paths are relative to.
    catalogue
        Path of the catalogue.
    ledger
        The labels.
    predictions
        Table of the predictions; None if no learner is trained.
    write_model
        Writes the model of the newest rounds to a file; None if no learner is trained.
    when
        Time of writing.
    include_catalogue
        Whether to include the catalogue files; by default if they are small.
    """

    facts: Facts
    config: Config
    folder: Path
    catalogue: Path
    ledger: Ledger
    predictions: Table | None
    write_model: Callable[[Path], object] | None
    when: str
    include_catalogue: bool | None = None


def check_report_path(path: Path) -> Path:
    """Return the path of a report, or raise an error.

    Raises
    ------
    SessionError
        If the folder has files, or its parent does not exist.
    """
    path = local_path(path)
    if not path.parent.is_dir():
        raise SessionError(f"The folder {path.parent} does not exist.")
    if path.suffix.lower() != ".zip" and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SessionError(f"{path} exists and is not an empty folder. Choose another name, or one that ends in .zip.")
    return path


def write_package(content: PackageContent, path: Path, cancelled: CancelCheck, progress: Progress) -> tuple[str, ...]:
    """Write a report to a new folder, or to a zip file, and return notes about what is missing.

    Raises
    ------
    SessionError
        If a file cannot be read or written.
    Cancelled
        If `cancelled` returned True.
    """
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            notes = _write_files(content, folder, cancelled, progress)
            stop_if(cancelled)
            if path.suffix.lower() == ".zip":
                with writing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                    for item in _files_in(folder):
                        packed.write(item, item.relative_to(folder).as_posix())
            else:
                shutil.copytree(folder, path, dirs_exist_ok=True)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
    progress(1.0)
    return notes


def _files_in(folder: Path) -> Iterator[Path]:
    return (item for item in sorted(folder.rglob("*")) if item.is_file())


def _write_files(content: PackageContent, folder: Path, cancelled: CancelCheck, progress: Progress) -> tuple[str, ...]:
    files: list[tuple[str, str]] = []
    notes = [*_write_project(content, folder, files)]
    stop_if(cancelled)
    export_labels(content.ledger, folder / "labels.vot")
    files.append(("labels.vot", "Labels in effect, with who gave them and when"))
    if len(content.ledger.remarks):
        export_remarks(content.ledger, folder / "remarks.vot")
        files.append(("remarks.vot", "Notes, tags and flags"))
    if content.predictions is None:
        notes.append(f"{NOT_MEASURED}: predictions, since no learner is trained.")
    else:
        write_table(content.predictions, folder / "predictions.vot", cancelled)
        files.append(("predictions.vot", "Predictions for the whole catalogue"))
    progress(0.4)
    notes += _write_model(content, folder, files)
    progress(0.6)
    stop_if(cancelled)
    figures, missing = _write_figures(content.facts, folder, files)
    notes += missing
    bibtex = bibtex_of(content.facts.cited)
    _write_text(folder / "references.bib", bibtex)
    _write_text(folder / "CITATION.cff", citation(content.config, content.when))
    files += [
        ("references.bib", "References, in BibTeX"),
        ("CITATION.cff", "How to cite this package"),
        ("report.html", "This report"),
        ("report.md", "This report, in Markdown"),
    ]
    shown = (content.facts, content.when, figures, files, notes, bibtex)
    _write_text(folder / "report.html", as_html(*shown))
    _write_text(folder / "report.md", as_markdown(*shown))
    _write_text(folder / "ro-crate-metadata.json", crate_metadata(content.config, folder, files, content.when))
    return tuple(notes)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_project(content: PackageContent, folder: Path, files: list[tuple[str, str]]) -> Iterator[str]:
    """Write the project file, and the files that it reads, with paths within the package."""
    config, section = content.config, content.config.catalogue
    joined = [Path(os.path.abspath(content.folder / local_path(join.path))) for join in section.joins]  # noqa: PTH100
    sources = [content.catalogue, *joined]
    size = sum(item.stat().st_size for item in sources if item.is_file())
    include = content.include_catalogue
    if include is None:
        include = size <= MOST_INCLUDED
    if any(item.is_dir() for item in sources):
        include = False
    names = _distinct([item.name for item in sources])
    if include:
        (folder / "catalogue").mkdir()
        for item, name in zip(sources, names, strict=True):
            shutil.copyfile(item, folder / "catalogue" / name)
            files.append((f"catalogue/{name}", "Catalogue"))
        yield "To check the results, unpack the files and run: astronomical reproduce project.yaml"
    else:
        yield (
            f"The catalogue ({names[0]}) is not included. To check the results, run: astronomical reproduce "
            "project.yaml --catalogue PATH"
        )
    joins = tuple(
        join.model_copy(update={"path": f"catalogue/{name}"})
        for join, name in zip(section.joins, names[1:], strict=True)
    )
    # Light curves outside the catalogue are not included; their features are a joined table.
    curves = section.light_curves
    curves = None if curves is None or curves.path is not None or curves.files is not None else curves
    moved = section.model_copy(update={"path": f"catalogue/{names[0]}", "joins": joins, "light_curves": curves})
    plugins = []
    named = _distinct([Path(plugin.path or "").name for plugin in config.plugins])
    for plugin, file in zip(config.plugins, named, strict=True):
        if plugin.path is not None:
            source, name = content.folder / local_path(plugin.path), f"plugins/{file}"
            if source.is_file():
                (folder / "plugins").mkdir(exist_ok=True)
                shutil.copyfile(source, folder / name)
                files.append((name, "Plugin"))
                plugin = plugin.model_copy(update={"path": name})
            else:
                yield f"The plugin {plugin.name} is not included."
        plugins.append(plugin)
    subsets = yield from _write_mocs(content, folder, files)
    config = config.model_copy(update={"catalogue": moved, "plugins": tuple(plugins), "subsets": subsets})
    write_config(config, folder / "project.yaml")
    files.append(("project.yaml", "Project file: settings, labels and recorded results"))


def _write_mocs(
    content: PackageContent, folder: Path, files: list[tuple[str, str]]
) -> Generator[str, None, tuple[SubsetConfig, ...]]:
    """Write the MOC files of subsets, and return the subsets with their paths within the package."""
    subsets = content.config.subsets
    names = iter(_distinct([local_path(item.moc.path).name for item in subsets if item.moc is not None]))
    found = []
    for item in subsets:
        if item.moc is not None:
            source, name = content.folder / local_path(item.moc.path), f"subsets/{next(names)}"
            if source.is_file() and source.stat().st_size <= MAX_BYTES:
                (folder / "subsets").mkdir(exist_ok=True)
                shutil.copyfile(source, folder / name)
                files.append((name, f"MOC of the subset {item.name}"))
            else:
                yield f"The MOC file of the subset {item.name} is not included."
            item = with_moc_path(item, name)
        found.append(item)
    return tuple(found)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return file names, with a number before those that occurred already."""
    found: list[str] = []
    for name in names:
        found.append(name if name not in found else f"{len(found)}-{name}")
    return found


def _write_model(content: PackageContent, folder: Path, files: list[tuple[str, str]]) -> Iterator[str]:
    if content.write_model is None:
        yield "The model is not included, since no learner is trained."
        return
    try:
        content.write_model(folder / "model.skops")
    except InvalidInputError as error:
        (folder / "model.skops").unlink(missing_ok=True)
        yield f"The model is not included: {error}"
    else:
        files.append(("model.skops", "Model of the newest rounds; astronomical predict applies it"))


def _write_figures(
    facts: Facts, folder: Path, files: list[tuple[str, str]]
) -> tuple[list[list[tuple[str, str]]], list[str]]:
    if not facts.classes:
        return [], []
    (folder / "figures").mkdir()
    found: list[list[tuple[str, str]]] = []
    try:
        for number, item in enumerate(facts.classes, start=1):
            drawn = list(draw_figures(item, folder / "figures", f"class-{number}"))
            found.append([(title, path.relative_to(folder).as_posix()) for title, path in drawn])
            for title, path in drawn:
                for suffix in ("svg", "png"):
                    files.append((f"figures/{path.name}.{suffix}", f"{title} of {item.name}"))
    except MissingMatplotlibError as error:
        return [[] for _ in facts.classes], [f"Figures are not included: {error}"]
    return found, []


def with_ucds(table: Table) -> Table:
    """Return a table of predictions with a unified content descriptor for each column."""
    table = table.copy(copy_data=False)
    for name in table.colnames:
        column: Column = table[name]
        default = "stat.probability" if name.startswith("p_") else "stat.value" if name.startswith("combined_") else ""
        if ucd := _UCDS.get(name, default):
            column.meta["ucd"] = ucd
    return table
