"""Metadata of a package: RO-Crate 1.1, and CITATION.cff."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import yaml

from astronomical import __version__
from astronomical.config.schema import Config

__all__ = ["citation", "crate_metadata"]

_ARTICLE = "https://doi.org/10.21105/joss.03635"
_TYPES = {
    ".vot": "application/x-votable+xml",
    ".yaml": "application/yaml",
    ".md": "text/markdown",
    ".bib": "application/x-bibtex",
    ".cff": "application/yaml",
    ".fits": "application/fits",
    ".skops": "application/zip",
}


def crate_metadata(config: Config, folder: Path, files: Sequence[tuple[str, str]], when: str) -> str:
    """Return the content of ``ro-crate-metadata.json``.

    Parameters
    ----------
    config
        The project.
    folder, files
        The folder of the package, and the files in it with what they contain.
    when
        Time of writing, in ISO format.
    """
    parts = [
        {
            "@id": quote(name),
            "@type": "File",
            "name": name,
            "description": about,
            "encodingFormat": _format_of(name),
            "contentSize": str((folder / name).stat().st_size),
        }
        for name, about in files
    ]
    people = [{"@id": f"#author-{n}", "@type": "Person", "name": name} for n, name in enumerate(_authors(config), 1)]
    program = {
        "@id": "#astronomical",
        "@type": "SoftwareApplication",
        "name": "astronomical",
        "softwareVersion": __version__,
        "citation": {"@id": _ARTICLE},
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": config.project.title,
        "description": "Labels, model, predictions and report of a classification by active learning.",
        "datePublished": when,
        "author": [{"@id": item["@id"]} for item in people],
        "hasPart": [{"@id": item["@id"]} for item in parts],
        "mentions": {"@id": program["@id"]},
    }
    about = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    article = {"@id": _ARTICLE, "@type": "ScholarlyArticle", "name": "AstronomicAL"}
    graph = [about, root, *parts, *people, program, article]
    return json.dumps({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}, indent=1)


def citation(config: Config, when: str) -> str:
    """Return the content of ``CITATION.cff`` for a package."""
    content = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them, and the program with which they were made.",
        "title": config.project.title,
        "type": "dataset",
        "authors": [{"name": name} for name in _authors(config)] or [{"name": "The authors of the project"}],
        "date-released": when[:10],
        **({"doi": config.project.doi} if config.project.doi else {}),
        "references": [
            {
                "type": "software",
                "title": "astronomical",
                "version": __version__,
                "authors": [{"name": "The astronomical developers"}],
            }
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _authors(config: Config) -> tuple[str, ...]:
    return tuple(name for name in config.project.authors if name.strip())


def _format_of(name: str) -> str:
    return _TYPES.get(Path(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "application/octet-stream"
