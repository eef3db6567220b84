"""Take the pictures of the documentation: the real server, the example, and Chromium.

Run from the checkout: ``python docs/screenshots.py``, with names of pictures to take only those. Cutouts come from
the stub of the tests, so that no picture depends on a survey's server, and no survey's image is redistributed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from astronomical.config.io import read_config, write_config  # noqa: E402
from astronomical.config.schema import Config, CriterionConfig, ExtensionConfig  # noqa: E402
from astronomical.config.services import ServicesConfig, SurveyConfig  # noqa: E402
from astronomical.plugins.consent import Consents  # noqa: E402
from astronomical.plugins.files import read_file  # noqa: E402
from astronomical.session import Session  # noqa: E402
from astronomical.session.project.example import example_config, working_copy  # noqa: E402
from tests.stubs.survey_server import SurveyServer  # noqa: E402

IMAGES = Path(__file__).resolve().parent / "images"
TUTORIAL = Path(__file__).resolve().parent / "tutorials" / "write-plugins.md"
MAX_BYTES = 400_000
PATIENCE_MS = 180_000
WIDE, LAPTOP = (1600, 1000), (1280, 800)


class Studio:
    """A running server, a copy of the example in its folder, and a browser."""

    def __init__(self, browser: Browser, url: str, home: Path, surveys: SurveyServer) -> None:
        self.browser, self.url, self.home, self.surveys = browser, url, home, surveys

    @contextlib.contextmanager
    def page(self, size: tuple[int, int]) -> Iterator[Page]:
        """Open the start page in a window of a size."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(self.url)
        page.get_by_role("button", name="Choose a catalogue…").wait_for()
        yield page
        context.close()

    def example(self, name: str) -> Path:
        """Return a copy of the example whose cutouts come from the stub."""
        path = working_copy(example_config(), self.home / "projects" / name)
        write_config(with_surveys(read_config(path), self.surveys), path)
        return path

    def open_example(
        self, page: Page, name: str, prepare: Callable[[Session], None] | None = None, **options: Any
    ) -> None:
        """Open a copy of the example and wait until everything is drawn; somebody may have worked on it before."""
        path = self.example(name)
        if prepare is not None:
            with Session.open(path, who="vera", **options) as session:
                prepare(session)
        field = page.get_by_label("Project file", exact=True)
        field.fill(str(path))
        field.press("Enter")
        settle(page)
        if page.get_by_text("The catalogue is not the one").count():
            raise SystemExit("configs/example.yaml is of another data/example.fits: run data/make_config.py first.")


def with_surveys(config: Config, surveys: SurveyServer) -> Config:
    sdss = SurveyConfig(name="SDSS", kind="sdss", url=surveys.sdss_url)
    first = SurveyConfig(name="FIRST", kind="first", url=surveys.first_url)
    return config.model_copy(update={"services": ServicesConfig(surveys=(sdss, first))})


def settle(page: Page) -> None:
    """Wait for the plots in view and for the images, and for the page to come to rest."""
    for number in (1, 2):
        page.locator(f'[data-id="plot-{number}"] canvas').first.wait_for()
    expect(page.locator(".frame[data-state=image]")).not_to_have_count(0, timeout=PATIENCE_MS)
    rest(page, 4000)


def rest(page: Page, least_ms: int = 1500) -> None:
    """Wait until the page stays the same for a second."""
    page.mouse.move(2, page.viewport_size["height"] - 2 if page.viewport_size else 2)
    page.wait_for_timeout(least_ms)
    before = page.screenshot()
    for _ in range(30):
        page.wait_for_timeout(1000)
        now = page.screenshot()
        if now == before:
            return
        before = now


def keep(name: str, what: Page | Locator) -> None:
    """Write a picture, with fewer colours if it would be large."""
    image = Image.open(io.BytesIO(what.screenshot())).convert("RGB")
    path = IMAGES / f"{name}.png"
    image.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size < MAX_BYTES:
            break
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size / 1000:.0f} kB")  # noqa: T201


# -- the pictures -----------------------------------------------------------------------------------


def take_start(studio: Studio) -> None:
    with studio.page(LAPTOP) as page:
        rest(page)
        keep("start", page)


def take_workbench(studio: Studio) -> None:
    """The workbench, and two parts of it: the confidence plot and the set-up of a learner."""
    with studio.page(WIDE) as page:
        studio.open_example(page, "light")
        keep("workbench", page)
        learning = page.locator('[data-id="learning"]')
        page.get_by_role("tab", name="Confidence", exact=True).click()
        learning.locator("canvas").first.wait_for()
        rest(page, 3000)
        keep("confidence", learning)
        page.get_by_role("button", name="Galaxy", exact=True).first.click()
        page.get_by_role("button", name="Start the Galaxy learner").wait_for()
        rest(page)
        keep("setup", learning)


def take_dark(studio: Studio) -> None:
    with studio.page(LAPTOP) as page:
        studio.open_example(page, "dark")
        page.get_by_role("button", name=re.compile("theme", re.IGNORECASE)).first.click()
        rest(page, 3000)
        keep("workbench-dark", page)


def take_wizard(studio: Studio) -> None:
    catalogue = studio.home / "sources.fits"
    shutil.copyfile(CHECKOUT / "data" / "example.fits", catalogue)
    with studio.page((1280, 900)) as page:
        page.get_by_role("button", name="Choose a catalogue…").click()
        field = page.get_by_label("Catalogue file")
        field.fill(str(catalogue))
        field.press("Enter")
        expect(page.get_by_text("20,000 rows")).to_be_visible(timeout=PATIENCE_MS)
        step(page, "wizard-data")
        expect(page.get_by_text("Each source has a unique id")).to_be_visible(timeout=PATIENCE_MS)
        for value, name in (("0", "Star"), ("1", "Galaxy"), ("2", "QSO")):
            field = page.get_by_label(re.compile(rf"^{value} \("))
            field.fill(name)
            field.press("Tab")
        step(page, "wizard-columns")
        pattern = page.get_by_label("Select by name or pattern")
        pattern.fill("u,g,r,i,z,y,j,h,k,w1,w2")
        pattern.press("Enter")
        page.get_by_role("button", name="Add a combination").click()
        expect(page.get_by_text("66 features")).to_be_visible(timeout=PATIENCE_MS)
        step(page, "wizard-learning")
        expect(page.get_by_text("20,000 sources, 66 features")).to_be_visible(timeout=PATIENCE_MS)
        page.locator("canvas").first.wait_for()
        rest(page, 3000)
        keep("wizard-check", page)


def step(page: Page, name: str) -> None:
    """Keep a step of the wizard and go on to the next."""
    expect(page.get_by_role("button", name="Next")).to_be_enabled(timeout=PATIENCE_MS)
    rest(page)
    keep(name, page)
    page.get_by_role("button", name="Next").click()


def take_curating(studio: Studio) -> None:
    """A test set of bright sources, labelled as the catalogue has them, and the results on it."""

    def label(session: Session) -> None:
        session.curation.set_criteria([CriterionConfig(column="r", operator="<", value=18.0)])
        session.curation.start()
        data = session.dataset
        while len(session.curation.test_set().labels) < 20:
            code = data.codes[data.catalogue.row(session.state.focus)]
            session.assign(data.class_names[code] if code >= 0 else None, id=session.state.focus)
        session.curation.use_as_test_set(True)

    with studio.page(WIDE) as page:
        studio.open_example(page, "test set", label)
        learning = page.locator('[data-id="learning"]')
        page.get_by_role("button", name="Test set", exact=True).click()
        expect(page.get_by_text("20 test sources")).to_be_visible(timeout=PATIENCE_MS)
        rest(page)
        keep("curating", learning)
        page.get_by_role("button", name="Star", exact=True).first.click()
        page.get_by_role("button", name="Judge", exact=True).click()
        page.get_by_role("tab", name="Test", exact=True).click()
        page.get_by_role("button", name="Show the test results").click()
        expect(page.get_by_text("have been opened once")).to_be_visible(timeout=PATIENCE_MS)
        rest(page)
        keep("test-results", learning)


def take_plugins(studio: Studio) -> None:
    """The plugin that the tutorial writes: in the set-up of a learner, and as a plot."""
    plugin = studio.home / "projects" / "plugins" / "mine.py"

    def use(session: Session) -> None:
        session.training.start(
            "Galaxy",
            models=[ExtensionConfig(name="network", parameters={"units": 8})],
            strategy=ExtensionConfig(name="leaning"),
        )
        panes = session.state.config.layout.panes
        session.settings.set_layout(
            [
                pane.model_copy(update={"kind": "excess", "settings": {}}) if pane.id == "plot-1" else pane
                for pane in panes
            ]
        )

    plugin.parent.mkdir(parents=True)
    plugin.write_text(
        "\n".join(
            re.findall(
                r"^```python\n# mine.py\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
            )
        ),
        encoding="utf-8",
    )
    Consents(studio.home / "consents.json").give(read_file(plugin))
    with studio.page(WIDE) as page:
        studio.open_example(page, "plugins", use, plugins=[plugin])
        page.get_by_role("button", name="Galaxy", exact=True).first.click()
        page.locator("button", has_text="Model settings…").click()
        expect(page.get_by_text("One hidden layer on scaled features")).to_be_visible(timeout=PATIENCE_MS)
        rest(page, 3000)
        keep("plugins", page)


TAKES: dict[str, Callable[[Studio], None]] = {
    "start": take_start,
    "workbench": take_workbench,
    "dark": take_dark,
    "wizard": take_wizard,
    "curating": take_curating,
    "plugins": take_plugins,
}

# -- the server -------------------------------------------------------------------------------------


@contextlib.contextmanager
def running_server(home: Path) -> Iterator[str]:
    """Run ``panel serve astronomical`` as a user would, with everything that it writes in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "ASTRONOMICAL_HOME": str(home), "ASTRONOMICAL_ALLOW_PRIVATE_HOSTS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "panel", "serve", "astronomical", "--port", str(port)],
        cwd=CHECKOUT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(1800):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/astronomical"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("takes", nargs="*", metavar="NAME", help=f"{', '.join(TAKES)}; all by default")
    wanted = parser.parse_args().takes or list(TAKES)
    if unknown := set(wanted) - set(TAKES):
        parser.error(f"no picture is named {', '.join(sorted(unknown))}; there are {', '.join(TAKES)}")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="astronomical-"))).resolve()
        surveys = stack.enter_context(SurveyServer())
        url = stack.enter_context(running_server(home))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in wanted:
            TAKES[name](Studio(browser, url, home, surveys))
        browser.close()


if __name__ == "__main__":
    main()
