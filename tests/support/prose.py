"""Read and check the words of the project.

``python tests/support/prose.py --list [FILE]``
    writes every text that a user can see, with the place where it is, so that all can be read one after another.
``python tests/support/prose.py --check``
    counts the words of `AVOID` in code, documentation and the files of the root, and fails where a file has more of
    them than `prose_baseline.json` allows. The counts may only go down.
``python tests/support/prose.py --update``
    writes the counts of now as the baseline, for example after files were moved or texts rewritten; it refuses to raise
    the total.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).with_name("prose_baseline.json")
#: Words to avoid, and what to write instead.
AVOID = {
    r"whoever|whosoever": "anyone who, the person who",
    r"nobody": "no one, or name who does not",
    r"somebody|someone else": "a person, another user, an annotator",
    r"anybody": "anyone",
    r"anew|afresh": "again, from the start",
    r"call(?:s|ed|ing)? (?:it )?off": "cancel",
    r"(?:is|are|was|were|be|been) told": "gets, receives, is given",
    r"tak(?:e|es|en|ing) back|took back": "undo",
    r"put(?:s|ting)? aside": "exclude, mark as unsure",
    r"stands?(?! (?:for|alone|on)\b)|stood": "is, is shown, is written",
    r"lies|lie|lain": "is, is in",
    r"let(?:s|ting)? go of": "clear, release",
    r"his|hers": "their, the user's, or leave it out",
    r"all the same": "still, anyway",
    r"beware": "avoid, note",
    r"of (?:one's|its|his|her|their|your) own\b(?= (?:making|accord))": "leave it out",
    r"knows? by heart": "caches, stores",
    r"goes? on living": "remains",
    r"minds? (?:no|neither|the)": "distinguish, depend on",
    r"moved on": "changed",
    r"says? nothing of": "says nothing about",
    r"looks? what": "check what",
    r"catalogues? of SExtractor": "SExtractor catalogue",
}
_AVOID = {re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE): better for pattern, better in AVOID.items()}
#: Keywords whose strings are shown, of one word too.
_SHOWN = {"label", "title", "description", "help", "placeholder", "name", "text", "metavar", "doc", "message"}
_LOOKS_LIKE_CODE = re.compile(r"^[\s\W\d]*$|[{;]\s*$|^[a-z-]+:[^ ].*;|^--|^[\w.]+\(|^SELECT |^\w+/\w+$")


class Text(NamedTuple):
    """A text that a user can see."""

    path: str
    line: int
    kind: str
    text: str


class Hit(NamedTuple):
    """A word to avoid."""

    path: str
    line: int
    word: str
    better: str


def texts(root: Path = ROOT) -> Iterator[Text]:
    """Yield the texts of the package: literals of code that are shown, public docstrings, and strings of scripts."""
    for path in sorted((root / "astronomical").rglob("*.py")):
        yield from _texts_of(path.read_text(encoding="utf-8"), str(path.relative_to(root)))
    for path in sorted((root / "astronomical").rglob("*.js")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for found in re.findall(r"""["'`]([^"'`]*[A-Za-z]{2,} [^"'`]*)["'`]""", line):
                yield Text(str(path.relative_to(root)), number, "script", found)


def _texts_of(source: str, name: str) -> Iterator[Text]:
    tree = ast.parse(source)
    docstrings = dict(_docstrings(tree))
    shown = {
        id(word.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in _SHOWN
    }
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if id(node) in parts or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        if id(node) in docstrings:
            if docstrings[id(node)]:
                yield Text(name, node.lineno, "docstring", " ".join(str(node.value).split()))
            continue
        text = _plain(node)
        worth = " " in text.strip() or (id(node) in shown and text[:1].isupper())
        if worth and re.search(r"[A-Za-z]{2}", text) and not _LOOKS_LIKE_CODE.search(text):
            yield Text(name, node.lineno, "text", " ".join(text.split()))


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, bool]]:
    """Yield the nodes of all docstrings, and whether each is of something public."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield id(first.value), not getattr(node, "name", "").startswith("_")


def _plain(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)


def checked(root: Path = ROOT) -> list[Path]:
    """Return the files whose words are counted."""
    found = [
        *(root / "astronomical").rglob("*.py"),
        *(root / "astronomical").rglob("*.js"),
        *(root / "docs").rglob("*.md"),
        *(root / "docs").rglob("*.py"),
        *root.glob("*.md"),
        *root.glob("data/*.md"),
    ]
    return sorted(path for path in found if not {"_build", "__pycache__"} & set(path.parts))


def hits(paths: list[Path], root: Path = ROOT) -> list[Hit]:
    """Return the words to avoid in files, comments and docstrings included."""
    return [
        Hit(str(path.relative_to(root)), number, match[0], better)
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for pattern, better in _AVOID.items()
        for match in pattern.finditer(line)
    ]


def counts(found: list[Hit]) -> dict[str, int]:
    """Return how many there are in each file."""
    per_file: dict[str, int] = {}
    for hit in found:
        per_file[hit.path] = per_file.get(hit.path, 0) + 1
    return dict(sorted(per_file.items()))


def check(root: Path, baseline: Path) -> int:
    """Print what is too many and return 1; return 0 if no file has more than the baseline allows."""
    allowed: dict[str, int] = json.loads(baseline.read_text(encoding="utf-8")) if baseline.exists() else {}
    found = hits(checked(root), root)
    worse = {path: n for path, n in counts(found).items() if n > allowed.get(path, 0)}
    for hit in found:
        if hit.path in worse:
            print(f"{hit.path}:{hit.line}: {hit.word!r}; better: {hit.better}")
    for path, n in worse.items():
        print(f"{path}: {n} words to avoid, {allowed.get(path, 0)} allowed")
    print(f"{len(found)} words to avoid in {len(counts(found))} files; the baseline has {sum(allowed.values())}.")
    return 1 if worse else 0


def update(root: Path, baseline: Path) -> int:
    """Write the baseline; return 1 and leave it as it is if the total would go up."""
    now = counts(hits(checked(root), root))
    if baseline.exists() and sum(now.values()) > sum(json.loads(baseline.read_text(encoding="utf-8")).values()):
        print("There are more words to avoid than before; the baseline is not changed.")
        return check(root, baseline) or 1
    baseline.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Read and check the words of the project.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", nargs="?", const="-", metavar="FILE", help="write every text that a user can see")
    what.add_argument("--check", action="store_true", help="fail if a file has more words to avoid than before")
    what.add_argument("--update", action="store_true", help="write the counts of now as the baseline")
    given = parser.parse_args(argv)
    if given.check:
        return check(ROOT, BASELINE)
    if given.update:
        return update(ROOT, BASELINE)
    lines = "".join(f"{text.path}:{text.line}: [{text.kind}] {text.text}\n" for text in texts())
    if given.list == "-":
        sys.stdout.write(lines)
    else:
        Path(given.list).write_text(lines, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
