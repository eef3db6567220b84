"""Label for hours in one page, then open and close many: does the server grow? By hand: python -m tests.leaks.soak.

Prints one JSON line: resident memory, threads and open files of the server as the labels and the pages went by.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.support.projects import make_project
from tests.support.server import Server
from tests.support.workbench import LONG, begin, open_config, wait_for_question, wait_until_seen

_SAMPLES = 20


def use_of(process: int) -> dict[str, float]:
    """Return what a process holds: memory in MB, threads, open files."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {
        "rss_mb": round(int(status["VmRSS"].split()[0]) / 1024, 1),
        "threads": int(status["Threads"]),
        "files": len(list(Path(f"/proc/{process}/fd").iterdir())),
    }


def label(page: Page, n: int, keys: random.Random) -> None:
    """Give a number of labels by keys."""
    shown = page.locator(".id").first
    for _ in range(n):
        before = shown.inner_text()
        wait_until_seen(page)
        page.keyboard.press(keys.choice("123"))
        expect(shown).not_to_have_text(before, timeout=LONG)


def soak(n_labels: int, n_pages: int, rows: int) -> dict[str, Any]:
    """Label, then open and close pages, and return what the server held meanwhile."""
    keys, server, found = random.Random(1), Server(), {"labels": [], "pages": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["ASTRONOMICAL_HOME"] = folder
        path, _ = make_project(Path(folder), n=rows)
        server.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            open_config(page, server.url, path)
            begin(page)
            for _ in range(_SAMPLES):
                label(page, n_labels // _SAMPLES, keys)
                found["labels"].append(use_of(server.process.pid))
                sys.stderr.write(f"{len(found['labels']) * (n_labels // _SAMPLES)} {found['labels'][-1]}\n")
            address = page.url
            for _ in range(n_pages):
                other = browser.new_context(viewport={"width": 1280, "height": 800})
                other_page = other.new_page()
                other_page.goto(address)
                wait_for_question(other_page)
                other.close()
                found["pages"].append(use_of(server.process.pid))
                sys.stderr.write(f"page {len(found['pages'])} {found['pages'][-1]}\n")
            page.wait_for_timeout(30_000)  # pages that have gone are cleared away after a while
            found["after"] = use_of(server.process.pid)
        finally:
            browser.close()
            server.process.terminate()
            server.process.wait(30)
    return found


def main() -> None:
    """Read the arguments, soak, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--rows", type=int, default=5000)
    arguments = parser.parse_args()
    sys.stdout.write(json.dumps(soak(arguments.labels, arguments.pages, arguments.rows)) + "\n")


if __name__ == "__main__":
    main()
