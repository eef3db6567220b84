"""The pane of the selected source in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from playwright.sync_api import expect

from astronomical.config.io import read_config
from astronomical.config.schema import PaneConfig
from astronomical.config.services import SurveyConfig
from astronomical.dashboard.page.frame import make_page
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.dashboard.panes.source.pane import SourcePane
from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFiles
from astronomical.services.services import Services
from astronomical.session import Session
from tests.stubs.small_project import HOSTILE_ID, HOSTILE_TEXT, NOWHERE_ID, make_project
from tests.stubs.survey_server import SurveyServer

CONFIG = PaneConfig(id="source", kind="source", x=7, y=0, w=5, h=7)


def surveys_of(server: SurveyServer) -> list[SurveyConfig]:
    return [
        SurveyConfig(name="SDSS", kind="sdss", url=server.sdss_url),
        SurveyConfig(name="FIRST", kind="first", url=server.first_url),
    ]


def services_of(session: Session) -> Services:
    """Return services that may ask this computer, and keep nothing on disk."""
    limits, files = Limits(20, allow_private=True), LocalFiles(session.path.parent)
    return Services(CutoutFetcher(limits), CatalogueImageReader(files, limits), files)


@pytest.fixture
def surveys() -> Iterator[SurveyServer]:
    with SurveyServer() as server:
        yield server


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.open(make_project(tmp_path), who="tester") as opened:
        yield opened


@pytest.fixture
def panes() -> list[SourcePane]:
    """The panes that were served."""
    return []


@pytest.fixture
def open_pane(
    session: Session,
    surveys: SurveyServer,
    serve: Callable[..., str],
    new_page: Callable[..., Any],
    panes: list[SourcePane],
) -> Iterator[Callable[..., Any]]:
    """Show the pane in a page of its own size."""
    session.settings.set_surveys(surveys_of(surveys))
    services = services_of(session)

    def app() -> Any:
        panes.append(SourcePane(session, services, CONFIG))
        return make_page("Source", main=[panes[-1].view])

    def start(width: int = 500, height: int = 460) -> Any:
        page = new_page(width, height)
        page.goto(serve(app))
        page.locator(".search").wait_for()
        return page

    yield start
    for pane in panes:
        pane.close()
    services.close()


def frames(page: Any, state: str, n: int = 2) -> None:
    """Wait until so many cutouts are in a state."""
    page.wait_for_function(
        """([state, n]) => {
        const deep = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
          [...(e.matches('.frame') ? [e] : []), ...(e.shadowRoot ? deep(e.shadowRoot) : [])])
        return deep(document).filter((e) => e.dataset.state === state).length === n }""",
        arg=[state, n],
    )


@pytest.mark.slow
def test_nothing_selected_says_what_to_do(open_pane: Callable[..., Any]) -> None:
    page = open_pane()
    page.get_by_text("No source is selected").wait_for()
    assert page.locator(".deselect").is_disabled()
    assert not page.locator(".id").is_visible()


def test_search_selects_and_reports_what_is_not_there(open_pane: Callable[..., Any], session: Session) -> None:
    page = open_pane()
    search = page.locator(".search")
    search.fill("nobody")
    search.press("Enter")
    page.get_by_text("no id contains “nobody”").wait_for()
    search.fill("J012")
    page.locator(".suggestions li").nth(9).wait_for()
    search.press("ArrowDown")
    search.press("ArrowDown")
    search.press("Enter")
    page.locator(".id", has_text="J0121").wait_for()
    assert session.state.focus == "J0121"
    assert search.input_value() == ""
    assert not page.locator(".suggestions").is_visible()
    search.fill(" J0200 ")
    search.press("Enter")
    page.locator(".id", has_text="J0200").wait_for()


@pytest.mark.slow
def test_history_back_forward_and_deselect(open_pane: Callable[..., Any], session: Session) -> None:
    for id in ("J0001", "J0002", "J0004"):
        session.focus(id)
    page = open_pane()
    page.locator(".back").click()
    page.locator(".id", has_text="J0002").wait_for()
    page.locator(".forward").click()
    page.locator(".id", has_text="J0004").wait_for()
    expect(page.locator(".history option")).to_have_text(["History", "J0004", "J0002", "J0001"])
    page.locator(".history").select_option("J0001")
    page.locator(".id", has_text="J0001").wait_for()
    page.locator(".deselect").click()
    page.get_by_text("No source is selected").wait_for()
    assert session.state.focus is None


@pytest.mark.slow
def test_labels_and_the_queried_source(open_pane: Callable[..., Any], session: Session) -> None:
    session.training.start("Star")
    query = session.query()
    assert query is not None
    page = open_pane()
    page.get_by_text("Asked by Star").wait_for()
    assert not page.locator(".ask").is_visible()
    other = next(f"J{n:04d}" for n in range(100, 400) if f"J{n:04d}" != query)
    session.focus(other)
    session.assign("Galaxy")
    page.get_by_text("Not the source being asked").wait_for()
    chip = page.locator(".chip", has_text="You: Galaxy")
    assert chip.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(230, 159, 0)"
    page.locator(".ask").click()
    page.locator(".id", has_text=query).wait_for()


def test_hostile_text_is_shown_as_text(open_pane: Callable[..., Any], session: Session) -> None:
    session.focus(HOSTILE_ID)
    page = open_pane()
    page.locator(".id").wait_for()
    assert page.locator(".id").text_content() == HOSTILE_ID
    cells = page.locator("td").all_text_contents()
    assert f"{HOSTILE_TEXT} 10⁻¹⁷ erg s⁻¹" in cells
    search = page.locator(".search")
    search.fill("<b>")
    page.locator(".suggestions li", has_text=HOSTILE_ID).wait_for()
    search.fill(HOSTILE_TEXT)
    search.press("Enter")
    page.get_by_text("no id contains").wait_for()
    assert page.title() != "gone"


@pytest.mark.slow
def test_table_has_position_and_units(open_pane: Callable[..., Any], session: Session) -> None:
    session.focus("J0001")
    page = open_pane()
    page.locator("td").first.wait_for()
    rows = dict(zip(page.locator("th").all_text_contents(), page.locator("td").all_text_contents(), strict=True))
    assert rows["name"] == "J0001"
    assert re.fullmatch(r"15\d\.\d{6} [+-]\d\.\d{6} °", rows["RA, Dec"])
    assert re.fullmatch(r"10h \d\dm \d\d\.\d\ds\n[+-]\d\d° \d\d′ \d\d\.\d″", rows["ICRS"])
    assert rows["r"].endswith(" mag")
    links = page.locator(".links a").evaluate_all("all => all.map((a) => [a.textContent, a.href, a.rel])")
    assert [name for name, _, _ in links] == ["SIMBAD", "NED", "VizieR", "SDSS", "Legacy"]
    ra = rows["RA, Dec"].split()[0]
    assert all(url.startswith("https://") and ra in url and rel == "noopener noreferrer" for _, url, rel in links)


@pytest.mark.slow
def test_search_by_position_leads_to_the_nearest_source(open_pane: Callable[..., Any], session: Session) -> None:
    ra, dec = session.dataset.catalogue.position_of("J0042")
    page = open_pane()
    search = page.locator(".search")
    search.fill(f"{ra + 0.001:.4f} {dec:.4f}")
    page.locator(".suggestions .why").first.wait_for()
    search.press("Enter")
    page.locator(".id", has_text="J0042").wait_for()
    assert page.get_by_text("J0042 is ").text_content().endswith("″ from there.")
    search.fill("10 80")
    search.press("Enter")
    page.get_by_text("no source within 1′").wait_for()


@pytest.mark.slow
def test_labels_and_neighbours_are_parts_of_the_pane(open_pane: Callable[..., Any], session: Session) -> None:
    session.focus("J0001")
    session.assign("Galaxy", id="J0001")
    session.focus("J0001")
    session.assign("Star", id="J0001")
    session.undo()
    page = open_pane()
    page.get_by_role("tab", name="Labels").click()
    page.locator(".faded").wait_for()
    cells = page.locator("tbody tr").nth(1).locator("td").all_text_contents()
    assert cells[:4] == ["Galaxy", "—", "clicked", "tester"]
    page.get_by_role("tab", name="Nearby").click()
    page.get_by_text("The catalogue has no other source within one arcminute.").wait_for()
    page.get_by_role("tab", name="Overview").click()
    frames(page, "image")


def test_cutouts_zoom_and_keep_their_scale(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    session.focus("J0001")
    page = open_pane()
    frames(page, "image")
    boxes = [page.locator(".frame").nth(i).bounding_box() for i in (0, 1)]
    page.get_by_label("Zoom in").first.click()
    page.locator(".scale", has_text="0.2″/px").wait_for()
    frames(page, "image")
    session.focus("J0002")
    page.locator(".id", has_text="J0002").wait_for()
    frames(page, "image")
    assert "scale=0.2&" in [path for path in surveys.requests if "getjpeg" in path][-1]
    assert boxes == [page.locator(".frame").nth(i).bounding_box() for i in (0, 1)]


@pytest.mark.slow
def test_a_survey_that_fails_says_so_and_can_be_asked_again(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    surveys.modes["sdss"] = "500"
    session.focus("J0001")
    page = open_pane()
    frames(page, "absent", 1)
    frames(page, "image", 1)
    assert page.locator(".reason").first.text_content() != ""
    surveys.modes.clear()
    page.locator(".retry").first.click()
    frames(page, "image")


def test_an_image_never_shows_under_another_id(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    surveys.mode = "hang"
    session.focus("J0001")
    page = open_pane()
    frames(page, "waiting")
    surveys.mode = "ok"
    session.focus("J0002")
    frames(page, "image")
    surveys.mode = "hang"
    session.focus("J0004")
    page.locator(".id", has_text="J0004").wait_for()
    frames(page, "waiting")
    assert page.locator("img.sky").evaluate_all("all => all.map((e) => e.hasAttribute('src'))") == [False, False]


@pytest.mark.slow
def test_a_source_without_position_has_no_cutouts(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    session.focus(NOWHERE_ID)
    page = open_pane()
    page.get_by_text("The position of this source is not known.").first.wait_for()
    assert surveys.n_requests == 0


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(533, 480), (660, 560), (330, 400)])
def test_nothing_is_cut(open_pane: Callable[..., Any], session: Session, width: int, height: int) -> None:
    session.focus("J0001")
    page = open_pane(width, height)
    frames(page, "image")
    for selector in (".search", ".history", ".deselect", ".id", ".chip", ".frame >> nth=1", ".in >> nth=1"):
        box = page.locator(selector).first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1, selector


@pytest.mark.slow
def test_closing_lets_go_of_the_session(session: Session) -> None:
    services = services_of(session)
    before = _n_watchers(session)
    pane = SourcePane(session, services, CONFIG)
    assert _n_watchers(session) > before
    pane.close()
    assert _n_watchers(session) == before
    services.close()


def _n_watchers(session: Session) -> int:
    return sum(len(watchers) for kinds in session.state.param.watchers.values() for watchers in kinds.values())


@pytest.mark.slow
def test_without_positions_there_are_no_cutouts(tmp_path: Path) -> None:
    with Session.open(make_project(tmp_path, positions=False)) as session:
        services = services_of(session)
        pane = SourcePane(session, services, CONFIG)
        session.focus("J0001")
        shown = [item for item in pane.view.select(pn.viewable.Viewable) if type(item).__name__ == "CutoutBox"]
        assert shown == []
        pane.close()
        services.close()


def titles(page: Any) -> list[str]:
    return page.locator(".cutout .title").all_text_contents()


@pytest.mark.slow
def test_surveys_are_chosen_in_the_pane_and_kept(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    session.focus("J0001")
    page = open_pane(660, 620)
    frames(page, "image")
    page.get_by_role("button", name="Choose surveys…").click()
    form = page.get_by_role("dialog")
    expect(form.locator(".surveys b")).to_have_text(
        ["SDSS", "FIRST", "Legacy", "Pan-STARRS", "unWISE", "DSS2", "2MASS"]
    )
    assert form.locator(".surveys input").evaluate_all("all => all.map((e) => e.checked)") == [True, True] + [False] * 5
    form.locator("li", has_text="FIRST").locator("input").uncheck()
    form.get_by_label("By address: name").fill("Mine")
    form.get_by_label("By address: address").fill(surveys.url("/any?ra={ra}"))
    form.get_by_role("button", name="Add").nth(1).click()
    form.get_by_role("button", name="Apply").click()
    expect(form.get_by_role("alert")).to_contain_text("Mine: the url of a template must contain {ra} and {dec}")
    form.locator("li", has_text="Mine").locator("input").uncheck()
    form.get_by_label("By address: name").fill("Ours")
    form.get_by_label("By address: address").fill(surveys.url("/any?ra={ra}&dec={dec}&width={pixels}"))
    form.get_by_role("button", name="Add").nth(1).press("Enter")
    for _ in range(8):
        form.get_by_role("button", name="Move Ours up").press("Enter")
    form.get_by_role("button", name="Apply").click()
    expect(form).to_be_hidden()
    frames(page, "image")
    assert titles(page) == ["Ours", "SDSS"]
    left, right = (page.locator(".frame").nth(i).bounding_box() for i in (0, 1))
    assert left["x"] + left["width"] < right["x"]
    assert left["y"] == right["y"]
    later = open_pane(660, 620)
    frames(later, "image")
    assert titles(later) == ["Ours", "SDSS"]
    session.focus("J0002")
    frames(page, "image")
    assert "/any?ra=" in "".join(surveys.requests)
    session.save()
    kept = read_config(session.path).services.surveys
    assert [(survey.name, survey.kind) for survey in kept] == [("Ours", "template"), ("SDSS", "sdss")]


def looks(page: Any, name: str, condition: str) -> float:
    """Wait until a condition holds for how bright and how coloured a cutout is, from 0 to 255; return how bright."""
    bright = page.wait_for_function(
        """([name, condition]) => {
        const deep = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
          [...(e.matches('.frame[data-state=image] img.sky') ? [e] : []), ...(e.shadowRoot ? deep(e.shadowRoot) : [])])
        const image = deep(document).find((e) => e.alt.startsWith(name + ' cutout') && e.complete && e.naturalWidth)
        if (!image) { return false }
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
        const context = canvas.getContext('2d')
        context.drawImage(image, 0, 0)
        const {data} = context.getImageData(0, 0, canvas.width, canvas.height)
        let bright = 0, colour = 0
        for (let i = 0; i < data.length; i += 4) {
          const rgb = [data[i], data[i + 1], data[i + 2]]
          bright += (rgb[0] + rgb[1] + rgb[2]) / 3
          colour += Math.max(...rgb) - Math.min(...rgb)
        }
        bright /= data.length / 4
        colour /= data.length / 4
        return eval(condition) ? bright : false }""",
        arg=[name, condition],
    )
    return float(bright.json_value())


@pytest.mark.slow
def test_how_a_cutout_in_fits_is_drawn_is_chosen_and_kept(
    open_pane: Callable[..., Any], session: Session, surveys: SurveyServer
) -> None:
    session.focus("J0001")
    page = open_pane(660, 720)
    frames(page, "image")
    looks(page, "FIRST", "colour === 0")

    def choose(**chosen: str) -> None:
        page.get_by_role("button", name="Choose surveys…").click()
        form = page.get_by_role("dialog", name="Surveys")
        expect(form.get_by_role("button", name="Display settings of SDSS")).to_have_count(0)  # it has JPEG only
        form.get_by_role("button", name="Display settings of FIRST").click()
        expect(form.get_by_label("FIRST: Stretch")).to_be_enabled(enabled="Image" not in chosen)
        for title, value in chosen.items():
            form.get_by_label(f"FIRST: {title.replace('_', ' ')}").select_option(label=value)
        form.get_by_role("button", name="Apply").click()
        expect(form).to_be_hidden()

    choose(Image="FITS", Colour_map="viridis")
    looks(page, "FIRST", "colour > 40")
    assert "FITS=1" in [path for path in surveys.requests if "firstimage" in path][-1]
    choose(Colour_map="gray", Stretch="log", Range="min to max")
    brightest = looks(page, "FIRST", "colour === 0")
    choose(Stretch="linear")
    looks(page, "FIRST", f"colour === 0 && bright < {brightest - 25}")
    page.get_by_role("button", name="Choose surveys…").click()
    form = page.get_by_role("dialog", name="Surveys")
    expect(form.locator("li", has_text="FIRST")).to_contain_text("radio, 1.4 GHz, FITS: linear, minmax, gray")
    form.get_by_role("button", name="Display settings of FIRST").click()
    expect(form.get_by_label("FIRST: Stretch")).to_have_value("linear")
    session.save()
    kept = next(survey for survey in read_config(session.path).services.surveys if survey.name == "FIRST")
    assert (kept.format, kept.look.stretch, kept.look.interval, kept.look.colour_map) == (
        "fits",
        "linear",
        "minmax",
        "gray",
    )


@pytest.mark.slow
def test_all_surveys_can_be_taken_away_and_come_back(open_pane: Callable[..., Any], session: Session) -> None:
    session.focus("J0001")
    page = open_pane(660, 620)
    frames(page, "image")
    page.locator(".settings").click()
    page.get_by_role("dialog").get_by_role("button", name="Choose surveys…").click()
    form = page.get_by_role("dialog", name="Surveys")
    for name in ("SDSS", "FIRST"):
        form.locator("li", has_text=name).locator("input").uncheck()
    form.get_by_role("button", name="Apply").click()
    expect(page.locator(".frame")).to_have_count(0)
    assert session.state.config.services.surveys == ()
    page.get_by_role("button", name="Choose surveys…").click()
    form.locator("li", has_text="SDSS").locator("input").check()
    form.get_by_role("button", name="Cancel").click()
    expect(page.locator(".frame")).to_have_count(0)


@pytest.mark.slow
def test_notes_tags_and_flag_are_written_in_the_pane_and_kept_at_once(
    open_pane: Callable[..., Any], session: Session
) -> None:
    session.focus("J0001")
    page = open_pane(560, 520)
    page.get_by_role("tab", name="Notes").click()
    page.get_by_label("Note", exact=True).fill("a <b>tail</b>")
    page.get_by_label("Add a tag").fill("merger")
    page.get_by_label("Add a tag").press("Enter")
    page.locator(".flag").click()
    expect(page.locator(".flag")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".log li span:first-child")).to_have_text(["Flagged", "Tags: merger", "Note: a <b>tail</b>"])
    expect(page.locator(".log .by").first).to_have_text(re.compile(r"^tester, 20\d\d-\d\d-\d\d \d\d:\d\d UTC$"))
    journal = next(session.path.parent.glob("*.journal")).read_text(encoding="utf-8")
    assert '"merger"' in journal
    page.get_by_role("tab", name="Overview").click()
    for text in ("⚑ Flagged", "#merger"):
        expect(page.locator(".chip", has_text=text)).to_be_visible()
    session.focus("J0002")
    expect(page.locator(".id")).to_have_text("J0002")
    expect(page.locator(".chip", has_text="#merger")).to_have_count(0)
    page.get_by_role("tab", name="Notes").click()
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    expect(page.locator(".log li")).to_have_count(0)


@pytest.mark.slow
def test_the_list_of_notes_is_filtered(
    session: Session, serve: Callable[..., str], new_page: Callable[..., Any]
) -> None:
    session.labels.remark("J0001", note="a tail", tags=["merger"])
    session.labels.remark("J0002", flag=True)
    session.labels.remark("J0003", tags=["dust"], flag=True)
    page = new_page(500, 500)
    page.goto(serve(lambda: make_page("Notes", main=[RemarksView(session).view])))
    ids = page.locator(".list .go")
    expect(ids).to_have_text(["⚑ J0003", "⚑ J0002", "J0001"])
    page.get_by_label("Filter by id, tag or words").fill("TAIL mer")
    expect(ids).to_have_text(["J0001"])
    expect(page.get_by_text("1 of 3 sources with notes, tags or flags, 2 flagged")).to_be_visible()
    page.get_by_label("Filter by id, tag or words").fill("")
    page.get_by_label("flagged only").check()
    expect(ids).to_have_text(["⚑ J0003", "⚑ J0002"])


@pytest.mark.slow
def test_the_column_of_spectra_is_chosen_in_the_pane(open_pane: Callable[..., Any], session: Session) -> None:
    session.focus("J0001")
    page = open_pane(660, 700)
    expect(page.get_by_role("tab")).to_have_text(["Overview", "Labels", "Notes", "Why", "Nearby"])
    page.locator(".settings").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Spectrum: column with paths").click()
    page.get_by_role("menuitem", name="note").or_(page.get_by_role("option", name="note")).click()
    expect(page.locator(".MuiMenu-list")).to_have_count(0)
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("tab")).to_have_text(["Overview", "Spectrum", "Labels", "Notes", "Why", "Nearby"])
    assert session.state.config.catalogue.spectrum_column == "note"
