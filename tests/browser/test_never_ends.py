"""A plugin that never returns, or a disk that never answers: all else goes on, and the server can be ended."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import CombinationConfig, ExtensionConfig, PaneConfig
from astronomical.session import Session
from astronomical.session.project.project_store import load_project
from tests.support.projects import make_project
from tests.support.server import Server
from tests.support.workbench import LONG, bring_into_view, button, open_config, press_and_wait, wait_for_question

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]
N = 10
#: The handlers of both are the same: the second is tried where most is under way.
SIGNALS = [signal.SIGTERM, signal.SIGINT]

BEGUN_OR_GIVEN_UP = re.compile("Drawing Endless|The plot Endless (did not finish|is not started)")

PLOT = '''
import threading

import astronomical


@astronomical.plot("endless", title="Endless")
def endless(data):
    """Never return."""
    threading.Event().wait()
'''

HOOK = '''
import threading

import holoviews as hv

import astronomical


@astronomical.plot("endless", title="Endless")
def endless(data):
    """Return a plot that holds up the event loop as soon as it is drawn."""
    return hv.Curve([0, 1]).opts(hooks=[lambda plot, element: print(threading.Event().wait())])
'''

FEATURE = '''
import os
import threading

import numpy as np

import astronomical


@astronomical.feature("mean")
def mean(columns):
    """Average columns, but never return in the server."""
    if "NEVER_ENDS" in os.environ:
        threading.Event().wait()
    return np.mean(columns, axis=0)
'''

MODEL = '''
import threading

from sklearn.naive_bayes import GaussianNB

import astronomical


class Endless(GaussianNB):
    """A classifier that cannot be pickled, because that never ends."""

    def __reduce__(self):
        threading.Event().wait()


@astronomical.model("endless", title="Endless")
def endless(seed):
    """Return a classifier."""
    return Endless()
'''

DISK = """
import os
import threading


def dead(call):
    def wait(path, *args, **kwargs):
        if isinstance(path, (str, os.PathLike)) and os.fspath(path).endswith("catalogue.fits"):
            threading.Event().wait()
        return call(path, *args, **kwargs)

    return wait


os.stat, os.lstat = dead(os.stat), dead(os.lstat)
"""


End = Callable[[Server, signal.Signals], None]


@pytest.fixture
def end(context: BrowserContext, complaints: list[str]) -> End:
    """End a server; that its pages then complain about the lost connection is no fault."""

    def end_server(server: Server, number: signal.Signals) -> None:
        before = len(complaints)
        server.end(number)
        for page in context.pages:
            page.close()
        del complaints[before:]

    return end_server


def write(folder: Path, text: str) -> Path:
    path = folder / "plugin.py"
    path.write_text(text, encoding="utf-8")
    return path


def with_endless_plots(folder: Path, n: int) -> Path:
    """Make a project with n panes of a plot that never returns, besides its usual panes."""
    path, _ = make_project(folder, n=150)
    config = read_config(path)
    panes = tuple(
        PaneConfig(id=f"endless-{k}", kind="endless", x=3 * (k % 4), y=20 + 4 * (k // 4), w=3, h=4) for k in range(n)
    )
    layout = config.layout.model_copy(update={"panes": (*config.layout.panes, *panes)})
    write_config(config.model_copy(update={"layout": layout}), path)
    return path


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_ten_plots_that_never_return_leave_all_else_as_it_was(
    new_page: Callable[..., Page], tmp_path: Path, number: signal.Signals, end: End
) -> None:
    plugin = write(tmp_path, PLOT)
    path = with_endless_plots(tmp_path, N)
    (tmp_path / "second").mkdir()
    other, _ = make_project(tmp_path / "second", n=150)
    with Server("--plugins", str(plugin), ASTRONOMICAL_TIME_LIMIT="20") as server:
        page = new_page()
        open_config(page, server.url, path)
        for k in range(N):  # on a busy computer, the first are abandoned before the last is begun
            bring_into_view(page, f"endless-{k}", BEGUN_OR_GIVEN_UP)
        page.locator('[data-id="learning"]').scroll_into_view_if_needed()
        expect(page.get_by_text(re.compile("^unknown")).first).to_be_visible(timeout=LONG)
        page.get_by_role("button", name="Start the Star learner").click()
        wait_for_question(page)
        labelled = [press_and_wait(page, key) for key in "12"]

        second = new_page()
        open_config(second, server.url, other)
        expect(second.get_by_text(re.compile("^unknown")).first).to_be_visible(timeout=LONG)
        second.get_by_role("button", name="Start the Star learner").click()
        wait_for_question(second)

        expect(
            page.get_by_text(re.compile("The plot Endless did not finish within 20 s and was abandoned")).first
        ).to_be_visible(timeout=LONG)
        labelled.append(press_and_wait(page, "3"))
        end(server, number)
    assert {event.id for event in load_project(path).events} >= set(labelled)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_plot_that_holds_up_the_event_loop_does_not_keep_the_server_from_ending(
    new_page: Callable[..., Page], tmp_path: Path, number: signal.Signals, end: End
) -> None:
    plugin, path = write(tmp_path, HOOK), with_endless_plots(tmp_path, 1)
    with Server("--plugins", str(plugin)) as server:
        page = new_page()
        open_config(page, server.url, path)
        expect(page.get_by_text(re.compile("Opening the project"))).to_be_visible(timeout=LONG)
        page.wait_for_timeout(10_000)  # nothing on the screen tells that the event loop is held up
        end(server, number)


def test_a_feature_that_never_returns_is_given_up(new_page: Callable[..., Page], tmp_path: Path, end: End) -> None:
    plugin = write(tmp_path, FEATURE)
    path, _ = make_project(tmp_path, n=150)
    config = read_config(path)
    features = config.features.model_copy(
        update={"combinations": (*config.features.combinations, CombinationConfig(operation="mean", n=2))}
    )
    write_config(config.model_copy(update={"features": features}), path)
    with Server("--plugins", str(plugin), ASTRONOMICAL_TIME_LIMIT="3", NEVER_ENDS="1") as server:
        page = new_page()
        open_config(page, server.url, path)
        expect(page.get_by_text(re.compile("'mean' did not finish")).first).to_be_visible(timeout=LONG)
        expect(page.get_by_text(re.compile("^unknown")).first).to_be_visible(timeout=LONG)
        end(server, signal.SIGTERM)


def test_opening_can_be_cancelled(page: Page, tmp_path: Path, end: End) -> None:
    plugin = write(tmp_path, FEATURE)
    path, _ = make_project(tmp_path, n=150)
    config = read_config(path)
    features = config.features.model_copy(
        update={"combinations": (*config.features.combinations, CombinationConfig(operation="mean", n=2))}
    )
    write_config(config.model_copy(update={"features": features}), path)
    before = path.read_bytes()
    with Server("--plugins", str(plugin), ASTRONOMICAL_TIME_LIMIT="600", NEVER_ENDS="1") as server:
        open_config(page, server.url, path)
        expect(page.get_by_text(re.compile("Computing features"))).to_be_visible(timeout=LONG)
        button(page, "Cancel").first.click()
        expect(page.get_by_text("Opening the project was cancelled.")).to_be_visible(timeout=LONG)
        assert path.read_bytes() == before
        Session.open(path, read_only=False).close()  # its lock is free
        end(server, signal.SIGTERM)


def test_a_model_whose_pickling_never_ends_is_given_up(new_page: Callable[..., Page], tmp_path: Path, end: End) -> None:
    plugin = write(tmp_path, MODEL)
    path, _ = make_project(tmp_path, n=150)
    config = read_config(path)
    models = config.models.model_copy(update={"keep": True, "format": "joblib"})
    write_config(config.model_copy(update={"models": models}), path)
    with Session.open(path, plugins=[plugin], look_ahead=False) as session:
        session.state.config = session.state.config.model_copy(
            update={"models": session.state.config.models.model_copy(update={"keep": False})}
        )
        session.training.start("Star", models=[ExtensionConfig(name="endless")])
    write_config(read_config(path).model_copy(update={"models": models}), path)
    with Server("--plugins", str(plugin)) as server:
        page = new_page()
        open_config(page, server.url, path)
        wait_for_question(page)
        labelled = press_and_wait(page, "1")
        end(server, signal.SIGTERM)
        assert "was abandoned" in server.said() or "not written in time" in server.said()
        assert "Traceback" not in server.said()
    assert labelled in {event.id for event in load_project(path).events}


def test_a_catalogue_on_a_dead_disk_is_said_to_be_so(new_page: Callable[..., Page], tmp_path: Path, end: End) -> None:
    plugin = write(tmp_path, DISK)
    path, _ = make_project(tmp_path, n=150)
    before = path.read_bytes()
    with Server("--plugins", str(plugin)) as server:
        page = new_page()
        open_config(page, server.url, path)
        expect(page.get_by_text(re.compile("does not respond. Is it on a disconnected"))).to_be_visible(timeout=LONG)
        expect(page.get_by_label("Project file", exact=True)).to_be_enabled()
        end(server, signal.SIGTERM)
    assert path.read_bytes() == before
