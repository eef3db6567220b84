"""Labels in a table that another program or annotator wrote: which columns and texts mean what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from astronomical.catalogue.labels import means_unknown, normalise_labels
from astronomical.catalogue.readers import TableSource, open_table
from astronomical.catalogue.string_arrays import as_text
from astronomical.config.parsing import mended
from astronomical.config.schema import Config
from astronomical.errors import did_you_mean
from astronomical.labels.derived import CATALOGUE
from astronomical.paths import local_path
from astronomical.session.errors import SessionError, no_class

__all__ = ["IGNORED", "MOST_IMPORTED", "ImportColumns", "LabelTable", "TableLabel", "read_label_table"]

#: What a text is mapped to whose rows are not imported.
IGNORED = ""
#: Maximum number of labels imported at once; each label is a separate event in the project file.
MOST_IMPORTED = 100_000
#: Usual names of columns, the most likely first.
_NAMES = {
    "id": ("id", "source_id", "source", "objid", "name"),
    "label": ("label", "class", "classification", "type"),
    "who": ("who", "annotator", "labelled_by", "user", "by"),
    "when": ("when", "time", "date", "timestamp"),
}


@dataclass(frozen=True)
class ImportColumns:
    """Columns of a table of labels.

    Attributes
    ----------
    id, label
        Columns of the ids of sources, and of their labels.
    who, when
        Columns of the annotators and of the times; empty if the table has none.
    """

    id: str
    label: str
    who: str = ""
    when: str = ""


@dataclass(frozen=True)
class TableLabel:
    """A label of a table: source, class, annotator, and time in the format of the ledger."""

    id: str
    label: str
    who: str
    when: str


@dataclass(frozen=True)
class LabelTable:
    """A table of labels as read.

    Attributes
    ----------
    path
        The file.
    names
        Names of all its columns.
    columns
        The columns in use.
    classes
        What each text of the label column means: the name of a class, `IGNORED`, or None if this is not known.
    counts
        Number of rows with each of these texts.
    labels
        The labels with a known class, oldest first, and of several labels of an annotator for a source the newest.
    n_rows
        Number of rows.
    n_blank
        Number of rows without an id, or whose label means unknown.
    n_ignored
        Number of rows whose label is not imported.
    n_catalogue
        Number of rows with labels of a catalogue, which are not those of an annotator.
    n_repeated
        Number of rows that another one of the same annotator for the same source replaces.
    n_untimed
        Number of rows without a readable time, which get the time of the import.
    """

    path: Path
    names: tuple[str, ...]
    columns: ImportColumns
    classes: Mapping[str, str | None]
    counts: Mapping[str, int]
    labels: tuple[TableLabel, ...]
    n_rows: int
    n_blank: int
    n_ignored: int
    n_catalogue: int
    n_repeated: int
    n_untimed: int

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Texts of which it is not known what they mean, the most frequent first."""
        return tuple(text for text, name in self.classes.items() if name is None)


def read_label_table(
    path: str | Path,
    config: Config,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    classes: Mapping[str, str] | None = None,
    annotator: str,
    now: str,
    format: str | None = None,
    table: int | str | None = None,
) -> LabelTable:
    """Read a table of labels.

    Parameters
    ----------
    path, format, table
        The table; see `astronomical.catalogue.readers.open_table`.
    config
        The project.
    columns
        Columns for ``id``, ``label``, ``who`` and ``when``; by default those with usual names. An empty name stands for
        no column.
    classes
        Name of a class, or `IGNORED`, for texts of the label column. Names, titles and values of classes are known.
    annotator, now
        Annotator and time of labels for which the table gives none.

    Raises
    ------
    SessionError
        If a column or class does not exist, or there are too many rows.
    CatalogueError
        If the table cannot be read.
    """
    path = local_path(path)
    source = open_table(path, format=format, table=table)
    names = tuple(column.name for column in source.columns)
    chosen = _columns(source, config, columns)
    for name in filter(None, (chosen.id, chosen.label, chosen.who, chosen.when)):
        if name not in names:
            hint = did_you_mean(name, names) or f"; it has {', '.join(names[:20])}."
            raise SessionError(f"{path.name} has no column {name!r}{hint}")
    if source.n_rows > MOST_IMPORTED:
        raise SessionError(
            f"{path.name} has {source.n_rows:,} rows; {MOST_IMPORTED:,} labels can be imported at once. "
            "Split the table, or use it as the label column of a catalogue."
        )
    for name in (classes or {}).values():
        if name != IGNORED and name not in config.class_names:
            raise no_class(name, config.class_names)
    ids, texts = _texts(source, chosen.id), _labels(source, chosen.label, config)
    who, when = _texts(source, chosen.who), _texts(source, chosen.when)
    counts = Counter(text for id, text in zip(ids, texts, strict=True) if id and text)
    meaning = _meaning(config)
    found: dict[str, str | None] = {
        text: (classes or {}).get(text, meaning.get(text, meaning.get(text.casefold())))
        for text, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    }
    newest: dict[tuple[str, str], tuple[str, int, TableLabel]] = {}
    n_known = n_catalogue = n_untimed = 0
    for row, (id, text) in enumerate(zip(ids, texts, strict=True)):
        meant = found.get(text) if id else None
        if not meant:
            continue
        by = mended(who[row] if who else "") or annotator
        if by == CATALOGUE:
            n_catalogue += 1
            continue
        n_known += 1
        time = _time(when[row]) if when else None
        n_untimed += time is None
        key, stamp = (by, id), (time or now, row)
        if key not in newest or newest[key][:2] < stamp:
            newest[key] = (*stamp, TableLabel(id, meant, by, time or now))
    n_used = sum(counts.values())
    return LabelTable(
        path,
        names,
        chosen,
        found,
        {text: counts[text] for text in found},
        tuple(label for *_, label in sorted(newest.values(), key=lambda entry: entry[:2])),
        source.n_rows,
        source.n_rows - n_used,
        sum(counts[text] for text, name in found.items() if name == IGNORED),
        n_catalogue,
        n_known - len(newest),
        n_untimed,
    )


def _columns(source: TableSource, config: Config, given: Mapping[str, str]) -> ImportColumns:
    """Return the given columns, and for the others those with usual names."""
    folded = {column.name.casefold(): column.name for column in source.columns if column.kind != "vector"}
    own = [name.casefold() for name in (config.catalogue.id.column,) if name]
    label = [name.casefold() for name in (config.catalogue.label,) if name]
    wanted = {**_NAMES, "id": (*own, *_NAMES["id"]), "label": (*_NAMES["label"], *label)}
    found = {role: next((folded[name] for name in names if name in folded), "") for role, names in wanted.items()}
    found.update(given)
    for role in ("id", "label"):
        if not found[role]:
            listed = ", ".join(column.name for column in source.columns[:20])
            raise SessionError(f"Which column of {source.path.name} has the {role}? It has {listed}.")
    return ImportColumns(**found)


def _texts(source: TableSource, name: str) -> Sequence[str]:
    """Return a column as texts without surrounding blanks; empty without a name."""
    return [text.strip() for text in as_text(source.read_text([name])[name]).tolist()] if name else []


def _labels(source: TableSource, name: str, config: Config) -> Sequence[str]:
    """Return the label column as normalised texts; empty for a label that means unknown."""
    values = source.read([name])[name]
    known = {text for label in config.labels for text in (label.value, label.name)}
    texts: list[str] = normalise_labels(values, known).tolist()
    unknown = set(config.catalogue.unknown_labels)
    return [text if text in known or not (means_unknown(text) or text in unknown) else "" for text in texts]


def _meaning(config: Config) -> dict[str, str]:
    """Return the class of each text that needs no explanation; exact names come before others."""
    found: dict[str, str] = {}
    for text, name in (
        *((name, name) for name in config.class_names),
        *((title, name) for name, title in config.shown_names.items()),
        *((label.value, label.name) for label in config.labels),
    ):
        found.setdefault(text, name)
    for text, name in tuple(found.items()):
        found.setdefault(text.casefold(), name)
    return found


def _time(text: str) -> str | None:
    """Return a time in the format of the ledger; None if it cannot be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat(timespec="seconds")
