"""Write a report as HTML and as Markdown. All texts of the project are shown literally."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from astronomical.session.export.report.facts import Facts

__all__ = ["as_html", "as_markdown", "literal_markdown"]

#: Characters with a meaning in Markdown.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|&~$-])")
#: For each class, title and name of each figure, without the extension.
FigureNames = Sequence[Sequence[tuple[str, str]]]


def literal_markdown(text: str) -> str:
    """Return a text that Markdown shows literally, in one line."""
    line = _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
    return re.sub(r"^(\d+)\.", r"\1\\.", line)


def as_html(
    facts: Facts, when: str, figures: FigureNames, files: Sequence[tuple[str, str]], notes: Sequence[str], bibtex: str
) -> str:
    """Return a report as an HTML page, which loads nothing but its figures.

    Parameters
    ----------
    facts
        What it says.
    when
        Time of writing.
    figures
        For each class, title and name of each figure, without the extension.
    files
        Names of the files, and what they contain.
    notes
        Notes about the files.
    bibtex
        The references.
    """
    return _render("report.html.j2", facts, when, figures, files, notes, bibtex)


def as_markdown(
    facts: Facts, when: str, figures: FigureNames, files: Sequence[tuple[str, str]], notes: Sequence[str], bibtex: str
) -> str:
    """Return a report as Markdown; see `as_html`."""
    return _render("report.md.j2", facts, when, figures, files, notes, bibtex)


def _render(
    template: str,
    facts: Facts,
    when: str,
    figures: FigureNames,
    files: Sequence[tuple[str, str]],
    notes: Sequence[str],
    bibtex: str,
) -> str:
    # Markdown is escaped by its own filter.
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=template.endswith(".html.j2"))
    environment.filters["md"] = literal_markdown
    found = environment.get_template(template)
    return found.render(facts=facts, when=when, figures=figures, files=files, notes=notes, bibtex=bibtex)
